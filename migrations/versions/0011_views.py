"""Views of the list of cases that staff keep, for themselves or for a unit."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Nobody has one yet."""
    op.execute("""
        create table public.views (
            id integer generated always as identity primary key,
            account_id integer references public.accounts (id) on delete cascade,
            jurisdiction_id text collate "C",
            unit text collate "C",
            name text not null,
            query jsonb not null,
            created_datetime timestamptz not null,
            constraint view_has_one_owner
                check ((account_id is null) = (unit is not null and jurisdiction_id is not null))
        );
        create index views_of_account on public.views (account_id);
        create index views_of_unit on public.views (jurisdiction_id, unit);
    """)


def downgrade() -> None:
    """All views go."""
    op.execute("drop table public.views")
