"""The address next to a point is found by an index."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Boxes of points, as the search asks for them."""
    op.execute("create index addresses_place on addresses using gist (geom)")


def downgrade() -> None:
    """The index is gone; the addresses stay."""
    op.execute("drop index addresses_place")
