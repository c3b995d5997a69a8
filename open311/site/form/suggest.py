"""Places for words while they are typed, and words for places, for scripts."""

from typing import Any, cast

import orjson
from flask import Response, request

from open311.actions.addresses import geocoding
from open311.base.errors import Invalid, problem
from open311.http import current
from open311.http.parsing.normalise import LenientRequest
from open311.model.service_request import Location
from open311.site.addresses import address
from open311.site.blueprint import blueprint, city
from open311.site.form import form_input, outside
from open311.site.form.category_search import matching_services
from open311.site.form.nearby import around
from open311.site.form.things import AT_METRES
from open311.site.rendering import HEADERS
from open311.site.view_models import ShownReport
from open311.site.words import counted, degrees, words
from open311.web import parameters

MOST_LETTERS = 200


@blueprint.page("/places")
def suggested_places() -> Response:
    """Places that the words `q` may mean."""
    query = parameters.from_query(cast(LenientRequest, request)).get("q", [""])[0]
    places = geocoding.search(current.core(), city(), query, current.language())
    return _json(
        [
            {"address": place.address, "lat": place.lat, "long": place.long, "kind": place.kind}
            for place in places
        ]
    )


@blueprint.page("/services/fitting")
def fitting_services() -> Response:
    """The codes of the services that the words `q` fit, best first."""
    words = parameters.from_query(cast(LenientRequest, request)).get("q", [""])[0]
    return _json([service.service_code for service in matching_services(city(), words[:MOST_LETTERS])])


@blueprint.page("/places/near")
def near_place() -> Response:
    """What is at `lat` and `long`, in words: the position, the next address, open reports, or that it is outside."""
    query = parameters.from_query(cast(LenientRequest, request))
    place, _ = form_input.position({name: values[0] for name, values in query.items()})
    if place is None:
        raise Invalid(problem("page.form.error.position"))
    if not city().jurisdiction.contains(place.lat, place.long):
        return _json(_outside(place))
    core, catalogue, language = current.core(), city(), current.language()
    next_to = geocoding.nearest(core, catalogue, place.lat, place.long, language)
    thing = geocoding.thing_at(core, catalogue, place, AT_METRES, language)
    return _json({"inside": True, "address": next_to} | _place_in_words(place, thing, next_to, around(place)))


def _outside(place: Location) -> dict[str, Any]:
    """That it is outside, and whose it is, if we know; else what to do."""
    other = outside.city_at(place)
    if other is None:
        return {"inside": False, "message": f"{outside.in_words(place)} {words('page.form.position.other')}"}
    link = {"href": address("new_report", of=other), "words": words("page.form.outside.there")}
    return {"inside": False, "message": outside.in_words(place), "elsewhere": link}


def _place_in_words(
    place: Location, thing: str, next_to: str, open_there: list[ShownReport]
) -> dict[str, Any]:
    position = words("page.form.position", position=degrees(place.lat, place.long))
    if thing:
        position = f"{thing}, {position}"
    near = counted("page.form.position.near", len(open_there)) if open_there else ""
    at = words("page.form.position.address", address=next_to) if next_to else ""
    return {
        "position": position,
        "near": near,
        "message": " ".join(f"{sentence}." for sentence in (position, at, near) if sentence),
        "reports": [
            {"href": address("report", number=request.number), "words": _line(request)}
            for request in open_there
        ],
    }


def _line(report: ShownReport) -> str:
    number = words("page.report.number", number=report.number)
    return f"{report.service}, {number}: {report.status.label}"


def _json(body: Any) -> Response:
    response = Response(orjson.dumps(body), headers=HEADERS, content_type="application/json; charset=utf-8")
    # What somebody types, or where they stand, no cache in between may hand on.
    response.headers["Cache-Control"] = "private, max-age=60"
    return response
