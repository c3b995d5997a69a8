"""Whoever describes a defect in words of their own finds its category."""

import pytest

from open311.core import Core
from open311.site.form.category_search import matching_services
from tests.client import client_of
from tests.serving import first_city


@pytest.mark.parametrize(
    ("words", "service_code"),
    [
        ("Straßenlampe", "STRASSENLATERNE"),
        ("strassenlampe", "STRASSENLATERNE"),
        ("Strasenlaterne", "STRASSENLATERNE"),
        ("licht kaputt", "STRASSENLATERNE"),
        ("Laterne geht nicht", "STRASSENLATERNE"),
        ("Schrottauto", "FAHRZEUG_ALT"),
        ("Schlaglöcher", "STRASSENSCHADEN"),
        ("schlagloecher", "STRASSENSCHADEN"),
        ("Bushaltestelle", "HALTESTELLE"),
        ("Graffiti", "SONSTIGES"),
        ("Glatteis", "SONSTIGES"),
        ("Ratten", "SONSTIGES"),
        ("pothole", "STRASSENSCHADEN"),
        ("MÜLL", "MUELL_WILD"),
        ("Kanalisation", "KANAL"),
        ("Gullydeckel", "KANAL"),
        ("Gestank", "KANAL"),
        ("Stolperfalle", "STRASSENSCHADEN"),
        ("Poller umgefahren", "STRASSENSCHADEN"),
        ("Papierkorb voll", "MUELLBEHAELTER"),
        ("alter Kühlschrank", "MUELL_WILD"),
        ("Fahrradleiche", "MUELL_WILD"),
        ("Anhänger", "FAHRZEUG_ALT"),
        ("Spritze", "STRASSE_SCHMUTZ"),
        ("E-Scooter", "SONSTIGES"),
        ("Falschparker", "SONSTIGES"),
        ("toter Fuchs", "SONSTIGES"),
        ("dead animal", "SONSTIGES"),
        ("kaputte Bank", "SONSTIGES"),
        ("Sitzbank", "SONSTIGES"),
        ("broken bench", "SONSTIGES"),
        ("damaged sign", "VERKEHRSZEICHEN"),
        ("ice on the road", "SONSTIGES"),
        ("lamp post broken", "STRASSENLATERNE"),
        ("Bank an der Haltestelle", "HALTESTELLE"),
        ("Müll am Ufer", "MUELL_WILD"),
    ],
)
def test_the_best_match_comes_first(words: str, service_code: str) -> None:
    """E13."""
    assert matching_services(first_city(), words)[0].service_code == service_code


def test_words_that_fit_nothing_find_nothing() -> None:
    assert matching_services(first_city(), "xyzzy") == []


def test_without_words_all_are_there() -> None:
    assert len(matching_services(first_city(), "  ")) == len(first_city().active_services())


def test_scripts_ask_the_same(core: Core) -> None:
    answer = client_of(core).get("/services/fitting", query_string={"q": "Schrottauto"})
    assert answer.json[0] == "FAHRZEUG_ALT"
    assert answer.headers["Cache-Control"] == "private, max-age=60"
