"""The steps of the report form: each is saved when it is sent, so that nothing typed is ever lost."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from open311.actions.addresses import geocoding
from open311.actions.reporting import drafts
from open311.base.errors import NotFound, problem
from open311.http import current
from open311.http.parsing.normalise import LenientRequest
from open311.model.intake.drafts import Draft
from open311.model.maps.place import Place
from open311.site.blueprint import blueprint, city
from open311.site.form import abuse, form_input, pages, place_questions, questions, send, things
from open311.site.form.form_input import FieldProblem
from open311.site.form.nearby import nearby
from open311.web import photos

Answer = Callable[[Draft], AnyResponse]
FORM = "form"
# Of ids of nearby reports that a draft has shown.
MOST_SEEN = 100
LONGEST_DEGREES = 20


@blueprint.page("/report", methods=("GET", "POST"), access=FORM)
def new_report() -> AnyResponse:
    """The first step; sending it begins a draft."""
    if request.method == "GET":
        return pages.place(None, begun=_state_from_link())
    draft = drafts.begin(current.core(), city(), form_input.read("place", {}), abuse.network())
    return _in_other_language(draft, "place") if form_input.other_language() else _place(draft)


def _state_from_link() -> dict[str, Any]:
    """The position that a link to the form carries, such as one on the map; empty if it cannot be read."""
    state = {name: request.args.get(name, "")[:LONGEST_DEGREES] for name in ("lat", "long")}
    place, _ = form_input.position(state)
    return _with_address(state) if place else {}


@blueprint.page("/report/<token>/<step>", methods=("GET", "POST"), access=FORM)
def report_step(token: str, step: str) -> AnyResponse:
    if step not in ON_GET:
        raise NotFound(problem("error.path"))
    try:
        draft = drafts.find(current.core(), city(), token)
    except NotFound:
        return _begin_anew(step)
    posted = request.method == "POST" and step in ON_POST
    if posted and not draft.is_sent:
        drafts.keep(current.core(), draft, form_input.read(step, draft.state))
        # A second press of the button may have sent it meanwhile.
        draft = drafts.find(current.core(), city(), token)
    if draft.is_sent:
        if step == "sent" and request.method == "POST" and form_input.action()[0] == "withdraw":
            return send.withdraw(draft)
        return send.sent_page(draft) if step == "sent" else pages.to_step(draft, "sent")
    if posted and form_input.other_language():
        return _in_other_language(draft, step)
    return (ON_POST if posted else ON_GET)[step](draft)


def _in_other_language(draft: Draft, step: str) -> AnyResponse:
    """The same step in another language; input is kept, and not validated yet."""
    if step in ("place", "details"):
        draft, _, _ = _add_photos(draft)
    return pages.to_step(draft, step)


def _begin_anew(step: str) -> AnyResponse:
    """Continue in a new draft after the old one has expired, with what was typed just now; the page says so."""
    if request.method == "GET" or step not in form_input.FIELDS:
        return pages.draft_expired()
    state = form_input.read(step, {}) | {"begun_anew": True}
    draft = drafts.begin(current.core(), city(), state, abuse.network())
    return pages.to_step(draft, "place")


@blueprint.page("/report/<token>/photos/<int:photo_id>", access=FORM)
def draft_photo(token: str, photo_id: int) -> Response:
    """A photo that was uploaded to a draft, for its writer."""
    core = current.core()
    data = drafts.photo(core, drafts.find(core, city(), token), photo_id)
    return Response(data, content_type="image/jpeg", headers={"Cache-Control": pages.FOR_ITS_WRITER})


def _update(draft: Draft, **values: Any) -> Draft:
    drafts.keep(current.core(), draft, {**draft.state, **values})
    return drafts.find(current.core(), city(), draft.token)


def _problems_at(draft: Draft, *steps: str) -> list[FieldProblem]:
    return [fault for fault in form_input.field_problems(city(), draft) if fault.step in steps]


def _place(draft: Draft) -> AnyResponse:
    """The place: words, one of the places they may mean, a position, or where a photo was taken."""
    draft, photo_problems, photo_position = _add_photos(draft)
    draft = _settle(draft)
    faults = [*photo_problems, *_problems_at(draft, "place"), *form_input.too_few_words(draft)]
    if form_input.action()[0] == "photo" or photo_problems:
        faults = photo_problems
    offered = Place("", *photo_position) if photo_position and not draft.text("lat") else None
    if offered:
        return pages.place(draft, faults=faults, question=place_questions.photo_question(offered))
    if form_input.action()[0] == "photo" or faults:
        return pages.place(draft, faults=faults)
    question = place_questions.place_question(draft)
    if isinstance(question, Place):
        draft = _update(draft, **place_questions.taken(question))
    elif question:
        return pages.place(draft, question=question)
    return pages.to_step(draft, "category")


def _settle(draft: Draft) -> Draft:
    """Merge the place that was chosen with what was typed."""
    choice, state = form_input.posted("choice"), dict(draft.state)
    if form_input.posted("forget_position") or (state.get("placed") and state["placed"] != state["address"]):
        state |= {"lat": "", "long": "", "placed": ""}
    if choice == place_questions.ONLY_WORDS:
        state |= {"lat": "", "long": "", "placed": "", "only_words": state["address"]}
    elif choice == place_questions.POSITION:
        state |= {"placed": "", "address": ""}
    elif choice == place_questions.BOTH:
        state["both"] = place_questions.confirmed(draft)
    # Packed into the one value of a radio button; the label comes last, since it may contain the separator.
    elif choice.count("|") >= 2:
        lat, long, label = choice.split("|", 2)
        state |= {"lat": lat, "long": long, "placed": label, "address": label or state["address"]}
    return _update(draft, **_with_address(state))


def _with_address(state: dict[str, Any]) -> dict[str, Any]:
    """Give a position without an address the nearest one of the city's own list."""
    if not state.get("lat") or (state.get("address") and state["address"] != state.get("near")):
        return state
    sent, unread = form_input.position(state)
    if unread or sent is None:
        return state
    near = geocoding.nearest(current.core(), city(), sent.lat, sent.long, current.language())
    return state | {"address": near, "near": near}


