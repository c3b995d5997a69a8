"""${message}"""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Say here what changes, and why."""
    ${upgrades if upgrades else "raise RuntimeError('write this migration')"}


def downgrade() -> None:
    """The way back; rows are kept wherever the older tables have room for them."""
    ${downgrades if downgrades else "raise RuntimeError('write the way back')"}
