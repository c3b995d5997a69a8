"""Mails about reports that have left, one by one."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """A table of its own: what was claimed before it was sent says nothing of what became of it."""
    op.execute("""
        create table public.sent_mails (
            id bigint generated always as identity primary key,
            service_request_id bigint not null references public.service_requests (id) on delete cascade,
            event_id bigint not null,
            follower_id bigint references public.followers (id) on delete cascade,
            message_id text collate "C" not null unique,
            state text collate "C" not null,
            problem text,
            sent_datetime timestamptz not null,
            constraint sent_mail_state_is_known check (state in ('sent', 'refused', 'bounced'))
        );
        create index sent_mails_of_request on public.sent_mails (service_request_id);
        create index sent_mails_of_follower on public.sent_mails (follower_id);
        create index sent_mails_sent on public.sent_mails (sent_datetime)
    """)


def downgrade() -> None:
    """Forget what became of them."""
    op.execute("drop table public.sent_mails")
