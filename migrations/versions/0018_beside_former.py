"""What servers of 0.1.0 need while they run beside this release, in databases of between the two releases."""

from alembic import op

revision = "0018"
down_revision = "0017"

UP = """
alter table public.drafts alter column network set default '';
alter table public.followers add column if not exists token text collate "C" not null unique
    default gen_random_uuid()::text;
"""


def upgrade() -> None:
    """Nothing changes in a database that comes from 0.1.0: 0003 leaves it as it is here."""
    op.execute(UP)


def downgrade() -> None:
    """It stays, as 0003 has it."""
