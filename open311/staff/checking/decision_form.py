"""The form of a decision, or of corrections, read: only what differs from the page as it was opened is part of it.

Each page carries the values it was opened with. So a form that comes late changes what its writer changed, and leaves
alone what a colleague has changed meanwhile.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from werkzeug.datastructures import MultiDict

from open311.base.errors import Invalid, Problem, problem
from open311.base.text import tidy
from open311.model.casework.cases import Priority
from open311.model.casework.decisions import Decision, Outcome, PhotoEdit
from open311.model.media import Media, MediaVisibility
from open311.model.photo_boxes import Box, suggestions
from open311.model.service_request import Location, Visibility
from open311.staff.seen_case import SeenCase

Form = MultiDict[str, str]
Values = Mapping[str, str]

TEXTS = ("description", "title", "service_object_id")
BASE_FIELD = "base"
LONGEST_BASE = 100_000
# left, top, width and height in percent of the picture.
BOX = re.compile(r"\s*([\d.]{1,8})\s*,\s*([\d.]{1,8})\s*,\s*([\d.]{1,8})\s*,\s*([\d.]{1,8})\s*")
NUMBER = re.compile(r"\s*(?:Nr\.?\s*|#)?(\d{1,15})\s*", re.IGNORECASE)
ANSWER = re.compile(r"attribute\[([^\]]{1,64})\]")
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
        values |= {f"photo-{photo.id}": photo.visibility.value, f"alt-{photo.id}": photo.alt or ""}
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


@dataclass(frozen=True, slots=True)
class SentForm:
    """A form as it was sent, beside the values that its page was opened with."""

    form: Form
    base: Values

    @classmethod
    def of(cls, form: Form, seen: SeenCase) -> "SentForm":
        """The form of a request; one that does not say with what it was opened is held against the report."""
        return cls(form, _unpacked(form.get(BASE_FIELD, "")) or shown_values(seen))

    def value(self, name: str) -> str:
        """What was typed or chosen, several values in a line each; what was not sent is as it was."""
        if name in self.form:
            return tidy("\n".join(self.form.getlist(name)))
        # Of boxes none of which is ticked, browsers send nothing.
        return "" if BASE_FIELD in self.form and ANSWER.fullmatch(name) else self.base.get(name, "")

    def changed(self, name: str) -> str | None:
        """The new value of a field; None for one that was left as it was."""
        value = self.value(name)
        return value if value != self.base.get(name, "") else None

    def typed(self, *, latest: bool = False) -> dict[str, str]:
        """The values to show again; with `latest` only those that were changed, upon what has become of the rest."""
        names = dict.fromkeys([*self.form, *self.base])
        kept = (
            name for name in names if not latest or name not in self.base or self.changed(name) is not None
        )
        return {name: self.value(name) for name in kept if name != BASE_FIELD}


def _unpacked(packed: str) -> dict[str, str]:
    try:
        # It went through the browser, so it may be anything.
        values = json.loads(packed[:LONGEST_BASE])
    except (ValueError, RecursionError):
        return {}
    return {str(name): str(value) for name, value in values.items()} if isinstance(values, dict) else {}


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


def read_photos(sent: SentForm, photos: Iterable[Media], problems: list[Problem]) -> list[PhotoEdit]:
    """What is done with each of these photos; those that are left alone are left out."""
    edits = [_photo(sent, photo, problems) for photo in photos]
    return [edit for edit in edits if edit.public is not None or edit.boxes or edit.alt is not None]


def _photo(sent: SentForm, photo: Media, problems: list[Problem]) -> PhotoEdit:
    choice = sent.changed(f"photo-{photo.id}")
    return PhotoEdit(
        media_id=photo.id,
        public=choice == MediaVisibility.PUBLIC if choice in ("public", "internal") else None,
        # What a machine has found is a suggestion: only what somebody has ticked is covered.
        boxes=[*read_boxes(sent.form.get(f"boxes-{photo.id}", ""), problems), *_confirmed(sent, photo)],
        alt=sent.changed(f"alt-{photo.id}"),
    )


def _confirmed(sent: SentForm, photo: Media) -> list[Box]:
    """The boxes that were suggested, and that somebody has ticked."""
    ticked = sent.form.getlist(f"suggested-{photo.id}")
    return [
        suggestion.box
        for place, suggestion in enumerate(suggestions(photo.suggested))
        if str(place) in ticked
    ]


def read_boxes(text: str, problems: list[Problem]) -> list[Box]:
    """Boxes as the field holds them: four percentages each, with `;` between boxes."""
    matches = [BOX.fullmatch(part) for part in text.split(";") if part.strip()]
    try:
        return [_box(match) for match in matches]
    except ValueError:
        problems.append(problem("error.photo.box"))
        return []


def _box(match: re.Match[str] | None) -> Box:
    if match is None:
        raise ValueError("four percentages make a box")
    left, top, width, height = (float(value) / 100 for value in match.groups())
    return Box(left, top, width, height)
