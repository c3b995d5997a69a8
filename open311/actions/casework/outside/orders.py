"""Orders to contractors, as staff make, settle and end them; what contractors answer is in `order_answers.py`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any

from open311.actions.casework import days, letter
from open311.actions.casework.opening import locked, opened
from open311.actions.casework.progress import status_moves
from open311.actions.casework.work import Work
from open311.base.errors import Invalid, NotFound, problem
from open311.core import Core
from open311.model.access.actor import WORKER, Actor, Right
from open311.model.casework import orders as model
from open311.model.casework.cases import ORDER_FLAGS, Stage
from open311.model.casework.orders import Order, OrderState
from open311.model.desk.desk_catalogue import Unit
from open311.model.desk.working_days import Period, PeriodUnit
from open311.model.events.event_kinds import EventKind
from open311.model.media import MediaVisibility
from open311.model.service_request import Status, Visibility
from open311.model.task_names import TaskName
from open311.storage import events, media
from open311.storage.desk.outside import orders

AT_ONCE = 200
# More open orders of one case are a slip, or a script.
MOST_OPEN = 10


def order(
    core: Core,
    service_request_id: int,
    contractor: str,
    text: str,
    actor: Actor,
    *,
    photos: Sequence[int] = (),
    due: date | None = None,
    expected_revision: int | None = None,
) -> int:
    """Order something from a contractor of the catalogue, by a mail with a link; returns the id of the order.

    Without `due` it is to be done within what the catalogue says. Raises `Invalid`.
    """
    with opened(core, service_request_id, actor, Right.ORDER, expected_revision) as work:
        # A mail with a link leaves for somebody outside, which nobody can take back.
        work.is_final = True
        words, chosen = letter.required(text), _contractor(work, contractor)
        _require_orderable(work, photos)
        if due is not None:
            days.require_to_come(due, work.today)
        due = due or _usual_end(work, chosen)
        order_id = orders.add(
            work.conn,
            work.number,
            contractor=contractor,
            text=words,
            photos=list(photos),
            due_date=due,
            state=OrderState.SENT,
            created_datetime=work.now,
            ends_datetime=model.ends(work.now, _midnight(work, due) if due else None),
        )
        if work.case.stage is Stage.ACCEPT:
            work.change_case(accepted_datetime=work.now)
        _write(work, order_id, EventKind.ORDER_SENT, {"to": contractor}, due=due and due.isoformat())
        follow(work)
    return order_id


def _contractor(work: Work, code: str) -> Unit:
    contractors = work.catalogue.desk.contractors
    if code not in contractors:
        raise Invalid(problem("error.order.contractor", contractor=code, known=", ".join(contractors)))
    return contractors[code]


def _require_orderable(work: Work, photos: Sequence[int]) -> None:
    """Orders are about reports that were checked and are open; what leaves with them was cleared."""
    if work.core.settings.smtp_url is None:
        raise Invalid(problem("error.mail.off"))
    checked = work.request.visibility in (Visibility.PUBLISHED, Visibility.WITHHELD)
    if not checked or work.request.status == Status.CLOSED:
        raise Invalid(problem("error.order.report", service_request_id=work.number))
    cleared = {photo.id for photo in media.of_request(work.conn, work.number) if model.may_leave(photo)}
    if strange := [str(photo) for photo in photos if photo not in cleared]:
        raise Invalid(problem("error.order.photo", photos=", ".join(strange)))
    if sum(order.is_open for order in orders.of_request(work.conn, work.number)) >= MOST_OPEN:
        raise Invalid(problem("error.order.too_many", most=MOST_OPEN))


def _usual_end(work: Work, contractor: Unit) -> date | None:
    if contractor.order_days is None:
        return None
    zone = work.catalogue.jurisdiction.time_zone
    within = Period(contractor.order_days, PeriodUnit.WORKING_DAYS)
    return within.end(work.now, work.catalogue.desk.calendar, zone).astimezone(zone).date()


def _midnight(work: Work, day: date) -> datetime:
    return datetime.combine(day, time(), work.catalogue.jurisdiction.time_zone)


def revoke_order(core: Core, order_id: int, actor: Actor, *, expected_revision: int | None = None) -> int:
    """Call an order off; its link ends, and the contractor is told if they know of it."""
    with _about(core, order_id, actor, expected_revision) as (work, order):
        _require(order, order.is_open)
        orders.change(work.conn, order_id, state=OrderState.REVOKED, attention=False)
        _write(work, order_id, EventKind.ORDER_REVOKED, {"to": order.contractor})
    return work.case.revision


def answer_contractor(
    core: Core, order_id: int, text: str, actor: Actor, *, expected_revision: int | None = None
) -> int:
    """Write to a contractor about an open order, as an answer to a question or by ourselves."""
    with _about(core, order_id, actor, expected_revision) as (work, order):
        _require(order, order.is_open)
        orders.change(work.conn, order_id, attention=False)
        _write(work, order_id, EventKind.ORDER_ANSWERED, {"to": order.contractor}, text=letter.required(text))
    return work.case.revision


def settle_order(core: Core, order_id: int, actor: Actor, *, expected_revision: int | None = None) -> int:
    """Take note of an answer that needs none: the case no longer waits for us because of it."""
    with _about(core, order_id, actor, expected_revision) as (work, order):
        if order.attention:
            orders.change(work.conn, order_id, attention=False)
            work.tell_staff(EventKind.FLAGGED, order_id=order_id)
    return work.case.revision


def return_order(
    core: Core, order_id: int, text: str, actor: Actor, *, expected_revision: int | None = None
) -> int:
    """Give back what a contractor says is done, with words on what is missing."""
    with _about(core, order_id, actor, expected_revision) as (work, order):
        _require(order, order.state is OrderState.DONE)
        # A link that is about to end leaves no time for what is asked for again.
        ends = max(order.ends_datetime, model.ends(work.now, None))
        orders.change(work.conn, order_id, state=OrderState.ACCEPTED, ends_datetime=ends)
        _write(work, order_id, EventKind.ORDER_RETURNED, {"to": order.contractor}, text=letter.required(text))
    return work.case.revision


def confirm_order(
    core: Core,
    order_id: int,
    actor: Actor,
    *,
    status: str | None = None,
    status_notes: str | None = None,
    photos: Sequence[int] = (),
    expected_revision: int | None = None,
) -> int:
    """Confirm what a contractor says is done, and tell the public of it if `status`, a note or photos are given.

    Photos that a contractor has sent are seen by nobody outside before they are named here.
    """
    with _about(core, order_id, actor, expected_revision) as (work, order):
        _require(order, order.state is OrderState.DONE)
        orders.change(work.conn, order_id, state=OrderState.CONFIRMED, attention=False)
        work.tell_staff(EventKind.ORDER_CONFIRMED, {"to": order.contractor}, order_id=order_id)
        public = _publish_photos(work, order_id, photos)
        if status is not None and status != work.request.detailed_status:
            work.require(Right.SET_STATUS)
            new_status = status_moves.status_of(work, status)
            status_moves.require_words(work, new_status, status_notes)
            status_moves.move(work, new_status, status_notes or None, public)
        elif status_notes or public:
            work.require(Right.WRITE_PUBLIC)
            work.tell_status(EventKind.UPDATED, {}, {"status_notes": status_notes or None, **public})
    return work.case.revision


def _publish_photos(work: Work, order_id: int, photos: Sequence[int]) -> dict[str, Any]:
    """Let everybody see these photos with what is told next; they came with one answer, the last."""
    if not photos:
        return {}
    work.require(Right.CHECK)
    answers = (event for event in reversed(events.of_request(work.conn, work.number)))
    done = next(
        event.id
        for event in answers
        if event.kind == EventKind.ORDER_DONE and event.data.get("order_id") == order_id
    )
    own = {photo.id for photo in media.of_request(work.conn, work.number) if photo.update_id == done}
    if strange := [str(photo) for photo in photos if photo not in own]:
        raise Invalid(problem("error.order.photo", photos=", ".join(strange)))
    for photo in photos:
        media.change(work.conn, photo, visibility=MediaVisibility.PUBLIC)
    return {"claim_id": done, "photos": media.public_paths(work.conn, work.number, done)}


def attend_orders(core: Core) -> int:
    """Remind contractors of whom nothing is heard, and give cases back whose orders have ended; returns how many."""
    with core.database.read() as conn:
        numbers = orders.unanswered(conn, core.now(), AT_ONCE)
    for order_id in numbers:
        with core.database.begin() as conn:
            before = orders.find(conn, order_id)
            if before is None:
                continue
            work = locked(core, conn, before.service_request_id, WORKER)
            # As it is now that nobody else can change it.
            _attend(work, orders.find(conn, order_id) or before)
            work.write()
    return len(numbers)


def _attend(work: Work, order: Order) -> None:
    if not order.is_open:
        return
    details = {"to": order.contractor}
    if order.ends_datetime <= work.now:
        orders.change(work.conn, order.id, state=OrderState.EXPIRED, attention=True)
        work.tell_staff(EventKind.ORDER_EXPIRED, details, order_id=order.id)
    else:
        overdue = order.due_date is not None and order.due_date < work.today
        attention = order.attention or overdue
        orders.change(work.conn, order.id, reminded_datetime=work.now, attention=attention)
        _write(work, order.id, EventKind.REMINDED, details)
    follow(work)


def follow(work: Work) -> None:
    """Have the case say what its orders say."""
    flags = model.flags_of(orders.of_request(work.conn, work.number))
    work.change_case(flags=work.case.flags - ORDER_FLAGS | flags)


@contextmanager
def _about(
    core: Core, order_id: int, actor: Actor, expected_revision: int | None
) -> Iterator[tuple[Work, Order]]:
    # Which report to lock is in the order, which is read again once it is locked.
    with core.database.read() as conn:
        listed = orders.find(conn, order_id)
    if listed is None:
        raise NotFound(problem("error.order.unknown", order_id=order_id))
    with opened(core, listed.service_request_id, actor, Right.ORDER, expected_revision) as work:
        work.is_final = True
        yield work, orders.find(work.conn, order_id) or listed
        follow(work)


def _require(order: Order, allowed: bool) -> None:
    if not allowed:
        raise Invalid(problem("error.order.state", order_id=order.id))


def _write(work: Work, order_id: int, kind: EventKind, data: dict[str, Any], **more: Any) -> None:
    """Tell of something that the contractor gets a mail about."""
    work.tell_staff(kind, data, letter=TaskName.WRITE_TO_CONTRACTOR, order_id=order_id, **more)
