"""Who took a report in at the desk opens it while it waits for its check."""

from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    """Without a value for those that are there: after a day it says little."""
    op.execute("alter table public.cases add column taken_in_by bigint")


def downgrade() -> None:
    op.execute("alter table public.cases drop column taken_in_by")
