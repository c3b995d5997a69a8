"""Whom a note names."""

import pytest

from open311.model.casework.mentions import mentioned

PEOPLE = {1: "Rita Muster", 2: "Bea Öztürk", 3: "Bea Klein", 4: "Uwe Groß-Holz"}
UNITS = {"TIEFBAU": frozenset({1, 4}), "Stadtreinigung, Revier Nord": frozenset({2})}


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Bitte @Rita Muster", {1}),
        ("bitte @rita, und @UWE", {1, 4}),
        ("@Bea ist nicht eindeutig", set()),
        ("@Bea Öztürk und @bea oeztuerk", {2}),
        ("@Ritas Schuppen", set()),
        ("@TIEFBAU @Stadtreinigung, Revier Nord.", {1, 2, 4}),
        ("kim@rita.example", set()),
        ("@", set()),
        ("", set()),
    ],
)
def test_names_behind_an_at(text: str, ids: set[int]) -> None:
    assert mentioned(text, PEOPLE, UNITS) == ids
