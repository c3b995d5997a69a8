"""Cells of CSV that spreadsheets take for nothing but words."""

import pytest

from open311.formats.csv import FORMULA, guarded, unguarded


@pytest.mark.parametrize(
    "words", ["a;=1", "a; =1", 'a;"=1', "a;'=1", "a;'\"=1", "=a;=b", "a;b", "Müll; sagt er"]
)
def test_no_part_behind_a_semicolon_is_a_formula(words: str) -> None:
    """German spreadsheets end cells there. What is read back is what was written."""
    cell = guarded(words)
    assert not any(FORMULA.match(part.lstrip('"')) for part in cell.split(";") if not part.startswith("'"))
    assert unguarded(cell) == words
