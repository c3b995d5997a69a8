"""Letters between the city and the reporter; nobody else reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from open311.actions.casework import letter
from open311.actions.casework.opening import locked, opened
from open311.actions.casework.progress import planning
from open311.actions.casework.work import Work
from open311.actions.photos import media
from open311.actions.photos.media import Files
from open311.base.errors import Invalid, NotFound, problem
from open311.base.text import tidy
from open311.core import Core
from open311.model.access.actor import REPORTER, Actor, Right
from open311.model.casework.cases import REOPEN_WISH
from open311.model.casework.gaps import require_filled
from open311.model.events.event_kinds import EventKind
from open311.model.service_request import ServiceRequest, Status
from open311.model.task_names import TaskName
from open311.storage.database import Connection
from open311.storage.desk.outside import questions
from open311.storage.requests import service_requests


@dataclass(frozen=True, slots=True)
class Question:
    """What the city wants to know about a report, for the holder of the link."""

    request: ServiceRequest
    text: str
    ends_datetime: datetime


def answer(
    core: Core,
    service_request_id: int,
    text: str,
    actor: Actor,
    *,
    expected_revision: int | None = None,
) -> int:
    """Write to the reporter; raises `Invalid` when there is no address."""
    with opened(core, service_request_id, actor, Right.WRITE_REPORTER, expected_revision) as work:
        write_answer(work, text)
    return work.case.revision


def write_answer(work: Work, text: str) -> None:
    work.tell_staff(EventKind.ANSWERED, letter=TaskName.WRITE_TO_REPORTER, text=_letter(work, text))
    # Later letters do not move it: how long people wait is counted to the first one.
    if work.case.first_answer_datetime is None:
        work.change_case(first_answer_datetime=work.now)


def ask(
    core: Core,
    service_request_id: int,
    text: str,
    actor: Actor,
    *,
    expected_revision: int | None = None,
) -> int:
    """Ask the reporter something; until they answer, or the link ends, no deadline runs."""
    with opened(core, service_request_id, actor, Right.WRITE_REPORTER, expected_revision) as work:
        write_question(work, text)
    return work.case.revision


def write_question(work: Work, text: str) -> None:
    """Ask within an act."""
    work.tell_staff(EventKind.ASKED, letter=TaskName.WRITE_TO_REPORTER, text=_letter(work, text))
    # A second question, while one is open, does not start the pause again.
    if work.case.paused_since is None:
        work.change_case(paused_since=work.now)


def _letter(work: Work, text: str) -> str:
    """The words of a letter that can be sent; raises `Invalid`."""
    words = letter.required(text)
    require_filled(words)
    if work.core.settings.smtp_url is None:
        raise Invalid(problem("error.mail.off"))
    # Refused here rather than in the worker: whoever writes should learn at once that nobody will read it.
    if service_requests.find_address(work.conn, work.number) is None:
        raise Invalid(problem("error.reporter.address", service_request_id=work.number))
    return words


def receive(
    core: Core,
    conn: Connection,
    service_request_id: int,
    text: str,
    files: Files,
    *,
    event_id: int | None = None,
) -> None:
    """Take in what a reporter or follower answers to a mail, within the caller's transaction; it waits for staff.

    `event_id` is what our mail was about: a question is answered by it. Who answers when a report is closed wishes to
    have it taken up again.
    """
    work = locked(core, conn, service_request_id, REPORTER)
    if event_id is not None and questions.answer_event(conn, event_id, core.now()):
        planning.resume(work)
        work.tell_staff(EventKind.REPLY_RECEIVED, status_notes=text)
    elif work.request.status == Status.CLOSED:
        work.tell_staff(EventKind.CLAIMED, status_notes=text, claimed_status=REOPEN_WISH)
    else:
        work.tell_staff(EventKind.REPLY_RECEIVED, status_notes=text)
    work.write()
    media.attach(core, conn, work.number, files, shown=False, update_id=work.events[-1])


def find_question(core: Core, token: str) -> Question:
    """The question that a link leads to; raises `NotFound` once it has ended or was answered."""
    with core.database.read() as conn:
        stored = questions.find(conn, token, core.now())
        request = service_requests.find_any(conn, stored.service_request_id) if stored else None
    if stored is None or request is None:
        raise NotFound(problem("error.question.unknown"))
    return Question(request, stored.text, stored.ends_datetime)


def reply(core: Core, token: str, text: str, photos: Sequence[IO[bytes]] = ()) -> None:
    """Take in the answer to a question; it waits for staff like an update, and time runs on."""
    words = tidy(text)
    pictures, problems = media.read(core, photos)
    Invalid.unless_empty([*problems, *letter.problems_of(words, needed=not photos)])
    question = find_question(core, token)
    with media.in_store(core, pictures) as files, core.database.begin() as conn:
        work = locked(core, conn, question.request.service_request_id, REPORTER)
        # Two presses at once: the second finds it answered.
        if not questions.answer(conn, token, core.now()):
            raise NotFound(problem("error.question.unknown"))
        planning.resume(work)
        work.tell_staff(EventKind.REPLY_RECEIVED, status_notes=words)
        work.write()
        media.attach(core, conn, work.number, files, shown=False, update_id=work.events[-1])
