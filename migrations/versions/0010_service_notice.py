"""The notice that another server gives with a request of its own."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Without a default: PostgreSQL rewrites no row."""
    op.execute("alter table public.service_requests add column service_notice text")


def downgrade() -> None:
    """Forget them."""
    op.execute("alter table public.service_requests drop column service_notice")
