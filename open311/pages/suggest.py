"""Places for words while they are typed, for scripts."""

from typing import cast

import orjson
from flask import Response, request

from open311 import web
from open311.actions import places
from open311.pages.answers import HEADERS
from open311.pages.blueprint import blueprint, city
from open311.web import parameters
from open311.web.requests import LenientRequest


@blueprint.page("/places")
def suggested_places() -> Response:
    """Places that the words `q` may mean."""
    words = parameters.from_query(cast(LenientRequest, request)).get("q", [""])[0]
    found = places.search(web.core(), city(), words, web.language())
    body = orjson.dumps([{"address": each.address, "lat": each.lat, "long": each.long} for each in found])
    response = Response(body, headers=HEADERS, content_type="application/json; charset=utf-8")
    response.headers["Cache-Control"] = "private, max-age=60"
    return response
