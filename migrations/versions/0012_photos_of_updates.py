"""Photos come with updates, too."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Which update a photo came with."""
    op.execute("alter table media add column update_id bigint")


def downgrade() -> None:
    """Photos of updates would be taken for photos of their requests."""
    op.execute("delete from media where update_id is not null")
    op.execute("alter table media drop column update_id")
