"""One case: what is known, its line of time, and one form for each act."""

from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue

from open311.actions import casework
from open311.actions.addresses import look_ups
from open311.http import current
from open311.model.access.actor import Right
from open311.model.access.visibility import is_everybodys
from open311.model.casework.cases import Case, Flag, Priority
from open311.model.casework.desk_search import Order
from open311.model.casework.progress import publishable
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
from open311.staff.case.case_acts import ACTS
from open311.staff.seen_case import (
    NOTHING_REFUSED,
    Refusal,
    SeenCase,
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


@page("/reports/<number:number>/originals", Right.SEE_ORIGINALS, Right.SEE_UNIT_ORIGINALS, methods=("POST",))
def report_originals(number: int) -> ResponseReturnValue:
    """The case with the texts that were replaced, which is written to the log."""
    seen = find_case(number)
    look_ups.read_originals(current.core(), number, seen.whole.case.jurisdiction_id, seen.actor)
    return _page(seen, reads_originals=True)


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


def _page(
    seen: SeenCase,
    refusal: Refusal = NOTHING_REFUSED,
    *,
    reveals: bool = False,
    reads_originals: bool = False,
) -> Response:
    whole, catalogue = seen.whole, seen.catalogue
    service = catalogue.services.get(whole.request.service_code)
    # With those that the public does not see; who may not see the reporter gets the public ones.
    answers = whole.submission.get("attributes") or whole.request.attributes
    return render_case(
        "case/report.html",
        seen,
        refusal,
        reveals=reveals,
        reads_originals=reads_originals,
        history=timeline.lines(whole.line_of_time, catalogue, whole.mails),
        meanwhile=timeline.lines(refusal.conflict.meanwhile, catalogue) if refusal.conflict else [],
        answers=every_answer(service, answers if seen.may(Right.SEE_REPORTER) else whole.request.attributes),
        field_name=lambda name: _field_name(name, service),
        now=current.core().now(),
        **_people(seen),
        **_place(seen),
        **_choices(seen),
    )


def _people(seen: SeenCase) -> dict[str, Any]:
    """Who has the case, who may be given it, who else is there."""
    core, case, account_id = current.core(), seen.whole.case, signed_in().account.id
    nameable: dict[int, str] = {}
    with core.database.read() as conn:
        is_mentioned = mentions.names(conn, account_id, seen.number)
        # Names of colleagues are personal data: only who gives out work needs the list of them.
        if seen.may(Right.ASSIGN_PERSON):
            visibility, rights_of_role = seen.whole.request.visibility, core.catalogues.rights_of_role
            others = colleagues.of_case(conn, case, visibility, rights_of_role, core.now())
            nameable = actor_names.nameable(others.of_unit, others.roles)
    other = seen.other_present
    assignee = f"staff:{case.assignee_id}" if case.assignee_id else None
    names = actor_names.of_actors([actor for actor in (assignee, other) if actor])
    return {
        "account_id": account_id,
        "names": names,
        "other": names.get(other or "", ""),
        "colleagues": sorted(nameable.items(), key=lambda colleague: colleague[1].casefold()),
        "is_mentioned": is_mentioned,
        "declined_by": _declined_by(case),
    }


def _place(seen: SeenCase) -> dict[str, Any]:
    """Where it is, on maps and in public, and what else is there."""
    request_seen, catalogue = seen.whole.request, seen.catalogue
    return {
        "neighbours": nearby.at_its_place(seen),
        "alike_services": catalogue.desk.alike(request_seen.service_code),
        "map": maps.map_of(catalogue),
        "also": maps.sources(),
        "degrees": degrees,
        "map_around": _map_around(request_seen.location),
        "list_around": _list_around(request_seen.location),
        "public_address": _public_address(seen),
    }


def _choices(seen: SeenCase) -> dict[str, Any]:
    """What the forms of the acts offer."""
    whole, catalogue = seen.whole, seen.catalogue
    zone = catalogue.jurisdiction.time_zone
    return {
        "statuses": [
            status
            for status in catalogue.statuses.values()
            if not status.is_for_duplicates or status.code == whole.request.detailed_status
        ],
        "groups": services_by_group(catalogue),
        "priorities": list(Priority),
        "reasons": catalogue.desk.reasons_for(ReasonFor.WITHHOLD),
        "letters": template_gaps.offered(seen) if seen.may(Right.WRITE_REPORTER) else [],
        "public_words": template_gaps.offered(seen, public=True) if seen.may(Right.SET_STATUS) else [],
        "publishable": publishable(whole.photos, whole.history),
        "today": current.core().now().astimezone(zone).date(),
    }


def _field_name(name: str, service: Service | None) -> str:
    """What a text of a report is called, or the question behind an answer."""
    kind, _, code = name.partition(".")
    if kind != "attributes":
        return words(TEXT_NAMES.get(name, "desk.originals.text"))
    questions = {attribute.code: attribute for attribute in service.attributes} if service else {}
    return catalogue_text(questions[code].description) if code in questions else code


def _list_around(place: Location | None) -> str:
    """The list of open cases, those nearest to a place first."""
    if place is None:
        return ""
    return address("reports", near=f"{place.lat:.5f},{place.long:.5f}", order=Order.DISTANCE.value)


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
