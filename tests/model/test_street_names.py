"""Streets as each language writes them short, and how exactly words name an address."""

import pytest

from open311.model.maps.place import Place, PlaceKind, without_town
from open311.model.maps.street_names import is_like, is_named, names_street_of, spelled_out

HOUSE = Place("Ludwigstraße 12, 67059 Ludwigshafen", 49.48, 8.44)
STREET = Place("Ludwigstraße, 67059 Ludwigshafen", 49.48, 8.44, PlaceKind.STREET)
PARK = Place("Ebertpark", 49.49, 8.42, PlaceKind.PLACE)


@pytest.mark.parametrize(
    ("language", "short", "full"),
    [
        ("de", "Ludwigstr. 3, Bahnhofstrasse", "Ludwigstraße 3, Bahnhofstraße"),
        ("en", "12 Main St, Ave", "12 Main street, avenue"),
        ("en", "St James St.", "St James street"),
        ("en", "Ludwigstr. 3", "Ludwigstr. 3"),
        ("fr", "12 av. Foch", "12 avenue Foch"),
        ("nl", "Kerkstr. 3", "Kerkstraat 3"),
        ("es-MX", "C/ Mayor", "calle Mayor"),
        ("ja", "Str. 1", "Str. 1"),
    ],
)
def test_what_is_short_depends_on_the_language(language: str, short: str, full: str) -> None:
    assert spelled_out(short, [language]) == full


@pytest.mark.parametrize(
    ("words", "place", "named", "street"),
    [
        ("Ludwigstr. 12", HOUSE, True, True),
        ("ludwigstrasse 12 Ludwigshafen", HOUSE, True, True),
        ("Ludwigstraße 12, 67059", HOUSE, True, True),
        ("Ludwigstraße 12 a", HOUSE, False, True),
        ("Ludwigstraße 99 Ludwigshafen", HOUSE, False, True),
        ("Ludwigstraße 99", STREET, False, True),
        ("Ludwigstraße", STREET, True, True),
        ("Ludwigstraße 12, Mitte", HOUSE, True, True),
        ("Ludwigstraße 99, Mitte", HOUSE, False, True),
        ("Ludwigstraße 12 Mannheim", HOUSE, False, False),
        ("Rheinallee 12", HOUSE, False, False),
        ("Ebertpark", PARK, True, False),
        ("Ebertpark 7", PARK, False, False),
        ("", HOUSE, False, False),
        ("12", HOUSE, False, False),
    ],
)
def test_words_name_a_house_its_street_or_something_else(
    words: str, place: Place, *, named: bool, street: bool
) -> None:
    assert (is_named(words, place, ["de"]), names_street_of(words, place, ["de"])) == (named, street)


@pytest.mark.parametrize(
    ("words", "place", "like"),
    [
        ("Ludwig", STREET, True),
        ("Ludwigstr. 99 Ludwigshafen", HOUSE, True),
        ("Ludwigstrase 12", HOUSE, True),
        ("Ebertpark, am Nordeingang", PARK, True),
        ("Leuschnerstraße 12", HOUSE, False),
        ("Wismarstraße 3", Place("Bismarckstraße 3, 67059 Ludwigshafen", 49.48, 8.44), False),
        ("4711", Place("Laterne 4711, Ludwigstraße 12", 49.48, 8.44, PlaceKind.THING), True),
        ("Ludwigsplatz 12", HOUSE, False),
        ("12", HOUSE, False),
    ],
)
def test_a_place_stands_for_words_unasked_only_when_they_are_nearly_its_name(
    words: str, place: Place, *, like: bool
) -> None:
    assert is_like(words, place, ["de"]) is like


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("Ludwigstraße 12, Ludwigshafen am Rhein", "Ludwigstraße 12"),
        ("Ludwigstraße 12, 67059 Ludwigshafen", "Ludwigstraße 12, 67059"),
        ("Ebertpark, Nordeingang, Ludwigshafen on the Rhine", "Ebertpark, Nordeingang"),
        ("Paradeplatz 1, 68161 Mannheim", "Paradeplatz 1, 68161 Mannheim"),
        ("Ludwigstraße 12, Lu", "Ludwigstraße 12, Lu"),
        ("Ludwigstraße 12, 67059", "Ludwigstraße 12, 67059"),
        ("Ludwigshafen am Rhein", "Ludwigshafen am Rhein"),
        ("Vor der Schule", "Vor der Schule"),
        ("", ""),
    ],
)
def test_people_of_a_town_leave_its_name_out(address: str, local: str) -> None:
    assert without_town(address, ["Ludwigshafen am Rhein", "Ludwigshafen on the Rhine"]) == local
