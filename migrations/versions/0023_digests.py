"""Mails of the day to units, and what their leads were told of."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Nobody was told of anything yet."""
    op.execute("""
        create table public.unit_digests (
            jurisdiction_id text collate "C" not null,
            unit text collate "C" not null,
            day date not null,
            sent_datetime timestamptz,
            primary key (jurisdiction_id, unit, day)
        );
        create table public.case_escalations (
            service_request_id bigint primary key references public.service_requests (id) on delete cascade,
            deadline timestamptz not null,
            told_datetime timestamptz not null
        );
    """)


def downgrade() -> None:
    """What was told is forgotten."""
    op.execute("drop table public.case_escalations, public.unit_digests")
