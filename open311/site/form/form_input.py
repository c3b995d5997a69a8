"""Input of the report form: read from requests, turned into a submission, validated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from flask import request

from open311.actions.reporting import report
from open311.base.errors import Problem, problem
from open311.http import current
from open311.http.errors import in_words
from open311.http.parsing.normalise import LenientRequest
from open311.model.access.secret_tokens import digest
from open311.model.catalogue import Attribute, Catalogue, Datatype, Service
from open311.model.catalogue.attributes import ANSWER_LENGTH
from open311.model.intake.drafts import Draft
from open311.model.intake.submission import DESCRIPTION_LENGTH, Submission
from open311.model.service_request import Location
from open311.site.blueprint import city
from open311.site.form import outside, questions
from open311.web import parameters
from open311.web.fields import decimal
from open311.web.submissions import SubmissionForm

# Input is kept somewhat beyond the limit of its field, so that what is refused as too long can be shortened.
TWICE = 2
LONGEST_KEPT: Mapping[str, int] = {"description": TWICE * DESCRIPTION_LENGTH}
LONGEST_OTHER = 2000
SHORTEST_PLACE = 3
# As many digits as 115 has.
SHORTEST_PHONE = 3
NOWHERE = Location(0.0, 0.0)
LONGEST_CHOICE = 1000
# What is in no draft: a proof of work, what a button stands for.
LONGEST_POSTED = 10_000
STEPS = ("place", "category", "details", "contact", "check")
FIELDS: Mapping[str, tuple[str, ...]] = {
    "place": ("address", "lat", "long", "placed"),
    "category": ("service_code",),
    "details": ("description",),
    "contact": ("email", "phone", "first_name", "last_name", "follow"),
}
SENT_AS = {"address": "address_string"}
# What the API says about its parameters, in the words of a form.
WORDS = {
    "error.attribute.required": "page.form.error.required",
    "error.attribute.value_unknown": "page.form.error.choice",
    "error.attribute.single": "page.form.error.single",
    "error.attribute.number": "page.form.error.number",
    "error.attribute.datetime": "page.form.error.date",
    "error.attribute.line_break": "page.form.error.line_break",
    "error.attribute.too_long": "page.form.error.answer_too_long",
    "error.email": "page.form.error.email",
    "error.location.required": "page.form.error.place",
    "error.location.outside": "page.form.error.outside",
    "error.location.degrees": "page.form.error.position",
    "error.location.pair": "page.form.error.position",
    "error.service_code.required": "page.form.error.category",
    "error.service_code.unknown": "page.form.error.category_gone",
    "error.too_long": "page.form.error.too_long",
}


@dataclass(frozen=True, slots=True)
class FieldProblem:
    field: str
    step: str
    words: str


def read(step: str, before: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a report after this request: what was known before, and what was typed at this step."""
    sent, answers = parameters.from_post(cast(LenientRequest, request))
    fields = FIELDS.get(step, ())
    after = dict(before) | {
        name: _text(sent.get(name), LONGEST_KEPT.get(name, LONGEST_OTHER)) for name in fields
    }
    chosen_service = service(city(), after)
    if step == "details" and chosen_service:
        after["answers"] = _asked_for(chosen_service, answers)
    return after


