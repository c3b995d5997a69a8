"""What was updated lately is found in the index alone, also when the newest report shall come first."""

from alembic import op

revision = "0010"
down_revision = "0009"

INDEX = """
create index service_requests_updated
    on service_requests (jurisdiction_id, updated_datetime desc, id desc)
    include ({columns}) where visibility = 'published'
"""


def upgrade() -> None:
    """The order of a list is by `requested_datetime`, so the index must know it."""
    op.execute("drop index service_requests_updated")
    op.execute(INDEX.format(columns="version, requested_datetime"))


def downgrade() -> None:
    """The index as it was."""
    op.execute("drop index service_requests_updated")
    op.execute(INDEX.format(columns="version"))
