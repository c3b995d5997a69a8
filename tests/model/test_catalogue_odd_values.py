"""Whatever stands at any place of a catalogue, the load ends in a catalogue or in problems with line and path."""

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from open311.catalogue_file import CatalogueError, CatalogueProblem, load_all

TRIANGLE = [[[8.4, 49.4], [8.5, 49.4], [8.5, 49.5], [8.4, 49.4]]]
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
        "emergency_notice": "112",
        "zipcode_pattern": "[0-9]{5}",
        "boundary_is_sketch": True,
    },
    "statuses": [
        {
            "code": "NEW",
            "label": "neu",
            "description": "Noch nicht gesehen.",
            "published": True,
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
            "description": "Was herumliegt.",
            "icon": "trash",
            "retention_days": 90,
            "service_notice": "Wird am Montag geholt.",
            "stop_text": "Bitte 112 rufen.",
            "photo_wanted": True,
            "active": True,
            "keywords": {"de": ["Sperrmüll"]},
            "group": "MUELL",
            "agency": "BAU",
            "type": "realtime",
            "response_days": 3,
            "moderated": True,
            "forward": {
                "url": "https://works.example.org/v2",
                "jurisdiction_id": "b.example",
                "service_code": "17",
                "api_key": "works",
                "when": "published",
                "repeatable": True,
                "personal_data": True,
                "conventions": "fixmystreet",
                "updates": "pulled",
            },
            "attributes": [
                {
                    "code": "KIND",
                    "datatype": "singlevaluelist",
                    "description": "Was?",
                    "datatype_description": "Eines davon.",
                    "order": 1,
                    "required": True,
                    "variable": True,
                    "public": True,
                    "asset": "street_lamp",
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
    "site": {
        "name": "Mängel",
        "heading": "Was fehlt?",
        "intro": {"de": "Hallo"},
        "address_example": "Weg 1",
        "colour": "#004488",
        "colour_dark": "#88bbff",
        "logo": "logo.svg",
        "map": "https://tiles.example.org/style.json",
        "imprint": "Wir",
        "privacy": "Nichts",
        "accessibility": "Alles",
        "help": "So geht es",
        "easy": "Das ist leicht",
    },
    "desk": {
        "calendar": {
            "country": "DE",
            "subdivision": "RP",
            "closed": ["12-24"],
            "days": ["mon"],
            "hours": "07:30-16:00",
        },
        "checkers": "RAT",
        "units": {
            "RAT": {
                "accepts": False,
                "agency": "BAU",
                "email": "rat@a.example",
                "name": "Rathaus",
                "kind": "external",
                "digest": "07:00",
                "at_once": True,
                "order_days": 5,
            }
        },
        "areas": [
            {
                "code": "NORD",
                "name": "Nord",
                "boundary": {"type": "Polygon", "coordinates": TRIANGLE},
            },
            {"file": "areas.geojson", "code": "CODE", "name": "NAME"},
        ],
        "routing": [
            {
                "name": "Nachts",
                "when": {
                    "service": ["WASTE"],
                    "area": ["NORD"],
                    "answers": {"KIND": ["a"]},
                    "hours": "16:00-07:30",
                },
                "unit": "RAT",
                "priority": "urgent",
                "due": "2 hours",
            }
        ],
        "deadlines": {
            "check": {"due": "1 working day", "remind": ["100%"], "escalate": {"150%": "lead"}},
            "accept": {"due": "2 days", "remind": ["50%", "100%"], "escalate": {"200%": "supervisor"}},
            "work": {"remind": ["80%"], "escalate": {"150%": "lead"}},
            "services": {"WASTE": {"due": "4 hours", "remind": [], "escalate": {"99%": "lead"}}},
        },
        "reasons": [
            {
                "code": "NOT_OURS",
                "outcome": "reject",
                "status": "DONE",
                "label": "Fremd",
                "to_reporter": "Nein.",
            }
        ],
        "roles": {
            "press": {
                "name": "Presse",
                "means": "liest",
                "like": "reader",
                "rights": {"figures": "all", "note": ["published", "own"]},
                "without": ["see_reports"],
            }
        },
        "sso": {
            "groups": {"rat": {"role": "checker", "units": ["RAT"], "services": ["WASTE"], "areas": ["SUED"]}}
        },
        "originals": {"days": 30, "unit_sees": ["WASTE"]},
        "duplicates": {"metres": {"default": 50}, "with": {"WASTE": ["WASTE"]}, "closed_days": 7},
        "suspicious": {"words": ["Casino", "a.b"], "links": False},
    },
    "boundary": {"type": "Polygon", "coordinates": TRIANGLE},
}
AREAS = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"CODE": "SUED", "NAME": "Süd"},
            "geometry": {"type": "Polygon", "coordinates": TRIANGLE},
        }
    ],
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