def _asked_for(service: Service, answers: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The answers to questions of this service; of those that are too long or too many enough to be told so."""
    return {
        attribute.code: [
            value[: _longest(attribute)] for value in answers[attribute.code][: _most(attribute)]
        ]
        for attribute in service.attributes
        if attribute.variable and attribute.code in answers
    }


def _longest(attribute: Attribute) -> int:
    free = attribute.datatype in (Datatype.STRING, Datatype.TEXT)
    return TWICE * ANSWER_LENGTH if free else LONGEST_CHOICE


def _most(attribute: Attribute) -> int:
    return len(attribute.values) + 1 if attribute.datatype is Datatype.MULTIVALUELIST else 2


def _text(values: Sequence[str] | None, longest: int) -> str:
    return values[0][:longest] if values else ""


def posted(name: str) -> str:
    """One more field of this request."""
    return _text(parameters.from_post(cast(LenientRequest, request))[0].get(name), LONGEST_POSTED)


def action() -> tuple[str, str]:
    """Which button was pressed, and what it stands for."""
    name, _, value = posted("action").partition(":")
    return name, value


def other_language() -> bool:
    """Whether the form was sent only to switch the language."""
    return action()[0] == "language"


def service(catalogue: Catalogue, state: Mapping[str, Any]) -> Service | None:
    """The service that was chosen, if it is still offered."""
    return catalogue.find_service(str(state.get("service_code") or ""))


def submission(catalogue: Catalogue, draft: Draft) -> tuple[Submission, tuple[Problem, ...]]:
    """The report that a draft stands for, and what could not be read."""
    state = draft.state
    chosen_service = service(catalogue, state)
    fields: dict[str, Any] = {
        SENT_AS.get(name, name): [str(state[name])]
        for names in FIELDS.values()
        for name in names
        if state.get(name) and name not in ("placed", "follow")
    }
    answers = questions.asked_answers(chosen_service, draft.answers) if chosen_service else draft.answers
    whole = fields | {"attribute": answers, "client_request_id": [digest(draft.token)]}
    read_as, problems_found = SubmissionForm().load(whole)
    kept = tuple(photo.kept for photo in draft.photos)
    return replace(read_as, channel="web", kept=kept), (*problems_found, *_unlikely_phone(draft))


def _unlikely_phone(draft: Draft) -> list[Problem]:
    """That nobody can be called back; programs may send what they like."""
    digits = sum(map(str.isdecimal, draft.text("phone")))
    if not draft.text("phone") or digits >= SHORTEST_PHONE:
        return []
    return [problem("page.form.error.phone", parameter="phone")]


def field_problems(catalogue: Catalogue, draft: Draft) -> list[FieldProblem]:
    """Everything that keeps a draft from being sent, in the order of the form."""
    sent, unread = submission(catalogue, draft)
    problems = report.check(current.core(), catalogue, sent, unread)
    problems_found = [
        _outside(draft) if problem.key == "error.location.outside" else at_field(problem)
        for problem in problems
    ]
    if draft.text("follow") and not draft.text("email"):
        problems_found.append(at_field(problem("page.form.error.follow_email")))
    return sorted(problems_found, key=lambda mistake: STEPS.index(mistake.step))


def _outside(draft: Draft) -> FieldProblem:
    place, _ = position(draft.state)
    return FieldProblem("address", "place", outside.in_words(place or NOWHERE))


def too_few_words(draft: Draft) -> list[FieldProblem]:
    """That nobody finds a place by a letter or two."""
    typed = draft.text("address").strip()
    if draft.text("lat") or not typed or len(typed) >= SHORTEST_PLACE:
        return []
    return [at_field(problem("page.form.error.place_short"))]


def at_field(fault: Problem) -> FieldProblem:
    """A problem, in the words of the form, with the field and the step it belongs to."""
    field = _field(fault)
    step = next((step for step, names in FIELDS.items() if field in names), "details")
    return FieldProblem(field, step, in_words(Problem(WORDS.get(fault.key, fault.key), fault.values)))


def _field(fault: Problem) -> str:
    if fault.key.startswith(("error.location", "page.form.error.place")):
        return "address"
    if fault.key.startswith("error.service_code"):
        return "service_code"
    if fault.key.startswith("error.photo") or fault.key == "page.form.error.photos_waiting":
        return "photos"
    if fault.key.startswith("error.attribute"):
        return questions.field_id(str(fault.values.get("code", "")))
    if fault.key.startswith("error.mail.") or fault.key in ("error.email", "page.form.error.follow_email"):
        return "email"
    names = {sent: name for name, sent in SENT_AS.items()}
    parameter = str(fault.values.get("parameter", "description"))
    return names.get(parameter, parameter)


def position(state: Mapping[str, Any]) -> tuple[Location | None, bool]:
    """The position that was typed, and whether there is one that cannot be read."""
    numbers = [decimal(str(state.get(name) or "")) for name in ("lat", "long")]
    if None in numbers or abs(numbers[0] or 0) > 90 or abs(numbers[1] or 0) > 180:
        return None, bool(state.get("lat") or state.get("long"))
    return Location(numbers[0] or 0.0, numbers[1] or 0.0), False
