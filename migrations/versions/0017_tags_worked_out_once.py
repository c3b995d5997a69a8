"""The tags of a request take a fifth of the time: the day is worked out once, in a function whose plan is kept.

A search for words evaluates them for every row it finds. The tags themselves stay the same, and so does the index.
"""

from alembic import op
from sqlalchemy import text

revision = "0017"
down_revision = "0016"

SIGNATURE = """
create or replace function open311_tags(service_code text, status text, requested timestamptz, geom geometry)
"""
TAGS = """array['s' || service_code, status,
        'a' || {day}, 'b' || ({day} >> 2), 'c' || ({day} >> 4), 'd' || ({day} >> 6), 'e' || ({day} >> 8),
        'x' || {own}.open311_column({gis}.st_x(geom), 15) || 'y' || {own}.open311_row({gis}.st_y(geom), 15)]"""
ONCE = """returns text[] language plpgsql immutable parallel safe as $$
declare
    day constant integer := {own}.open311_day(requested);
begin
    return {tags};
end
$$;
"""
EACH = "returns text[] language sql immutable parallel safe as $$ select {tags} $$;"
SCHEMAS = """
select quote_ident(current_schema()), extnamespace::regnamespace::text from pg_extension where extname = 'postgis'
"""


def _define(body: str, day: str) -> None:
    [(own, gis)] = op.get_bind().execute(text(SCHEMAS))
    tags = TAGS.format(own=own, gis=gis, day=day.format(own=own))
    op.execute(SIGNATURE + body.format(own=own, tags=tags))


def upgrade() -> None:
    """The same tags, faster."""
    _define(ONCE, "day")


def downgrade() -> None:
    """The function as it was."""
    _define(EACH, "{own}.open311_day(requested)")
