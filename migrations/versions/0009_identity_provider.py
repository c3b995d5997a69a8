"""Accounts that the city's identity provider knows, by what it calls their owners."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Those that there are have passwords of ours."""
    op.execute("""
        alter table accounts add column issuer text collate "C", add column subject text collate "C";
        create unique index accounts_subject on accounts (issuer, subject) where subject is not null
    """)


def downgrade() -> None:
    """Whoever came by the provider has no other way to sign in."""
    op.execute("alter table accounts drop column subject, drop column issuer")
