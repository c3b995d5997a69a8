"""How many people a report affects, beside whoever sent it."""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """A constant default: PostgreSQL rewrites no row."""
    op.execute("alter table public.service_requests add column affected integer not null default 0")
    op.execute("""
        create table public.affected_devices (
            service_request_id bigint not null references public.service_requests (id) on delete cascade,
            device text collate "C" not null,
            network text collate "C" not null,
            created_datetime timestamptz not null,
            primary key (service_request_id, device)
        )
    """)
    op.execute("create index affected_devices_created on public.affected_devices (created_datetime)")


def downgrade() -> None:
    """Forget the counts."""
    op.execute("drop table public.affected_devices")
    op.execute("alter table public.service_requests drop column affected")