def _add_photos(draft: Draft) -> tuple[Draft, list[FieldProblem], tuple[float, float] | None]:
    """Add the photos of this request to the draft; returns problems, and where the first was taken."""
    sent = photos.media_parts(cast(LenientRequest, request), []).get("media", [])
    if not sent:
        return draft, [], None
    problems, photo_position = drafts.add_photos(current.core(), draft, [file.stream for file in sent])
    fresh = drafts.find(current.core(), city(), draft.token)
    return fresh, [form_input.at_field(problem) for problem in problems], photo_position


def _category(draft: Draft) -> AnyResponse:
    """The kind of report; the list can be narrowed by words."""
    pressed = form_input.action()[0]
    if pressed in ("search", "search_all"):
        return pages.category(draft, words=form_input.posted("words") if pressed == "search" else "")
    faults = _problems_at(draft, "category")
    if faults:
        return pages.category(draft, words=form_input.posted("words"), faults=faults)
    service = form_input.service(city(), draft.state)
    stops = service and service.stop_text and draft.text("no_danger") != service.service_code
    return pages.to_step(draft, "danger" if stops else "details")


def _danger(draft: Draft) -> AnyResponse:
    """The emergency question: people in danger have to call instead."""
    if form_input.action()[0] != "safe":
        return pages.to_step(draft, "emergency")
    return pages.to_step(_update(draft, no_danger=draft.text("service_code")), "details")


def _details(draft: Draft) -> AnyResponse:
    """The questions, the description, the photos."""
    service = form_input.service(city(), draft.state)
    if service is None:
        return pages.to_step(draft, "category")
    pressed, value = form_input.action()
    if pressed == "me_too":
        return send.me_too(draft, value)
    draft, photo_problems, photo_position = _add_photos(draft)
    if pressed in ("remove", "take"):
        draft = _changed(draft, pressed, value)
        return (
            pages.details(draft, faults=photo_problems) if photo_problems else pages.to_step(draft, "details")
        )
    draft = _update(draft, asked=questions.fingerprint(service))
    offered = Place("", *photo_position) if photo_position and not draft.text("lat") else None
    if pressed == "photo":
        return pages.details(draft, faults=photo_problems, taken_at=offered)
    shown = set(form_input.posted("shown").split(" "))
    new_codes = [code for code in questions.asked_codes(service, draft.answers) if code not in shown]
    faults = [*photo_problems, *_problems_at(draft, "details")]
    # Questions that follow from an answer were not on the page yet, so leaving them open is no error.
    if new_codes and not any(code in draft.answers for code in new_codes):
        old = [fault for fault in faults if fault.field not in map(questions.field_id, new_codes)]
        return pages.details(draft, faults=old, more=True, taken_at=offered)
    if faults or offered:
        return pages.details(draft, faults=faults, taken_at=offered)
    place = things.place_by_number(draft, service)
    if place and not draft.text("lat"):
        draft = _update(
            draft, **_with_address({**draft.state, "lat": f"{place.lat}", "long": f"{place.long}"})
        )
    elif place and draft.text("told_elsewhere") != place.address:
        return pages.details(_update(draft, told_elsewhere=place.address), elsewhere=place)
    return pages.to_step(_with_nearby_shown(draft), "contact")


def _changed(draft: Draft, pressed: str, value: str) -> Draft:
    """Remove a photo, or take over the position of one."""
    if pressed == "remove":
        drafts.remove_photo(current.core(), draft, int(value) if value.isascii() and value.isdigit() else 0)
        return _update(draft)
    lat, _, long = value.partition("|")
    return _update(draft, lat=lat, long=long, placed="") if long else draft


def _with_nearby_shown(draft: Draft) -> Draft:
    """Remember the reports nearby that were shown, so that each is shown once."""
    numbers = [request.number for request in nearby(draft)]
    return _update(draft, seen=[*draft.state.get("seen", ()), *numbers][-MOST_SEEN:])


def _contact(draft: Draft) -> AnyResponse:
    """How the sender can be reached, if they wish."""
    faults = _problems_at(draft, "contact")
    return pages.contact(draft, faults=faults) if faults else pages.to_step(draft, "check")


def _show_place(draft: Draft) -> AnyResponse:
    return pages.place(draft)


ON_GET: Mapping[str, Answer] = {
    "place": _show_place,
    "category": pages.category,
    "danger": pages.danger,
    "emergency": pages.emergency,
    "details": pages.details,
    "contact": pages.contact,
    "check": send.check,
    "sent": send.check,
}
ON_POST: Mapping[str, Answer] = {
    "place": _place,
    "category": _category,
    "danger": _danger,
    "details": _details,
    "contact": _contact,
    "check": send.send,
}
