"""Faces and number plates are found on this machine, in a process that can reach nothing, and only suggested."""

from collections.abc import Sequence

import pytest

from open311.adapters.photos import detector
from open311.adapters.photos.child_process import ChildFailed
from open311.adapters.photos.detector import ConfinedDetector
from open311.base.errors import ConfigurationError
from open311.model.photo_boxes import Box, Suggestion, SuggestionKind, suggestions
from tests.pictures import a_face, two_colours, written


def test_a_face_is_found_where_it_is() -> None:
    [found] = detector.named("faces").find(written(a_face(240, (600, 300), of=(1200, 900))))
    assert (found.kind, found.confidence > 80) == (SuggestionKind.FACE, True)
    middle = found.box.left + found.box.width / 2, found.box.top + found.box.height / 2
    assert middle == pytest.approx((0.6, 0.47), abs=0.04)


def test_nothing_is_found_where_nobody_is() -> None:
    assert detector.named("faces").find(written(two_colours(640, 480))) == ()


def test_a_file_that_is_no_picture_finds_nothing() -> None:
    with pytest.raises(RuntimeError):
        detector.named("faces").find(b"no picture")


def test_what_is_switched_off_or_not_installed_finds_nothing() -> None:
    picture = written(a_face())
    assert detector.named("none").find(picture) == ()
    assert detector.named("plates").find(picture) == ()


class Own:
    """A detector of an operator's own."""

    def find(self, photo: bytes) -> Sequence[Suggestion]:
        return [Suggestion(SuggestionKind.PLATE, Box(0.1, 0.2, 0.3, 0.1), 70)]


def test_an_operator_can_name_a_class_of_their_own() -> None:
    [found] = detector.named(f"{__name__}:Own").find(b"")
    assert found.kind is SuggestionKind.PLATE
    with pytest.raises(ConfigurationError):
        detector.named(f"{__name__}:Nobody")


def test_suggestions_are_stored_and_read() -> None:
    found = [Suggestion(SuggestionKind.FACE, Box(0.1, 0.2, 0.3, 0.4), 93)]
    assert suggestions([suggestion.stored() for suggestion in found]) == tuple(found)
    assert suggestions(None) == ()


def test_a_detector_that_crashes_finds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> bytes:
        raise ChildFailed

    monkeypatch.setattr(detector, "run_child", crash)
    assert ConfinedDetector([SuggestionKind.FACE]).find(b"") == ()
