"""Take a report back that was handed on: from then on it is ours alone."""

from open311.actions import casework
from open311.base.errors import Invalid, NotFound, problem
from open311.core import Core
from open311.federation.storage import forwards as storage
from open311.model.access.actor import Actor, Right
from open311.model.forwards import IN_TROUBLE, ForwardState
from open311.storage.requests import service_requests

RELEASABLE = (ForwardState.SENT, *IN_TROUBLE)


def take_back(core: Core, service_request_id: int, actor: Actor) -> None:
    """Go on here with a report that another server has: what it still says is not taken over any more.

    It is not told: there is nothing in GeoReport by which it could be.
    """
    with core.database.begin() as conn:
        forwarded = storage.find(conn, service_request_id, lock=True)
        request = service_requests.find_any(conn, service_request_id, lock=True)
        if forwarded is None or request is None:
            raise NotFound(problem("error.forward.unknown", service_request_id=service_request_id))
        actor.require(Right.ORDER, request.jurisdiction_id)
        if forwarded.state not in RELEASABLE:
            raise Invalid(forwarded.wrong_state)
        storage.change(conn, service_request_id, state=ForwardState.RELEASED, error=None)
        casework.go_on_here(core, conn, request, forwarded.host, actor)
