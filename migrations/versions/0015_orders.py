"""Orders to contractors."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Nothing is ordered yet."""
    op.execute("""
        create table public.orders (
            id bigint generated always as identity primary key,
            service_request_id bigint not null references public.service_requests on delete cascade,
            contractor text collate "C" not null,
            text text not null,
            photos bigint[] not null default '{}',
            due_date date,
            planned_date date,
            state text collate "C" not null constraint order_state_is_known check (
                state in ('sent', 'accepted', 'declined', 'done', 'confirmed', 'expired', 'revoked')
            ),
            answers smallint not null default 0,
            attention boolean not null default false,
            created_datetime timestamptz not null,
            ends_datetime timestamptz not null,
            sent_datetime timestamptz,
            reminded_datetime timestamptz
        );
        create index orders_of_request on public.orders (service_request_id, id);
        create index orders_open on public.orders (created_datetime) where state in ('sent', 'accepted');
        create index orders_unsettled on public.orders (service_request_id)
            where attention or state in ('sent', 'accepted', 'done');

        create table public.order_links (
            digest text collate "C" primary key,
            order_id bigint not null references public.orders on delete cascade
        );
        create index ix_order_links_order_id on public.order_links (order_id);
    """)


def downgrade() -> None:
    """Every order goes, with its links."""
    op.execute("drop table public.order_links, public.orders")
