"""Figures for everybody: months, services and districts, added up by the worker."""

from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Empty: the worker fills them within ten minutes."""
    op.execute("""
        create table public.statistics_months (
            jurisdiction_id text collate "C" not null,
            month date not null,
            service_code text collate "C" not null,
            area text collate "C" not null,
            received integer not null,
            open integer not null,
            closed integer not null,
            promised integer not null,
            kept integer not null,
            days jsonb not null,
            primary key (jurisdiction_id, month, service_code, area)
        )
    """)
    op.execute("""
        create table public.statistics_runs (
            jurisdiction_id text collate "C" primary key,
            event_id bigint not null,
            run_datetime timestamptz not null
        )
    """)


def downgrade() -> None:
    """Forget the figures."""
    op.execute("drop table public.statistics_months")
    op.execute("drop table public.statistics_runs")
