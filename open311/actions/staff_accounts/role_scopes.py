"""What a role is narrowed to, as people write it: codes of units, services and areas of the city."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from open311.base.errors import Problem, problem
from open311.model.catalogue import Catalogue
from open311.model.staff.rights import NARROWED_TO

# Tuples of codes, or None for all, as fields of a `Membership`.
Scope = Mapping[str, Any]


def read(values: Mapping[str, str]) -> Scope:
    """Codes with commas or blanks between, by the name of their list; None, which means all, for none."""
    return {name: _codes(values.get(name, "")) for name in NARROWED_TO}


def _codes(words: str) -> tuple[str, ...] | None:
    return tuple(dict.fromkeys(words.replace(",", " ").split())) or None


def known(city: Catalogue) -> Mapping[str, Collection[str]]:
    return {"units": city.units, "services": city.services, "areas": city.desk.areas.by_code}


def unknown(city: Catalogue, scope: Scope) -> list[Problem]:
    """What the city does not have, a problem a list."""
    codes = {name: _unknown(scope[name] or (), there) for name, there in known(city).items()}
    return [
        problem(f"desk.role.{name}", unknown=", ".join(missing)) for name, missing in codes.items() if missing
    ]


def _unknown(codes: Sequence[str], there: Collection[str]) -> list[str]:
    return [code for code in codes if code not in there]
