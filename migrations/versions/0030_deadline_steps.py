"""Steps of deadlines: which was told of last, what is to be told by mail, and the mail of the day of one person."""

from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Whoever was told of a late case before is not told of the same deadline again."""
    op.execute("""
        create table public.case_steps (
            service_request_id bigint not null references public.service_requests (id) on delete cascade,
            kind text collate "C" not null,
            deadline timestamptz not null,
            percent smallint not null,
            primary key (service_request_id, kind)
        );
        insert into public.case_steps (service_request_id, kind, deadline, percent)
            select service_request_id, 'work', deadline, 500 from public.case_escalations;
        drop table public.case_escalations;
        create table public.staff_notices (
            id bigint generated always as identity primary key,
            service_request_id bigint not null references public.service_requests (id) on delete cascade,
            jurisdiction_id text collate "C",
            unit text collate "C",
            account_id integer references public.accounts (id) on delete cascade,
            constraint notice_has_one_recipient
                check ((account_id is null) = (unit is not null and jurisdiction_id is not null)),
            kind text collate "C" not null,
            deadline text collate "C",
            created_datetime timestamptz not null
        );
        create index staff_notices_of_request on public.staff_notices (service_request_id);
        create index staff_notices_of_account on public.staff_notices (account_id);
        create index staff_notices_of_unit on public.staff_notices (jurisdiction_id, unit);
        create table public.account_digests (
            account_id integer primary key references public.accounts (id) on delete cascade,
            day date not null
        );
    """)


def downgrade() -> None:
    """Leads were told of a deadline once, whatever the step."""
    op.execute("""
        create table public.case_escalations (
            service_request_id bigint primary key references public.service_requests (id) on delete cascade,
            deadline timestamptz not null,
            told_datetime timestamptz not null
        );
        insert into public.case_escalations select service_request_id, deadline, now()
            from public.case_steps where kind = 'work' and percent > 100;
        drop table public.case_steps, public.staff_notices, public.account_digests;
    """)
