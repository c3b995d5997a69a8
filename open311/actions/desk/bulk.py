"""One act on many cases: each by the rights and the revision of its own, in a transaction of its own."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from open311.actions import casework
from open311.base.errors import Conflict, Invalid, NotFound, Open311Error, Problem, problem
from open311.base.text import whole_number
from open311.core import Core
from open311.model.access.actor import Actor, Right, staff_actor
from open311.model.casework import gaps
from open311.model.casework.bulk import (
    AT_ONCE,
    MOST_CASES,
    NEEDED,
    NOBODY,
    BulkAct,
    BulkItem,
    BulkRun,
    BulkWish,
    ItemState,
)
from open311.model.casework.cases import Priority
from open311.model.staff import rights
from open311.model.staff.rights import Staff
from open311.model.task_names import TaskName
from open311.storage import jobs
from open311.storage.desk import bulk as storage
from open311.storage.requests import cases, service_requests
from open311.storage.staff_accounts import accounts, memberships

# The page of what became of each case is looked at once, and then it is only a list of who did what.
KEPT_FOR = timedelta(days=1)
Act = Callable[[Core, int, BulkWish, Actor, int], object]


def begin(core: Core, staff: Staff, wish: BulkWish, revisions: Mapping[int, int], key: str) -> int:
    """Do an act at cases, at the revisions that were looked at; its id. `key` is the form's: sent twice it is one act.

    Few are done at once, many by the worker. Raises `Invalid` for none, and for more than are allowed.
    """
    if not revisions:
        raise Invalid(problem("desk.bulk.none"))
    with core.database.begin() as conn:
        # What waits counts too, so that nobody fills the queue by many small acts.
        if len(revisions) + storage.count_waiting(conn, staff.account_id) > MOST_CASES:
            raise Invalid(problem("desk.bulk.too_many", most=MOST_CASES))
        run_id, new = storage.add(conn, key, staff.account_id, wish, revisions, core.now())
        if new and len(revisions) > AT_ONCE:
            # One at a time for each person: two acts on the same cases happen in the order in which they were asked
            # for.
            jobs.defer(conn, TaskName.RUN_BULK, lock=f"bulk {staff.account_id}", run_id=run_id)
            new = False
    if new:
        run(core, run_id)
    return run_id


def run(core: Core, run_id: int) -> None:
    """Do what is still to be done of an act; the actor may have lost rights since, so they are looked up."""
    with core.database.read() as conn:
        stored_run = storage.find(conn, run_id)
        items = storage.items(conn, run_id) if stored_run else []
        account = accounts.find(conn, stored_run.account_id) if stored_run else None
        rights_of_role, now = core.catalogues.rights_of_role, core.now()
        roles = memberships.of_account(conn, account.id, rights_of_role, now) if account else ()
    if stored_run is None or account is None:
        return
    staff = Staff(account.id, roles if account.in_force(now) else (), now)
    for item in items:
        if item.state is ItemState.WAITING:
            _do(core, stored_run, item, staff)


def _do(core: Core, run: BulkRun, item: BulkItem, staff: Staff) -> None:
    state, problems = ItemState.DONE, []
    try:
        actor = _actor(core, item.service_request_id, run.wish.act, staff)
        ACTS[run.wish.act](core, item.service_request_id, run.wish, actor, item.revision)
    # Not tried again at the new revision: somebody else has just decided something about this case.
    except Conflict:
        state = ItemState.CHANGED
    except Open311Error as refused:
        state = ItemState.REFUSED
        problems = [_as_stored(refusal) for refusal in refused.problems]
    with core.database.begin() as conn:
        storage.settle(conn, run.id, item.service_request_id, state, problems)


def _as_stored(refusal: Problem) -> dict[str, Any]:
    """A problem as JSON; its words are found when somebody reads it."""
    return {"key": refusal.key, "values": {name: str(value) for name, value in refusal.values.items()}}


def _actor(core: Core, number: int, act: BulkAct, staff: Staff) -> Actor:
    """Who acts, with the rights that are good for this very case."""
    with core.database.read() as conn:
        case, request = cases.find(conn, number), service_requests.find_any(conn, number)
    unknown = NotFound(problem("error.service_request.unknown", service_request_id=number))
    # In the same words as for one that is not there: a number must not tell that there is a report behind it.
    if case is None or request is None or not rights.may(staff, Right.SEE_REPORTS, case, request.visibility):
        raise unknown
    needed = {NEEDED[act], Right.BULK}
    allowed = {right for right in needed if rights.may(staff, right, case, request.visibility)}
    actor = staff_actor(staff.account_id, allowed, [case.jurisdiction_id])
    for right in sorted(needed):
        actor.require(right, case.jurisdiction_id)
    return actor


def _set_status(core: Core, number: int, wish: BulkWish, actor: Actor, revision: int) -> None:
    text = _filled(core, number, wish) if gaps.gaps(wish.text) else wish.text
    casework.set_status(core, number, wish.value, actor, text or None, expected_revision=revision)


def _filled(core: Core, number: int, wish: BulkWish) -> str:
    """The words as they are read at this case; a gap that it has nothing for is refused by the act."""
    with core.database.read() as conn:
        case, request = cases.find(conn, number), service_requests.find_any(conn, number)
    if case is None or request is None:
        raise NotFound(problem("error.service_request.unknown", service_request_id=number))
    catalogue = core.catalogues.owner(case.jurisdiction_id)
    language = catalogue.jurisdiction.languages[0]
    return gaps.filled(wish.text, gaps.of_case(case, request.address, wish.value, catalogue, language))


def _assign(core: Core, number: int, wish: BulkWish, actor: Actor, revision: int) -> None:
    casework.assign(core, number, wish.value, actor, wish.text or None, expected_revision=revision)


def _assign_person(core: Core, number: int, wish: BulkWish, actor: Actor, revision: int) -> None:
    account_id = whole_number(wish.value, 9)
    if account_id is None and wish.value != NOBODY:
        raise Invalid(problem("desk.bulk.value"))
    casework.assign_person(core, number, account_id, actor, expected_revision=revision)


def _prioritise(core: Core, number: int, wish: BulkWish, actor: Actor, revision: int) -> None:
    priority = Priority.of_word(wish.value)
    if priority is None:
        raise Invalid(problem("desk.error.priority"))
    casework.set_priority(core, number, priority, actor, expected_revision=revision)


def _set_deadline(core: Core, number: int, wish: BulkWish, actor: Actor, revision: int) -> None:
    with core.database.read() as conn:
        case = cases.find(conn, number)
    if case is None:
        raise NotFound(problem("error.service_request.unknown", service_request_id=number))
    try:
        day = date.fromisoformat(wish.value)
    except ValueError:
        raise Invalid(problem("desk.bulk.value")) from None
    due = casework.end_of_day(core, case.jurisdiction_id, day)
    casework.set_deadline(core, number, due, wish.text, actor, expected_revision=revision)


def _note(core: Core, number: int, wish: BulkWish, actor: Actor, _: int) -> None:
    casework.add_note(core, number, wish.text, actor)


ACTS: Mapping[BulkAct, Act] = {
    BulkAct.STATUS: _set_status,
    BulkAct.UNIT: _assign,
    BulkAct.PERSON: _assign_person,
    BulkAct.PRIORITY: _prioritise,
    BulkAct.DEADLINE: _set_deadline,
    BulkAct.NOTE: _note,
}
