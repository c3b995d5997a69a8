"""API keys among the senders that are blocked."""

from alembic import op

revision = "0041"
down_revision = "0040"

CONSTRAINT = """
    alter table public.blocked_senders drop constraint kind_of_sender_is_known;
    alter table public.blocked_senders add constraint kind_of_sender_is_known check (kind in ({kinds}))
"""


def upgrade() -> None:
    """The table has some hundred rows at most: to look at them takes no time."""
    op.execute(CONSTRAINT.format(kinds="'email', 'domain', 'phone', 'key'"))


def downgrade() -> None:
    """What the release before does not know is blocked no more."""
    op.execute("delete from public.blocked_senders where kind = 'key'")
    op.execute(CONSTRAINT.format(kinds="'email', 'domain', 'phone'"))
