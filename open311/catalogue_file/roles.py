"""Roles as a city writes them: its own, and what it changes of those that every city has."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from open311.base.text import Text
from open311.catalogue_file.document import Cursor, Problems
from open311.model.access.actor import Right
from open311.model.staff.roles import (
    ABOUT_NO_CASE,
    ALL,
    BUILT_IN,
    GIVING,
    NO_RIGHTS,
    SENSITIVE,
    CityRole,
    Reach,
    Reaches,
    RoleRights,
)


def build(written: Mapping[str, Any], read_text: Callable[[Any], Text]) -> Mapping[str, CityRole]:
    """All roles of a city by code, those that every city has first."""
    changed = {code: _role(code, role or {}, read_text) for code, role in written.items()}
    return {**BUILT_IN, **changed}


def _role(code: str, role: Mapping[str, Any], read_text: Callable[[Any], Text]) -> CityRole:
    base = BUILT_IN.get(role.get("like", code))
    added = {Right(right): _reaches(reaches) for right, reaches in role.get("rights", {}).items()}
    rights = {**(base.rights if base else NO_RIGHTS), **added}
    without = {Right(right) for right in role.get("without", ())}
    return CityRole(
        code=code,
        rights={right: reaches for right, reaches in rights.items() if right not in without},
        name=read_text(role.get("name")),
        means=read_text(role.get("means")),
    )


def _reaches(written: str | list[str]) -> Reaches:
    return frozenset(map(Reach, [written] if isinstance(written, str) else written))


def contents(roles: Mapping[str, CityRole]) -> dict[str, Any]:
    """The part of the document that says what this city's roles are, as far as other cities have others."""
    return {code: _contents(role) for code, role in roles.items() if BUILT_IN.get(code) != role}


def _contents(role: CityRole) -> dict[str, Any]:
    usual = BUILT_IN[role.code].rights if role.code in BUILT_IN else NO_RIGHTS
    return {
        "name": dict(role.name.by_language),
        "means": dict(role.means.by_language),
        "rights": {
            right.value: sorted(reach.value for reach in reaches)
            for right, reaches in sorted(role.rights.items())
            if usual.get(right) != reaches
        },
        "without": sorted(right.value for right in usual if right not in role.rights),
    }


def check(roles: Cursor) -> Problems:
    """What makes no sense about a role, each by itself."""
    for role in roles.entries():
        is_own = role.key not in BUILT_IN
        if is_own and role["name"].value is None:
            yield role.steps, "is a role of this city alone, so it needs a name"
        if is_own and role["like"].value is None and not list(role["rights"].entries()):
            yield role.steps, "gives no rights: name some, or a role that it is like"
        if not is_own and role["like"].value is not None:
            yield (
                role["like"].steps,
                f"{role.key!r} is a role that every city has: say what differs by rights, without",
            )
        for right in role["rights"].entries():
            yield from _right(right)


def _right(right: Cursor) -> Problems:
    reaches = {right.word} if right.word else {reach.word for reach in right}
    if right.key in ABOUT_NO_CASE and reaches != {Reach.ALL}:
        yield right.steps, f"{right.key!r} is not about one case: write all"
    if right.key == Right.READ_AUDIT and not reaches <= {Reach.ALL, Reach.OWN}:
        yield right.steps, "the log is read as a whole (all), or what somebody did themselves (own)"


def both_giving_and_seeing(roles: Mapping[str, CityRole]) -> Iterator[CityRole]:
    """The roles that manage accounts and see personal data as well: nobody else would notice what they do."""
    for role in roles.values():
        if Right.MANAGE_ACCOUNTS in role.rights and _sees(role.rights):
            yield role


def _sees(rights: RoleRights) -> bool:
    return any(rights.get(right) for right in SENSITIVE - GIVING - {Right.READ_AUDIT}) or (
        rights.get(Right.READ_AUDIT) == ALL
    )
