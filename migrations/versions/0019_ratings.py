"""What reporters say of how it ended."""

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Nobody was asked yet."""
    op.execute("""
        create table public.ratings (
            digest text collate "C" primary key,
            service_request_id bigint not null references public.service_requests on delete cascade,
            event_id bigint not null,
            ends_datetime timestamptz not null,
            answered_datetime timestamptz,
            satisfied boolean,
            text text not null default ''
        );
        create index ratings_of_event on public.ratings (event_id);
        create index ratings_of_request on public.ratings (service_request_id);
        create index ratings_answered on public.ratings (answered_datetime)
            where answered_datetime is not null;
    """)


def downgrade() -> None:
    """Every answer goes."""
    op.execute("drop table public.ratings")
