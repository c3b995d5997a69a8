"""One request by its id, redacted to what its reader may see: for every front door that shows a single one."""

from typing import NamedTuple

from open311.base.errors import NotFound, problem
from open311.core import Core
from open311.model.access import visibility
from open311.model.access.actor import PUBLIC, Actor
from open311.model.access.visibility import View
from open311.model.catalogue import Catalogue
from open311.model.service_request import ServiceRequest
from open311.storage.requests import service_requests
from open311.web.queries import REQUEST_ID

LONGEST_TOLD = 50


class VisibleRequest(NamedTuple):
    """A request, redacted to what its reader may see."""

    request: ServiceRequest
    view: View

    @property
    def is_whole(self) -> bool:
        """Whether nothing was redacted."""
        return self.view is View.FULL


def find(
    core: Core,
    catalogue: Catalogue,
    number: str | int,
    reader: Actor = PUBLIC,
    *,
    least: View = View.FULL,
    with_notes: bool = False,
) -> VisibleRequest:
    """The request of a city with this number; raises `NotFound` when the reader sees less of it than `least`."""
    jurisdiction, request = catalogue.jurisdiction, None
    if REQUEST_ID.fullmatch(str(number)):
        with core.database.read_public() as conn:
            owner = jurisdiction.jurisdiction_id
            request = service_requests.find(conn, int(number), owner, with_notes=with_notes)
    view = visibility.view_of(request, jurisdiction, reader)
    # one error for what is not there and for what may not be seen.
    if request is None or view is View.NONE or view < least:
        raise unknown(number)
    return VisibleRequest(request if view is View.FULL else visibility.redacted(request), view)


def unknown(number: object) -> NotFound:
    """The one error for ids that do not exist and for requests that the reader must not know of."""
    number_told = str(number)[:LONGEST_TOLD]
    return NotFound(problem("error.service_request.unknown", service_request_id=number_told))
