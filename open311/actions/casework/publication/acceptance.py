"""The id behind the token of a batch service (GeoReport v2, GET service_request_id from a token)."""

from open311.actions.casework.opening import taken_up
from open311.actions.casework.publication import visibility
from open311.base.errors import NotFound, problem
from open311.core import Core
from open311.model.access.actor import Actor
from open311.model.events.event_kinds import EventKind
from open311.model.service_request import Visibility
from open311.storage import events
from open311.storage.requests import service_requests, tokens


def accept(core: Core, token: str, actor: Actor) -> int:
    """Give out the id behind a token.

    Returns the id; accepting twice changes nothing. Raises `NotFound` for an unknown token.
    """
    with core.database.begin() as conn:
        accepted = tokens.accept(conn, token, core.now())
        number = accepted or tokens.find_id(conn, token)
        request = service_requests.find_any(conn, number, lock=True) if number else None
        if request is None:
            raise NotFound(problem("error.token.unknown"))
        if accepted:
            events.append_to(conn, request, EventKind.ACCEPTED, at=core.now(), actor=actor, public=False)
            service = core.catalogues.owner(request.jurisdiction_id).services.get(request.service_code)
            # In the same transaction: a worker that dies must not leave an accepted request unpublished for ever.
            if service and not service.moderated and request.visibility == Visibility.HELD:
                work = taken_up(core, conn, request, actor)
                visibility.show(work)
                work.write()
    return request.service_request_id
