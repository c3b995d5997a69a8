"""How it ended, for the reporter: whether they are satisfied, and whether it is mended at all.

That it is not is a wish: it waits in the queue, and staff decide whether the report is taken up again.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from open311.actions.casework import letter
from open311.actions.casework.conversation import correspondence
from open311.actions.casework.opening import locked, opened
from open311.actions.casework.progress import status_moves
from open311.actions.casework.work import Work
from open311.actions.photos import media
from open311.base.errors import Invalid, NotFound, problem
from open311.base.text import tidy
from open311.core import Core
from open311.model.access.actor import REPORTER, Actor, Right
from open311.model.access.secret_tokens import is_token
from open311.model.casework.cases import REOPEN_WISH
from open311.model.events import is_decided
from open311.model.events.event_kinds import EventKind
from open311.model.service_request import ServiceRequest, Status, Visibility
from open311.storage import events
from open311.storage import media as photos_of
from open311.storage.desk.outside import ratings
from open311.storage.desk.outside.ratings import Rating
from open311.storage.requests import service_requests


@dataclass(frozen=True, slots=True)
class RatingPage:
    """What a link asks about; `may_reopen` while the report is closed."""

    rating: Rating
    request: ServiceRequest
    may_reopen: bool


def find_rating(core: Core, token: str) -> RatingPage:
    """What a link asks about; raises `NotFound` once it has ended or was answered."""
    with core.database.read() as conn:
        rating = ratings.find(conn, token, core.now()) if is_token(token) else None
        request = service_requests.find_any(conn, rating.service_request_id) if rating else None
    if rating is None or request is None or request.visibility == Visibility.HIDDEN:
        raise NotFound(problem("error.rating.unknown"))
    return RatingPage(rating, request, request.status == Status.CLOSED)


def rate(
    core: Core,
    token: str,
    *,
    satisfied: bool | None,
    text: str = "",
    not_mended: bool = False,
    photos: Sequence[IO[bytes]] = (),
) -> None:
    """Take in what a reporter says, once; that it is not mended waits for staff. Raises `Invalid`, `NotFound`."""
    words = tidy(text)
    pictures, problems = media.read(core, photos)
    if satisfied is None and not not_mended:
        problems.append(problem("error.rating.choice"))
    if not_mended and not words and not photos:
        problems.append(problem("error.rating.words"))
    Invalid.unless_empty([*problems, *letter.problems_of(words, needed=False)])
    page = find_rating(core, token)
    with media.in_store(core, pictures) as files, core.database.begin() as conn:
        work = locked(core, conn, page.request.service_request_id, REPORTER)
        # Two presses at once: the second finds it answered.
        if ratings.find(conn, token, core.now()) is None:
            raise NotFound(problem("error.rating.unknown"))
        content = bool(satisfied) and not not_mended
        ratings.answer(conn, token, content, words, core.now())
        work.tell_staff(EventKind.RATED, satisfied=content, text=words or None)
        wishes = not_mended and work.request.status == Status.CLOSED
        if wishes:
            work.tell_staff(EventKind.CLAIMED, claimed_status=REOPEN_WISH, status_notes=words or None)
        work.write()
        media.attach(
            core, conn, work.number, files, shown=False, internal=not wishes, update_id=work.events[-1]
        )


def reopen(
    core: Core,
    update_id: int,
    actor: Actor,
    status_notes: str | None = None,
    *,
    expected_revision: int | None = None,
) -> int:
    """Take a report up again because somebody says that it is not mended; what they wrote stays internal."""
    with _wish(core, update_id, actor, expected_revision) as work:
        work.require(Right.SET_STATUS)
        status_moves.move(work, work.catalogue.published_status, status_notes)
    return work.case.revision


def keep_closed(
    core: Core,
    update_id: int,
    actor: Actor,
    text: str | None = None,
    *,
    expected_revision: int | None = None,
) -> int:
    """Leave a report closed although somebody says that it is not mended, and say why to the reporter."""
    with _wish(core, update_id, actor, expected_revision) as work:
        if text and tidy(text):
            work.require(Right.WRITE_REPORTER)
            correspondence.write_answer(work, text)
    return work.case.revision


@contextmanager
def _wish(core: Core, update_id: int, actor: Actor, expected_revision: int | None) -> Iterator[Work]:
    """The report that somebody wishes to be taken up again; when the block ends, the wish is decided."""
    with core.database.read() as conn:
        event = events.find(conn, update_id)
    if event is None or event.kind != EventKind.CLAIMED or event.data.get("claimed_status") != REOPEN_WISH:
        raise NotFound(problem("error.update.unknown", update_id=update_id))
    with opened(core, event.service_request_id, actor, Right.CHECK, expected_revision) as work:
        # Two at the desk: the second finds it decided.
        if is_decided(events.of_request(work.conn, work.number), update_id):
            raise Invalid(problem("error.update.decided", update_id=update_id))
        yield work
        photos_of.keep_internal(work.conn, work.number, update_id)
        work.tell_staff(EventKind.UPDATE_HIDDEN, claim_id=update_id)
