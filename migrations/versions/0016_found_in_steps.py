"""What a search reads is in its index; places are kept in cells, words with the time, so that both are found in steps.

Indexes that somebody has built beforehand under their names with `_next` are taken as they are (docs/operations.md).
"""

from alembic import op
from sqlalchemy import text

revision = "0016"
down_revision = "0015"

# Strings are written so that PostgreSQL can put the functions in line. What an index calls names its schemas: since
# release 17 PostgreSQL builds and analyses indexes without a search path.
FUNCTIONS = """
create or replace function open311_cell(geom geometry) returns bigint
language sql immutable parallel safe as $$
    select ({own}.open311_column({gis}.st_x(geom), 18)::bigint << 18) + {own}.open311_row({gis}.st_y(geom), 18)
$$;
create or replace function open311_cells(
    west double precision, south double precision, east double precision, north double precision
) returns table (cell bigint)
language sql immutable parallel safe rows 20 as $$
    select (x::bigint << 18) + y
    from generate_series(open311_column(west, 18), open311_column(east, 18)) as x,
         generate_series(open311_row(north, 18), open311_row(south, 18)) as y
$$;
create or replace function open311_day(moment timestamptz) returns integer
language sql immutable parallel safe as $$
    select floor(extract(epoch from moment - timestamptz '1970-01-01 00:00:00+00') / 86400)::integer
$$;
create or replace function open311_tags(service_code text, status text, requested timestamptz, geom geometry)
returns text[] language sql immutable parallel safe as $$
    select array['s' || service_code, status,
                 'a' || {own}.open311_day(requested), 'b' || ({own}.open311_day(requested) >> 2),
                 'c' || ({own}.open311_day(requested) >> 4), 'd' || ({own}.open311_day(requested) >> 6),
                 'e' || ({own}.open311_day(requested) >> 8),
                 'x' || {own}.open311_column({gis}.st_x(geom), 15) || 'y' || {own}.open311_row({gis}.st_y(geom), 15)]
$$;
create or replace function open311_place_tags(
    west double precision, south double precision, east double precision, north double precision
) returns text[] language sql immutable parallel safe as $$
    select array_agg('x' || x || 'y' || y)
    from generate_series(open311_column(west, 15), open311_column(east, 15)) as x,
         generate_series(open311_row(north, 15), open311_row(south, 15)) as y
$$;
create or replace function open311_stem(word text) returns text
language sql immutable parallel safe as $$
    select nullif(case when length((ts_lexize('pg_catalog.german_stem', word))[1]) > 2
                       then replace((ts_lexize('pg_catalog.german_stem', word))[1], '_', '\\_') end,
                  open311_fold(word))
$$;
"""
# From the first moment to the last: one to four days, then as many blocks of 4, 16 and 64 days, two of 256, the rest.
BLOCKS = """
create or replace function open311_blocks(first timestamptz, last timestamptz)
returns table (step integer, tags text[])
language plpgsql immutable strict parallel safe rows 12 as $$
declare
    towards constant integer := case when first >= last then -1 else 1 end;
    at integer := open311_day(first);
    goal integer := open311_day(last);
    blocks integer;
begin
    step := 0;
    for level in 0..3 loop
        blocks := least(abs(goal - at), case when towards < 0 then at & 3 else 3 - (at & 3) end);
        for number in 0..blocks loop
            step := step + 1;
            tags := array[substr('abcd', level + 1, 1) || at + towards * number];
            return next;
        end loop;
        if at + towards * blocks = goal then
            return;
        end if;
        at := ((at + towards * blocks) >> 2) + towards;
        goal := goal >> 2;
        if (at - goal) * towards > 0 then
            return;
        end if;
    end loop;
    step := step + 1;
    tags := array['e' || at];
    return next;
    step := step + 1;
    tags := array(select 'e' || number from generate_series(at + towards, goal, towards) as number);
    return next;
end $$;
"""
SCHEMAS = """
select quote_ident(current_schema()), extnamespace::regnamespace::text from pg_extension where extname = 'postgis'
"""
NO_FUNCTIONS = """
drop function open311_blocks(timestamptz, timestamptz), open311_stem(text),
    open311_place_tags(double precision, double precision, double precision, double precision),
    open311_tags(text, text, timestamptz, geometry), open311_day(timestamptz),
    open311_cells(double precision, double precision, double precision, double precision), open311_cell(geometry)
"""
NEWEST = "requested_datetime desc, id desc"
INDEXES = {
    "newest": f"(jurisdiction_id, {NEWEST}) include (version, updated_datetime, status, service_code, geom)",
    "by_service": f"(jurisdiction_id, service_code, {NEWEST}) include (version, status)",
    "by_status": f"(jurisdiction_id, status, {NEWEST}) include (version, service_code)",
    "by_cell": f"(jurisdiction_id, open311_cell(geom), {NEWEST}) include (version, status, service_code, geom)",
    "words": "using gin (words, folded gin_trgm_ops, open311_tags(service_code, status, requested_datetime, geom))",
}
FORMER = {
    "newest": f"(jurisdiction_id, {NEWEST}) include (version)",
    "by_service": f"(jurisdiction_id, service_code, {NEWEST}) include (version)",
    "by_status": f"(jurisdiction_id, status, {NEWEST}) include (version)",
    "words": "using gin (words)",
    "parts_of_words": "using gin (folded gin_trgm_ops)",
}
# An index can answer alone only for pages that were cleaned since they were written.
CLEANING = {
    "autovacuum_vacuum_insert_threshold": "10000",
    "autovacuum_vacuum_insert_scale_factor": "0",
    "autovacuum_vacuum_scale_factor": "0.02",
}


def _replace(old: dict[str, str], new: dict[str, str]) -> None:
    for name, definition in new.items():
        index = f"index if not exists service_requests_{name}_next on service_requests"
        op.execute(f"create {index} {definition} where visibility = 'published'")
    op.execute("drop index " + ", ".join(f"service_requests_{name}" for name in old))
    for name in new:
        op.execute(f"alter index service_requests_{name}_next rename to service_requests_{name}")


def _schemas() -> dict[str, str]:
    """Where our own functions are, and those of PostGIS."""
    [(own, gis)] = op.get_bind().execute(text(SCHEMAS))
    return {"own": own, "gis": gis}


def upgrade() -> None:
    """Build what is not built yet, then exchange."""
    op.execute(FUNCTIONS.format(**_schemas()))
    op.execute(BLOCKS)
    _replace(FORMER, INDEXES)
    op.execute(f"alter table service_requests set ({', '.join(f'{k} = {v}' for k, v in CLEANING.items())})")
    # What the words' tags are like is known only after a look at them.
    op.execute("analyze service_requests")


def downgrade() -> None:
    """The indexes as they were."""
    op.execute(f"alter table service_requests reset ({', '.join(CLEANING)})")
    _replace(INDEXES, FORMER)
    op.execute(NO_FUNCTIONS)
