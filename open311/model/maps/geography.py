"""Short distances on the WGS84 ellipsoid by plain arithmetic."""

from dataclasses import dataclass
from math import copysign, cos, hypot, radians, sin, sqrt

from open311.model.service_request import Location

# Of WGS84, in metres, as PostGIS has it.
SEMI_MAJOR = 6_378_137.0
ECCENTRICITY_SQUARED = 0.006_694_379_990_14
# Nearer to the poles a degree of longitude is too short for the flat approximation.
FLAT_UP_TO_LATITUDE = 80.0
# More than any distance on earth: every point in question is measured exactly.
NOT_FLAT = 1e9


@dataclass(frozen=True, slots=True)
class Box:
    """A box in degrees, edges included. Across the 180th meridian `min_long` is the larger one (RFC 7946, 5.2)."""

    min_long: float
    min_lat: float
    max_long: float
    max_lat: float

    @property
    def crosses(self) -> bool:
        """Whether the 180th meridian runs through it."""
        return self.min_long > self.max_long

    @property
    def centre(self) -> tuple[float, float]:
        """Latitude and longitude of its middle."""
        long = (self.min_long + self.max_long + (360 if self.crosses else 0)) / 2
        return (self.min_lat + self.max_lat) / 2, long - 360 if long > 180 else long


@dataclass(frozen=True, slots=True)
class Circle:
    """All points within `radius` metres of a centre."""

    centre: Location
    radius: float

    @property
    def metres_per_degree(self) -> tuple[float, float]:
        """Length of one degree of latitude and of longitude at the centre, from the local radii of curvature."""
        sine = sin(radians(self.centre.lat))
        root = sqrt(1 - ECCENTRICITY_SQUARED * sine * sine)
        meridian = SEMI_MAJOR * (1 - ECCENTRICITY_SQUARED) / root**3
        normal = SEMI_MAJOR / root
        return radians(meridian), radians(normal * cos(radians(self.centre.lat)))

    @property
    def tolerance(self) -> float:
        """How far, in metres, the flat distance may be wrong at the rim."""
        return self.radius * (1e-4 + 2e-7 * self.radius) if self._flat else NOT_FLAT

    @property
    def _reach(self) -> tuple[float, float]:
        """Degrees of latitude and longitude that surely lead out of the circle."""
        per_lat, per_long = self.metres_per_degree
        metres = self.radius * 1.02
        return metres / per_lat, metres / per_long

    @property
    def _flat(self) -> bool:
        """Whether plain arithmetic will do: neither near a pole nor across the date line."""
        near_pole = abs(self.centre.lat) > FLAT_UP_TO_LATITUDE
        return not near_pole and abs(self.centre.long) + self._reach[1] <= 180

    @property
    def envelope(self) -> Box:
        lat, long = self._reach
        if not self._flat:
            long = 360.0
        return Box(
            max(-180.0, self.centre.long - long),
            max(-90.0, self.centre.lat - lat),
            min(180.0, self.centre.long + long),
            min(90.0, self.centre.lat + lat),
        )

    def distance(self, place: Location) -> float:
        """Metres from the centre, good to a few centimetres within a kilometre."""
        per_lat, per_long = self.metres_per_degree
        long = place.long - self.centre.long
        if abs(long) > 180:
            long -= copysign(360, long)
        return hypot((place.lat - self.centre.lat) * per_lat, long * per_long)
