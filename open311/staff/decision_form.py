"""The form of a decision, read: what is left as it was is not part of it."""

import re
from collections.abc import Mapping, Sequence

from open311.base.errors import Invalid, Problem, problem
from open311.base.text import tidy
from open311.model.cases import Priority
from open311.model.decisions import Decision, Outcome, PhotoEdit
from open311.model.media import Media, MediaVisibility
from open311.model.photo_boxes import Box
from open311.model.service_request import Location
from open311.staff.seen import SeenCase

Form = Mapping[str, str]

TEXTS = ("description", "title")
# left, top, width and height in percent of the picture.
BOX = re.compile(r"\s*([\d.]{1,8})\s*,\s*([\d.]{1,8})\s*,\s*([\d.]{1,8})\s*,\s*([\d.]{1,8})\s*")
NUMBER = re.compile(r"\s*(?:Nr\.?\s*|#)?(\d{1,15})\s*", re.IGNORECASE)


def read_decision(form: Form, seen: SeenCase) -> Decision:
    """What was decided; raises `Invalid` with all that cannot be read."""
    problems: list[Problem] = []
    outcome = _outcome(form, problems)
    request, case = seen.whole.request, seen.whole.case
    decision = Decision(
        outcome=outcome,
        reason=form.get(f"reason-{outcome}") or None if outcome else None,
        parent_id=_parent(form, problems) if outcome is Outcome.DUPLICATE else None,
        reopen_parent=bool(form.get("reopen_parent")),
        status=form.get("status") or None if outcome is Outcome.PUBLISH else None,
        status_notes=tidy(form.get("status_notes", "")) or None,
        texts={
            name: tidy(form[name])
            for name in TEXTS
            if name in form and tidy(form[name]) != (getattr(request, name) or "")
        },
        photos=_photos(form, seen.whole.photos, problems),
        location=_location(form, request.location, problems),
        address=_changed(form, "address", request.address),
        outside=bool(form.get("outside")),
        service_code=_changed(form, "service_code", request.service_code),
        unit=_changed(form, "unit", case.unit or ""),
        priority=_priority(form, case.priority, problems),
        message=_message(form, outcome),
        mail=bool(form.get("mail")),
    )
    Invalid.unless_empty(problems)
    return decision


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
    match = NUMBER.fullmatch(form.get("parent", "") or form.get("parent_number", ""))
    if match is None:
        problems.append(problem("desk.error.parent"))
        return None
    return int(match[1])


def _changed(form: Form, name: str, before: str) -> str | None:
    value = tidy(form.get(name, before))
    return value if value != before else None


def _priority(form: Form, before: Priority, problems: list[Problem]) -> Priority | None:
    word = form.get("priority", "")
    if word in ("", str(int(before))):
        return None
    try:
        return Priority(int(word))
    except ValueError:
        problems.append(problem("desk.error.priority"))
        return None


def _location(form: Form, before: Location | None, problems: list[Problem]) -> Location | None:
    words = [form.get(name, "").strip().replace(",", ".") for name in ("lat", "long")]
    if not all(words) or (before and words == [str(before.lat), str(before.long)]):
        return None
    try:
        lat, long = (float(word) for word in words)
    except ValueError:
        lat = long = 999.0
    if not (-90 <= lat <= 90 and -180 <= long <= 180):
        problems.append(problem("page.form.error.position"))
        return None
    return Location(lat, long)


def _photos(form: Form, photos: Sequence[Media], problems: list[Problem]) -> list[PhotoEdit]:
    edits = [_photo(form, photo, problems) for photo in photos if photo.update_id is None]
    return [edit for edit in edits if edit.public is not None or edit.boxes or edit.alt is not None]


def _photo(form: Form, photo: Media, problems: list[Problem]) -> PhotoEdit:
    wanted = form.get(f"photo-{photo.id}", "")
    public = wanted == "public" if wanted in ("public", "internal") else None
    if public is not None and photo.visibility == (
        MediaVisibility.PUBLIC if public else MediaVisibility.INTERNAL
    ):
        public = None
    alt = tidy(form.get(f"alt-{photo.id}", photo.alt or ""))
    boxes = read_boxes(form.get(f"boxes-{photo.id}", ""), problems)
    return PhotoEdit(
        media_id=photo.id, public=public, boxes=boxes, alt=alt if alt != (photo.alt or "") else None
    )


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
