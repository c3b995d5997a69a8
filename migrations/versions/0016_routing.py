"""How a case came to its unit, and colleagues who are named in a note."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """With a constant default: PostgreSQL rewrites no row."""
    op.execute("alter table public.cases add column route jsonb not null default '{}'")
    op.execute("""
        create table public.case_mentions (
            note_id bigint not null references public.case_notes (id) on delete cascade,
            account_id integer not null references public.accounts (id) on delete cascade,
            primary key (note_id, account_id)
        );
        create index case_mentions_of_account on public.case_mentions (account_id);
    """)


def downgrade() -> None:
    """Forget both."""
    op.execute("drop table public.case_mentions")
    op.execute("alter table public.cases drop column route")
