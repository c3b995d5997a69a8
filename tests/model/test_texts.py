"""Texts have one spelling, whatever strangers put into them."""

import time
from collections.abc import Callable
from unicodedata import normalize

import pytest

from open311.base.charsets import decode
from open311.base.text import composed, tidy, trimmed
from open311.site.report_numbers import report_number

# Above and below the letter by turns, so that each has to be put in its place.
MARKS = "\u0301\u0323" * 50_000


@pytest.mark.parametrize(
    "text",
    ["Mu\u0308ll", "\ufdfa", "Tiê\u0301ng Vi\u0323ê\u0323t", "\u05e9\u05c1\u05b8\u05dc", "e" + MARKS[:30]],
)
def test_what_people_write_is_spelt_as_unicode_says(text: str) -> None:
    assert composed(text) == normalize("NFC", text)
    assert composed(text * 1000) == normalize("NFC", text * 1000)


@pytest.mark.parametrize("read", [tidy, report_number, lambda text: decode(text.encode())])
def test_marks_without_end_take_no_longer_than_other_letters(read: Callable[[str], object]) -> None:
    began = time.thread_time()
    read("e" + MARKS)
    # Letters that become marks once they are taken apart.
    read("e" + "\u0f73\u0f71" * 50_000)
    assert time.thread_time() - began < 2


def test_all_marks_are_kept() -> None:
    text = composed("e" + MARKS)
    assert normalize("NFD", text).replace("\u034f", "").count("\u0323") == 50_000
    assert composed(text) == text


@pytest.mark.parametrize(
    "text", ["", " \n", "\u202e\u200b", "\u3164", "\u2800 \u00ad", "\u0085", "\ufe0f\u200d", "\U000e0041\x00"]
)
def test_what_nobody_sees_is_no_text(text: str) -> None:
    assert tidy(text) == trimmed(text) == ""


@pytest.mark.parametrize("text", ["❤\ufe0f", "👩\u200d🚒", "\u200fגדג", "a\u202eb", "\u0301", "\u0600", "."])
def test_what_anybody_sees_is_kept_whole(text: str) -> None:
    assert tidy(f" {text}\n") == text
