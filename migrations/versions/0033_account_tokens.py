"""Tokens for programs of the staff, and what these were answered."""

from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Nobody has one yet."""
    op.execute("""
        create table public.account_tokens (
            id integer generated always as identity primary key,
            account_id integer not null references public.accounts (id) on delete cascade,
            digest text collate "C" not null unique,
            name text not null,
            rights text[] collate "C" not null,
            created_datetime timestamptz not null,
            ends_datetime timestamptz not null
        );
        create index account_tokens_of_account on public.account_tokens (account_id);
        create table public.idempotency_keys (
            account_id integer not null references public.accounts (id) on delete cascade,
            key text collate "C" not null,
            request_digest text collate "C" not null,
            answer jsonb,
            created_datetime timestamptz not null,
            primary key (account_id, key)
        );
        create index idempotency_keys_created on public.idempotency_keys (created_datetime);
    """)


def downgrade() -> None:
    """Programs of the staff find no way in any more."""
    op.execute("drop table public.idempotency_keys, public.account_tokens")
