"""What strangers may say about a report: only of one that everybody sees, and of each only so much until staff look."""

from open311.base.errors import NotFound, TooManyRequests, problem
from open311.model.access import visibility
from open311.model.access.visibility import View
from open311.model.jurisdiction import Jurisdiction
from open311.model.service_request import ServiceRequest
from open311.model.updates import MOST_CLAIMS
from open311.storage import events
from open311.storage.database import Connection
from open311.storage.requests import service_requests

# The senders of a network are counted by the day, so there is no sense in coming back before.
LATER_SECONDS = 24 * 3600


def public_request(conn: Connection, jurisdiction: Jurisdiction, service_request_id: int) -> ServiceRequest:
    """The request, locked; raises `NotFound` for one that not everybody sees whole."""
    request = service_requests.find_any(conn, service_request_id, lock=True)
    if request is None or visibility.view_of(request, jurisdiction) is not View.FULL:
        raise NotFound(problem("error.service_request.unknown", service_request_id=service_request_id))
    return request


def require_room(conn: Connection, jurisdiction: Jurisdiction, service_request_id: int) -> None:
    """Raise `TooManyRequests` while so many claims about a request wait that staff have enough to read."""
    if events.waiting_claims(conn, service_request_id) >= MOST_CLAIMS:
        refusal = problem("error.claims.many", contact=jurisdiction.contact)
        raise TooManyRequests(refusal, retry_after=LATER_SECONDS)
