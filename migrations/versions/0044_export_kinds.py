"""Work sheets of many cases are written by the worker, too."""

from alembic import op

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    """A constant default: no row is written, and servers of before go on asking for workbooks."""
    op.execute("""
        alter table public.export_files add column kind text collate "C" not null default 'xlsx'
    """)


def downgrade() -> None:
    """Sheets can be written again."""
    op.execute("delete from public.export_files where kind <> 'xlsx'")
    op.execute("alter table public.export_files drop column kind")
