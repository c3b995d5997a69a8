"""Demo reports: the same ones every time, made through the actions that real reports go through.

All people and all reports are made up.
"""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from rich.progress import track
from shapely import Point
from shapely.geometry.base import BaseGeometry

from open311.actions import casework, report
from open311.core import Core
from open311.model.catalogue import Attribute, Catalogue, Datatype, Service, ServiceType
from open311.model.keys import Key, Scope
from open311.model.service_request import Location, Reporter
from open311.model.submission import Submission

SEED = 311
DAYS = 120
STREETS = (
    "Bismarckstraße",
    "Ludwigstraße",
    "Prinzregentenstraße",
    "Hohenzollernstraße",
    "Maudacher Straße",
    "Rheinuferstraße",
    "Saarlandstraße",
    "Mundenheimer Straße",
    "Bürgermeister-Grünzweig-Straße",
    "Kaiser-Wilhelm-Straße",
)
REMARKS = (
    "Seit einer Woche, bitte ansehen.",
    "Direkt neben der Haltestelle.",
    "Gefährlich für Kinder auf dem Schulweg.",
    "Auf dem Gehweg, man kommt mit dem Kinderwagen nicht vorbei.",
    "War letzten Monat schon einmal gemeldet.",
    "Gegenüber dem Spielplatz, gut zu sehen.",
)
NOTES = ("Wird geprüft.", "An den Bereich weitergegeben.", "Termin ist vereinbart.")
ENDINGS = ("Wurde behoben.", "Erledigt, vielen Dank für den Hinweis.", "Liegt auf privatem Grund.")
NAMES = (("Anna", "Beispiel"), ("Bernd", "Muster"), ("Clara", "Probe"), ("Deniz", "Vorlage"))
# The shares the city counted in its first days: litter, vehicles, lights; the rest shares what is left.
USUAL = {"MUELL_WILD": 64, "FAHRZEUG_ALT": 29, "STRASSENLATERNE": 7}


def seed(core: Core, count: int) -> None:
    """Fill an empty database with `count` reports from the last months, in many states; shows progress."""
    chance = random.Random(SEED)
    moments = sorted(_moments(chance, core.now(), count))
    key = Key(id=0, name="demo", scopes=frozenset(Scope), created_datetime=core.now())
    for moment in track(moments, description="Filling in demo reports"):
        catalogue = chance.choice(core.catalogues.in_force)
        _live(_at(core, moment), core.now(), catalogue, key, chance)


def _at(core: Core, moment: datetime) -> Core:
    """The same Core at another time."""
    return replace(core, now=lambda: moment)


def _moments(chance: random.Random, now: datetime, count: int) -> Iterator[datetime]:
    for _ in range(count):
        yield now - timedelta(seconds=int(chance.random() ** 1.3 * DAYS * 86400) + 60)


def _live(then: Core, now: datetime, catalogue: Catalogue, key: Key, chance: random.Random) -> None:
    """One report and what became of it until now."""
    service = _service(catalogue, chance)
    receipt = report.submit(then, catalogue, _submission(catalogue, service, chance), key)
    number = receipt.service_request_id
    if number is None:
        if receipt.token and chance.random() < 0.9:
            casework.accept(then, receipt.token, "demo")
        return
    began = then.now()
    if service.moderated:
        began = _later(began, now, chance, hours=20)
        if began >= now or chance.random() < 0.03:
            return
        casework.publish(_at(then, began), number, "demo")
    _work(then, began, now, catalogue, number, chance)


def _work(
    then: Core, began: datetime, now: datetime, catalogue: Catalogue, number: int, chance: random.Random
) -> None:
    """Most reports are taken up, and most of those are finished in the end."""
    moment = _later(began, now, chance, hours=72)
    if moment >= now or chance.random() < 0.05:
        return
    taken_up = catalogue.published_status.code
    casework.set_status(_at(then, moment), number, taken_up, "demo", chance.choice(NOTES))
    ended = _later(moment, now, chance, hours=400)
    if ended >= now or chance.random() < 0.15:
        return
    closed = [each.code for each in catalogue.statuses.values() if each.status == "closed"]
    likely = [catalogue.default_status("closed").code] * 4 + closed
    ending = chance.choice(likely)
    casework.set_status(_at(then, ended), number, ending, "demo", chance.choice(ENDINGS))


def _later(moment: datetime, now: datetime, chance: random.Random, *, hours: int) -> datetime:
    return min(now, moment + timedelta(seconds=int(chance.expovariate(1 / (hours * 3600)))))


def _service(catalogue: Catalogue, chance: random.Random) -> Service:
    offered = [each for each in catalogue.active_services() if each.type is not ServiceType.BLACKBOX]
    weights = [USUAL.get(each.service_code, 4) for each in offered]
    return chance.choices(offered, weights)[0]


def _submission(catalogue: Catalogue, service: Service, chance: random.Random) -> Submission:
    first, last = chance.choice(NAMES)
    mail = f"{first}.{last}@example.org".lower()
    anonymous = chance.random() < 0.6
    language = catalogue.jurisdiction.languages[0]
    city = catalogue.jurisdiction.name.in_language(language)
    return Submission(
        service_code=service.service_code,
        location=_somewhere(catalogue.jurisdiction.boundary, chance),
        address=f"{chance.choice(STREETS)} {chance.randint(1, 180)}, {city}",
        zipcode=str(chance.choice((67059, 67061, 67063, 67065, 67067, 67069, 67071))),
        description=f"{service.service_name.in_language(language)}. {chance.choice(REMARKS)}",
        channel=chance.choice(("app", "app", "web", "phone")),
        answers={
            each.code: [_answer(each, chance)]
            for each in service.attributes
            if each.variable and each.required
        },
        reporter=Reporter() if anonymous else Reporter(email=mail, first_name=first, last_name=last),
    )


def _answer(attribute: Attribute, chance: random.Random) -> str:
    if attribute.values:
        return chance.choice(attribute.values).key
    return {Datatype.NUMBER: str(chance.randint(1, 9)), Datatype.DATETIME: "2026-03-01T10:00:00Z"}.get(
        attribute.datatype, "unbekannt"
    )


def _somewhere(boundary: BaseGeometry | None, chance: random.Random) -> Location:
    """Mostly in town, round the middle of the area; always inside the boundary."""
    if boundary is None:
        return Location(49.48, 8.44)
    middle = boundary.representative_point()
    west, south, east, north = boundary.bounds
    while True:
        long = chance.gauss(middle.x, (east - west) / 6)
        lat = chance.gauss(middle.y, (north - south) / 6)
        if boundary.contains(Point(long, lat)):
            return Location(round(lat, 6), round(long, 6))
