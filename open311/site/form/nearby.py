"""Reports that may be the same one."""

from open311.http import current
from open311.model.intake.drafts import Draft
from open311.model.maps.geography import Circle
from open311.model.search import RequestSearch
from open311.model.service_request import Location, Status
from open311.site import view_models
from open311.site.blueprint import city
from open311.site.form import form_input
from open311.storage import search

METRES = 50
SHOWN = 3


def nearby(draft: Draft) -> list[view_models.ShownReport]:
    """Open reports of the same kind within a few steps, the newest first."""
    place, _ = form_input.position(draft.state)
    service = form_input.service(city(), draft.state)
    return around(place, service.service_code) if place and service else []


def around(place: Location, *service_codes: str) -> list[view_models.ShownReport]:
    """Open reports within a few steps of a place, of these kinds or of all, the newest first."""
    request_search = RequestSearch(
        jurisdiction_id=city().jurisdiction.jurisdiction_id,
        service_codes=service_codes,
        statuses=(Status.OPEN,),
        circle=Circle(place, METRES),
        page_size=SHOWN,
    )
    with current.core().database.read_public() as conn:
        page = search.search(conn, request_search)
    return [view_models.shown_report(item, city()) for item in page.items]
