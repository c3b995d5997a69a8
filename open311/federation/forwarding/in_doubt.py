"""Reports that were handed on and of which we cannot tell: looked up, sent again, or linked by staff who know."""

import uuid

from open311.base.errors import Invalid, NotFound, problem
from open311.core import Core
from open311.federation.forwarding.handover import finish
from open311.federation.storage import forwards as storage
from open311.model.access.actor import Actor, Right
from open311.model.forwards import IN_TROUBLE, ForwardedRequest, ForwardState
from open311.storage.database import Connection
from open311.storage.requests import service_requests


def search(
    core: Core, limit: int, state: ForwardState | None = None, foreign_id: str | None = None
) -> list[ForwardedRequest]:
    """Requests that were handed on, the newest first; `foreign_id` is the one they have there."""
    with core.database.read() as conn:
        return storage.search(conn, limit, state, foreign_id)


def retry(core: Core, service_request_id: int, actor: Actor) -> None:
    """Send again what was refused or is uncertain; staff know that it has not arrived."""
    with core.database.begin() as conn:
        _in_hand(conn, service_request_id, actor)
        afresh = {"client_request_id": uuid.uuid4().hex, "attempts": 0, "error": None, "sent_datetime": None}
        storage.change(
            conn, service_request_id, state=ForwardState.WAITING, due_datetime=core.now(), **afresh
        )


def link(core: Core, service_request_id: int, foreign_id: str, actor: Actor) -> None:
    """Say under which id the other server has a request of which we could not tell."""
    with core.database.begin() as conn:
        forwarded = _in_hand(conn, service_request_id, actor)
        finish(core, conn, forwarded, ForwardState.SENT, foreign_id=foreign_id)


def _in_hand(conn: Connection, number: int, actor: Actor) -> ForwardedRequest:
    """A request that waits for a decision of staff, locked; raises `Forbidden` for actors who may not order."""
    forwarded = storage.find(conn, number, lock=True)
    request = service_requests.find_any(conn, number)
    if forwarded is None or request is None:
        raise NotFound(problem("error.forward.unknown", service_request_id=number))
    actor.require(Right.ORDER, request.jurisdiction_id)
    blind = forwarded.state is ForwardState.SENT and not forwarded.foreign_id
    if forwarded.state not in IN_TROUBLE and not blind:
        raise Invalid(forwarded.wrong_state)
    return forwarded
