"""Workbooks of many cases, which the worker writes for somebody."""

from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Nobody has asked for one yet."""
    op.execute("""
        create table public.export_files (
            id integer generated always as identity primary key,
            account_id integer not null references public.accounts (id) on delete cascade,
            filters jsonb not null,
            state text collate "C" not null,
            rows integer not null,
            created_datetime timestamptz not null
        );
        create index export_files_of_account on public.export_files (account_id);
        create index export_files_created on public.export_files (created_datetime);
        create table public.export_parts (
            file_id integer references public.export_files (id) on delete cascade,
            position integer,
            content bytea not null,
            primary key (file_id, position)
        );
    """)


def downgrade() -> None:
    """They can be written again."""
    op.execute("drop table public.export_parts, public.export_files")
