"""Requests as GeoJSON (RFC 7946): each is a point with the fields of GeoReport v2 as its properties."""

from collections.abc import Iterable
from typing import Any

import orjson

from open311.formats.encode import Document, to_json

MEDIA_TYPE = "application/geo+json"


def feature(request: dict[str, Any], **members: Any) -> dict[str, Any]:
    """One request, as `documents.service_request` describes it, as a Feature; `members` are beside it."""
    place = (request["long"], request["lat"])
    return {
        "type": "Feature",
        "id": request["service_request_id"],
        # RFC 7946, 3.2: a Feature without a place has null, and is a Feature all the same.
        "geometry": None if None in place else {"type": "Point", "coordinates": place},
        "properties": request,
        **members,
    }


def write(value: dict[str, Any]) -> bytes:
    return to_json(Document("geojson", value))


def join(features: Iterable[bytes], **members: Any) -> bytes:
    """A FeatureCollection of Features that `write` has written; `members` are beside them."""
    more = b"".join(b",%b:%b" % (orjson.dumps(name), orjson.dumps(value)) for name, value in members.items())
    return b'{"type":"FeatureCollection","features":[%b]%b}' % (b",".join(features), more)
