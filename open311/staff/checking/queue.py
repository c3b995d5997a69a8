"""The check queue, and the acts on the page on which a report is decided in one press."""

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from open311.actions import casework
from open311.actions.addresses import look_ups
from open311.actions.reporting import updates
from open311.base.errors import Invalid, NotFound, Problem, problem
from open311.base.text import whole_number
from open311.http import current
from open311.model.access.actor import Right
from open311.model.casework.cases import Case, Stage
from open311.model.casework.decisions import Decision
from open311.model.casework.desk_search import BY_TIME, Position
from open311.staff import actor_names, way_back
from open311.staff.blueprint import page, redirect_to, staff
from open311.staff.checking.check_page import FormState, check_page, is_waiting, suspicious_of
from open311.staff.checking.deciding import decide
from open311.staff.checking.decision_form import read_decision, shown_values
from open311.staff.checking.photo_form import read_photos
from open311.staff.checking.sent_form import SentForm
from open311.staff.forms import posted_revision
from open311.staff.rendering import NOT_KEPT, render
from open311.staff.seen_case import SeenCase, find_case
from open311.storage.desk.case import presence, suspicion
from open311.storage.desk.lists import queue
from open311.storage.desk.scope import Scope, scope_of


def _scope() -> Scope:
    return scope_of(staff(), Right.CHECK)


@page("/check", Right.CHECK)
def check_queue() -> ResponseReturnValue:
    """What waits for a decision, the oldest first."""
    core = current.core()
    after = request.args.get("after", "")
    position = Position.read(after, BY_TIME) if after else None
    with core.database.read() as conn:
        queue_page = queue.page(conn, _scope(), core.now(), position)
        unchecked = [row.number for row in queue_page.rows if row.line.case.stage is Stage.CHECK]
        suspicions = suspicion.of_requests(conn, unchecked, core.now(), suspicious_of)
    present = [row.line.presence for row in queue_page.rows if row.line.presence]
    return render(
        "checking/queue.html",
        rows=queue_page.rows,
        suspicions=suspicions,
        service_name=_service_name,
        after=queue_page.next.write() if queue_page.next else "",
        names=actor_names.of_actors(present),
        last=_last(),
        now=core.now(),
    )


def _service_name(case: Case) -> str:
    return (
        current.core()
        .catalogues.owner(case.jurisdiction_id)
        .service_name(case.service_code, current.language())
    )


@page("/check/next", Right.CHECK)
def check_next() -> ResponseReturnValue:
    """The report that has waited longest."""
    core = current.core()
    with core.database.read() as conn:
        rows = queue.page(conn, _scope(), core.now(), None, 1).rows
    return redirect_to("check_report", number=rows[0].number) if rows else redirect_to("check_queue")


@page("/check/<number:number>/next", Right.CHECK)
def check_skip(number: int) -> ResponseReturnValue:
    """The report that comes after one in the queue, which is left as it is."""
    following = _following(_checked_case(number))
    return redirect_to("check_report", number=following) if following else redirect_to("check_queue")


@page("/check/<number:number>", Right.CHECK, methods=("GET", "POST"))
def check_report(number: int) -> ResponseReturnValue:
    """Decide about one report: words, photos, place, unit, outcome and letter, all at once."""
    seen = _checked_case(number)
    if request.method == "GET":
        parent = whole_number(request.args.get("parent", ""), 15)
        return check_page(seen, FormState.of_case(seen, last=_last(), parent=parent))
    # A button of the same form, so that nothing typed is lost; and a POST, since it is written to the log.
    if request.form.get("reveal"):
        sent = SentForm.of(request.form, shown_values(seen))
        look_ups.reveal(current.core(), number, seen.whole.case.jurisdiction_id, seen.actor)
        return check_page(seen, FormState.of_form(sent, posted_revision(), reveals=True))
    decision = decide(seen, read_decision, check_page)
    return decision if isinstance(decision, Response) else _go_on(seen)


def _checked_case(number: int) -> SeenCase:
    seen = find_case(number)
    seen.actor.require(Right.CHECK, seen.whole.case.jurisdiction_id)
    return seen


def _last() -> int | None:
    """The report that was decided just before, to be taken back."""
    return whole_number(request.args.get("last", ""), 15)


