"""The map of the staff: the cases of the list, as far as somebody may see them, with the list beside it.

Its points come from here alone, never from the tiles of the public, and nobody keeps them.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from open311.http import current
from open311.model.access.actor import Right
from open311.model.catalogue import Catalogue
from open311.model.maps.geography import Box
from open311.site import rendering
from open311.site.list import maps
from open311.site.words import catalogue_text, words
from open311.staff import way_back
from open311.staff.blueprint import address, page, staff
from open311.staff.lists import filters
from open311.staff.rendering import NOT_KEPT, render
from open311.staff.way_back import WayBack
from open311.storage.desk.lists import case_list, places
from open311.storage.desk.lists.places import Place
from open311.storage.desk.scope import scope_of
from open311.web.fields import BoxField

SHOWN = 50


@page("/reports/map", Right.SEE_REPORTS)
def case_map() -> ResponseReturnValue:
    """The map, and the first cases that lie on it as a list."""
    core, chosen, box = current.core(), filters.of_request(), _box()
    scope, others = scope_of(staff(), Right.SEE_REPORTS), filters.colleagues()
    with core.database.read() as conn:
        cases = case_list.page(
            conn, scope, replace(filters.search(others), has_place=True, box=box, limit=SHOWN), core.now()
        )
    in_force = [core.catalogues.owner(owner) for owner in scope.jurisdictions]
    catalogue: Catalogue = g.catalogue
    kept = {**chosen.values, **({"bbox": request.args["bbox"]} if box else {})}
    response = render(
        "lists/case_map.html",
        rows=cases.rows,
        more=cases.next is not None,
        catalogues={city.jurisdiction.jurisdiction_id: city for city in in_force},
        chosen=chosen,
        chips=[
            (chip, _map_address({**kept, **chip.left})) for chip in filters.chips(chosen, in_force, others)
        ],
        everywhere=_map_address(chosen.values) if box else "",
        nearest=chosen.nearest_to(*box.centre) if box else "",
        cases=f"{address('case_points')}?{urlencode(chosen.values)}",
        map=maps.map_of(catalogue),
        now=core.now(),
    )
    response.headers["Content-Security-Policy"] = rendering.policy(maps.sources())
    return response


@page("/reports/map.geojson", Right.SEE_REPORTS)
def case_points() -> Response:
    core, scope, others = current.core(), scope_of(staff(), Right.SEE_REPORTS), filters.colleagues()
    with core.database.read() as conn:
        search = replace(filters.search(others), box=_box())
        places_found, more = places.find(conn, scope, search, core.now())
    back = way_back.to(way_back.MAP, {**filters.of_request().values, "bbox": request.args.get("bbox", "")})
    features = [_feature(place, core.catalogues.owner(place.jurisdiction_id), back) for place in places_found]
    response = jsonify(type="FeatureCollection", features=features, more=more)
    response.content_type = "application/geo+json"
    response.headers["Cache-Control"] = NOT_KEPT
    return response


def _box() -> Box | None:
    """The part of the map that the address names; what cannot be read restricts nothing."""
    if "bbox" not in request.args:
        return None
    try:
        box: Any = BoxField().deserialize(request.args.getlist("bbox"))
    except ValidationError:
        return None
    return box if isinstance(box, Box) else None


def _map_address(values: Mapping[str, str]) -> str:
    kept = {name: value for name, value in values.items() if value}
    return f"{address('case_map')}?{urlencode(kept)}" if kept else address("case_map")


def _feature(place: Place, catalogue: Catalogue, back: WayBack) -> dict[str, Any]:
    status = catalogue.statuses.get(place.detailed_status)
    label = catalogue_text(status.label) if status else place.detailed_status
    late = f"{words('desk.late')}, " if place.is_overdue else ""
    return {
        "type": "Feature",
        "id": place.number,
        "geometry": {"type": "Point", "coordinates": [place.long, place.lat]},
        "properties": {
            "service_code": place.service_code,
            "detailed_status": place.detailed_status,
            "late": place.is_overdue,
            "title": f"{place.number} · {catalogue.service_name(place.service_code, current.language())}",
            "text": f"{late}{label}. {place.address}".strip(),
            "href": address("report", number=place.number, **back.query),
        },
    }
