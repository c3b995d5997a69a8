"""What contractors say about their orders, by the link of a mail, without an account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import IO, Any

from open311.actions.casework import days, letter
from open311.actions.casework.opening import locked
from open311.actions.casework.outside import orders as of_staff
from open311.actions.casework.work import Work
from open311.actions.photos import media
from open311.actions.photos.media import Files
from open311.base.errors import Invalid, NotFound, Problem, problem
from open311.base.text import tidy
from open311.core import Core
from open311.model.access.actor import contractor_actor
from open311.model.access.secret_tokens import is_token
from open311.model.casework import orders as model
from open311.model.casework.orders import Order, OrderAnswer, OrderState
from open311.model.events import Event
from open311.model.events.event_kinds import EventKind
from open311.model.media import Media
from open311.model.service_request import ServiceRequest, Visibility
from open311.storage import events
from open311.storage import media as stored_media
from open311.storage.database import Connection
from open311.storage.desk.outside import orders
from open311.storage.requests import service_requests

# A year and a day: a slip in the year of a date is refused, a job for next spring is not.
LONGEST_PLAN = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class OrderPage:
    """What a contractor sees of an order: no name, no note of staff, nothing that was not cleared.

    `letters` are what the city has written about it since.
    """

    order: Order
    request: ServiceRequest
    photos: Sequence[Media]
    letters: Sequence[Event]
    has_ended: bool


@dataclass(frozen=True, slots=True)
class _Rule:
    """What an answer does: the event, the state it leads to, and whether we have to see to it."""

    kind: EventKind
    state: OrderState | None
    attention: bool
    needs_words: bool


RULES: Mapping[OrderAnswer, _Rule] = {
    OrderAnswer.ACCEPT: _Rule(EventKind.ORDER_ACCEPTED, OrderState.ACCEPTED, False, False),
    OrderAnswer.DECLINE: _Rule(EventKind.ORDER_DECLINED, OrderState.DECLINED, True, True),
    OrderAnswer.DONE: _Rule(EventKind.ORDER_DONE, OrderState.DONE, False, False),
    OrderAnswer.ASK: _Rule(EventKind.ORDER_ASKED, None, True, True),
}
LETTERS = (EventKind.ORDER_ANSWERED, EventKind.ORDER_RETURNED)


def find_order(core: Core, token: str) -> OrderPage:
    """The order behind a link; raises `NotFound` when there is none."""
    with core.database.read() as conn:
        order = orders.behind(conn, token) if is_token(token) else None
        request = service_requests.find_any(conn, order.service_request_id) if order else None
        if order is None or request is None:
            raise _unknown()
        chosen = [
            photo
            for photo in stored_media.of_request(conn, order.service_request_id)
            if photo.id in order.photos and model.may_leave(photo)
        ]
        history = events.of_request(conn, order.service_request_id)
    letters = [event for event in history if event.kind in LETTERS and event.data.get("order_id") == order.id]
    ended = order.has_ended(core.now()) or request.visibility == Visibility.HIDDEN
    return OrderPage(order, request, chosen, letters, ended)


def answer_order(
    core: Core,
    token: str,
    answer: OrderAnswer,
    *,
    text: str = "",
    planned: date | None = None,
    photos: Sequence[IO[bytes]] = (),
    answers: int | None = None,
) -> None:
    """Take in what a contractor says; `answers` is how often they had said something when the page was made.

    Sent twice, it is taken in once. Raises `NotFound`, and `Invalid` for what cannot be said any more.
    """
    words, rule = tidy(text), RULES[answer]
    pictures, problems = media.read(core, photos)
    problems += _problems(core, rule, words, planned)
    Invalid.unless_empty(problems)
    page = find_order(core, token)
    # Unknown, not "ended": a link that was found in an old mailbox tells nothing about the report.
    if page.has_ended:
        raise _unknown()
    with media.in_store(core, pictures) as files, core.database.begin() as conn:
        work = locked(core, conn, page.request.service_request_id, contractor_actor(page.order.contractor))
        order = orders.find(conn, page.order.id) or page.order
        if _is_repeated(order, rule, answers):
            return
        if not order.takes(answer) or answers not in (None, order.answers):
            raise Invalid(problem("error.order.changed"))
        _record(work, order, rule, words, planned)
        if files.all:
            media.attach(
                core, conn, work.number, files, shown=False, internal=True, update_id=work.events[-1]
            )


def receive_from_contractor(core: Core, conn: Connection, event_id: int, text: str, files: Files) -> bool:
    """Take a mail that answers one of ours about an order for a question, within the caller's transaction.

    `event_id` is what our mail was about. False when the order takes no more answers: then staff have to see to it.
    """
    event = events.find(conn, event_id)
    listed = orders.find(conn, int(event.data.get("order_id", 0))) if event else None
    if listed is None:
        return False
    work = locked(core, conn, listed.service_request_id, contractor_actor(listed.contractor))
    order = orders.find(conn, listed.id) or listed
    if order.has_ended(work.now) or not order.takes(OrderAnswer.ASK):
        return False
    _record(work, order, RULES[OrderAnswer.ASK], text, None)
    media.attach(core, conn, work.number, files, shown=False, internal=True, update_id=work.events[-1])
    return True


def _problems(core: Core, rule: _Rule, words: str, planned: date | None) -> list[Problem]:
    problems = [*letter.problems_of(words, needed=rule.needs_words)]
    # In UTC, with a day to spare: where the contractor lives it may be yesterday or tomorrow.
    today = core.now().date()
    first = today - timedelta(days=1)
    if planned and (day_problem := days.problem_of(planned, first=first, today=today, ahead=LONGEST_PLAN)):
        problems.append(day_problem)
    return problems


def _is_repeated(order: Order, rule: _Rule, answers: int | None) -> bool:
    """Whether this very answer has come already: a button pressed twice."""
    return answers is not None and order.answers == answers + 1 and order.state is rule.state


def _record(work: Work, order: Order, rule: _Rule, words: str, planned: date | None) -> None:
    values: dict[str, Any] = {"answers": order.answers + 1}
    if rule.state is not None:
        values["state"] = rule.state
    if rule.attention or rule.state is OrderState.DONE:
        values["attention"] = rule.attention
    if planned is not None and rule.state is OrderState.ACCEPTED:
        values["planned_date"] = planned
    orders.change(work.conn, order.id, **values)
    day = planned.isoformat() if planned else None
    work.tell_staff(rule.kind, order_id=order.id, text=words or None, to=day)
    of_staff.follow(work)
    work.write()


def photo_of_order(core: Core, token: str, media_id: int) -> bytes:
    """A photo that goes with an order, as everybody may see it; raises `NotFound`."""
    page = find_order(core, token)
    photo = next((photo for photo in page.photos if photo.id == media_id and not page.has_ended), None)
    data = core.media_store.get(photo.key) if photo else None
    if data is None:
        raise _unknown()
    return data


def _unknown() -> NotFound:
    return NotFound(problem("error.order.link"))
