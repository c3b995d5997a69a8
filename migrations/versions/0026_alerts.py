"""News of an area by mail: who wants to hear of new reports, and where."""

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """A table that nobody writes to yet; links gain a column without a default."""
    op.execute("""
        create table public.alerts (
            id bigint generated always as identity primary key,
            jurisdiction_id text collate "C" not null,
            email text not null,
            language text collate "C" not null,
            place text not null,
            lat double precision,
            long double precision,
            radius integer,
            area text collate "C",
            service_code text collate "C",
            weekly boolean not null,
            created_datetime timestamptz not null,
            confirmed_datetime timestamptz,
            sent_datetime timestamptz
        )
    """)
    op.execute("create index alerts_by_email on public.alerts (lower(email))")
    op.execute(
        "create index alerts_due on public.alerts (sent_datetime) where confirmed_datetime is not null"
    )
    op.execute(
        "alter table public.mail_links add column alert_id bigint references public.alerts (id) on delete cascade"
    )
    op.execute("create index mail_links_of_alert on public.mail_links (alert_id) where alert_id is not null")


def downgrade() -> None:
    """Forget them."""
    op.execute("delete from public.mail_links where alert_id is not null")
    op.execute("alter table public.mail_links drop column alert_id")
    op.execute("drop table public.alerts")
