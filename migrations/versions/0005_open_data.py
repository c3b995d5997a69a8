"""Open data: parts of words, agencies, and the counts behind the map."""

from alembic import op

revision = "0005"
down_revision = "0004"

# Parts of words, spelled on any keyboard; and who is responsible, whatever the case of the letters. The folded text is
# stored: folding it anew costs ten times as much as looking for a part of a word in it.
SEARCH = """
create extension if not exists pg_trgm;
alter table service_requests add column folded text generated always as (
    open311_fold(description || ' ' || address || ' ' || coalesce(status_notes, ''))
) stored;
create index service_requests_parts_of_words on service_requests
    using gin (folded gin_trgm_ops) where visibility = 'published';
create index service_requests_by_agency
    on service_requests (jurisdiction_id, lower(agency_responsible), requested_datetime desc, id desc)
    include (version) where visibility = 'published';
create statistics service_requests_agencies on lower(agency_responsible) from service_requests;
"""

# Which cell of the web map's grid a point is in. A level has 2^level columns and rows; row 0 is in the north.
# Not strict, or PostgreSQL could not put them in line.
GRID = """
create function open311_column(long double precision, level integer) returns integer
language sql immutable parallel safe as $$
    select least((1 << level) - 1, floor((long + 180) / 360 * (1 << level))::integer)
$$;
create function open311_row(lat double precision, level integer) returns integer
language sql immutable parallel safe as $$
    select greatest(0, least((1 << level) - 1, floor(
        (1 - asinh(tan(radians(greatest(-89.9, least(89.9, lat))))) / pi()) / 2 * (1 << level)
    )::integer))
$$;
"""

# Sums of places are kept beside the counts, as whole numbers of 1e-7 degrees, so that folding them loses nothing.
TABLES = """
create table map_cells (
    jurisdiction_id text collate "C" not null,
    level smallint not null,
    x integer not null,
    y integer not null,
    service_code text collate "C" not null,
    status text collate "C" not null,
    count bigint not null,
    sum_lat bigint not null,
    sum_long bigint not null,
    primary key (jurisdiction_id, level, x, y, service_code, status)
);
create table map_changes (
    id bigint generated always as identity primary key,
    jurisdiction_id text collate "C" not null,
    x integer not null,
    y integer not null,
    service_code text collate "C" not null,
    status text collate "C" not null,
    count bigint not null,
    sum_lat bigint not null,
    sum_long bigint not null
);
"""

# Writers only append, so that two reports in one street never wait for each other; the worker adds up.
TRIGGERS = """
create function open311_map_changed() returns trigger language plpgsql as $$
begin
    {statement}
    return null;
end $$;
create trigger map_{operation} after {operation} on service_requests
    referencing {tables} for each statement execute function open311_map_changed();
"""
CHANGE = """
    insert into map_changes (jurisdiction_id, x, y, service_code, status, count, sum_lat, sum_long)
    select jurisdiction_id, open311_column(st_x(geom), 16), open311_row(st_y(geom), 16), service_code, status,
           sum(sign), sum(sign * round(st_y(geom) * 1e7))::bigint, sum(sign * round(st_x(geom) * 1e7))::bigint
    from ({rows}) as changed
    where visibility = 'published' and abs(st_y(geom)) < 85.051128
    group by 1, 2, 3, 4, 5
    having sum(sign) <> 0 or sum(sign * round(st_y(geom) * 1e7)) <> 0
        or sum(sign * round(st_x(geom) * 1e7)) <> 0;
"""
COLUMNS = "jurisdiction_id, geom, service_code, status, visibility"
AFTER = f"select 1 as sign, {COLUMNS} from "
BEFORE = f"select -1 as sign, {COLUMNS} from "
REFERENCING = {
    "insert": ("new table as after", AFTER + "after"),
    "delete": ("old table as before", BEFORE + "before"),
    "update": (
        "old table as before new table as after",
        f"{AFTER}after union all {BEFORE}before",
    ),
}

FILL = """
insert into map_cells
select jurisdiction_id, level, open311_column(st_x(geom), level), open311_row(st_y(geom), level),
       service_code, status, count(*), sum(round(st_y(geom) * 1e7))::bigint, sum(round(st_x(geom) * 1e7))::bigint
from service_requests cross join (values (14), (16)) as levels (level)
where visibility = 'published' and abs(st_y(geom)) < 85.051128
group by 1, 2, 3, 4, 5, 6
"""

DOWN = """
drop trigger map_insert on service_requests;
drop trigger map_delete on service_requests;
drop trigger map_update on service_requests;
drop function open311_map_insert(), open311_map_delete(), open311_map_update();
drop table map_changes, map_cells;
drop index service_requests_by_agency;
drop statistics service_requests_agencies;
alter table service_requests drop column folded;
drop function open311_column(double precision, integer), open311_row(double precision, integer);
"""


def upgrade() -> None:
    """What there is already is counted; from then on triggers note each change."""
    for statement in (SEARCH, GRID, TABLES, FILL):
        op.execute(statement)
    for operation, (tables, rows) in REFERENCING.items():
        made = TRIGGERS.format(operation=operation, tables=tables, statement=CHANGE.format(rows=rows))
        op.execute(made.replace("open311_map_changed", f"open311_map_{operation}"))


def downgrade() -> None:
    """The extension for parts of words stays, since others may use it."""
    op.execute(DOWN)
