"""What the form of a decision says about photos: who sees them, what is black on them, what they show in words."""

import re
from collections.abc import Iterable

from open311.base.errors import Problem, problem
from open311.model.access.actor import Right
from open311.model.casework.decisions import PhotoEdit
from open311.model.media import Media, MediaVisibility
from open311.model.photo_boxes import Box, from_stored, suggestions
from open311.staff.checking.sent_form import SentForm
from open311.staff.seen_case import SeenCase

# left, top, width and height in percent of the picture.
BOX = re.compile(r"\s*([\d.]{1,8})\s*,\s*([\d.]{1,8})\s*,\s*([\d.]{1,8})\s*,\s*([\d.]{1,8})\s*")


def drawn_boxes(seen: SeenCase, photo: Media) -> str:
    """The boxes that are there, for staff who draw all of them again: one that was left out would be taken away."""
    if photo.original_key is None or not seen.may(Right.SEE_ORIGINALS):
        return ""
    boxes = from_stored(photo.boxes)
    sides = ((box.left, box.top, box.width, box.height) for box in boxes)
    return "; ".join(", ".join(f"{side * 100:.2f}" for side in four) for four in sides)


def read_photos(sent: SentForm, photos: Iterable[Media], problems: list[Problem]) -> list[PhotoEdit]:
    """What is done with each of these photos; those that are left alone are left out."""
    edits = [_photo(sent, photo, problems) for photo in photos]
    return [edit for edit in edits if edit != PhotoEdit(media_id=edit.media_id)]


def _photo(sent: SentForm, photo: Media, problems: list[Problem]) -> PhotoEdit:
    choice = sent.changed(f"photo-{photo.id}")
    return PhotoEdit(
        media_id=photo.id,
        public=choice == MediaVisibility.PUBLIC if choice in ("public", "internal") else None,
        boxes=_boxes(sent, photo, problems),
        alt=sent.changed(f"alt-{photo.id}"),
        destroy_original=sent.changed(f"destroy-{photo.id}") == "1",
    )


def _boxes(sent: SentForm, photo: Media, problems: list[Problem]) -> list[Box] | None:
    """The boxes to be drawn; None where nothing was drawn, moved or taken away."""
    name, confirmed = f"boxes-{photo.id}", _confirmed(sent, photo)
    # What a machine has found is a suggestion: only what somebody has ticked is covered.
    if sent.changed(name) is None and not confirmed:
        return None
    return [*read_boxes(sent.value(name), problems), *confirmed]


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
