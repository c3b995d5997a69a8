"""A place outside the city: whose it is, if this server knows that city too."""

from open311.http import current
from open311.model.catalogue import Catalogue
from open311.model.service_request import Location
from open311.site.blueprint import city
from open311.site.words import catalogue_text, words


def city_at(place: Location) -> Catalogue | None:
    """The other city whose boundary holds a place."""
    own = city().jurisdiction.jurisdiction_id
    for catalogue in current.core().catalogues.in_force:
        jurisdiction = catalogue.jurisdiction
        if jurisdiction.jurisdiction_id == own or jurisdiction.boundary is None:
            continue
        if jurisdiction.contains(place.lat, place.long):
            return catalogue
    return None


def in_words(place: Location) -> str:
    """That a place is outside, with the name of the city it is in if that is known."""
    here, other = catalogue_text(city().jurisdiction.name), city_at(place)
    if other is None:
        return words("page.form.error.outside", jurisdiction=here)
    return words("page.form.outside.other", jurisdiction=here, other=catalogue_text(other.jurisdiction.name))
