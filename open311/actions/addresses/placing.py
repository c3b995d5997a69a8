"""The place of a report that came with an address alone, as CUTR's app sends it (georeport.md 2.3)."""

from contextlib import suppress

from open311.actions.addresses import geocoding
from open311.actions.casework.content.place_and_service import move_to_place
from open311.actions.casework.opening import opened
from open311.base.errors import Invalid
from open311.core import Core
from open311.model.access.actor import WORKER, Right
from open311.model.service_request import Location
from open311.storage.requests import service_requests


def find_place(core: Core, service_request_id: int) -> None:
    """Put a report at the house that its address names, if it is clear which; all others wait for the staff.

    Not while it is handed in: a geocoder may take seconds.
    """
    with core.database.read() as conn:
        request = service_requests.find_any(conn, service_request_id)
    if request is None or request.location or not request.address:
        return
    catalogue = core.catalogues.owner(request.jurisdiction_id)
    house = geocoding.house(core, catalogue, request.address, catalogue.jurisdiction.languages[0])
    if house is None:
        return
    # Of a report that was handed over meanwhile, the place may be the other system's.
    with suppress(Invalid), opened(core, service_request_id, WORKER, Right.EDIT) as work:
        # Staff may have been faster.
        if work.request.location is None and work.request.address == request.address:
            move_to_place(work, Location(house.lat, house.long))
