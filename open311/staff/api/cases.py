"""Cases: listed, read, and acted on."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from flask import Response, request
from werkzeug.datastructures import ETags

from open311.actions.addresses import look_ups
from open311.actions.staff_accounts import idempotency
from open311.actions.staff_accounts.idempotency import Repeated
from open311.base.errors import Invalid, problem
from open311.base.text import whole_number
from open311.http import current
from open311.model.access.actor import Right
from open311.model.casework import desk_filters
from open311.model.casework.desk_search import PAGE_SIZE, Position
from open311.staff.api import representations, schemas
from open311.staff.api.acts import ACTS, Act
from open311.staff.api.blueprint import blueprint
from open311.staff.api.overview import view_named
from open311.staff.api.problems import RevisionMissing
from open311.staff.blueprint import caller, staff
from open311.staff.case import timeline
from open311.staff.case.photos import picture
from open311.staff.lists import filters
from open311.staff.seen_case import find_case
from open311.storage.desk.lists import case_list
from open311.storage.desk.scope import scope_of
from open311.storage.requests import cases

LONGEST_KEY = 200


@blueprint.view("/cases", Right.SEE_REPORTS, takes=schemas.CasesQuery, returns=schemas.CasesSchema)
def list_cases(query: Mapping[str, Any]) -> dict[str, Any]:
    """A page of cases, filtered and ordered as in the list of the desk."""
    core = current.core()
    chosen = {**(view_named(query["view"]) if "view" in query else {}), **desk_filters.recognised(query)}
    search = replace(desk_filters.search_of(chosen, filters.asker()), limit=query.get("limit", PAGE_SIZE))
    after = Position.read(query["cursor"], search.kinds) if "cursor" in query else None
    with core.database.read() as conn:
        page = case_list.page(conn, scope_of(staff(), Right.SEE_REPORTS), search, core.now(), after)
    return {"cases": representations.rows(page.rows), "next": page.next.write() if page.next else None}


@blueprint.view("/cases/<number:number>", Right.SEE_REPORTS, returns=schemas.WholeCaseSchema)
def get_case(number: int) -> tuple[dict[str, Any], int, dict[str, str]]:
    """One case; its revision is in `ETag`, for `If-Match` of what is done to it."""
    seen = find_case(number)
    return representations.whole(seen), 200, _tag(seen.whole.case.revision)


@blueprint.view("/cases/<number:number>/events", Right.SEE_REPORTS, returns=schemas.HistorySchema)
def get_events(number: int) -> dict[str, Any]:
    """What happened to a case, notes for colleagues included."""
    seen = find_case(number)
    lines = timeline.lines(seen.whole.line_of_time, seen.catalogue)
    return {"events": [{"datetime": line.moment, **_words(line)} for line in lines]}


@blueprint.view("/cases/<number:number>/contact", Right.SEE_REPORTER, returns=schemas.ContactSchema)
def get_contact(number: int) -> Mapping[str, Any]:
    """Who sent the report; that it was looked at is written to the log."""
    seen = find_case(number)
    look_ups.reveal(current.core(), number, seen.whole.case.jurisdiction_id, seen.actor)
    return seen.whole.reporter


def _words(line: timeline.HistoryLine) -> dict[str, Any]:
    names = ("kind", "who", "what", "before", "after", "text", "public")
    return {name: getattr(line, name) for name in names}


@blueprint.view(
    "/photos/<key>",
    Right.SEE_REPORTS,
    returns={"type": "string", "format": "binary"},
    content_type="image/jpeg",
)
def get_photo(key: str) -> Response:
    """A photo of a case, or its small copy."""
    return picture(key)


def _register(act: Act) -> None:
    """The address of one act, described by what comes along with it."""

    def view(sent: Mapping[str, Any], number: int) -> Response:
        return _once(lambda: _do(act, number, sent))

    # The document takes the summary of an operation from there.
    view.__doc__ = act.summary
    register = blueprint.view(
        f"/cases/<number:number>/{act.name}",
        act.right,
        takes=act.body,
        returns=schemas.DoneSchema,
        method="POST",
        endpoint=f"{act.name}_case",
    )
    register(view)


def _do(act: Act, number: int, sent: Mapping[str, Any]) -> dict[str, int]:
    """Do it; what the case is at then, whether or not the actor may still see it."""
    revision = _revision() if act.needs_revision else None
    act.do(find_case(number), sent, revision)
    with current.core().database.begin() as conn:
        case = cases.find(conn, number)
    return {"service_request_id": number, "revision": case.revision if case else 0}


def _revision() -> int:
    """The revision in `If-Match`; raises `RevisionMissing`, and `Invalid` for what is none."""
    required: ETags = request.if_match
    if not required and not request.headers.get("If-Match"):
        raise RevisionMissing(problem("desk.api.revision.missing"))
    numbers = [whole_number(tag, 9) for tag in required.as_set()]
    # Nor `*`: an act on whatever the case may have become is what the header is there to prevent.
    if len(numbers) != 1 or numbers[0] is None:
        raise Invalid(problem("desk.api.revision"))
    return numbers[0]


def _once(act: Callable[[], dict[str, int]]) -> Response:
    """Do it, or answer as before when the same was sent under the same `Idempotency-Key`."""
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return _done_response(act())
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise Invalid(problem("desk.api.key", most=LONGEST_KEY))
    core, account_id = current.core(), caller().account.id
    # The key belongs to one request: another body under it is a mistake of the program, and is told as one.
    content = b"\n".join(
        [request.path.encode(), request.headers.get("If-Match", "").encode(), request.get_data()]
    )
    try:
        # Before anything is done, in a transaction of its own: of two that come at once, the second is told to wait.
        idempotency.claim(core, account_id, key, content)
    except Repeated as before:
        return _done_response(before.answer)
    try:
        answer = act()
    # Whatever stopped it: what was not done must not stay claimed for a day.
    except BaseException:
        idempotency.release(core, account_id, key)
        raise
    idempotency.keep(core, account_id, key, answer)
    return _done_response(answer)


def _done_response(answer: Mapping[str, Any]) -> Response:
    return Response(json.dumps(answer), 200, _tag(answer["revision"]), content_type="application/json")


def _tag(revision: int) -> dict[str, str]:
    return {"ETag": f'"{revision}"'}


for _act in ACTS:
    _register(_act)
