"""The map's counts go down to blocks of a hundred metres; what was closed lately is read from an index alone."""

from alembic import op

revision = "0014"
down_revision = "0013"

# Made first: it keeps writers waiting until the triggers are the new ones.
INDEX = """
drop index service_requests_closed_lately;
create index service_requests_closed_lately on service_requests (jurisdiction_id, closed_datetime) {columns}
    where status = 'closed' and visibility = 'published'
"""
COLUMNS = "include (geom, service_code, detailed_status)"

KINDS = "service_code, status, detailed_status"
FUNCTION = """
create or replace function open311_map_{operation}() returns trigger language plpgsql as $$
begin
    insert into map_changes (jurisdiction_id, x, y, {kinds}, count, sum_lat, sum_long)
    select jurisdiction_id, open311_column(st_x(geom), {finest}), open311_row(st_y(geom), {finest}), {kinds},
           sum(sign), sum(sign * round(st_y(geom) * 1e7))::bigint, sum(sign * round(st_x(geom) * 1e7))::bigint
    from ({rows}) as changed
    where visibility = 'published' and abs(st_y(geom)) < 85.051128
    group by jurisdiction_id, 2, 3, {kinds}
    having sum(sign) <> 0 or sum(sign * round(st_y(geom) * 1e7)) <> 0
        or sum(sign * round(st_x(geom) * 1e7)) <> 0;
    return null;
end $$
"""
# In the order of the key, so that what a tile reads lies together.
FILL = """
insert into map_cells (jurisdiction_id, level, x, y, {kinds}, count, sum_lat, sum_long)
select jurisdiction_id, level, open311_column(st_x(geom), level) as x, open311_row(st_y(geom), level) as y, {kinds},
       count(*), sum(round(st_y(geom) * 1e7))::bigint, sum(round(st_x(geom) * 1e7))::bigint
from service_requests cross join (values {levels}) as levels (level)
where visibility = 'published' and abs(st_y(geom)) < 85.051128
group by jurisdiction_id, level, x, y, {kinds}
order by jurisdiction_id, level, x, y, {kinds}
"""
ROWS = {"insert": ("after",), "delete": ("before",), "update": ("after", "before")}
SIGN = {"after": 1, "before": -1}


def _count_on(*levels: int) -> None:
    op.execute("truncate map_cells, map_changes")
    columns = f"jurisdiction_id, geom, {KINDS}, visibility"
    for operation, tables in ROWS.items():
        rows = " union all ".join(f"select {SIGN[each]} as sign, {columns} from {each}" for each in tables)
        op.execute(FUNCTION.format(operation=operation, kinds=KINDS, rows=rows, finest=levels[-1]))
    op.execute(FILL.format(kinds=KINDS, levels=", ".join(f"({level})" for level in levels)))


def upgrade() -> None:
    """All is counted anew; rows that are added to stay where they are."""
    op.execute(INDEX.format(columns=COLUMNS))
    op.execute("alter table map_cells set (fillfactor = 85)")
    _count_on(14, 16, 18)


def downgrade() -> None:
    """All is counted anew, less finely."""
    op.execute(INDEX.format(columns=""))
    op.execute("alter table map_cells reset (fillfactor)")
    _count_on(14, 16)
