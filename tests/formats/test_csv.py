"""Cells of CSV that spreadsheets take for nothing but words."""

import time

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


@pytest.mark.parametrize("run", ["'", "\"'", "' ", " "])
def test_a_long_run_of_quotes_costs_as_much_as_any_text(run: str) -> None:
    words, began = ";" + run * 20_000, time.thread_time()
    assert unguarded(guarded(words)) == words
    assert time.thread_time() - began < 0.5
