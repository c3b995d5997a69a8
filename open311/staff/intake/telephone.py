"""Telephone and counter: a report taken in on one page, or joined with one that is there."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

from flask import Response, g, request
from flask.typing import ResponseReturnValue

from open311.actions.reporting import drafts
from open311.base.errors import Invalid, NotFound, Problem, problem
from open311.base.text import whole_number
from open311.http import current
from open311.http.errors import in_words
from open311.http.parsing.normalise import LenientRequest
from open311.model.access.actor import Actor, Right
from open311.model.access.secret_tokens import digest, is_token, new_token
from open311.model.catalogue import Catalogue
from open311.model.intake.channels import CHOSEN, Channel
from open311.model.intake.drafts import Draft
from open311.model.staff import rights
from open311.notifications import callers, mail_subscriptions
from open311.site import rendering
from open311.site.form import form_input
from open311.site.form.form_input import FieldProblem
from open311.site.list import listing, maps
from open311.site.words import own_name
from open311.site.words import words as message
from open311.staff.blueprint import address, page, redirect_to, signed_in, staff
from open311.staff.intake import telephone_form
from open311.staff.own_cities import chosen_city, own_cities
from open311.staff.rendering import render
from open311.storage.requests import cases, service_requests
from open311.web import photos

FRAGMENT = "X-Fragment"
# What the errors of a report are called where there is one field for them.
FIELDS = {"service_code": "about"}


@page("/new", Right.INTAKE, methods=("GET", "POST"))
def take_in() -> ResponseReturnValue:
    """An empty page; the first look at what was typed begins a draft, so that half a call is not lost."""
    catalogue = _city()
    if request.method == "GET":
        channel = request.args.get("channel", "")
        return _page(None, {"channel": channel if channel in CHOSEN else Channel.PHONE.value, "follow": "1"})
    state = telephone_form.read(catalogue, {"desk": str(signed_in().account.id)})
    draft = begin(catalogue, state, request.form.get("call", ""))
    return redirect_to("taken_in", token=draft.token) if draft.is_sent else _answer(catalogue, draft)


def begin(catalogue: Catalogue, state: Mapping[str, Any], call: str = "") -> Draft:
    """A draft of somebody at the desk, who may write as many as there are calls.

    `call` is the empty page's: the same words sent from it twice are one draft.
    """
    # A name of its own for each call: drafts are limited by network, and a whole town hall shares one.
    network = f"desk {signed_in().account.id} {current.core().now().timestamp()}"
    # Of the words too, for a page that is gone back to is another call; of the writer, so that it is nobody else's.
    of_page = json.dumps([signed_in().account.id, catalogue.jurisdiction.jurisdiction_id, call, state])
    token = digest(of_page) if is_token(call) else ""
    return drafts.begin(current.core(), catalogue, state, network, token)


@page("/new/<token>", Right.INTAKE, methods=("GET", "POST"))
def taken_in(token: str) -> ResponseReturnValue:
    """A report that is being taken in, or what became of it."""
    catalogue, draft = _draft(token)
    if draft.is_sent:
        return _receipt(catalogue, draft)
    if request.method == "GET":
        return _page(draft, draft.state)
    drafts.keep(current.core(), draft, telephone_form.read(catalogue, draft.state))
    return _answer(catalogue, drafts.find(current.core(), catalogue, token))


def cities() -> Sequence[Catalogue]:
    """Where this person takes in reports."""
    return [city for city in own_cities(Right.INTAKE) if not city.jurisdiction.harvested_from]


def _city() -> Catalogue:
    """The city that was chosen, else the first; the page is in its words and within its boundary."""
    g.catalogue = city = chosen_city(cities(), request.args.get("city"))
    return city


def _draft(token: str) -> tuple[Catalogue, Draft]:
    """The draft of this person; what somebody else writes is as if it were not there."""
    for catalogue in cities():
        # A token does not say of which city it is.
        with suppress(NotFound):
            draft = drafts.find(current.core(), catalogue, token)
            if draft.state.get("desk") == str(signed_in().account.id):
                g.catalogue = catalogue
                return catalogue, draft
    raise NotFound(problem("error.draft.unknown"))


def _actor(catalogue: Catalogue) -> Actor:
    return staff().actor(catalogue.jurisdiction.jurisdiction_id)


def _answer(catalogue: Catalogue, draft: Draft) -> ResponseReturnValue:
    """What the button that was pressed asks for; Enter in a field only looks."""
    pressed, value = form_input.action()
    # Before photos are taken up: the script asks while somebody types, and sends no files.
    if request.headers.get(FRAGMENT):
        return _fragment(catalogue, draft)
    refused = _add_photos(draft)
    if refused:
        return _page(draft, draft.state, faults=refused)
    if pressed in ("join", "join_now"):
        return _join(catalogue, draft, value, confirmed=pressed == "join_now")
    if pressed == "save":
        return _save(catalogue, drafts.find(current.core(), catalogue, draft.token))
    return redirect_to("taken_in", token=draft.token)


def _add_photos(draft: Draft) -> list[FieldProblem]:
    sent = photos.media_parts(cast(LenientRequest, request), []).get("media", [])
    if not sent:
        return []
    problems, _ = drafts.add_photos(current.core(), draft, [file.stream for file in sent])
    return [form_input.at_field(problem) for problem in problems]


def _save(catalogue: Catalogue, draft: Draft) -> ResponseReturnValue:
    faults = telephone_form.field_problems(catalogue, draft)
    if not telephone_form.is_settled(draft.state):
        faults.append(FieldProblem("address", "place", message("desk.intake.error.place")))
    if faults:
        return _page(draft, draft.state, faults=faults)
    sent, unread = telephone_form.submission(catalogue, draft)
    sent = replace(sent, kept=(*sent.kept, *callers.photos_of_mail(current.core(), draft)))
    language = _caller_language(catalogue, draft)
    try:
        callers.take_in(current.core(), catalogue, draft, sent, unread, _actor(catalogue), language=language)
    except Invalid as refused:
        return _page(
            draft, draft.state, faults=[form_input.at_field(problem) for problem in refused.problems]
        )
    return redirect_to("taken_in", token=draft.token)


def _join(catalogue: Catalogue, draft: Draft, value: str, *, confirmed: bool) -> ResponseReturnValue:
    """Join the caller with a report; who has left no word of themselves is asked for it once."""
    number = whole_number(value, 15) or 0
    # Before anything else: the page that is shown again repeats the number, whatever was sent as one.
    _require_joinable(catalogue, number)
    sent, unread = telephone_form.submission(catalogue, draft)
    about_caller = [
        mistake
        for mistake in map(form_input.at_field, unread)
        if mistake.field in form_input.FIELDS["contact"]
    ]
    person = sent.reporter
    if about_caller or not (confirmed or person.email or person.phone):
        return _page(draft, draft.state, faults=about_caller, joining=number)
    language = _caller_language(catalogue, draft)
    try:
        callers.join(current.core(), draft, number, sent, _actor(catalogue), language=language)
    except Invalid as refused:
        return _page(draft, draft.state, problems=refused.problems)
    return redirect_to("taken_in", token=draft.token)


def _require_joinable(catalogue: Catalogue, number: int) -> None:
    """Raise `NotFound` unless it is a report for which this person may take in what is said."""
    core = current.core()
    unknown = NotFound(problem("error.service_request.unknown", service_request_id=number))
    with core.database.read() as conn:
        service_request = service_requests.find(conn, number, catalogue.jurisdiction.jurisdiction_id)
        case = cases.find(conn, number) if service_request else None
    if (
        service_request is None
        or case is None
        or not rights.is_granted(staff(), Right.INTAKE, case, service_request.visibility)
    ):
        raise unknown


def _caller_language(catalogue: Catalogue, draft: Draft) -> str:
    spoken, chosen = catalogue.jurisdiction.languages, draft.text("caller_language")
    return chosen if chosen in spoken else spoken[0]


def _fragment(catalogue: Catalogue, draft: Draft) -> Response:
    """The parts that follow from what was typed, for the script that puts them in their places."""
    values = _values(catalogue, draft, draft.state, {})
    return render("intake/intake_parts.html", **values)


def _page(
    draft: Draft | None,
    state: Mapping[str, Any],
    *,
    faults: Sequence[FieldProblem] = (),
    problems: Sequence[Problem] = (),
    joining: int = 0,
) -> Response:
    catalogue: Catalogue = g.catalogue
    errors: dict[str, str] = {}
    for mistake in faults:
        errors.setdefault(FIELDS.get(mistake.field, mistake.field), mistake.words)
    response = render(
        "intake/intake.html",
        status=400 if errors or problems else 200,
        errors=errors,
        problems=[in_words(problem) for problem in problems],
        joining=joining,
        map=maps.to_point_on(catalogue),
        **_values(catalogue, draft, state, errors),
    )
    response.headers["Content-Security-Policy"] = rendering.policy(maps.sources())
    return response


def _values(
    catalogue: Catalogue, draft: Draft | None, state: Mapping[str, Any], errors: Mapping[str, str]
) -> dict[str, Any]:
    own = cities()
    named = catalogue.jurisdiction.jurisdiction_id if len(own) > 1 else None
    return {
        "draft": draft,
        "call": None if draft else new_token(),
        "state": state,
        "catalogue": catalogue,
        "own_cities": own,
        "action": address("taken_in", token=draft.token) if draft else address("take_in", city=named),
        "parts": telephone_form.parts(catalogue, state, errors),
        "groups": _groups(catalogue),
        "channels": CHOSEN,
        "spoken": [(code, own_name(code)) for code in catalogue.jurisdiction.languages],
        "mails": mail_subscriptions.possible(current.core()),
        "most_photos": current.core().settings.max_photos,
        "photos": len(draft.photos) + len(callers.photos_of_mail(current.core(), draft)) if draft else 0,
        "now": current.core().now(),
    }


def _groups(catalogue: Catalogue) -> list[tuple[str, list[Any]]]:
    own = {service.service_code for service in telephone_form.offered(catalogue)}
    groups = [
        (title, [service for service in services if service.service_code in own])
        for title, services in listing.services_by_group(catalogue)
    ]
    return [(title, services) for title, services in groups if services]


def _receipt(catalogue: Catalogue, draft: Draft) -> Response:
    """What became of it: the number to read aloud, and what happens next."""
    number = draft.service_request_id or 0
    with current.core().database.read() as conn:
        report = service_requests.find_any(conn, number)
        case = cases.find(conn, number)
    return render(
        "intake/intake_done.html",
        number=number,
        # In groups of three, as people read figures to each other.
        spoken_number=f"{number:,}".replace(",", " "),
        report=report,
        may_open=bool(report and case and rights.may(staff(), Right.SEE_REPORTS, case, report.visibility)),
        catalogue=catalogue,
        joined=draft.text("outcome") == "joined",
        followed=draft.text("followed") == drafts.FOLLOWED,
        not_now=draft.text("followed") == drafts.NOT_NOW,
        channel=draft.text("channel"),
        city=catalogue.jurisdiction.jurisdiction_id if len(cities()) > 1 else None,
    )
