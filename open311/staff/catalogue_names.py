"""Names for codes of the catalogue where a page is about several cities, or about none in particular."""

from collections.abc import Callable, Iterable, Iterator

from open311.http import current
from open311.model.catalogue import Catalogue


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
