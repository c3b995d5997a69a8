"""The form of a decision, or of corrections, read: only what differs from the page as it was opened is part of it."""

import re
from collections.abc import Iterable
from dataclasses import replace

from open311.base.errors import Invalid, Problem, problem
from open311.base.text import tidy
from open311.model.casework.cases import Priority
from open311.model.casework.decisions import Decision, Outcome
from open311.model.media import Media
from open311.model.service_request import Location, Visibility
from open311.staff.checking.photo_form import drawn_boxes, read_photos
from open311.staff.checking.sent_form import ANSWER, Form, SentForm
from open311.staff.seen_case import SeenCase

TEXTS = ("description", "title", "service_object_id")
NUMBER = re.compile(r"\s*(?:Nr\.?\s*|#)?(\d{1,15})\s*", re.IGNORECASE)
# Where on the page stands what a problem is about; of the others, the form as a whole.
FIELDS = {
    "error.letter.empty": "question",
    "error.decision.original": "parent_number",
    "desk.error.parent": "parent_number",
    "error.merge.closed": "reopen_parent",
    "error.merge.target": "parent_number",
    "error.merge.unseen": "parent_number",
    "error.service_request.unknown": "parent_number",
    "page.form.error.position": "lat",
    "error.location.outside": "outside",
    "error.service_code.unknown": "service_code",
    "error.agency.unknown": "unit",
    "error.status.words": "status_notes",
    "desk.error.priority": "priority",
}
LENGTH = "error.edit.length"
# Outcomes for which a status of its own can be chosen.
WITH_STATUS = (Outcome.PUBLISH, Outcome.WITHHOLD)


def field_of(refused: Problem) -> str:
    """The id of the field, or of the form, at which a problem is told."""
    return str(refused.values["field"]) if refused.key == LENGTH else FIELDS.get(refused.key, "decision")


def shown_values(seen: SeenCase) -> dict[str, str]:
    """What the fields of the page hold when it is opened."""
    request, case = seen.whole.request, seen.whole.case
    held = request.visibility == Visibility.HELD
    values = {
        "description": request.description,
        "title": request.title or "",
        "service_object_id": request.service_object_id or "",
        "address": request.address,
        "lat": _degrees(request.lat),
        "long": _degrees(request.long),
        "service_code": request.service_code,
        "unit": case.unit or "",
        "priority": str(int(case.priority)),
        "outcome": Outcome.PUBLISH.value if held else "",
    }
    for photo in seen.whole.photos:
        values |= {
            f"photo-{photo.id}": photo.visibility.value,
            f"alt-{photo.id}": photo.alt or "",
            f"boxes-{photo.id}": drawn_boxes(seen, photo),
        }
    values |= {
        f"attribute[{code}]": "\n".join(request.attributes.get(code, ())) for code in _public_codes(seen)
    }
    return {name: tidy(value) for name, value in values.items()}


def _degrees(value: float | None) -> str:
    """To a tenth of a metre, as people can read it."""
    return "" if value is None else f"{value:.6f}".rstrip("0").rstrip(".")


def _public_codes(seen: SeenCase) -> list[str]:
    """The attributes of the service whose answers everybody reads."""
    service = seen.catalogue.services.get(seen.whole.request.service_code)
    return (
        [attribute.code for attribute in service.attributes if attribute.public and attribute.variable]
        if service
        else []
    )


def read_decision(sent: SentForm, seen: SeenCase) -> Decision:
    """What was decided; raises `Invalid` with all that cannot be read."""
    problems: list[Problem] = []
    form = sent.form
    outcome = None if form.get("save") else _outcome(form, problems)
    # Those of an update are decided about with it.
    photos = [photo for photo in seen.whole.photos if photo.update_id is None]
    decision = replace(
        _corrections(sent, photos, problems),
        outcome=outcome,
        reason=form.get(f"reason-{outcome}") or None if outcome else None,
        parent_id=_parent(form, problems) if outcome is Outcome.DUPLICATE else None,
        reopen_parent=bool(form.get("reopen_parent")),
        status=form.get(f"status-{outcome}") or None if outcome in WITH_STATUS else None,
        status_notes=tidy(form.get("status_notes", "")) or None,
        unit=sent.changed("unit"),
        priority=_priority(sent, problems),
        message=_message(form, outcome),
        mail=bool(form.get("mail")),
    )
    Invalid.unless_empty(problems)
    return decision


def read_corrections(sent: SentForm, seen: SeenCase) -> Decision:
    """What was put right, without a word on what becomes of the report; raises `Invalid` like `read_decision`."""
    problems: list[Problem] = []
    corrections = replace(
        _corrections(sent, seen.whole.photos, problems),
        reason=sent.form.get("reason") or None,
        message=_message(sent.form, None),
    )
    Invalid.unless_empty(problems)
    return corrections


def _corrections(sent: SentForm, photos: Iterable[Media], problems: list[Problem]) -> Decision:
    return Decision(
        texts={name: text for name in TEXTS if (text := sent.changed(name)) is not None},
        answers=_answers(sent),
        photos=read_photos(sent, photos, problems),
        location=_location(sent, problems),
        address=sent.changed("address"),
        outside=bool(sent.form.get("outside")),
        service_code=sent.changed("service_code"),
    )


def _outcome(form: Form, problems: list[Problem]) -> Outcome | None:
    word = form.get("outcome", "")
    if not word:
        return None
    if word not in set(Outcome):
        problems.append(problem("desk.error.outcome"))
        return None
    return Outcome(word)


def _message(form: Form, outcome: Outcome | None) -> str | None:
    return tidy(form.get("question" if outcome is Outcome.ASK else "message", "")) or None


def _parent(form: Form, problems: list[Problem]) -> int | None:
    """The original: one of those that were offered, or a number that was typed."""
    match = NUMBER.fullmatch(form.get("parent_number", "").strip() or form.get("parent", ""))
    if match is None:
        problems.append(problem("desk.error.parent"))
        return None
    return int(match[1])


def _answers(sent: SentForm) -> dict[str, list[str]]:
    """The public answers that were changed, by their code."""
    codes = {name: match[1] for name in sent.base if (match := ANSWER.fullmatch(name))}
    changed = {code: sent.changed(name) for name, code in codes.items()}
    return {code: _values(sent, code) for code, value in changed.items() if value is not None}


def _values(sent: SentForm, code: str) -> list[str]:
    return [value for value in map(tidy, sent.form.getlist(f"attribute[{code}]")) if value]


def _priority(sent: SentForm, problems: list[Problem]) -> Priority | None:
    word = sent.changed("priority")
    if not word:
        return None
    try:
        return Priority(int(word))
    except ValueError:
        problems.append(problem("desk.error.priority"))
        return None


def _location(sent: SentForm, problems: list[Problem]) -> Location | None:
    # A comma, as a German keyboard writes it.
    words = [sent.value(name).replace(",", ".") for name in ("lat", "long")]
    if not all(words) or words == [sent.base.get("lat"), sent.base.get("long")]:
        return None
    try:
        lat, long = (float(word) for word in words)
    except ValueError:
        # Told as a position that is none, like one that lies beyond the poles.
        lat = long = 999.0
    if not (-90 <= lat <= 90 and -180 <= long <= 180):
        problems.append(problem("page.form.error.position"))
        return None
    return Location(lat, long)
