"""Circles: the envelope that surely holds one, and distances good enough to show."""

from math import cos, hypot, radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.model.maps.geography import Circle
from open311.model.service_request import Location

SMALL = 1e-9
latitudes, longitudes = st.floats(-90, 90), st.floats(-180, 180)


@given(latitudes, longitudes, st.floats(0.001, 50_000))
def test_envelope_holds_the_circle_and_stays_on_earth(lat: float, long: float, radius: float) -> None:
    """R-192: on every sphere inside the ellipsoid, the farthest points north, south, east and west lie in it."""
    box = Circle(Location(lat, long), radius).envelope
    assert -180 <= box.min_long <= long <= box.max_long <= 180
    assert -90 <= box.min_lat <= lat <= box.max_lat <= 90
    degrees = radius / 111_700
    assert box.max_lat >= min(90, lat + degrees) - SMALL
    assert box.min_lat <= max(-90, lat - degrees) + SMALL
    reach = degrees / max(1e-12, cos(radians(lat)))
    assert box.max_long >= min(180, long + reach) - SMALL
    assert box.min_long <= max(-180, long - reach) + SMALL


@pytest.mark.parametrize("long", [179.99, -179.99, 180, -180])
def test_circle_across_the_date_line_reaches_both_sides(long: float) -> None:
    """R-192"""
    box = Circle(Location(-16.8, long), 5000).envelope
    assert (box.min_long, box.max_long) == (-180, 180)


@pytest.mark.parametrize(
    ("lat", "lat_metres", "long_metres"),
    [(0, 110_574.28, 111_319.49), (45, 111_131.78, 78_846.81), (60, 111_412.24, 55_799.98)],
)
def test_length_of_a_degree(lat: float, lat_metres: float, long_metres: float) -> None:
    """R-192: the values every table of the WGS84 ellipsoid gives, to a metre."""
    per_lat, per_long = Circle(Location(lat, 8), 1).metres_per_degree
    assert per_lat == pytest.approx(lat_metres, abs=1)
    assert per_long == pytest.approx(long_metres, abs=1)


@given(st.floats(-70, 70), longitudes, st.floats(-0.004, 0.004), st.floats(-0.004, 0.004))
def test_distance_is_symmetric_within_a_kilometre(lat: float, long: float, north: float, east: float) -> None:
    """R-194"""
    here, there = Location(lat, long), Location(lat + north, max(-180, min(180, long + east)))
    one, other = Circle(here, 1).distance(there), Circle(there, 1).distance(here)
    assert one == pytest.approx(other, abs=0.3)
    assert one <= hypot(north, east) * 112_000 + SMALL


@pytest.mark.parametrize("long", [179.999, -179.999])
def test_distance_across_the_date_line_is_short(long: float) -> None:
    """R-194"""
    metres = Circle(Location(0, long), 1000).distance(Location(0, -long))
    assert metres == pytest.approx(222.64, abs=0.01)
