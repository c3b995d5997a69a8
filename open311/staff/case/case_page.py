"""One case: what is known, its line of time, and one form for each act."""

from collections.abc import Mapping
from datetime import date

from flask import Response, request
from flask.typing import ResponseReturnValue

from open311.actions import casework
from open311.actions.addresses import look_ups
from open311.base.errors import Invalid, NotFound, problem
from open311.base.text import tidy, whole_number
from open311.http import current
from open311.model.access.actor import Right
from open311.model.access.visibility import is_everybodys
from open311.model.casework.cases import Case, Flag, Priority
from open311.model.casework.progress import Progress, publishable
from open311.model.catalogue import Service
from open311.model.desk.desk_catalogue import ReasonFor
from open311.model.service_request import Location
from open311.site import addresses
from open311.site.list import maps
from open311.site.list.listing import services_by_group
from open311.site.view_models import every_answer
from open311.site.words import catalogue_text, degrees, words
from open311.staff import actor_names, nearby, way_back
from open311.staff.blueprint import address, page, redirect_to, signed_in
from open311.staff.case import template_gaps, timeline
from open311.staff.forms import posted_photos
from open311.staff.seen_case import (
    NOTHING_REFUSED,
    Act,
    Refusal,
    SeenCase,
    acting,
    add_note,
    attempt,
    find_case,
    render_case,
)
from open311.storage.desk import colleagues
from open311.storage.desk.case import mentions

# What staff put right; of the rest the words say enough.
TEXT_NAMES = {
    "description": "page.report.description",
    "title": "desk.check.title_of",
    "address": "page.report.address",
}
# In degrees: some two hundred metres.
AROUND = 0.002


@page("/reports/<number:number>", Right.SEE_REPORTS)
def report(number: int) -> ResponseReturnValue:
    return _page(find_case(number))


@page("/reports/<number:number>/contact", Right.SEE_REPORTER, Right.SEE_CALLER, methods=("POST",))
def report_contact(number: int) -> ResponseReturnValue:
    """The case with who sent the report, which is written to the log."""
    seen = find_case(number)
    look_ups.reveal(current.core(), number, seen.whole.case.jurisdiction_id, seen.actor)
    return _page(seen, reveals=True)


@page("/reports/<number:number>/<act>", Right.SEE_REPORTS, methods=("POST",))
def report_act(number: int, act: str) -> ResponseReturnValue:
    """One act on the case: what each of them is, `ACTS` says."""
    seen = find_case(number)
    if (refused := attempt(seen, act, ACTS, _page)) is not None:
        return refused
    # The actor has read what names them: then it need not be pressed away as well.
    casework.read_mentions(current.core(), number, seen.actor)
    if request.form.get("back") == "home":
        return redirect_to("home", done="saved")
    done = "taken_back" if act == "take_back" else "saved"
    return redirect_to("report", done=done, number=number, **way_back.of_request().query)


def _page(seen: SeenCase, refusal: Refusal = NOTHING_REFUSED, *, reveals: bool = False) -> Response:
    core, whole, catalogue = current.core(), seen.whole, seen.catalogue
    known: dict[int, str] = {}
    with core.database.read() as conn:
        is_mentioned = mentions.names(conn, signed_in().account.id, seen.number)
        # Names of colleagues are personal data: only who gives out work needs the list of them.
        if seen.may(Right.ASSIGN_PERSON):
            others = colleagues.of_case(
                conn, whole.case, whole.request.visibility, core.catalogues.rights_of_role, core.now()
            )
            known = actor_names.nameable(others.of_unit, others.roles)
    service = catalogue.services.get(whole.request.service_code)
    # With those that the public does not see; who may not see the reporter gets the public ones.
    answers = whole.submission.get("attributes") or whole.request.attributes
    other = seen.other_present
    who = [
        *([f"staff:{whole.case.assignee_id}"] if whole.case.assignee_id else []),
        *([other] if other else []),
    ]
    names = actor_names.of_actors(who)
    return render_case(
        "case/report.html",
        seen,
        refusal,
        reveals=reveals,
        history=timeline.lines(whole.line_of_time, catalogue, whole.mails),
        meanwhile=timeline.lines(refusal.conflict.meanwhile, catalogue) if refusal.conflict else [],
        colleagues=sorted(known.items(), key=lambda colleague: colleague[1].casefold()),
        is_mentioned=is_mentioned,
        declined_by=_declined_by(whole.case),
        answers=every_answer(service, answers if seen.may(Right.SEE_REPORTER) else whole.request.attributes),
        names=names,
        other=names.get(other or "", ""),
        statuses=[
            status
            for status in catalogue.statuses.values()
            if not status.is_for_duplicates or status.code == whole.request.detailed_status
        ],
        groups=services_by_group(catalogue),
        priorities=list(Priority),
        reasons=catalogue.desk.reasons_for(ReasonFor.WITHHOLD),
        letters=template_gaps.offered(seen) if seen.may(Right.WRITE_REPORTER) else [],
        public_words=template_gaps.offered(seen, public=True) if seen.may(Right.SET_STATUS) else [],
        neighbours=nearby.at_its_place(seen),
        alike_services=catalogue.desk.alike(whole.request.service_code),
        map=maps.map_of(catalogue),
        also=maps.sources(),
        degrees=degrees,
        map_around=_map_around(whole.request.location),
        public_address=_public_address(seen),
        field_name=lambda name: _field_name(name, service),
        publishable=publishable(whole.photos, whole.history),
        account_id=signed_in().account.id,
        now=core.now(),
        today=core.now().astimezone(catalogue.jurisdiction.time_zone).date(),
    )