@cache
def with_a_mark() -> dict[tuple[Any, ...], str]:
    """The small catalogue with a mark at each place in turn."""
    # The points of an area are as those of the boundary.
    return {
        steps: replaced(SMALL, steps)
        for steps in places(SMALL)
        if steps[:2] != ("desk", "areas") or "coordinates" not in steps[:-1]
    }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "logo.svg").write_text("<svg/>", encoding="utf-8")
    (tmp_path / "areas.geojson").write_text(json.dumps(AREAS), encoding="utf-8")
    return tmp_path / "categories.yaml"


def problems_of(path: Path) -> tuple[CatalogueProblem, ...]:
    """What a file is refused for, nothing when it is taken."""
    try:
        load_all(path)
    except CatalogueError as refused:
        return refused.problems or (CatalogueProblem(path, 0, "", "refused without a reason"),)
    return ()


SCHEMA = json.loads(
    (Path(__file__).parents[2] / "schemas" / "categories.schema.json").read_text(encoding="utf-8")
)


def without_example(schema: dict[str, Any], values: list[Any], steps: tuple[str, ...] = ()) -> Iterator[str]:
    """The keys that the schema knows and no value has; of those that exclude each other one is enough."""
    while "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    mappings = [value for value in values if isinstance(value, dict)]
    for key, inner in schema.get("properties", {}).items():
        examples = [mapping[key] for mapping in mappings if key in mapping]
        if examples:
            yield from without_example(inner, examples, (*steps, key))
        elif not (schema.get("maxProperties") == 1 and any(mappings)):
            yield ".".join((*steps, key))
    if isinstance(inner := schema.get("additionalProperties"), dict):
        yield from without_example(
            inner, [value for mapping in mappings for value in mapping.values()], steps
        )
    for branch in ("then", "else"):
        # An area is a mapping with a file or without.
        fitting = [mapping for mapping in mappings if ("file" in mapping) is (branch == "then")]
        if branch in schema and fitting:
            yield from without_example(schema[branch], fitting, steps)
    if "items" in schema:
        items = [item for value in values if isinstance(value, list) for item in value]
        yield from without_example(schema["items"], items, steps)


def test_the_small_catalogue_has_every_key() -> None:
    assert not list(without_example(SCHEMA, [SMALL]))


def test_the_small_catalogue_is_whole(file: Path) -> None:
    file.write_text(yaml.safe_dump(SMALL), encoding="utf-8")
    assert load_all(file)


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_value_at_any_place_is_taken_or_told(odd: str, file: Path) -> None:
    """B1: no traceback, and a person can find the place."""
    for steps, text in with_a_mark().items():
        file.write_text(text.replace(f"'{MARK}'", odd).replace(MARK, odd), encoding="utf-8")
        problems = problems_of(file)
        assert all(problem.line >= 1 and problem.message for problem in problems), steps


@pytest.mark.parametrize(
    "coordinates",
    ["[[[8, 49], [8.5, 49, 1], [8.5, 49.5], [8, 49]]]", "[[[8, 49], [8, 49], [8, 49], [8, 49]]]"],
)
def test_an_odd_ring_is_told(coordinates: str, file: Path) -> None:
    odd = with_a_mark()["boundary", "coordinates"].replace(f"'{MARK}'", coordinates)
    file.write_text(odd.replace(MARK, coordinates), encoding="utf-8")
    with pytest.raises(CatalogueError) as refused:
        load_all(file)
    assert [problem.path for problem in refused.value.problems] == ["boundary"]
