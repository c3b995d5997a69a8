"""What is not about one case: figures, views, and where a report would go to."""

from collections.abc import Mapping
from typing import Any

from open311.actions.desk import views
from open311.base.errors import Invalid, NotFound, problem
from open311.http import current
from open311.model.access.actor import Right
from open311.model.service_request import Location
from open311.staff.api import schemas
from open311.staff.api.blueprint import blueprint
from open311.staff.blueprint import staff
from open311.staff.lists.case_list import VIEWS
from open311.storage.desk.lists import counts
from open311.storage.desk.lists import views as stored_views
from open311.storage.desk.scope import scope_of


@blueprint.view("/figures", Right.FIGURES, returns=schemas.FiguresSchema)
def get_figures() -> counts.Counts:
    """How many open cases lie where."""
    core = current.core()
    scope = scope_of(staff(), Right.SEE_REPORTS)
    with core.database.read() as conn:
        return core.desk_counts.get(
            # Whose figures they are is part of the key: each sees other cases.
            ("figures", staff()),
            core.database.freshness.desk_stamp,
            core.now(),
            lambda: counts.count(conn, scope, core.now()),
        )


@blueprint.view("/views", Right.SEE_REPORTS, returns=schemas.ViewsSchema)
def get_views() -> dict[str, Any]:
    """Views of the list: those that everybody has, one's own, those of one's units."""
    return {"views": [{"name": name, "query": query} for name, query in VIEWS.items()] + _stored()}


def _stored() -> list[dict[str, Any]]:
    somebody = staff()
    with current.core().database.read() as conn:
        kept = stored_views.offered(conn, somebody.account_id, views.shared_by(somebody, Right.SEE_REPORTS))
    return [{"name": view.name, "unit": view.unit, "query": view.query} for view in kept]


def view_named(name: str) -> Mapping[str, str]:
    """The filters of a view; of two with one name those of one's own. Raises `Invalid`."""
    if name in VIEWS:
        return VIEWS[name]
    for view in _stored():
        if view["name"] == name:
            query: Mapping[str, str] = view["query"]
            return query
    raise Invalid(problem("desk.api.view", name=name))


@blueprint.view("/routing", Right.SEE_REPORTS, takes=schemas.RoutingQuery, returns=schemas.RouteSchema)
def get_routing(query: Mapping[str, Any]) -> dict[str, Any]:
    """Which unit a report would go to now, which rule says so, and what keeps earlier rules from it."""
    core, own = current.core(), staff().jurisdictions(Right.SEE_REPORTS)
    city = query.get("jurisdiction_id", own[0])
    if city not in own:
        raise NotFound(problem("error.jurisdiction.unknown", jurisdiction_id=city))
    catalogue = core.catalogues.owner(city)
    if query["service_code"] not in catalogue.services:
        raise Invalid(problem("error.service_code.unknown", service_code=query["service_code"]))
    place = Location(query["lat"], query["long"]) if {"lat", "long"} <= {*query} else None
    route = catalogue.route(query["service_code"], core.now(), place, {})
    return {
        "unit": route.unit,
        "rule": route.rule.name if route.rule else None,
        "passed_over": [{"rule": rule.name, "because": why} for rule, why in route.passed_over],
    }
