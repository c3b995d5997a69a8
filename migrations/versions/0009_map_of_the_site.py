"""The map of the public site: counts by detailed status, and what it still shows of what is closed."""

from alembic import op

revision = "0009"
down_revision = "0008"

# The second index holds little: most reports are closed, and long ago.
INDEXES = """
create index service_requests_closed_lately on service_requests (jurisdiction_id, closed_datetime)
    where status = 'closed' and visibility = 'published';
create index service_requests_open_place on service_requests using gist (geom)
    where status = 'open' and visibility = 'published';
"""
NO_INDEXES = "drop index service_requests_closed_lately, service_requests_open_place"

FINER = """
truncate map_cells, map_changes;
alter table map_cells drop constraint map_cells_pkey;
alter table map_cells add column detailed_status text collate "C" not null;
alter table map_cells
    add primary key (jurisdiction_id, level, x, y, service_code, status, detailed_status);
alter table map_changes add column detailed_status text collate "C" not null;
"""
COARSER = """
truncate map_cells, map_changes;
alter table map_cells drop constraint map_cells_pkey;
alter table map_cells drop column detailed_status;
alter table map_cells add primary key (jurisdiction_id, level, x, y, service_code, status);
alter table map_changes drop column detailed_status;
"""

FUNCTION = """
create or replace function open311_map_{operation}() returns trigger language plpgsql as $$
begin
    insert into map_changes (jurisdiction_id, x, y, {kinds}, count, sum_lat, sum_long)
    select jurisdiction_id, open311_column(st_x(geom), 16), open311_row(st_y(geom), 16), {kinds},
           sum(sign), sum(sign * round(st_y(geom) * 1e7))::bigint, sum(sign * round(st_x(geom) * 1e7))::bigint
    from ({rows}) as changed
    where visibility = 'published' and abs(st_y(geom)) < 85.051128
    group by jurisdiction_id, 2, 3, {kinds}
    having sum(sign) <> 0 or sum(sign * round(st_y(geom) * 1e7)) <> 0
        or sum(sign * round(st_x(geom) * 1e7)) <> 0;
    return null;
end $$
"""
FILL = """
insert into map_cells (jurisdiction_id, level, x, y, {kinds}, count, sum_lat, sum_long)
select jurisdiction_id, level, open311_column(st_x(geom), level), open311_row(st_y(geom), level), {kinds},
       count(*), sum(round(st_y(geom) * 1e7))::bigint, sum(round(st_x(geom) * 1e7))::bigint
from service_requests cross join (values (14), (16)) as levels (level)
where visibility = 'published' and abs(st_y(geom)) < 85.051128
group by jurisdiction_id, level, 3, 4, {kinds}
"""
ROWS = {
    "insert": ("after",),
    "delete": ("before",),
    "update": ("after", "before"),
}
SIGN = {"after": 1, "before": -1}


def _count_by(kinds: str) -> None:
    columns = f"jurisdiction_id, geom, {kinds}, visibility"
    for operation, tables in ROWS.items():
        rows = " union all ".join(f"select {SIGN[each]} as sign, {columns} from {each}" for each in tables)
        op.execute(FUNCTION.format(operation=operation, kinds=kinds, rows=rows))
    op.execute(FILL.format(kinds=kinds))


def upgrade() -> None:
    """All is counted anew."""
    op.execute(INDEXES)
    op.execute(FINER)
    _count_by("service_code, status, detailed_status")


def downgrade() -> None:
    """All is counted anew, less finely."""
    op.execute(NO_INDEXES)
    op.execute(COARSER)
    _count_by("service_code, status")
