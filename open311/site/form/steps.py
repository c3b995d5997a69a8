"""The steps of the report form: each is saved when it is sent, so that nothing typed is ever lost."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from open311.actions.addresses import geocoding
from open311.actions.reporting import drafts
from open311.base.errors import NotFound, problem
from open311.http import current
from open311.http.normalise import LenientRequest
from open311.model.intake.drafts import Draft
from open311.model.maps.place import Place
from open311.site.blueprint import blueprint, city
from open311.site.form import abuse, form_input, pages, place_questions, questions, send, things
from open311.site.form.form_input import FieldProblem
from open311.site.form.nearby import nearby
from open311.web import photos

Answer = Callable[[Draft], AnyResponse]
FORM = "form"
# Of reports nearby that were shown already.
SEEN_KEPT = 100
LONGEST_DEGREES = 20


@blueprint.page("/report", methods=("GET", "POST"), access=FORM)
def new_report() -> AnyResponse:
    """The first step; sending it begins a draft."""
    if request.method == "GET":
        return pages.place(None, begun=_begun_there())
    draft = drafts.begin(current.core(), city(), form_input.read("place", {}), abuse.network())
    return _in_other_words(draft, "place") if form_input.other_language() else _place(draft)


def _begun_there() -> dict[str, Any]:
    """Where a link to the form says that it is, such as one on the map; nothing where that cannot be read."""
    state = {name: request.args.get(name, "")[:LONGEST_DEGREES] for name in ("lat", "long")}
    place, _ = form_input.position(state)
    return _with_address(state) if place else {}


@blueprint.page("/report/<token>/<step>", methods=("GET", "POST"), access=FORM)
def report_step(token: str, step: str) -> AnyResponse:
    if step not in SHOWN:
        raise NotFound(problem("error.path"))
    try:
        draft = drafts.find(current.core(), city(), token)
    except NotFound:
        return _begin_anew(step)
    taken = request.method == "POST" and step in TAKEN
    if taken and not draft.is_sent:
        drafts.keep(current.core(), draft, form_input.read(step, draft.state))
        # A second press of the button may have sent it meanwhile.
        draft = drafts.find(current.core(), city(), token)
    if draft.is_sent:
        if step == "sent" and request.method == "POST" and form_input.action()[0] == "withdraw":
            return send.withdraw(draft)
        return send.sent_page(draft) if step == "sent" else pages.to_step(draft, "sent")
    if taken and form_input.other_language():
        return _in_other_words(draft, step)
    return (TAKEN if taken else SHOWN)[step](draft)


def _in_other_words(draft: Draft, step: str) -> AnyResponse:
    """The same step in another language; what was typed and chosen is kept, and not yet looked at."""
    if step in ("place", "details"):
        draft, _, _ = _add_photos(draft)
    return pages.to_step(draft, step)


def _begin_anew(step: str) -> AnyResponse:
    """The draft has expired: what was typed just now is kept, and the reader is told."""
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


def _at(draft: Draft, *steps: str) -> list[FieldProblem]:
    return [mistake for mistake in form_input.field_problems(city(), draft) if mistake.step in steps]


def _place(draft: Draft) -> AnyResponse:
    """The place: words, one of the places they may mean, a position, or where a photo was taken."""
    draft, about_photos, taken_at = _add_photos(draft)
    draft = _settle(draft)
    faults = [*about_photos, *_at(draft, "place"), *form_input.too_few_words(draft)]
    if form_input.action()[0] == "photo" or about_photos:
        faults = about_photos
    offered = Place("", *taken_at) if taken_at and not draft.text("lat") else None
    if offered:
        return pages.place(draft, faults=faults, question=place_questions.photo_question(offered))
    if form_input.action()[0] == "photo" or faults:
        return pages.place(draft, faults=faults)
    question = place_questions.place_question(draft)
    return pages.place(draft, question=question) if question else pages.to_step(draft, "category")


def _settle(draft: Draft) -> Draft:
    """Make one of what was chosen and what was typed."""
    choice, state = form_input.posted("choice"), dict(draft.state)
    if form_input.posted("forget_position") or (state.get("placed") and state["placed"] != state["address"]):
        state |= {"lat": "", "long": "", "placed": ""}
    if choice == place_questions.ONLY_WORDS:
        state |= {"lat": "", "long": "", "placed": "", "only_words": state["address"]}
    elif choice == place_questions.POSITION:
        state |= {"placed": "", "address": ""}
    elif choice == place_questions.BOTH:
        state["both"] = place_questions.confirmed(draft)
    # Within one value, since a radio button has but one; the label comes last and may hold the sign itself.
    elif choice.count("|") >= 2:
        lat, long, label = choice.split("|", 2)
        state |= {"lat": lat, "long": long, "placed": label, "address": label or state["address"]}
    return _update(draft, **_with_address(state))


def _with_address(state: dict[str, Any]) -> dict[str, Any]:
    """A position alone gets the address next to it, from the city's own list."""
    if not state.get("lat") or (state.get("address") and state["address"] != state.get("near")):
        return state
    sent, unread = form_input.position(state)
    if unread or sent is None:
        return state
    near = geocoding.nearest(current.core(), city(), sent.lat, sent.long, current.language())
    return state | {"address": near, "near": near}


