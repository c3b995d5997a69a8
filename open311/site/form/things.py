"""Things with a number, such as street lamp 4711: the place tells the number, and the number the place."""

from open311.actions.addresses import geocoding
from open311.http import current
from open311.model.catalogue import Service
from open311.model.intake.drafts import Draft
from open311.model.maps.geography import Circle
from open311.model.maps.place import Place
from open311.model.service_request import Location
from open311.site.blueprint import city
from open311.site.form import form_input
from open311.storage.maps import assets

# Who stands so near has shown the thing itself; who shows a place that far from it, another one.
AT_METRES = 3.0
# Numbers of lamps repeat between districts, not between neighbours.
APART_METRES = 100.0


def numbers_at(draft: Draft, service: Service) -> dict[str, list[str]]:
    """The answers so far, and the numbers of what is at the place where no answer was asked for yet."""
    place, _ = form_input.position(draft.state)
    answers = draft.answers
    if place is None:
        return answers
    with current.core().database.read() as conn:
        for attribute in service.attributes:
            if attribute.asset and attribute.code not in answers:
                owner = city().jurisdiction.jurisdiction_id
                if thing := assets.at(conn, owner, attribute.asset, Circle(place, AT_METRES)):
                    answers[attribute.code] = [thing.number]
    return answers


def place_by_number(draft: Draft, service: Service) -> Place | None:
    """Where the one thing is whose number was given; None when that is clear already."""
    for attribute in service.attributes:
        [number, *more] = draft.answers.get(attribute.code) or [""]
        if not (attribute.asset and number.strip()) or more:
            continue
        places = geocoding.things(current.core(), city(), number, {attribute.asset}, current.language())
        if len(places) == 1 and not _is_there(draft, places[0]):
            return places[0]
    return None


def _is_there(draft: Draft, thing: Place) -> bool:
    place, _ = form_input.position(draft.state)
    return bool(place and Circle(place, 1.0).distance(Location(thing.lat, thing.long)) <= APART_METRES)
