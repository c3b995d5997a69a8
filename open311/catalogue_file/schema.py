"""The JSON Schema of a catalogue, applied, with its complaints in plain words."""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache, reduce
from operator import getitem
from typing import Any

from jsonschema_rs import Draft202012Validator, ValidationError, ValidationErrorKind

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


_FIGURES = re.compile(r"\+?[0-9]{1,20}")


@cache
def _contract() -> Any:
    return json.loads((shipped("schemas") / "categories.schema.json").read_text(encoding="utf-8"))


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(_contract())


@cache
def _code() -> re.Pattern[str]:
    return re.compile(_contract()["$defs"]["code"]["pattern"].replace("$", r"\Z"))


def is_code(word: str) -> bool:
    return _code().search(word) is not None


def check(document: Document) -> None:
    """Report everything that the schema does not allow."""
    for steps, message in _complaints(_validator(), document.data):
        document.report(steps, message)


def jurisdiction_problems(data: Any) -> list[str]:
    """What the schema does not allow about a jurisdiction by itself."""
    alone = _contract()["properties"]["jurisdiction"] | {"$defs": _contract()["$defs"]}
    try:
        complaints = list(_complaints(Draft202012Validator(alone), data))
    except UnicodeEncodeError:
        # Bytes of a command line that are no UTF-8 come as halves of characters.
        return ["what it is called is not written in UTF-8"]
    return [f"{'.'.join(map(str, steps))}: {message}" for steps, message in complaints]


def _complaints(validator: Draft202012Validator, data: Any) -> Iterator[tuple[Steps, str]]:
    for error in validator.iter_errors(data):
        steps = _steps(error.instance_path, data)
        *place, keyword = error.schema_path
        schema: Any = reduce(getitem, place, _contract())
        instance: Any = error.instance
        if isinstance(error.kind, ValidationErrorKind.PropertyNames):
            name = str(error.kind.error.instance)
            yield (*steps, name), f"{name!r} is not {_meaning(error, schema)}"
        elif keyword == "additionalProperties":
            known = schema["properties"]
            for key in instance.keys() - known.keys():
                yield (*steps, key), f"unknown key; known are {', '.join(sorted(known))}"
        else:
            yield steps, WORDS.get(keyword, _as_is)(error, schema)


def _steps(path: list[str | int], value: Any) -> Steps:
    """The way to a value; the validator takes a key of figures for a number."""
    steps: list[str | int] = []
    for step in path:
        if isinstance(value, dict) and isinstance(step, int):
            step = next(key for key in value if _FIGURES.fullmatch(key) and int(key) == step)
        steps.append(step)
        value = value[step]
    return tuple(steps)


def _meaning(error: ValidationError, schema: Any) -> str:
    return str(schema.get("description", error.message))


def _as_is(error: ValidationError, _: Any) -> str:
    return error.message


def _required(error: ValidationError, schema: Any) -> str:
    mapping: Any = error.instance
    lacking = [key for key in schema["required"] if key not in mapping]
    return f"lacks {', '.join(lacking)}"


def _type(error: ValidationError, schema: Any) -> str:
    kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    allowed = " or ".join(KINDS[kind] for kind in kinds)
    instance = error.instance
    if instance is None:
        return f"is empty; allowed is {allowed}"
    if isinstance(instance, (dict, list)):
        return f"is {KINDS['object' if isinstance(instance, dict) else 'array']}; allowed is {allowed}"
    if list(error.instance_path) == ["boundary"] and isinstance(instance, str):
        return f"is {json.dumps(instance, ensure_ascii=False)}; a file is named by {{file: {instance}}}"
    quoted = f'; write "{json.dumps(instance)}"' if "string" in kinds else ""
    return f"is {json.dumps(instance, ensure_ascii=False)}; allowed is {allowed}{quoted}"


def _enum(error: ValidationError, schema: Any) -> str:
    return f"is {error.instance!r}; allowed is {', '.join(schema['enum'])}"


def _not_as_described(error: ValidationError, schema: Any) -> str:
    return f"{error.instance!r} is not allowed: {_meaning(error, schema)}"


WORDS: dict[str | int, Callable[[ValidationError, Any], str]] = {
    "required": _required,
    "type": _type,
    "enum": _enum,
    "pattern": _not_as_described,
    "minItems": lambda _, schema: f"needs at least {schema['minItems']}",
    "minProperties": lambda _, schema: f"needs at least {schema['minProperties']}",
    "minLength": lambda _, schema: "is empty",
    "maxLength": lambda _, schema: f"is longer than {schema['maxLength']} characters",
    "minimum": lambda error, schema: f"is {error.instance}; the least is {schema['minimum']}",
    "maximum": lambda error, schema: f"is {error.instance}; the most is {schema['maximum']}",
    "uniqueItems": lambda _, schema: "names something twice",
}
