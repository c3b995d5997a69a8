"""What sets two catalogues apart."""

import json
from collections.abc import Iterator
from typing import Any

from open311.catalogue_file.contents import contents
from open311.catalogue_file.document import NAMES
from open311.model.catalogue import Catalogue

ABSENT = object()


def differences(old: Catalogue, new: Catalogue) -> tuple[str, ...]:
    """One line for each thing added (`+`), removed (`-`) or changed (`~`), with its place; none when equal."""
    return tuple(_compare("", contents(old), contents(new)))


def _compare(place: str, old: Any, new: Any) -> Iterator[str]:
    if old == new:
        return
    if old is ABSENT:
        yield f"+ {place}: {_short(new)}"
    elif new is ABSENT:
        yield f"- {place}: {_short(old)}"
    elif isinstance(old, dict) and isinstance(new, dict):
        yield from _compare_entries(place, old, new)
    elif _is_named(old) and _is_named(new):
        before, after = _by_name(old), _by_name(new)
        yield from _compare_entries(place, before, after)
        # Only of those in both: what was added or removed in between moves nobody.
        if [name for name in before if name in after] != [name for name in after if name in before]:
            yield f"~ {place}: in another order"
    else:
        yield f"~ {place}: {_short(old)} → {_short(new)}"


def _compare_entries(place: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for key in dict.fromkeys([*old, *new]):
        yield from _compare(f"{place}.{key}".removeprefix("."), old.get(key, ABSENT), new.get(key, ABSENT))


def _is_named(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, dict) for entry in value)


def _by_name(entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {next(entry[name] for name in NAMES if name in entry): entry for entry in entries}


def _short(value: Any) -> str:
    """A value in one line; of an entry with a name, the name."""
    if isinstance(value, dict):
        value = value.get("service_name") or value.get("name") or value.get("label") or value
    return json.dumps(value, ensure_ascii=False)
