"""The address next to a point: the nearest within reach, found by the index."""

import pytest
from sqlalchemy import Connection, text

from open311.model.maps.geography import Circle
from open311.model.maps.place import Place
from open311.model.service_request import Location
from open311.storage.maps import addresses

CITY = "ludwigshafen.de"
HERE = (49.48, 8.44)
REACH = Circle(Location(*HERE), 60)
A_METRE = 1 / 111_195


def at(label: str, north: float = 0, east: float = 0) -> Place:
    """An address so many metres from here; a degree of longitude is shorter by the cosine of the latitude."""
    return Place(label, HERE[0] + north * A_METRE, HERE[1] + east * A_METRE / 0.6497)


@pytest.mark.parametrize(
    ("known", "found"),
    [
        ((at("near", north=20), at("nearer", east=-10), at("far", east=200)), "nearer"),
        ((at("north", north=59),), "north"),
        ((at("east", east=59),), "east"),
        ((at("too far north", north=61),), None),
        ((at("in the corner of the box", north=50, east=50),), None),
        ((), None),
    ],
    ids=str,
)
def test_is_the_next_one_within_reach(conn: Connection, known: tuple[Place, ...], found: str | None) -> None:
    addresses.replace(conn, CITY, known)
    addresses.replace(conn, "mannheim.de", [at("of another city")])
    next_to = addresses.nearest(conn, CITY, REACH)
    assert (next_to and next_to.address) == found


def test_is_found_by_the_index_among_many(conn: Connection) -> None:
    conn.execute(
        text(
            "insert into addresses (jurisdiction_id, label, geom) select :city, 'Weg ' || n,"
            " ST_SetSRID(ST_MakePoint(8.3 + n % 200 * 0.001, 49.4 + n / 200 * 0.001), 4326)"
            " from generate_series(1, 20000) as n"
        ),
        {"city": CITY},
    )
    conn.execute(text("analyze addresses"))
    scans = text("select pg_stat_get_xact_numscans('addresses_place'::regclass)")
    before = conn.execute(scans).scalar_one()
    assert addresses.nearest(conn, CITY, REACH) is not None
    assert conn.execute(scans).scalar_one() == before + 1
