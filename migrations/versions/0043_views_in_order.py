"""Views have a place and may go uncounted; a mail keeps where its photos were taken until it is decided about."""

from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    """Constant defaults: no row is written."""
    op.execute("""
        alter table public.views
            add column position smallint not null default 0,
            add column counted boolean not null default true
    """)
    op.execute("alter table public.inbox add column lat double precision, add column long double precision")


def downgrade() -> None:
    """Views are in the order of their names again."""
    op.execute("alter table public.views drop column position, drop column counted")
    op.execute("alter table public.inbox drop column lat, drop column long")
