"""Rounds in the field."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Nobody goes anywhere yet."""
    op.execute("""
        create table public.rounds (
            id integer generated always as identity primary key,
            jurisdiction_id text collate "C" not null,
            name text not null,
            day date not null,
            created_datetime timestamptz not null
        );
        create index rounds_day on public.rounds (day);

        create table public.stops (
            round_id integer not null references public.rounds on delete cascade,
            service_request_id bigint not null references public.service_requests on delete cascade,
            position smallint not null,
            state text collate "C" not null default 'open' constraint stop_state_is_known check (
                state in ('open', 'done', 'not_found', 'note')
            ),
            primary key (round_id, service_request_id)
        );
        create index stops_of_request on public.stops (service_request_id);

        create table public.field_actions (
            client_id text collate "C" not null,
            service_request_id bigint not null references public.service_requests on delete cascade,
            outcome text collate "C" not null,
            created_datetime timestamptz not null,
            primary key (service_request_id, client_id)
        );
        create index field_actions_created on public.field_actions (created_datetime);
    """)


def downgrade() -> None:
    """Every round goes."""
    op.execute("drop table public.field_actions, public.stops, public.rounds")