def _field_name(name: str, service: Service | None) -> str:
    """What a text of a report is called, or the question behind an answer."""
    kind, _, code = name.partition(".")
    if kind != "attributes":
        return words(TEXT_NAMES.get(name, "desk.originals.text"))
    questions = {attribute.code: attribute for attribute in service.attributes} if service else {}
    return catalogue_text(questions[code].description) if code in questions else code


def _map_around(place: Location | None) -> str:
    """The map of all cases at a place."""
    if place is None:
        return ""
    edges = (place.long - AROUND, place.lat - AROUND, place.long + AROUND, place.lat + AROUND)
    return address("case_map", stage="all", bbox=",".join(f"{edge:.5f}" for edge in edges))


def _public_address(seen: SeenCase) -> str:
    """Where everybody reads the report; empty while nobody does."""
    is_read = is_everybodys(seen.whole.request)
    return addresses.address("report", of=seen.catalogue, number=seen.number) if is_read else ""


def _declined_by(case: Case) -> str | None:
    """The unit that has declined, while nobody has said whose it is."""
    return case.former_units[-1] if Flag.DECLINED in case.flags and case.former_units else None


def _move_on(seen: SeenCase, form: Mapping[str, str], revision: int | None) -> None:
    chosen = map(whole_number, request.form.getlist("published"))
    progress = Progress(
        status=form.get("status", ""),
        status_notes=form.get("status_notes"),
        message=tidy(form.get("message", "")) or None,
        mail=not form.get("without_mail"),
        photos=posted_photos(),
        shown=bool(form.get("shown")),
        published=[media_id for media_id in chosen if media_id is not None],
    )
    casework.move_on(current.core(), seen.number, progress, seen.actor, expected_revision=revision)


def _take(seen: SeenCase, form: Mapping[str, str], revision: int | None) -> None:
    """See to it oneself, or give it up."""
    account_id = None if form.get("give_up") else signed_in().account.id
    casework.assign_person(current.core(), seen.number, account_id, seen.actor, expected_revision=revision)


def _give_to_person(seen: SeenCase, form: Mapping[str, str], revision: int | None) -> None:
    """Give it to a colleague of the unit, or to nobody."""
    give_to(seen, form.get("person", ""), revision)


def give_to(seen: SeenCase, chosen: str, revision: int | None = None) -> None:
    """The same by the number of an account; raises `Invalid` for who is no colleague of the unit."""
    account_id = whole_number(chosen, 9)
    if chosen and account_id is None:
        raise Invalid(problem("desk.error.person"))
    casework.assign_person(current.core(), seen.number, account_id, seen.actor, expected_revision=revision)


def _set_deadline(seen: SeenCase, form: Mapping[str, str], revision: int | None) -> None:
    """Until the end of the city's working day on a day."""
    until = _day(form.get("day", ""))
    if until is None:
        raise Invalid(problem("desk.error.day"))
    due = casework.end_of_day(current.core(), seen.whole.case.jurisdiction_id, until)
    casework.set_deadline(
        current.core(), seen.number, due, form.get("reason", ""), seen.actor, expected_revision=revision
    )


def _day(word: str) -> date | None:
    try:
        return date.fromisoformat(word) if word else None
    except ValueError:
        raise Invalid(problem("desk.error.day")) from None


def _defer(seen: SeenCase, form: Mapping[str, str], revision: int | None) -> None:
    until = _day(form.get("day", ""))
    casework.defer(current.core(), seen.number, until, seen.actor, expected_revision=revision)


def _prioritise(seen: SeenCase, form: Mapping[str, str], revision: int | None) -> None:
    known = {str(int(priority)): priority for priority in Priority}
    if form.get("priority") not in known:
        raise Invalid(problem("desk.error.priority"))
    priority = known[form["priority"]]
    casework.set_priority(current.core(), seen.number, priority, seen.actor, expected_revision=revision)


def _change_note(seen: SeenCase, form: Mapping[str, str], _: int | None) -> None:
    casework.change_note(current.core(), _note_of(seen, form), form.get("text", ""), seen.actor)


def _remove_note(seen: SeenCase, form: Mapping[str, str], _: int | None) -> None:
    casework.remove_note(current.core(), _note_of(seen, form), seen.actor)


def _note_of(seen: SeenCase, form: Mapping[str, str]) -> int:
    """The note of this very case that a form names; raises `NotFound`, also for one that is gone meanwhile."""
    note_id = whole_number(form.get("note_id", ""))
    if note_id not in {note.id for note in seen.whole.notes}:
        raise NotFound(problem("error.note.unknown", note_id=form.get("note_id", "")))
    return note_id


ACTS: Mapping[str, Act] = {
    "status": _move_on,
    "note": add_note,
    "change_note": _change_note,
    "remove_note": _remove_note,
    "answer": acting(casework.answer, "text"),
    "ask": acting(casework.ask, "text"),
    "assign": acting(casework.assign, "unit", reason="reason"),
    "take": _take,
    "person": _give_to_person,
    "deadline": _set_deadline,
    # Every act says that its doer has read what names them; this one says nothing else.
    "mentions": lambda seen, form, revision: None,
    "accept": acting(casework.accept_work),
    "decline": acting(casework.decline, "reason", to="unit"),
    "defer": _defer,
    "priority": _prioritise,
    "take_back": lambda seen, form, revision: casework.take_back(current.core(), seen.number, seen.actor),
    "separate": acting(casework.separate),
    "publish": acting(casework.publish),
    "withhold": acting(casework.withhold, reason="reason-withhold"),
}
