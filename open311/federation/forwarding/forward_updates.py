"""What became, elsewhere, of reports that were handed on: asked for, and done here as it was done there."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from open311.actions import casework
from open311.actions.reporting.updates import is_overtaken
from open311.core import Core
from open311.federation.client.client import Client
from open311.federation.client.foreign import ForeignRequest, ForeignUpdate
from open311.federation.forwarding import handover
from open311.federation.storage import forwards as storage
from open311.model.access.actor import forward_actor
from open311.model.catalogue import Catalogue
from open311.model.forwards import ASKED_AFTER_CLOSING, Forward, ForwardedRequest
from open311.model.service_request import Status
from open311.model.updates import UNCHANGED, known_words, moves_to
from open311.storage.database import Connection
from open311.storage.requests import service_requests

# How many ids real servers take at a time, and how many requests one visit asks for.
BATCH = 10
A_VISIT = 500
MOST_PAGES = 100
# Lists that are cut off hold a round number of rows.
ROUND = 10
# Clocks differ, and what is known is not taken in twice.
OVERLAP = timedelta(hours=1)
# The standard lets servers refuse more than 90 days.
LONGEST_SPAN = timedelta(days=89)
NOT_DONE = "REJECTED"
REFUSED_WORD = "no_further_action"


def targets(core: Core) -> dict[str, tuple[Catalogue, Forward]]:
    """The servers to ask, each once, by address."""
    return {
        service.forward.url: (catalogue, service.forward)
        for catalogue in core.catalogues.in_force
        for service in catalogue.services.values()
        if service.forward and service.forward.updates == "pulled"
    }


def pull(core: Core, url: str) -> int:
    """Ask one server what became of what it got from us; returns how many updates were taken over.

    Raises `RemoteError`; what was not asked for is asked for next time.
    """
    target = targets(core).get(url)
    if target is None:
        return 0
    with core.database.read() as conn:
        forwards = storage.to_ask(conn, url, core.now() - ASKED_AFTER_CLOSING, A_VISIT)
    if not forwards:
        return 0
    client = handover.client(core, *target)
    updates = _updates(core, client, forwards)
    if updates is None:
        return _by_requests(core, client, target[0], forwards)
    count = _by_updates(core, target[0], forwards, updates)
    with core.database.begin() as conn:
        storage.mark_asked(conn, [forwarded.service_request_id for forwarded in forwards], core.now())
    return count


def _updates(core: Core, client: Client, forwards: Sequence[ForwardedRequest]) -> list[ForeignUpdate] | None:
    """All updates since we last asked; None when the server has no such list.

    A list may be cut off at either end, by whatever number of rows: the spans beyond what came are asked for, until
    they bring nothing new.
    """
    times = (
        forwarded.asked_datetime or forwarded.sent_datetime or forwarded.created_datetime
        for forwarded in forwards
    )
    since, until = max(min(times) - OVERLAP, core.now() - LONGEST_SPAN), core.now() + timedelta(minutes=1)
    updates = dict[str, ForeignUpdate]()
    spans = [(since, until)]
    for _ in range(MOST_PAGES):
        if not spans:
            break
        start, end = spans.pop()
        page = client.updates(start_date=start, end_date=end)
        if page is None:
            return None
        fresh = {update.update_id: update for update in page if update.update_id not in updates}
        updates |= fresh
        moments = [update.updated_datetime for update in fresh.values() if update.updated_datetime]
        if moments and len(page) % ROUND == 0:
            spans += [(start, min(moments)), (max(moments), end)]
    return list(updates.values())


def _by_updates(
    core: Core, catalogue: Catalogue, forwards: Sequence[ForwardedRequest], updates: Sequence[ForeignUpdate]
) -> int:
    ours = {forwarded.foreign_id: forwarded for forwarded in forwards}
    count = 0
    for update in sorted(
        updates, key=lambda update: (update.updated_datetime or core.now(), update.update_id)
    ):
        forwarded = ours.get(update.service_request_id)
        if forwarded is None:
            continue
        with core.database.begin() as conn:
            if storage.first_time(conn, forwarded.service_request_id, update.update_id):
                more = {"media_urls": list(update.media_urls)} if update.media_urls else {}
                happened = update.updated_datetime
                count += _follow(
                    core, conn, catalogue, forwarded, update.update_status, update.description, happened, more
                )
    return count


def _by_requests(
    core: Core, client: Client, catalogue: Catalogue, forwards: Sequence[ForwardedRequest]
) -> int:
    count = 0
    for start in range(0, len(forwards), BATCH):
        batch = forwards[start : start + BATCH]
        ids = ",".join(forwarded.foreign_id or "" for forwarded in batch)
        requests = {
            request.service_request_id: request
            for request in client.requests(service_request_id=ids, extensions="true")
        }
        for forwarded in batch:
            there = requests.get(forwarded.foreign_id or "")
            if there:
                count += _take_over(core, catalogue, forwarded, there)
        with core.database.begin() as conn:
            storage.mark_asked(conn, [forwarded.service_request_id for forwarded in batch], core.now())
    return count


def _take_over(core: Core, catalogue: Catalogue, forwarded: ForwardedRequest, there: ForeignRequest) -> bool:
    seen = "\n".join((there.status, there.detailed_status or "", there.status_notes or ""))
    if seen == forwarded.seen or (
        forwarded.seen is None and seen.startswith("open") and not there.status_notes
    ):
        if forwarded.seen is None:
            with core.database.begin() as conn:
                storage.change(conn, forwarded.service_request_id, seen=seen)
        return False
    word = there.status.value
    if there.status is Status.CLOSED and (there.detailed_status or "").upper() == NOT_DONE:
        word = REFUSED_WORD
    notes = there.status_notes or ""
    with core.database.begin() as conn:
        storage.change(conn, forwarded.service_request_id, seen=seen)
        return _follow(core, conn, catalogue, forwarded, word, notes, there.updated_datetime, {})


def _follow(
    core: Core,
    conn: Connection,
    catalogue: Catalogue,
    forwarded: ForwardedRequest,
    word: str,
    notes: str,
    happened: datetime | None,
    more: Mapping[str, object],
) -> bool:
    """Do here what was done there; whether there was anything to do."""
    request = service_requests.find_any(conn, forwarded.service_request_id, lock=True)
    if request is None:
        return False
    to = moves_to(word if word in known_words(catalogue) else UNCHANGED, request, catalogue)
    if to and is_overtaken(conn, request, happened):
        to, more = None, {**more, "claimed_status": word}
    if to is None and not notes and not more:
        return False
    details = {"sent_datetime": happened.isoformat()} if happened else {}
    actor = forward_actor(forwarded.host)
    casework.apply_remote_update(core, conn, request, to, notes or None, actor, **details, **more)
    return True
