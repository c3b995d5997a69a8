"""Acts on many cases."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """None was done yet."""
    op.execute("""
        create table public.bulk_runs (
            id integer generated always as identity primary key,
            key text collate "C" not null unique,
            account_id integer not null references public.accounts (id) on delete cascade,
            act text collate "C" not null,
            value text not null,
            text text not null,
            created_datetime timestamptz not null
        );
        create index bulk_runs_created on public.bulk_runs (created_datetime);
        create index bulk_runs_of_account on public.bulk_runs (account_id);
        create table public.bulk_items (
            run_id integer not null references public.bulk_runs (id) on delete cascade,
            service_request_id bigint not null references public.service_requests (id) on delete cascade,
            revision integer not null,
            state text collate "C" not null,
            problems jsonb not null default '[]',
            primary key (run_id, service_request_id)
        );
        create index bulk_items_of_request on public.bulk_items (service_request_id);
    """)


def downgrade() -> None:
    """What waits is not done; what was done stays."""
    op.execute("drop table public.bulk_items, public.bulk_runs")
