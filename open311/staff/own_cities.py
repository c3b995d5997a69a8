"""The cities in which whoever is signed in may do something."""

from collections.abc import Sequence

from open311.base.errors import NotFound, problem
from open311.http import current
from open311.model.access.actor import Right
from open311.model.catalogue import Catalogue
from open311.staff.blueprint import staff


def own_cities(*rights: Right) -> list[Catalogue]:
    """Those in force in which they have one of these rights."""
    own = {jurisdiction_id for right in rights for jurisdiction_id in staff().jurisdictions(right)}
    return [city for city in current.core().catalogues.in_force if city.jurisdiction.jurisdiction_id in own]


def chosen_city(cities: Sequence[Catalogue], jurisdiction_id: str | None) -> Catalogue:
    """The city that was chosen, else the first; raises `NotFound` where there is none."""
    chosen = (city for city in cities if city.jurisdiction.jurisdiction_id == jurisdiction_id)
    city = next(chosen, None) or next(iter(cities), None)
    if city is None:
        raise NotFound(problem("error.path"))
    return city
