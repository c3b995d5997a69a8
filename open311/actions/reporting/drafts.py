"""Reports that somebody is writing in the public form: begin, keep, send, forget."""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import IO, Any

from open311.actions.photos import media
from open311.actions.reporting import report
from open311.base.errors import Invalid, NotFound, Problem, TooManyRequests, problem
from open311.core import Core
from open311.model.access.actor import PUBLIC, Actor
from open311.model.access.secret_tokens import digest, new_token
from open311.model.catalogue import Catalogue
from open311.model.intake.drafts import (
    DRAFT_BYTES,
    DRAFTS_PER_REPORT,
    KEPT_AT_MOST,
    KEPT_FOR,
    PHOTO_BYTES_PER_NETWORK,
    Draft,
)
from open311.model.intake.submission import Receipt, Submission
from open311.storage import drafts as storage
from open311.storage.database import Connection
from open311.storage.requests import service_requests

FORGOTTEN_AT_ONCE = 500
HOUR = timedelta(hours=1)
FOLLOWED, NOT_NOW, RECEIPT = "followed", "not now", "receipt"
# Nobody else can have made the token of a draft, however long ago.
EVER = datetime(2000, 1, 1, tzinfo=UTC)


def begin(core: Core, catalogue: Catalogue, state: Mapping[str, Any], network: str, token: str = "") -> Draft:
    """Keep what somebody has typed first; raises `Invalid` for too much, `TooManyRequests` for too many drafts.

    `token`: under which it is begun, unless it is there already; one that nobody can guess.
    """
    token, owner = token or new_token(), catalogue.jurisdiction.jurisdiction_id
    with core.database.begin() as conn:
        _add(core, conn, token, owner, state, network)
    return find(core, catalogue, token)


def _add(
    core: Core, conn: Connection, token: str, owner: str, state: Mapping[str, Any], network: str
) -> None:
    """Begin a draft, unless this network has begun too many."""
    most, now = core.settings.reports_per_hour * DRAFTS_PER_REPORT, core.now()
    storage.lock_network(conn, network)
    if core.settings.rate_limits and storage.count_begun(conn, network, now - HOUR) >= most:
        raise TooManyRequests(problem("page.form.error.too_many_drafts", most=most), retry_after=HOUR.seconds)
    storage.add(conn, token, owner, secrets.token_hex(16), _bounded(state), network, now)


