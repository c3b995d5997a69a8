"""What the methods take that only GeoReport has; what every list of requests takes is in `web/queries.py`."""

from typing import Any

from marshmallow import post_load

from open311.base.errors import Invalid, problem
from open311.model.service_request import Location
from open311.web.fields import Degrees
from open311.web.queries import Arguments


class ServicesQuery(Arguments):
    """GET service list."""

    lat = Degrees(90, metadata={"description": "Only services offered at this point."})
    long = Degrees(180, metadata={"description": "Only services offered at this point."})

    @post_load
    def _place(self, data: dict[str, Any], **_: Any) -> Location | None:
        return _location(data)


def _location(data: dict[str, Any]) -> Location | None:
    #
    if ("lat" in data) != ("long" in data):
        raise Invalid(problem("error.location.pair"))
    return Location(data["lat"], data["long"]) if "lat" in data else None
