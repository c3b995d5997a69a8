"""Colleagues who are named in a note: `@Rita Muster`, `@Rita` where nobody else is called so, `@TIEFBAU` for a unit."""

import re
from collections.abc import Collection, Mapping

from open311.base.text import fold


def mentioned(text: str, people: Mapping[int, str], units: Mapping[str, Collection[int]]) -> frozenset[int]:
    """The ids of those that a text names behind an `@`; `people` are names by id, `units` ids by a code or a name.

    The longest name that fits counts; letter case does not matter.
    """
    named = _by_name(people, units)
    # `@Rita Muster` is not `@Rita`, of whom there may be one as well.
    longest_first = sorted(named, key=len, reverse=True)
    ids: set[int] = set()
    folded = fold(text)
    for place in re.finditer(r"(?<!\w)@", folded):
        rest = folded[place.end() :]
        name = next((name for name in longest_first if _begins_with(rest, name)), None)
        if name is not None:
            ids |= named[name]
    return frozenset(ids)


def _begins_with(rest: str, name: str) -> bool:
    return rest.startswith(name) and not rest[len(name) : len(name) + 1].isalnum()


def _by_name(people: Mapping[int, str], units: Mapping[str, Collection[int]]) -> dict[str, set[int]]:
    named: dict[str, set[int]] = {}
    for account_id, name in people.items():
        named.setdefault(fold(name), set()).add(account_id)
    firsts: dict[str, set[int]] = {}
    for account_id, name in people.items():
        firsts.setdefault(fold(name).partition(" ")[0], set()).add(account_id)
    named = {name: ids for name, ids in firsts.items() if len(ids) == 1} | named
    return {fold(unit): {*ids} for unit, ids in units.items()} | named