def _add_photos(draft: Draft) -> tuple[Draft, list[FieldProblem], tuple[float, float] | None]:
    """Keep the photos of this request; without any, nothing happens."""
    sent = photos.media_parts(cast(LenientRequest, request), []).get("media", [])
    if not sent:
        return draft, [], None
    problems, taken_at = drafts.add_photos(current.core(), draft, [file.stream for file in sent])
    fresh = drafts.find(current.core(), city(), draft.token)
    return fresh, [form_input.at_field(problem) for problem in problems], taken_at


def _category(draft: Draft) -> AnyResponse:
    """The kind of report; the list can be narrowed by words."""
    pressed = form_input.action()[0]
    if pressed in ("search", "search_all"):
        return pages.category(draft, words=form_input.posted("words") if pressed == "search" else "")
    faults = _at(draft, "category")
    if faults:
        return pages.category(draft, words=form_input.posted("words"), faults=faults)
    service = form_input.service(city(), draft.state)
    stops = service and service.stop_text and draft.text("no_danger") != service.service_code
    return pages.to_step(draft, "danger" if stops else "details")


def _danger(draft: Draft) -> AnyResponse:
    """Whether somebody is in danger: then this is no way to tell."""
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
    draft, about_photos, taken_at = _add_photos(draft)
    if pressed in ("remove", "take"):
        draft = _changed(draft, pressed, value)
        return pages.details(draft, faults=about_photos) if about_photos else pages.to_step(draft, "details")
    draft = _update(draft, asked=questions.fingerprint(service))
    offered = Place("", *taken_at) if taken_at and not draft.text("lat") else None
    if pressed == "photo":
        return pages.details(draft, faults=about_photos, taken_at=offered)
    shown = set(form_input.posted("shown").split(" "))
    news = [code for code in questions.asked_codes(service, draft.answers) if code not in shown]
    faults = [*about_photos, *_at(draft, "details")]
    # Questions that follow from an answer were not on the page yet, so leaving them open is no error.
    if news and not any(code in draft.answers for code in news):
        old = [mistake for mistake in faults if mistake.field not in map(questions.field_id, news)]
        return pages.details(draft, faults=old, more=True, taken_at=offered)
    if faults or offered:
        return pages.details(draft, faults=faults, taken_at=offered)
    known = things.place_by_number(draft, service)
    if known and not draft.text("lat"):
        draft = _update(
            draft, **_with_address({**draft.state, "lat": f"{known.lat}", "long": f"{known.long}"})
        )
    elif known and draft.text("told_elsewhere") != known.address:
        return pages.details(_update(draft, told_elsewhere=known.address), elsewhere=known)
    return pages.to_step(_with_nearby_shown(draft), "contact")


def _changed(draft: Draft, pressed: str, value: str) -> Draft:
    """Without one of the photos, or at the place of one."""
    if pressed == "remove":
        drafts.remove_photo(current.core(), draft, int(value) if value.isascii() and value.isdigit() else 0)
        return _update(draft)
    lat, _, long = value.partition("|")
    return _update(draft, lat=lat, long=long, placed="") if long else draft


def _with_nearby_shown(draft: Draft) -> Draft:
    """Reports nearby are shown once."""
    numbers = [request.number for request in nearby(draft)]
    return _update(draft, seen=[*draft.state.get("seen", ()), *numbers][-SEEN_KEPT:])


def _contact(draft: Draft) -> AnyResponse:
    """How the sender can be reached, if they wish."""
    faults = _at(draft, "contact")
    return pages.contact(draft, faults=faults) if faults else pages.to_step(draft, "check")


def _show_place(draft: Draft) -> AnyResponse:
    return pages.place(draft)


SHOWN: Mapping[str, Answer] = {
    "place": _show_place,
    "category": pages.category,
    "danger": pages.danger,
    "emergency": pages.emergency,
    "details": pages.details,
    "contact": pages.contact,
    "check": send.check,
    "sent": send.check,
}
TAKEN: Mapping[str, Answer] = {
    "place": _place,
    "category": _category,
    "danger": _danger,
    "details": _details,
    "contact": _contact,
    "check": send.send,
}
