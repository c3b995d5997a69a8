"""What an operator should know of a source that requests are taken from: refused rows, odd answers."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """A constant default: PostgreSQL rewrites no row."""
    op.execute("alter table public.intakes add column troubles jsonb not null default '[]'")


def downgrade() -> None:
    """Forget them."""
    op.execute("alter table public.intakes drop column troubles")
