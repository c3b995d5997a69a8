"""A latitude of almost nothing has a row on the map too, where radians() would underflow."""

from alembic import op

revision = "0015"
down_revision = "0014"

FUNCTION = """
create or replace function open311_row(lat double precision, level integer) returns integer
language sql immutable parallel safe as $$
    select greatest(0, least((1 << level) - 1, floor(
        (1 - asinh(tan(radians({lat}))) / pi()) / 2 * (1 << level)
    )::integer))
$$;
"""
BOUNDED = "greatest(-89.9, least(89.9, lat))"


def upgrade() -> None:
    op.execute(FUNCTION.format(lat=f"case when abs(lat) < 1e-9 then 0 else {BOUNDED} end"))


def downgrade() -> None:
    op.execute(FUNCTION.format(lat=BOUNDED))
