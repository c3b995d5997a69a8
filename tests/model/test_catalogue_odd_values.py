"""Whatever stands at any place of a catalogue, the load ends in a catalogue or in problems with line and path."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from open311.catalogue_file import CatalogueError, CatalogueProblem, load_all

SMALL: dict[str, Any] = {
    "jurisdiction": {
        "jurisdiction_id": "a.example",
        "aliases": ["b.example"],
        "name": {"de": "A", "en": "A"},
        "languages": ["de", "en"],
        "time_zone": "Europe/Berlin",
        "contact": "A",
        "key_service": "A",
        "held_by_id": True,
    },
    "statuses": [
        {
            "code": "NEW",
            "label": "neu",
            "status": "open",
            "initial": True,
            "colour": "#c62828",
            "shape": "circle",
            "detailed_status": "RECEIVED",
            "update_status": "open",
        },
        {
            "code": "DONE",
            "label": {"de": "fertig"},
            "status": "closed",
            "default": True,
            "colour": "#2e7d32",
            "shape": "square",
            "detailed_status": "PROCESSED",
            "update_status": "fixed",
        },
    ],
    "agencies": [{"code": "BAU", "name": "Bauamt"}],
    "groups": [{"code": "MUELL", "name": "Müll"}],
    "services": [
        {
            "service_code": "WASTE",
            "service_name": {"de": "Müll"},
            "keywords": {"de": ["Sperrmüll"]},
            "group": "MUELL",
            "agency": "BAU",
            "type": "realtime",
            "response_days": 3,
            "moderated": True,
            "forward": {"url": "https://works.example.org/v2"},
            "attributes": [
                {
                    "code": "KIND",
                    "datatype": "singlevaluelist",
                    "description": "Was?",
                    "order": 1,
                    "values": [{"key": "a", "name": "A"}],
                },
                {
                    "code": "COUNT",
                    "datatype": "number",
                    "description": "Wie viel?",
                    "only_if": {"code": "KIND", "values": ["a"]},
                },
            ],
        }
    ],
    "site": {"intro": {"de": "Hallo"}, "colour": "#004488", "logo": "logo.svg"},
    "boundary": {
        "type": "Polygon",
        "coordinates": [[[8.4, 49.4], [8.5, 49.4], [8.5, 49.5], [8.4, 49.4]]],
    },
}
# As they are written in a file.
ODD = {
    "nothing": "",
    "null": "null",
    "truth": "true",
    "yes": "yes",
    "number": "42",
    "negative": "-1",
    "exponent": "1e400",
    "not a number": ".nan",
    "long number": "12345678901234567890123",
    "octal": "0o17",
    "empty text": "''",
    "blank": "' '",
    "huge text": "x" * 100_000,
    "markup": "'<b>&amp;</b>'",
    "path": "'../../etc/passwd'",
    "date": "2026-11-29",
    "moment": "2026-11-29T00:00:00Z",
    "control character": '"a\\0b"',
    "half of a pair": '"\\ud800"',
    "list": "[]",
    "nested list": "[[]]",
    "list of anything": "[1, two, {three: 3}, [four], null]",
    "mapping": "{}",
    "mapping for a list": "{ANZAHL: {datatype: number}}",
    "mapping of odd keys": "{1: 2, null: 3, true: no}",
    "list as a key": "{? [a] : b}",
    "binary": "!!binary aGk=",
    "program": "!!python/object/apply:os.getcwd []",
    "itself": "&a [*a]",
    "unfinished": "[1, {",
}
MARK = "@@HERE@@"
Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def places(value: Any, steps: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The steps to every value of a document, itself included."""
    yield steps
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for step, inner in entries:
        yield from places(inner, (*steps, step))


def replaced(document: Any, steps: tuple[Any, ...]) -> str:
    """The document as YAML with a mark at one place."""
    if not steps:
        return MARK
    changed = copy.deepcopy(document)
    inside = changed
    for step in steps[:-1]:
        inside = inside[step]
    inside[steps[-1]] = MARK
    return str(yaml.dump(changed, Dumper=Dumper, allow_unicode=True, default_flow_style=True, width=120))


WITH_A_MARK = {steps: replaced(SMALL, steps) for steps in places(SMALL)}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "logo.svg").write_text("<svg/>", encoding="utf-8")
    return tmp_path / "categories.yaml"


def problems_of(path: Path) -> tuple[CatalogueProblem, ...]:
    """What a file is refused for, nothing when it is taken."""
    try:
        load_all(path)
    except CatalogueError as refused:
        return refused.problems or (CatalogueProblem(path, 0, "", "refused without a reason"),)
    return ()


def test_the_small_catalogue_is_whole(file: Path) -> None:
    file.write_text(yaml.safe_dump(SMALL), encoding="utf-8")
    assert load_all(file)


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_value_at_any_place_is_taken_or_told(odd: str, file: Path) -> None:
    """B1: no traceback, and a person can find the place."""
    for steps, text in WITH_A_MARK.items():
        file.write_text(text.replace(f"'{MARK}'", odd).replace(MARK, odd), encoding="utf-8")
        problems = problems_of(file)
        assert all(problem.line >= 1 and problem.message for problem in problems), steps


@pytest.mark.parametrize(
    "coordinates",
    ["[[[8, 49], [8.5, 49, 1], [8.5, 49.5], [8, 49]]]", "[[[8, 49], [8, 49], [8, 49], [8, 49]]]"],
)
def test_an_odd_ring_is_told(coordinates: str, file: Path) -> None:
    odd = WITH_A_MARK["boundary", "coordinates"].replace(f"'{MARK}'", coordinates)
    file.write_text(odd.replace(MARK, coordinates), encoding="utf-8")
    with pytest.raises(CatalogueError) as refused:
        load_all(file)
    assert [problem.path for problem in refused.value.problems] == ["boundary"]
