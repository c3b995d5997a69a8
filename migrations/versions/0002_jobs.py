"""The queue of background jobs: procrastinate's own tables and functions."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0002"
down_revision = "0001"

DROP = """
do $$
declare it record;
begin
    for it in select tablename as name from pg_tables
              where schemaname = current_schema() and tablename like 'procrastinate\\_%' loop
        execute format('drop table %I cascade', it.name);
    end loop;
    for it in select oid::regprocedure as name from pg_proc
              where pronamespace = current_schema()::regnamespace and proname like 'procrastinate\\_%' loop
        execute format('drop function if exists %s cascade', it.name);
    end loop;
    for it in select typname as name from pg_type
              where typnamespace = current_schema()::regnamespace and typname like 'procrastinate\\_%'
              and typtype in ('e', 'c') loop
        execute format('drop type if exists %I cascade', it.name);
    end loop;
end $$
"""


def upgrade() -> None:
    """Taken whole from the pinned release, so that queue and library always agree."""
    op.get_bind().exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))


def downgrade() -> None:
    """Drop the queue; jobs still waiting in it are lost."""
    op.execute(DROP)
