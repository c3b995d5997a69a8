"""Everything that release 0.1.0 has: requests, events, the queue, the map, the public site, exchange with others."""

from pathlib import Path

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0001"
down_revision = None

PARTS = ("functions", "requests", "server", "exchange", "map")
EXTENSIONS = ("postgis", "pg_trgm")
SCHEMA_OF = "select extnamespace::regnamespace::text from pg_extension where extname = %s"

TABLES = """
    addresses, catalogues, data_links, draft_photos, drafts, events, followers, foreign_references, forwarded_updates,
    forwards, instance, intakes, keys, map_cells, map_changes, media, reporters, service_requests, services,
    stream_readers, submissions, tokens, updaters, updates, webhook_attempts, webhook_messages, webhook_subscriptions
"""
# Found by name, since the parts of the queue are for its own project to list.
DROP_THE_REST = """
do $$
declare item record;
begin
    for item in select tablename as name from pg_tables
                where schemaname = 'public' and tablename like 'procrastinate\\_%' loop
        execute format('drop table public.%I cascade', item.name);
    end loop;
    for item in select oid::regprocedure as name from pg_proc
                where pronamespace = 'public'::regnamespace and proname ~ '^(open311|procrastinate)_' loop
        execute format('drop function if exists %s cascade', item.name);
    end loop;
    for item in select typname as name from pg_type
                where typnamespace = 'public'::regnamespace and typname like 'procrastinate\\_%'
                and typtype in ('e', 'c') loop
        execute format('drop type if exists public.%I cascade', item.name);
    end loop;
end $$
"""


def upgrade() -> None:
    """The queue's part is taken from the pinned release of procrastinate, so that both always agree."""
    bind = op.get_bind()
    for extension in EXTENSIONS:
        bind.exec_driver_sql(f"create extension if not exists {extension}")
    postgis, pg_trgm = (bind.exec_driver_sql(SCHEMA_OF, (name,)).scalar_one() for name in EXTENSIONS)
    bind.exec_driver_sql(f"set local search_path = public, {postgis}, {pg_trgm}")
    for part in PARTS:
        statements = (Path(__file__).parent / "initial" / f"{part}.sql").read_text(encoding="utf-8")
        bind.exec_driver_sql(statements.replace("postgis.", f"{postgis}.").replace("%", "%%"))
    bind.exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))


def downgrade() -> None:
    """Back to an empty database; the extensions stay, since others may use them."""
    op.execute(f"drop table {TABLES}")
    op.execute(DROP_THE_REST)
