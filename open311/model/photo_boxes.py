"""Parts of a photo that are made black: fractions of the upright picture, so that its size does not matter."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from open311.base.errors import Invalid, problem

MOST_BOXES = 50
# Five pixels of a picture 2,560 wide: anything smaller is a slip of the pointer.
LEAST_SIDE = 0.002


@dataclass(frozen=True, slots=True)
class Box:
    """Left, top, width and height, each from 0 to 1."""

    left: float
    top: float
    width: float
    height: float

    def clamped(self) -> "Box":
        """The part of it that lies in the picture."""
        left, top = min(max(self.left, 0.0), 1.0), min(max(self.top, 0.0), 1.0)
        right = min(max(self.left + self.width, 0.0), 1.0)
        bottom = min(max(self.top + self.height, 0.0), 1.0)
        return Box(left, top, max(right - left, 0.0), max(bottom - top, 0.0))

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """The same in a picture of this size: left, top, right, bottom, the last two not included.

        Whole pixels outwards, so that no edge shows through.
        """
        right, bottom = self.left + self.width, self.top + self.height
        return (
            int(self.left * width),
            int(self.top * height),
            min(-int(-right * width // 1), width),
            min(-int(-bottom * height // 1), height),
        )


def checked(boxes: Sequence[Box]) -> tuple[Box, ...]:
    """Boxes that can be drawn; raises `Invalid` for too many, for what is no number, and for what hides nothing."""
    if len(boxes) > MOST_BOXES:
        raise Invalid(problem("error.photo.boxes", most=MOST_BOXES))
    inside = tuple(box.clamped() for box in boxes)
    # A comparison with what is no number is false.
    if not all(box.width >= LEAST_SIDE and box.height >= LEAST_SIDE for box in inside):
        raise Invalid(problem("error.photo.box"))
    return inside


def stored(boxes: Sequence[Box]) -> list[dict[str, float]]:
    return [asdict(box) for box in boxes]


def from_stored(boxes: Sequence[Mapping[str, float]] | None) -> tuple[Box, ...]:
    return tuple(Box(box["left"], box["top"], box["width"], box["height"]) for box in boxes or ())


class SuggestionKind(StrEnum):
    """What may be seen in a part of a photo."""

    FACE = "face"
    PLATE = "plate"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A part that may have to be black, and how sure its finder is, from 0 to 100; somebody has to confirm it."""

    kind: SuggestionKind
    box: Box
    confidence: int

    def stored(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"kind": self.kind.value, "confidence": self.confidence, **asdict(self.box)}


def suggestions(stored: Sequence[Mapping[str, Any]] | None) -> tuple[Suggestion, ...]:
    return tuple(
        Suggestion(SuggestionKind(suggestion["kind"]), box, int(suggestion["confidence"]))
        for suggestion, box in zip(stored or (), from_stored(stored), strict=True)
    )
