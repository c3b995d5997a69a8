"""Accounts of the staff, their roles and sessions, and the log of what must be accounted for."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Nobody has an account until `open311 account add` makes the first."""
    op.execute("""
        create table accounts (
            id integer generated always as identity primary key,
            name text not null,
            email text not null,
            language text collate "C" not null,
            state text collate "C" not null
                constraint account_state_is_known check (state in ('invited', 'active', 'left')),
            password_hash text collate "C",
            totp_secret text collate "C",
            totp_step bigint,
            prefs jsonb not null default '{}',
            created_datetime timestamptz not null,
            ends_datetime timestamptz,
            left_datetime timestamptz
        );
        create unique index accounts_email on accounts (lower(email));

        create table account_links (
            account_id integer primary key references accounts on delete cascade,
            digest text collate "C" not null unique,
            kind text collate "C" not null constraint link_kind_is_known check (kind in ('invite', 'reset')),
            ends_datetime timestamptz not null
        );

        create table account_codes (
            account_id integer not null references accounts on delete cascade,
            digest text collate "C" not null,
            primary key (account_id, digest)
        );

        create table memberships (
            id integer generated always as identity primary key,
            account_id integer not null references accounts on delete cascade,
            jurisdiction_id text collate "C" not null,
            role text collate "C" not null,
            units text[] collate "C",
            services text[] collate "C",
            areas text[] collate "C",
            source text collate "C" not null,
            ends_datetime timestamptz
        );
        create index memberships_of_account on memberships (account_id);

        create table sessions (
            digest text collate "C" primary key,
            id bigint generated always as identity not null unique,
            account_id integer not null references accounts on delete cascade,
            stage text collate "C" not null
                constraint session_stage_is_known check (stage in ('code', 'enrol', 'full')),
            client text not null,
            created_datetime timestamptz not null,
            seen_datetime timestamptz not null,
            ends_datetime timestamptz not null,
            confirmed_datetime timestamptz
        );
        create index sessions_of_account on sessions (account_id);
        create index sessions_ends on sessions (ends_datetime);

        create unlogged table sign_in_brakes (
            key text collate "C" primary key,
            failures integer not null,
            until_datetime timestamptz not null,
            touched_datetime timestamptz not null
        );

        create table audit (
            id bigint generated always as identity primary key,
            datetime timestamptz not null,
            actor text collate "C",
            kind text collate "C" not null,
            subject text,
            data jsonb not null,
            ip_prefix text collate "C",
            previous text collate "C" not null,
            digest text collate "C" not null,
            forgotten boolean not null default false
        );
        create index audit_datetime on audit (datetime);
        create index audit_actor on audit (actor, id);
    """)


def downgrade() -> None:
    """Every account goes, and the log with them."""
    op.execute("""
        drop table audit, sign_in_brakes, sessions, memberships, account_codes, account_links, accounts
    """)
