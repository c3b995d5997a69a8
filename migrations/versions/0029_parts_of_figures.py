"""Figures are stored by service, by area and by both, so that a page reads hundreds of rows, not ten thousands."""

from alembic import op

revision = "0029"
down_revision = "0028"

EMPTY = "delete from public.statistics_months; delete from public.statistics_runs;"


def upgrade() -> None:
    """The worker counts anew within ten minutes."""
    op.execute(EMPTY)
    op.execute("""
        alter table public.statistics_months
            drop constraint statistics_months_pkey,
            add column part text collate "C" not null,
            add primary key (jurisdiction_id, part, month, service_code, area)
    """)


def downgrade() -> None:
    """Likewise."""
    op.execute(EMPTY)
    op.execute("""
        alter table public.statistics_months
            drop constraint statistics_months_pkey,
            drop column part,
            add primary key (jurisdiction_id, month, service_code, area)
    """)
