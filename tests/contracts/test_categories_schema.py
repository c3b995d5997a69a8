"""The contract for catalogue files: editors use it, the loader enforces it."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from open311.catalogue_file import CatalogueError, load
from open311.settings import shipped

SCHEMA: dict[str, Any] = json.loads(
    (shipped("schemas") / "categories.schema.json").read_text(encoding="utf-8")
)
FIRST_CITY = shipped("categories.yaml")

# What the schema cannot say and the loader therefore checks across entries.
ACROSS_ENTRIES = re.compile(
    r"is given twice|must not begin with 'test\.'|is not a known time zone|leading zero|is not among the"
    r"|lacks the default language|needs at least one status|needs one open status|a closed status cannot be"
    r"|only one (status|open|closed)|shape of another colour|is an order to other programs|needs one$"
    r"|has order \d+|needs values|has no values|nothing to answer|is not an earlier attribute|is not a list to choose"
    r"|is not a value of|there is no file '.*' beside the catalogue"
    r"|is not the code of an agency|what is refused is closed|public holidays are unknown"
    r"|beside the catalogue cannot be read|does not ask|names the services that ask|needs the hours of the calendar"
    r"|which the public is promised|is never reached|has no unit|ends before it begins"
    r"|so it needs a name|gives no rights|a role that every city has|is not about one case|log is read as a whole"
    r"|has closed rings|leaves the earth|is not a valid area|is no regular expression|addresses that lead elsewhere"
)


def entries(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema inside the schema."""
    if isinstance(schema, dict):
        yield schema
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from entries(inner)


def meaning(schema: dict[str, Any]) -> Any:
    """A schema with what it refers to."""
    if "$ref" not in schema:
        return schema
    return {**SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], **schema}


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_no_mapping_takes_keys_it_does_not_know() -> None:
    for entry in entries(SCHEMA):
        if "properties" in entry and entry.get("type") == "object":
            assert entry["additionalProperties"] is False


def test_every_key_is_explained_to_the_editor() -> None:
    for entry in entries(SCHEMA):
        for name, value in entry.get("properties", {}).items():
            if isinstance(value, dict) and name not in ("type", "coordinates", "values"):
                assert meaning(value).get("description"), name


def test_each_reference_leads_somewhere() -> None:
    for entry in entries(SCHEMA):
        if "$ref" in entry:
            assert entry["$ref"].removeprefix("#/$defs/") in SCHEMA["$defs"]


def test_the_file_of_the_first_city_names_the_schema_for_editors() -> None:
    first = FIRST_CITY.read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=schemas/categories.schema.json"


def test_the_file_of_the_first_city_fulfils_the_schema() -> None:
    Draft202012Validator(SCHEMA).validate(yaml.safe_load(FIRST_CITY.read_text(encoding="utf-8")))


def places(value: Any, steps: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield steps
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for step, child in children:
        yield from places(child, (*steps, step))


CITY = yaml.safe_load(FIRST_CITY.read_text(encoding="utf-8"))
PLACES = [
    place for place in places({key: value for key, value in CITY.items() if key != "boundary"}) if place
]


Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("generated") / "categories.yaml"


def saved(document: Any, path: Path) -> Path:
    path.write_text(yaml.dump(document, Dumper=Dumper, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def refusals(path: Path) -> list[str]:
    """Why a file is not loaded; nothing when it is."""
    try:
        load(path)
    except CatalogueError as refused:
        return [problem.message for problem in refused.problems]
    return []


@given(st.sampled_from(PLACES), st.sampled_from([None, 17, -1.5, True, "", " x ", [], {}, ["x"], {"x": "y"}]))
@settings(max_examples=100, deadline=None)
def test_the_loader_refuses_what_the_schema_refuses(
    scratch: Path, steps: tuple[Any, ...], wrong: Any
) -> None:
    """Any value put anywhere in the first city's file is refused by both or, with a reason, by the loader alone."""
    document = json.loads(json.dumps(CITY))
    inner = document
    for step in steps[:-1]:
        inner = inner[step]
    inner[steps[-1]] = wrong
    schema_allows = Draft202012Validator(SCHEMA).is_valid(document)
    told = refusals(saved(document, scratch))
    if schema_allows:
        assert all(ACROSS_ENTRIES.search(line) for line in told)
    else:
        assert told


def from_schema(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that the schema allows, as far as its words are used in the contract for catalogues."""
    schema = meaning(schema)
    if "then" in schema:
        branches = [from_schema(schema[name]) for name in ("then", "else") if name in schema]
        return st.one_of(*branches, *([_array(schema)] if "items" in schema else []))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of(*(KINDS[kind](schema) for kind in kinds))


def _object(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "properties" not in schema:
        names, values = from_schema(schema["propertyNames"]), from_schema(schema["additionalProperties"])
        return st.dictionaries(names, values, min_size=schema.get("minProperties", 0), max_size=2)
    known = {name: _later(value) for name, value in schema["properties"].items()}
    needed = {name: known.pop(name) for name in schema.get("required", ())}
    return st.fixed_dictionaries(needed, optional=known)


def _later(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.deferred(lambda: from_schema(schema))


def _array(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    items = from_schema(schema["items"]) if "items" in schema else st.lists(st.floats(-90, 90), max_size=3)
    least = schema.get("minItems", 0)
    unique = json.dumps if schema.get("uniqueItems") else None
    return st.lists(items, min_size=least, max_size=least + 1, unique_by=unique)


def _string(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    shortest, longest = schema.get("minLength", 0), min(schema.get("maxLength", 30), 30)
    letters = st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"])
    if schema.get("pattern", r"\S") == r"\S":
        return st.text(letters, min_size=shortest, max_size=longest).filter(str.strip)
    pattern = schema["pattern"].replace("$", r"\Z")
    return st.from_regex(pattern, alphabet=letters, fullmatch=True).filter(lambda text: len(text) <= 64)


KINDS: dict[str, Callable[[dict[str, Any]], st.SearchStrategy[Any]]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": lambda schema: st.integers(schema["minimum"], schema["maximum"]),
    "boolean": lambda schema: st.booleans(),
    "null": lambda schema: st.none(),
}


@given(from_schema(SCHEMA))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_the_schema_allows_loads_or_is_refused_for_a_listed_reason(scratch: Path, document: Any) -> None:
    assert Draft202012Validator(SCHEMA).is_valid(document)
    for message in refusals(saved(document, scratch)):
        assert ACROSS_ENTRIES.search(message), message