def _go_on(seen: SeenCase) -> ResponseReturnValue:
    """To the next report of the queue, with a way back for a minute; who only saved stays."""
    number = seen.number
    way = way_back.of_request().query
    if request.form.get("save"):
        return redirect_to("check_report", done="saved", number=number, **way)
    if not is_waiting(seen.whole.case):
        # Whoever came from the case to put it right goes back there, and can take it back there.
        with current.core().database.begin() as conn:
            presence.leave(conn, number, str(seen.actor))
        return redirect_to("report", done="decided", number=number, **way)
    following = _following(seen)
    if following is None:
        return redirect_to("check_queue", last=number)
    return redirect_to("check_report", number=following, last=number)


@page("/check/<number:number>/previous", Right.CHECK)
def check_previous(number: int) -> ResponseReturnValue:
    """The report that comes before one in the queue."""
    seen, core = _checked_case(number), current.core()
    with core.database.begin() as conn:
        presence.leave(conn, number, str(seen.actor))
        before = queue.preceding(conn, _scope(), number, core.now())
    return redirect_to("check_report", number=before) if before else redirect_to("check_queue")


def _following(seen: SeenCase) -> int | None:
    """The next report in the queue; whoever goes on looks at this one no more."""
    core, number = current.core(), seen.number
    with core.database.begin() as conn:
        presence.leave(conn, number, str(seen.actor))
        return queue.following(conn, _scope(), number, core.now())


@page("/check/<number:number>/back", Right.CHECK, methods=("POST",))
def check_back(number: int) -> ResponseReturnValue:
    """Take back one's own last decision, within a minute; nobody was written to yet."""
    seen = _checked_case(number)
    casework.take_back(current.core(), number, seen.actor)
    return redirect_to("check_report", done="taken_back", number=number)


@page("/check/<number:number>/take", Right.CHECK, methods=("POST",))
def check_take(number: int) -> ResponseReturnValue:
    """Go on with a report in the place of a colleague, who reads so on their page."""
    seen, core = _checked_case(number), current.core()
    with core.database.begin() as conn:
        presence.take_over(conn, number, str(seen.actor), core.now())
    return redirect_to("check_report", number=number, **way_back.of_request().query)


@page("/check/<number:number>/here", Right.CHECK, methods=("POST",))
def check_here(number: int) -> ResponseReturnValue:
    """Say that somebody still looks at a report, or does no more; who else does, in words."""
    seen, core = _checked_case(number), current.core()
    with core.database.begin() as conn:
        if request.form.get("leaves"):
            presence.leave(conn, number, str(seen.actor))
            other = None
        else:
            other = presence.claim(conn, number, str(seen.actor), core.now())
    response = jsonify(other=actor_names.of_actors([other])[other] if other else "")
    response.headers["Cache-Control"] = NOT_KEPT
    return response


@page("/check/<number:number>/updates/<number:update_id>", Right.CHECK, methods=("POST",))
def check_update(number: int, update_id: int) -> ResponseReturnValue:
    """Show or refuse an update, or an answer, that somebody sent about a report; its photos as they were edited."""
    seen = _checked_case(number)
    if update_id not in {event.id for event in seen.whole.history}:
        raise NotFound(problem("error.path"))
    revision = _edit_photos(seen, update_id)
    act = updates.publish if request.form.get("act") == "publish" else updates.hide
    act(current.core(), update_id, seen.actor, expected_revision=revision)
    if is_waiting(find_case(number).whole.case):
        return redirect_to("check_report", done="decided", number=number)
    return _go_on(seen)


def _edit_photos(seen: SeenCase, update_id: int) -> int | None:
    """Do with the photos of an update what the form says; the revision to go on from."""
    problems: list[Problem] = []
    theirs = [photo for photo in seen.whole.photos if photo.update_id == update_id]
    edits = read_photos(SentForm.of(request.form, shown_values(seen)), theirs, problems)
    Invalid.unless_empty(problems)
    if not edits:
        return posted_revision()
    number = seen.number
    return casework.decide(
        current.core(), number, Decision(photos=edits), seen.actor, expected_revision=posted_revision()
    )
