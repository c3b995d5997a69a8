"""Passkeys of the staff."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Nobody has one yet."""
    op.execute("""
        create table public.account_passkeys (
            id integer generated always as identity primary key,
            account_id integer not null references public.accounts (id) on delete cascade,
            credential_id bytea not null unique,
            public_key bytea not null,
            sign_count bigint not null,
            challenge bigint not null default 0,
            name text not null,
            created_datetime timestamptz not null
        );
        create index account_passkeys_of_account on public.account_passkeys (account_id);
    """)


def downgrade() -> None:
    """All passkeys go; passwords and apps stay."""
    op.execute("drop table public.account_passkeys")
