"""What in a text may be about persons is pointed out to whoever checks it."""

import pytest

from open311.model.casework.personal_hints import PersonalHint, personal_hints


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("Bitte an kim@example.org schreiben", "email", "kim@example.org"),
        ("Tel. 0621 5551234.", "phone", "0621 5551234"),
        ("Rufen Sie +49 621 555-1234 an, danke", "phone", "+49 621 555-1234"),
        ("DE89 3704 0044 0532 0130 00", "iban", "DE89 3704 0044 0532 0130 00"),
        ("Der Wagen LU-AB 123 parkt da", "plate", "LU-AB 123"),
        ("Gehört Herrn Muster", "name", "Herrn Muster"),
        ("Familie Özdemir stellt alles raus", "name", "Familie Özdemir"),
        ("Das war der Nachbar aus Nr. 12a!", "home", "Nachbar aus Nr. 12a"),
        (
            "Die Mieterin Muster in der Rathausstraße 5 wirft",
            "home",
            "Mieterin Muster in der Rathausstraße 5",
        ),
        ("Gehört Muster aus Hausnummer 7.", "home", "Muster aus Hausnummer 7"),
        ("In der Rathausstraße 5 wohnt Muster", "home", "Rathausstraße 5 wohnt Muster"),
        ("It is the neighbour at number 12", "home", "neighbour at number 12"),
    ],
)
def test_it_is_found(text: str, kind: str, words: str) -> None:
    assert PersonalHint(kind, words) in personal_hints(text)


@pytest.mark.parametrize(
    "text",
    [
        "Seit 2026 kaputt",
        "49.4811, 8.4464",
        "Haus 12, 3. Stock",
        "Laterne 4711 defekt",
        "Rathausstraße 5, Müll vor dem Haus",
        "Tonne, Hausnummer 5",
        "Container in Nr. 5 voll",
    ],
)
def test_figures_of_other_kinds_are_left_alone(text: str) -> None:
    assert personal_hints(text) == []


def test_a_long_text_takes_no_time() -> None:
    assert len(personal_hints("0" * 50_000 + " a@" * 10_000 + "Nachbar in " * 10_000)) <= 20
