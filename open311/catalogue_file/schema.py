"""The JSON Schema of a catalogue, applied, with its complaints in plain words."""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from open311.catalogue_file.document import Document, Steps
from open311.settings import shipped

KINDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """As ECMA-262 means it: `$` is the very end, not the place before a last line break."""
    if isinstance(instance, str) and not re.search(pattern.replace("$", r"\Z"), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


@cache
def validator() -> Any:
    """The validator for catalogues, made once."""
    contract = json.loads((shipped("schemas") / "categories.schema.json").read_text(encoding="utf-8"))
    strict: Any = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]
    return strict(_resolved(contract, contract["$defs"]))


def _resolved(schema: Any, definitions: dict[str, Any]) -> Any:
    """The schema with each reference replaced by its definition: following them took a fifth of the time."""
    if isinstance(schema, list):
        return [_resolved(inner, definitions) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _resolved(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {name: _resolved(inner, definitions) for name, inner in schema.items()}


@cache
def _code() -> re.Pattern[str]:
    return re.compile(validator().schema["$defs"]["code"]["pattern"].replace("$", r"\Z"))


def is_code(word: str) -> bool:
    return _code().search(word) is not None


def check(document: Document) -> None:
    """Report everything that the schema does not allow."""
    for error in validator().iter_errors(document.data):
        for steps, message in _complaints(error):
            document.report(steps, message)


def wrong_jurisdiction(data: Any) -> list[str]:
    """What the schema does not allow about a jurisdiction by itself."""
    whole = validator()
    errors = whole.descend(data, whole.schema["properties"]["jurisdiction"])
    complaints = [complaint for error in errors for complaint in _complaints(error)]
    return [f"{'.'.join(map(str, steps))}: {message}" for steps, message in complaints]


def _complaints(error: Any) -> Iterator[tuple[Steps, str]]:
    steps = tuple(error.absolute_path)
    if "propertyNames" in error.absolute_schema_path:
        yield (*steps, error.instance), f"{error.instance!r} is not {_meaning(error)}"
    elif error.validator == "additionalProperties":
        known = error.schema["properties"]
        for key in error.instance.keys() - known.keys():
            yield (*steps, key), f"unknown key; known are {', '.join(sorted(known))}"
    else:
        yield steps, WORDS.get(error.validator, _as_is)(error)


def _meaning(error: Any) -> str:
    return str(error.schema.get("description", error.message))


def _as_is(error: Any) -> str:
    return str(error.message)


def _required(error: Any) -> str:
    lacking = [key for key in error.validator_value if key not in error.instance]
    return f"lacks {', '.join(lacking)}"


def _type(error: Any) -> str:
    wanted = [error.validator_value] if isinstance(error.validator_value, str) else error.validator_value
    allowed = " or ".join(KINDS[kind] for kind in wanted)
    instance = error.instance
    if instance is None:
        return f"is empty; allowed is {allowed}"
    if isinstance(instance, (dict, list)):
        return f"is {KINDS['object' if isinstance(instance, dict) else 'array']}; allowed is {allowed}"
    quoted = f'; write "{json.dumps(instance)}"' if "string" in wanted else ""
    return f"is {json.dumps(instance, ensure_ascii=False)}; allowed is {allowed}{quoted}"


def _enum(error: Any) -> str:
    return f"is {error.instance!r}; allowed is {', '.join(error.validator_value)}"


def _not_as_described(error: Any) -> str:
    return f"{error.instance!r} is not allowed: {_meaning(error)}"


WORDS: dict[str, Callable[[Any], str]] = {
    "required": _required,
    "type": _type,
    "enum": _enum,
    "pattern": _not_as_described,
    "minItems": lambda error: f"needs at least {error.validator_value}",
    "minProperties": lambda error: f"needs at least {error.validator_value}",
    "minLength": lambda error: "is empty",
    "maxLength": lambda error: f"is longer than {error.validator_value} characters",
    "minimum": lambda error: f"is {error.instance}; the least is {error.validator_value}",
    "maximum": lambda error: f"is {error.instance}; the most is {error.validator_value}",
    "uniqueItems": lambda error: "names something twice",
}
