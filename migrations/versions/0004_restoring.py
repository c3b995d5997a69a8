"""A restored database knows that it is one, and what was erased since; each event knows its timeline."""

from alembic import op

revision = "0004"
down_revision = "0003"

# `source`: the database that all rows were written in, until `open311 db restored` or a first start elsewhere says
# otherwise; then `floor` and `horizon` tell the events that came along from those that were written here.
UP = """
alter table instance
    add column source text collate "C",
    add column floor bigint not null default 0,
    add column horizon xid8 not null default '0';
update instance set source = (pg_control_system()).system_identifier || '.'
    || (select oid from pg_database where datname = current_database()) || '.' || 'events'::regclass::oid;
alter table instance alter column source set not null;
update stream_readers set source = (select source from instance);

alter table events add column timeline integer not null default 1;
alter table events alter column timeline
    set default ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::integer;

create table mail_messages (
    follower_id bigint not null references followers (id) on delete cascade,
    event_id bigint not null,
    created_datetime timestamptz not null default now(),
    sent_datetime timestamptz,
    primary key (follower_id, event_id)
);
create index mail_messages_created on mail_messages (created_datetime);

create table erasures (
    id bigint generated always as identity primary key,
    datetime timestamptz not null default now(),
    table_name text collate "C" not null,
    ids bigint[] not null,
    copied boolean not null default false
);
create index erasures_to_copy on erasures (id) where not copied;
"""
# Recorded by the database itself, so that no way of erasing can forget it: ids alone, nothing about anybody.
RECORDED = {
    "service_requests": "id",
    "reporters": "service_request_id",
    "updaters": "event_id",
    "followers": "id",
}
FUNCTION = """
create function public.open311_erased() returns trigger language plpgsql as $$
begin
    execute format(
        'insert into public.erasures (table_name, ids) select %L, array_agg(%I) from erased having count(*) > 0',
        tg_table_name, tg_argv[0]);
    return null;
end $$;
"""
TRIGGER = """
create trigger {table}_erased after delete on {table} referencing old table as erased
    for each statement execute function public.open311_erased('{column}');
"""


def upgrade() -> None:
    """What was written until now was written here, on the first timeline for all we know."""
    op.execute(UP)
    op.get_bind().exec_driver_sql(FUNCTION.replace("%", "%%"))
    for table, column in RECORDED.items():
        op.execute(TRIGGER.format(table=table, column=column))


def downgrade() -> None:
    """Restores send old mails again, and erasures are not repeated in them."""
    for table in RECORDED:
        op.execute(f"drop trigger {table}_erased on {table}")
    op.execute("drop function public.open311_erased(); drop table erasures, mail_messages")
    op.execute("alter table events drop column timeline")
    op.execute("alter table instance drop column source, drop column floor, drop column horizon")
    op.execute("update stream_readers set source = ''")