def _bounded(state: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same, unless it is too much to be kept."""
    if len(json.dumps(state, ensure_ascii=False).encode("utf-8", "surrogatepass")) > DRAFT_BYTES:
        raise Invalid(problem("page.form.error.too_much", most=DRAFT_BYTES // 1024))
    return state


def take_up(core: Core, catalogue: Catalogue, token: str, network: str) -> Draft:
    """The draft under a token that a device has made; it begins now, unless it is there, or was sent long ago."""
    owner = catalogue.jurisdiction.jurisdiction_id
    with core.database.begin() as conn:
        if storage.find(conn, token, owner) is None:
            _add(core, conn, token, owner, {}, network)
            sent = service_requests.find_by_client_request(conn, PUBLIC.key_id, digest(token), owner, EVER)
            if sent:
                storage.finish(conn, token, sent[0], {"outcome": "sent"})
    return find(core, catalogue, token)


def find(core: Core, catalogue: Catalogue, token: str) -> Draft:
    """The draft under this token; raises `NotFound` once it has expired."""
    with core.database.read() as conn:
        return _required(storage.find(conn, token, catalogue.jurisdiction.jurisdiction_id))


def keep(core: Core, draft: Draft, state: Mapping[str, Any]) -> None:
    """Keep what has been typed by now; raises `Invalid`, and keeps what was there, when it is too much."""
    with core.database.begin() as conn:
        storage.write(conn, draft.token, _bounded(state), core.now())


def add_photos(
    core: Core, draft: Draft, sent: Sequence[IO[bytes]]
) -> tuple[list[Problem], tuple[float, float] | None]:
    """Add photos; what is wrong with which, and where the first says it was taken, which is not kept."""
    if len(draft.photos) + len(sent) > core.settings.max_photos:
        return [problem("error.photo.too_many", most=core.settings.max_photos)], None
    pictures, problems = media.read(core, sent)
    for picture in pictures:
        # One at a time and under the lock of the draft: the next is counted with this one stored.
        with media.in_store(core, [picture]) as files, core.database.begin() as conn:
            fresh = _required(storage.find(conn, draft.token, draft.jurisdiction_id, lock=True))
            if _is_full(core, conn, fresh, files.kept[0].bytes):
                problems.append(problem("page.form.error.photos_waiting"))
                break
            files.attached = storage.add_photo(conn, draft.token, files.kept[0])
    return problems, next((picture.place for picture in pictures if picture.place), None)


def _is_full(core: Core, conn: Connection, draft: Draft, more: int) -> bool:
    """Whether a draft, or all drafts of its network together, can take no further photo."""
    if len(draft.photos) >= core.settings.max_photos:
        return True
    return (
        core.settings.rate_limits and storage.photo_bytes(conn, draft.token) + more > PHOTO_BYTES_PER_NETWORK
    )


def replace_photos(
    core: Core, catalogue: Catalogue, draft: Draft, sent: Sequence[IO[bytes]]
) -> list[Problem]:
    """Let a draft have these photos and no others; what is wrong with which."""
    for photo in draft.photos:
        remove_photo(core, draft, photo.id)
    return add_photos(core, find(core, catalogue, draft.token), sent)[0]


def remove_photo(core: Core, draft: Draft, photo_id: int) -> None:
    """Remove a photo; one that is gone is no error."""
    with core.database.begin() as conn:
        key = storage.remove_photo(conn, draft.token, photo_id)
    media.discard(core, [key] if key else [])


def photo(core: Core, draft: Draft, photo_id: int) -> bytes:
    """A photo of a draft, for its writer alone; raises `NotFound`."""
    key = next((photo.kept.key for photo in draft.photos if photo.id == photo_id), None)
    data = core.media_store.get(key) if key else None
    if data is None:
        raise NotFound(problem("error.photo.unknown", media_id=photo_id))
    return data


def send(
    core: Core,
    catalogue: Catalogue,
    draft: Draft,
    submission: Submission,
    problems: tuple[Problem, ...],
    also: Callable[[Connection, int], str],
    actor: Actor = PUBLIC,
) -> Receipt | None:
    """Make a report of a draft, once: None when it has become one already. Raises what `report.submit` raises.

    `also` is done with its id, and says what mails go out about it: `FOLLOWED`, `NOT_NOW`, `RECEIPT` or nothing.
    """

    def finish(conn: Connection, number: int) -> None:
        fresh = _required(storage.find(conn, draft.token, draft.jurisdiction_id, lock=True))
        if fresh.is_sent:
            # Raised, so that the report of the second press is rolled back as a whole.
            raise _AlreadySent
        outcome = {"outcome": "sent", "followed": also(conn, number)}
        storage.finish(conn, draft.token, number, _of_its_writer(draft) | outcome)

    try:
        return report.submit(core, catalogue, submission, actor, problems, also=finish)
    except _AlreadySent:
        return None


class _AlreadySent(Exception):
    """Somebody pressed the button twice, and the other press was first."""


def _of_its_writer(draft: Draft) -> dict[str, Any]:
    """Whose draft it was, where it is not the public's, and how the report came."""
    # Nothing else of it: the report has what was typed, and a draft is found by its token alone.
    return {name: draft.state[name] for name in ("desk", "channel") if name in draft.state}


def join(core: Core, draft: Draft, service_request_id: int, also: Callable[[Connection], str]) -> None:
    """Let a draft end in following a report that says the same; `also` says whether somebody follows it now."""
    with core.database.begin() as conn:
        fresh = _required(storage.find(conn, draft.token, draft.jurisdiction_id, lock=True))
        if fresh.is_sent:
            return
        followed = also(conn)
        outcome = {"outcome": "joined", "followed": followed}
        storage.finish(conn, draft.token, service_request_id, _of_its_writer(draft) | outcome)
    media.discard(core, [photo.kept.key for photo in fresh.photos])


def expire(core: Core) -> int:
    """Forget drafts that nobody has touched for a day, with their photos; returns how many."""
    forgotten = 0
    while True:
        with core.database.begin() as conn:
            now = core.now()
            count, keys = storage.remove_older(conn, now - KEPT_FOR, now - KEPT_AT_MOST, FORGOTTEN_AT_ONCE)
        media.discard(core, keys)
        forgotten += count
        if count < FORGOTTEN_AT_ONCE:
            return forgotten


def _required(draft: Draft | None) -> Draft:
    if draft is None:
        raise NotFound(problem("error.draft.unknown"))
    return draft
