"""The check queue, and the page on which a report is decided in one press."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue

from open311.actions import casework, updates
from open311.base.errors import Conflict, Invalid
from open311.http import current
from open311.http.errors import in_words
from open311.model.actor import Right
from open311.model.decisions import Decision, Outcome
from open311.model.desk import ReasonFor
from open311.model.desk_search import Position
from open311.model.personal_hints import personal_hints
from open311.site.list.listing import services_by_group
from open311.staff import history
from open311.staff.blueprint import page, redirect_to, staff
from open311.staff.decision_form import read_decision
from open311.staff.rendering import render
from open311.staff.seen import SeenCase, find_case
from open311.storage.desk import neighbours, presence, queue, templates
from open311.storage.desk.neighbours import Neighbour
from open311.storage.desk.scope import scope_of

# Of what was closed, so long ago still counts as the same defect.
LATELY = timedelta(days=60)
FEW_NEIGHBOURS = 8
# What a form of the check page may hold: some texts, and a field or three for each photo.
REASONS_OF = {Outcome.WITHHOLD: ReasonFor.WITHHOLD, Outcome.REJECT: ReasonFor.REJECT}


@page("/check", Right.CHECK)
def check_queue() -> ResponseReturnValue:
    """What waits for a decision, the oldest first."""
    core = current.core()
    after = request.args.get("after", "")
    with core.database.read() as conn:
        found = queue.page(
            conn, scope_of(staff(), Right.CHECK), core.now(), Position.read(after) if after else None
        )
    return render(
        "check_queue.html", rows=found.rows, after=found.next.write() if found.next else "", now=core.now()
    )


@page("/check/next", Right.CHECK)
def check_next() -> ResponseReturnValue:
    """The report that has waited longest."""
    core = current.core()
    with core.database.read() as conn:
        rows = queue.page(conn, scope_of(staff(), Right.CHECK), core.now(), None, 1).rows
    return redirect_to("check_report", number=rows[0].number) if rows else redirect_to("check_queue")


@page("/check/<number:number>", Right.CHECK, methods=("GET", "POST"))
def check_report(number: int) -> ResponseReturnValue:
    """Decide about one report: words, photos, place, unit, outcome and letter, all at once."""
    seen = _checked_case(number)
    if request.method == "GET":
        return _page(seen, {})
    try:
        decision = read_decision(request.form, seen)
        casework.decide(current.core(), number, decision, seen.actor, expected_revision=_revision())
    except Conflict as conflict:
        return _page(find_case(number), request.form, conflict=conflict)
    except Invalid as refused:
        return _page(seen, request.form, problems=[in_words(problem) for problem in refused.problems])
    return _go_on(number, decision, seen)


def _checked_case(number: int) -> SeenCase:
    seen = find_case(number)
    seen.actor.require(Right.CHECK, seen.whole.case.jurisdiction_id)
    return seen


def _revision() -> int | None:
    word = request.form.get("revision", "")
    return int(word) if word.isdecimal() and len(word) < 10 else None


def _go_on(number: int, decision: Decision, seen: SeenCase) -> ResponseReturnValue:
    """To the next report, with a way back for a minute; who only saved stays."""
    if decision.outcome is None:
        return redirect_to("check_report", done="saved", number=number)
    core = current.core()
    with core.database.begin() as conn:
        presence.leave(conn, number, str(seen.actor))
        following = queue.following(conn, scope_of(staff(), Right.CHECK), number, core.now())
    if following is None:
        return redirect_to("check_queue", done="decided", last=number)
    return redirect_to("check_report", done="decided", number=following, last=number)


@page("/check/<number:number>/back", Right.CHECK, methods=("POST",))
def check_back(number: int) -> ResponseReturnValue:
    """Take back one's own last decision, within a minute; nobody was written to yet."""
    seen = _checked_case(number)
    casework.take_back(current.core(), number, seen.actor)
    return redirect_to("check_report", done="taken_back", number=number)


@page("/check/<number:number>/updates/<number:update_id>", Right.CHECK, methods=("POST",))
def check_update(number: int, update_id: int) -> ResponseReturnValue:
    """Show or refuse an update, or an answer, that somebody sent about a report."""
    seen = _checked_case(number)
    act = updates.publish if request.form.get("act") == "publish" else updates.hide
    act(current.core(), update_id, seen.actor, expected_revision=_revision())
    return redirect_to("check_report", done="decided", number=number)


def _page(
    seen: SeenCase,
    form: Mapping[str, str],
    *,
    problems: Sequence[str] = (),
    conflict: Conflict | None = None,
) -> Response:
    core, whole = current.core(), seen.whole
    number = whole.request.service_request_id
    with core.database.begin() as conn:
        other = presence.claim(conn, number, str(seen.actor), core.now())
        offered = templates.offered(conn, whole.case.jurisdiction_id, service_code=whole.request.service_code)
    actors = [event.actor for event in conflict.meanwhile] if conflict else []
    names = history.names([*actors, *([other] if other else [])])
    return render(
        "check_report.html",
        status=409 if conflict else 400 if problems else 200,
        seen=seen,
        whole=whole,
        report=whole.request,
        case=whole.case,
        catalogue=seen.catalogue,
        form=form,
        problems=problems,
        meanwhile=[history.line(event, seen.catalogue, names) for event in conflict.meanwhile]
        if conflict
        else [],
        conflict=conflict,
        other=names.get(other, "") if other else "",
        last=_last(),
        hints=personal_hints(f"{whole.request.title or ''}\n{whole.request.description}"),
        neighbours=_neighbours(seen),
        reasons={outcome: _reasons(seen, which) for outcome, which in REASONS_OF.items()},
        outcomes=list(Outcome),
        groups=services_by_group(seen.catalogue),
        templates=offered,
        may=seen.may,
        Right=Right,
        now=core.now(),
    )


def _last() -> int | None:
    """The report that was decided just before, to be taken back."""
    word = request.args.get("last", "")
    return int(word) if request.method == "GET" and word.isdecimal() and len(word) < 16 else None


def _reasons(seen: SeenCase, which: ReasonFor) -> list[Any]:
    return [reason for reason in seen.catalogue.desk.reasons.values() if reason.outcome is which]


def _neighbours(seen: SeenCase) -> list[Neighbour]:
    """Reports that may be about the same thing."""
    report, desk = seen.whole.request, seen.catalogue.desk
    if report.location is None:
        return []
    core = current.core()
    with core.database.read() as conn:
        return neighbours.of(
            conn,
            scope_of(staff(), Right.SEE_REPORTS),
            report.location,
            metres=desk.radius(report.service_code),
            closed_since=core.now() - LATELY,
            words=report.description,
            services=desk.alike(report.service_code),
            hashes=[photo.dhash for photo in seen.whole.photos if photo.dhash is not None],
            without=report.service_request_id,
            limit=FEW_NEIGHBOURS,
        )
