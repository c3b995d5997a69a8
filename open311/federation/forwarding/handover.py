"""Hand reports on to other GeoReport servers, each once, whatever dies in between.

Before a report goes out it is marked as perhaps sent. When no answer is recorded, a server that knows repetitions gets
it again under the same `client_request_id`; any other server is asked whether it has it, and if that cannot be told,
staff decide. So it is never sent twice, and never forgotten.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from open311.actions import casework
from open311.core import Core
from open311.federation.client.answers import RemoteError
from open311.federation.client.client import Client, RemoteReceipt
from open311.federation.client.dates import Dates
from open311.federation.client.foreign import ForeignRequest
from open311.federation.forwarding.outgoing import fields
from open311.federation.storage import forwards as storage
from open311.model.catalogue import Catalogue
from open311.model.events.event_kinds import APPEARANCES
from open311.model.forwards import (
    LEASE,
    MOST_ASKED_FOR_ID,
    REPEATABLE_FOR,
    UNFINISHED,
    Forward,
    ForwardedRequest,
    ForwardState,
    wait_after,
)
from open311.model.service_request import ServiceRequest, Visibility
from open311.storage.database import Connection
from open311.storage.events import stream
from open311.storage.requests import service_requests

READER = "forward"
AT_ONCE, MOST_DUE = 500, 200
# How far apart the clocks of two servers may be.
CLOCKS = timedelta(minutes=10)
# In degrees, some ten metres: servers round what they store.
SAME_PLACE = 0.0001
# A server that was down over night is asked again the next morning.
LONGEST_WAIT = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Handover:
    """A request to hand on, the server it goes to, and the fields that go there."""

    forwarded: ForwardedRequest
    request: ServiceRequest
    forward: Forward
    client: Client
    content: Mapping[str, Any]
    repeated: bool


def keep_reader(conn: Connection, catalogues: Sequence[Catalogue]) -> None:
    """From the moment a catalogue names another server, what happens is read for it; before, and after, not."""
    if any(_forward_of(catalogue, code) for catalogue in catalogues for code in catalogue.services):
        stream.begin(conn, READER)
    else:
        stream.forget(conn, READER)


def _forward_of(catalogue: Catalogue, service_code: str | None) -> Forward | None:
    service = catalogue.services.get(service_code or "")
    return service.forward if service else None


def enqueue(core: Core) -> None:
    """Take from the stream of events what is to be handed on; never what came in at the test endpoint."""
    by_id = _by_id(core)
    while True:
        with core.database.begin() as conn:
            lines = stream.take(conn, READER, AT_ONCE)
            storage.add(conn, [row for line in lines for row in _rows(core, by_id, line)])
        if len(lines) < AT_ONCE:
            return


def _by_id(core: Core) -> Mapping[str, Catalogue]:
    # Reports of the test endpoint belong to the twins of these, which are not among them.
    return {catalogue.jurisdiction.jurisdiction_id: catalogue for catalogue in core.catalogues.in_force}


def _rows(core: Core, catalogues: Mapping[str, Catalogue], line: stream.Line) -> list[dict[str, Any]]:
    catalogue = catalogues.get(line.jurisdiction_id)
    forward = _forward_of(catalogue, line.service_code) if catalogue else None
    if forward is None or line.kind not in APPEARANCES or not (line.public or forward.when == "received"):
        return []
    return [
        {
            "service_request_id": line.service_request_id,
            "url": forward.url,
            "client_request_id": uuid.uuid4().hex,
            "created_datetime": core.now(),
            "due_datetime": core.now(),
        }
    ]


def due(core: Core) -> list[int]:
    """The requests to attend to now."""
    with core.database.read() as conn:
        return storage.due(conn, core.now(), MOST_DUE)


def attend(core: Core, service_request_id: int) -> None:
    """Do the next step for one request: send it, look whether it has arrived, ask for its id."""
    with core.database.begin() as conn:
        handover = _claim(core, conn, service_request_id)
    if handover is None:
        return
    try:
        if handover.forwarded.state is ForwardState.TOKEN:
            _ask_for_id(core, handover)
        elif handover.repeated and not _repeatable(core, handover):
            _look(core, handover)
        else:
            _send(core, handover)
    except RemoteError as failed:
        _record_failure(core, handover, failed)


def _claim(core: Core, conn: Connection, number: int) -> Handover | None:
    """The next step, leased to us; None when another worker has it, or when there is nothing to do."""
    forwarded = storage.find(conn, number, lock=True)
    if forwarded is None or forwarded.state not in UNFINISHED or forwarded.due_datetime > core.now():
        return None
    request = service_requests.find_any(conn, number)
    catalogue = _by_id(core).get(request.jurisdiction_id) if request else None
    forward = _forward_of(catalogue, request.service_code) if catalogue and request else None
    if request is None or catalogue is None or forward is None or forward.url != forwarded.url:
        reason = "the catalogue does not name this server any more"
        finish(core, conn, forwarded, ForwardState.REFUSED, error=reason)
        return None
    if forwarded.state is ForwardState.WAITING and not _may_leave(request, forward):
        finish(core, conn, forwarded, ForwardState.WITHDRAWN)
        return None
    if forward.api_key and forward.api_key not in core.settings.forward_keys:
        reason = f"OPEN311_FORWARD_KEYS has no key named {forward.api_key}"
        storage.change(conn, number, error=reason, due_datetime=core.now() + timedelta(minutes=1))
        return None
    # Marked before it is sent, in a transaction of its own: a process that dies in between leaves a report that is
    # perhaps there.
    leased: dict[str, Any] = {"due_datetime": core.now() + LEASE, "attempts": forwarded.attempts + 1}
    if forwarded.state is ForwardState.WAITING:
        leased |= {"state": ForwardState.SENDING, "sent_datetime": core.now()}
    storage.change(conn, number, **leased)
    reporter = service_requests.find_reporter(conn, number) if forward.personal_data else {}
    content = fields(request, forward, catalogue, reporter, core.settings.base_url)
    content |= {"client_request_id": forwarded.client_request_id}
    mine = replace(forwarded, **leased)
    repeated = forwarded.state is ForwardState.SENDING
    return Handover(mine, request, forward, client(core, catalogue, forward), content, repeated)


def _may_leave(request: ServiceRequest, forward: Forward) -> bool:
    held_may = forward.when == "received" and request.visibility == Visibility.HELD
    return held_may or request.visibility == Visibility.PUBLISHED


def client(core: Core, catalogue: Catalogue, forward: Forward) -> Client:
    """A client of the other server, with our key there."""
    key = core.settings.forward_keys.get(forward.api_key) if forward.api_key else None
    return Client(forward.url, forward.jurisdiction_id, key, dates=Dates(catalogue.jurisdiction.time_zone))


def _repeatable(core: Core, handover: Handover) -> bool:
    sent = handover.forwarded.sent_datetime
    return handover.forward.repeatable and sent is not None and core.now() - sent < REPEATABLE_FOR


def _send(core: Core, handover: Handover) -> None:
    receipt = handover.client.report(handover.content)
    with core.database.begin() as conn:
        _record_receipt(core, conn, handover, receipt)


def _record_receipt(core: Core, conn: Connection, handover: Handover, receipt: RemoteReceipt) -> None:
    if receipt.token and not receipt.service_request_id:
        # Most servers give the id out at once; the attempts to send are no attempts to ask.
        soon = core.now() + timedelta(seconds=5)
        values = {"state": ForwardState.TOKEN, "token": receipt.token, "due_datetime": soon, "attempts": 0}
        storage.change(conn, handover.forwarded.service_request_id, error=None, **values)
        return
    finish(core, conn, handover.forwarded, ForwardState.SENT, foreign_id=receipt.service_request_id)


def _ask_for_id(core: Core, handover: Handover) -> None:
    foreign_id = handover.client.token(handover.forwarded.token or "")
    with core.database.begin() as conn:
        if foreign_id:
            finish(core, conn, handover.forwarded, ForwardState.SENT, foreign_id=foreign_id)
        elif core.now() - handover.forwarded.created_datetime > MOST_ASKED_FOR_ID:
            reason = "its token never became an id"
            finish(core, conn, handover.forwarded, ForwardState.UNCERTAIN, error=reason)
        else:
            again = core.now() + (wait_after(handover.forwarded.attempts) or LONGEST_WAIT)
            storage.change(conn, handover.forwarded.service_request_id, due_datetime=again)


def _look(core: Core, handover: Handover) -> None:
    """Whether the other server has the report already; one that it keeps from the public cannot be found."""
    sent = handover.forwarded.sent_datetime or core.now()
    requests = handover.client.requests(
        service_code=handover.forward.service_code, start_date=sent - CLOCKS, end_date=core.now() + CLOCKS
    )
    alike = {request.service_request_id for request in requests if _alike(request, handover)}
    with core.database.begin() as conn:
        free = alike - storage.known_ids(conn, handover.forward.url, alike)
        if len(free) == 1:
            finish(core, conn, handover.forwarded, ForwardState.SENT, foreign_id=free.pop())
        else:
            reason = (
                f"perhaps one of {', '.join(sorted(free))}" if free else "perhaps sent, but not found there"
            )
            finish(core, conn, handover.forwarded, ForwardState.UNCERTAIN, error=reason)


def _alike(there: ForeignRequest, handover: Handover) -> bool:
    here = handover.request.location
    if (here is None) != (there.location is None):
        return False
    near = here is None or (
        there.location is not None
        and max(abs(here.lat - there.location.lat), abs(here.long - there.location.long)) < SAME_PLACE
    )
    return near and there.description.split() == str(handover.content.get("description", "")).split()


def _record_failure(core: Core, handover: Handover, failed: RemoteError) -> None:
    forwarded, reason = handover.forwarded, str(failed)[:500]
    wait, verdict = wait_after(forwarded.attempts), _verdict(core, handover, failed)
    with core.database.begin() as conn:
        if verdict:
            finish(core, conn, forwarded, verdict, error=reason)
            return
        certainly_not_there = not (failed.may_have_acted or handover.repeated)
        if forwarded.state is ForwardState.SENDING and certainly_not_there:
            storage.change(conn, forwarded.service_request_id, state=ForwardState.WAITING)
        later = max(wait or LONGEST_WAIT, timedelta(seconds=failed.retry_after or 0))
        storage.change(conn, forwarded.service_request_id, error=reason, due_datetime=core.now() + later)


def _verdict(core: Core, handover: Handover, failed: RemoteError) -> ForwardState | None:
    """What is settled by a failure; None when it is worth while to go on."""
    forwarded = handover.forwarded
    if forwarded.state is ForwardState.TOKEN:
        return ForwardState.UNCERTAIN if core.now() - forwarded.created_datetime > MOST_ASKED_FOR_ID else None
    if (failed.may_have_acted or failed.passing) and wait_after(forwarded.attempts):
        return None
    return ForwardState.UNCERTAIN if failed.may_have_acted or handover.repeated else ForwardState.REFUSED


def finish(
    core: Core, conn: Connection, forwarded: ForwardedRequest, state: ForwardState, **values: Any
) -> None:
    """Note what has become of a report that was handed on; of one that has arrived, its history says so."""
    storage.change(conn, forwarded.service_request_id, **{"state": state, "error": None, **values})
    request = service_requests.find_any(conn, forwarded.service_request_id, lock=True)
    if request and state is ForwardState.SENT:
        details = {"url": forwarded.url} | {name: value for name, value in values.items() if value}
        casework.hand_on(core, conn, request, details)
