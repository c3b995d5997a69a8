"""Keys are good for the jurisdictions they name."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """A key of before stays good for all jurisdictions, as it was made; `open311 key list` shows it."""
    op.execute("alter table public.keys add column jurisdictions text[]")


def downgrade() -> None:
    """Every key is good for all again."""
    op.execute("alter table public.keys drop column jurisdictions")
