"""A source whose cursor was lost is copied anew; what the copy lacks is gone."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Which full copy last held a request."""
    op.execute("alter table foreign_references add column copy integer not null default 0")


def downgrade() -> None:
    """No copy is compared any more."""
    op.execute("alter table foreign_references drop column copy")
