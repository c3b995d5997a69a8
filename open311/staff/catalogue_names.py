"""Names for codes of the catalogue where a page is about several cities, or about none in particular."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from open311.http import current
from open311.model.catalogue import Catalogue
from open311.model.staff.roles import CityRole, Role
from open311.site import words

# What the roles of every city are called, and what they are for.
ROLES: Mapping[str, tuple[str, str]] = {
    Role.READER: ("desk.role.reader", "desk.role.means.reader"),
    Role.OPERATOR: ("desk.role.operator", "desk.role.means.operator"),
    Role.CHECKER: ("desk.role.checker", "desk.role.means.checker"),
    Role.WORKER: ("desk.role.worker", "desk.role.means.worker"),
    Role.FIELD: ("desk.role.field", "desk.role.means.field"),
    Role.LEAD: ("desk.role.lead", "desk.role.means.lead"),
    Role.SUPERVISOR: ("desk.role.supervisor", "desk.role.means.supervisor"),
    Role.ADMIN: ("desk.role.admin", "desk.role.means.admin"),
    Role.AUDITOR: ("desk.role.auditor", "desk.role.means.auditor"),
}


def unit_name(unit: str, jurisdiction_id: str | None = None) -> str:
    """What staff call a unit; its code where no catalogue has it any more."""
    return _name(unit, jurisdiction_id, Catalogue.unit_name)


def unit_names(units: Iterable[str], jurisdiction_id: str | None = None) -> str:
    return ", ".join(unit_name(unit, jurisdiction_id) for unit in units)


def service_name(service_code: str, jurisdiction_id: str | None = None) -> str:
    return _name(service_code, jurisdiction_id, Catalogue.service_name)


def service_names(services: Iterable[str], jurisdiction_id: str | None = None) -> str:
    return ", ".join(service_name(code, jurisdiction_id) for code in services)


def area_names(areas: Iterable[str], jurisdiction_id: str | None = None) -> str:
    return ", ".join(_name(code, jurisdiction_id, _area_name) for code in areas)


def role_name(code: str, jurisdiction_id: str) -> str:
    """What a role is called in a city; its code where the catalogue has it no more."""
    role = current.core().catalogues.roles(jurisdiction_id).get(code)
    return name_of_role(role) if role else code


def is_known_role(code: str, jurisdiction_id: str) -> bool:
    """Whether a city still has a role; one that it has no more gives no rights."""
    return code in current.core().catalogues.roles(jurisdiction_id)


def name_of_role(role: CityRole) -> str:
    return words.catalogue_text(role.name) if role.name else words.words(ROLES[role.code][0])


def meaning_of_role(role: CityRole) -> str:
    """What a role is for, in a few words; empty where a city does not say it of a role of its own."""
    usual = role.code in ROLES and not role.means
    return words.words(ROLES[role.code][1]) if usual else words.catalogue_text(role.means)


def _name(code: str, jurisdiction_id: str | None, name: Callable[[Catalogue, str, str], str]) -> str:
    language = current.language()
    # Two cities may have units of the same code: that of the city at hand comes first.
    names = (name(catalogue, code, language) for catalogue in _catalogues(jurisdiction_id))
    return next((word for word in names if word != code), code)


def _catalogues(first: str | None) -> Iterator[Catalogue]:
    in_force = current.core().catalogues.in_force
    return iter(sorted(in_force, key=lambda catalogue: catalogue.jurisdiction.jurisdiction_id != first))


def _area_name(catalogue: Catalogue, code: str, language: str) -> str:
    return catalogue.desk.areas.name(code, language)
