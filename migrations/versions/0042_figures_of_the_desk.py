"""Figures of the desk, added up by the worker: a page no longer reads every report of a year."""

from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    """Empty: the worker fills them within ten minutes."""
    op.execute("""
        create table public.desk_figures (
            id bigint generated always as identity primary key,
            jurisdiction_id text collate "C" not null,
            part text collate "C" not null,
            areas text[] collate "C",
            age smallint,
            week date,
            name text,
            unit text collate "C",
            service_code text collate "C" not null,
            visibility text collate "C" not null,
            received integer not null,
            checked integer not null,
            withheld integer not null,
            duplicates integer not null,
            reopened integer not null,
            done integer not null,
            promised integer not null,
            kept integer not null,
            times jsonb not null
        )
    """)
    op.execute("create index desk_figures_part on public.desk_figures (jurisdiction_id, part)")
    op.execute("""
        create table public.desk_figures_runs (
            jurisdiction_id text collate "C" primary key,
            event_id bigint not null,
            run_datetime timestamptz not null
        )
    """)


def downgrade() -> None:
    """Forget the figures."""
    op.execute("drop table public.desk_figures")
    op.execute("drop table public.desk_figures_runs")
