"""Made-up reports and what became of them, by the same rules as real ones."""

import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from open311.dev.demo.places import Town
from open311.dev.demo.words import CHANNELS, NAMES, REST, USUAL, in_language
from open311.model import status
from open311.model.access.visibility import is_everybodys
from open311.model.casework.cases import Case, at_stage, new_case
from open311.model.catalogue import (
    Attribute,
    Catalogue,
    Datatype,
    DetailedStatus,
    Service,
    ServiceType,
    attributes,
)
from open311.model.events import data_of
from open311.model.service_request import NOBODY, Reporter, ServiceRequest, Status, Visibility
from open311.storage.requests.bulk_load import NewEvent

DAYS = 5 * 365
REPORTER, STAFF = "key:demo", "demo"


@dataclass(slots=True)
class Life:
    """A report without an id, who sent it, and the lines of its history, the oldest first."""

    request: ServiceRequest
    reporter: Reporter
    answers: dict[str, list[str]]
    catalogue: Catalogue
    token: str | None = None
    events: list[NewEvent] = field(default_factory=list)
    areas: tuple[str, ...] | None = None

    @property
    def case(self) -> Case:
        """What staff know of it: when it was checked, and whether a unit has taken it up."""
        moments = {event.kind: event.datetime for event in self.events}
        request = self.request
        case = new_case(request._asdict(), self.catalogue, place=request.location, areas=self.areas)
        taken_up = replace(
            case,
            checked_datetime=moments.get("published") or moments.get("hidden"),
            accepted_datetime=moments.get("status_changed"),
        )
        return at_stage(taken_up, self.request.visibility, self.request.status, case.received_datetime.date())

    @property
    def received_datetime(self) -> datetime:
        return self.request.requested_datetime

    def tell(self, kind: str, at: datetime, actor: str, **more: Any) -> None:
        """Append a line to the history."""
        shown = is_everybodys(self.request)
        self.events.append(NewEvent(kind, at, actor, **{"public": shown, "in_feed": shown} | more))

    def move(self, kind: str, at: datetime, changes: dict[str, Any]) -> None:
        """Change the report and tell of it, as `casework` does."""
        changed = self.request._replace(
            **changes,
            version=self.request.version + 1,
            updated_datetime=max(at, self.request.requested_datetime),
        )
        was_shown = is_everybodys(self.request)
        self.request = changed
        shown = is_everybodys(changed)
        is_update = kind != "hidden"
        data = data_of(changed, changes, is_update=is_update)
        self.tell(kind, at, STAFF, is_update=is_update, in_feed=shown or was_shown, data=data)


class Lives:
    """Reports of one jurisdiction; the same ones for the same `chance`."""

    def __init__(self, catalogue: Catalogue, now: datetime, chance: random.Random) -> None:
        self._catalogue, self._now, self._chance = catalogue, now, chance
        self._language = catalogue.jurisdiction.languages[0]
        self._words = in_language(self._language)
        self._town = Town(catalogue.jurisdiction.boundary, self._words.streets, chance)
        self._city = catalogue.jurisdiction.name.in_language(self._language)
        offered = [
            service for service in catalogue.active_services() if service.type is not ServiceType.BLACKBOX
        ]
        self._services = offered
        self._weights = [USUAL.get(service.service_code, REST) for service in offered]
        closed = [status for status in catalogue.statuses.values() if status.status == Status.CLOSED]
        self._endings = [catalogue.default_status(Status.CLOSED)] * 4 + closed

    def begin(self, requested: datetime) -> Life:
        """A report sent at this moment, and what became of it until now."""
        service = self._chance.choices(self._services, self._weights)[0]
        life = self._new_report(service, requested)
        began = self._released(life, service)
        if began is not None:
            self._worked_on(life, began)
        return life

    def _new_report(self, service: Service, requested: datetime) -> Life:
        chance = self._chance
        shown = service.type is ServiceType.REALTIME and not service.moderated
        corner, place = self._town.somewhere(chance)
        seen = chance.choice(
            self._words.seen.get(service.service_code)
            or (f"{service.service_name.in_language(self._language)}.",)
        )
        answers = attributes.check(service, dict(self._answers(service, seen)))
        life = Life(
            ServiceRequest(
                service_request_id=0,
                jurisdiction_id=self._catalogue.jurisdiction.jurisdiction_id,
                service_code=service.service_code,
                status=Status.OPEN,
                detailed_status=self._catalogue.initial_status.code,
                visibility=Visibility.PUBLISHED if shown else Visibility.HELD,
                version=1,
                requested_datetime=requested,
                updated_datetime=requested,
                expected_datetime=self._catalogue.promise(service.service_code, requested),
                description=f"{seen} {chance.choice(self._words.remarks)}".strip(),
                agency_responsible=service.agency,
                address=self._address(corner.street, chance.randint(1, 180)),
                zipcode=corner.zipcode or None,
                lat=place.lat,
                long=place.long,
                channel=chance.choice(CHANNELS),
                attributes=dict(answers.public),
            ),
            self._reporter(),
            dict(answers.private),
            self._catalogue,
            # Not by `chance`: the same reports may be added twice.
            token=secrets.token_hex(16) if service.type is ServiceType.BATCH else None,
        )
        now = {"status": Status.OPEN.value, "detailed_status": self._catalogue.initial_status.code}
        life.tell("submitted", requested, REPORTER, data=now)
        return life

    def _released(self, life: Life, service: Service) -> datetime | None:
        """When work on the report could begin; None while nobody has checked it."""
        sent = life.request.requested_datetime
        if life.token:
            life.tell("accepted", sent, STAFF)
        if is_everybodys(life.request):
            return sent
        checked = self._later(sent, hours=20) if service.moderated else sent
        if checked >= self._now:
            return None
        if self._chance.random() < 0.02:
            life.move("hidden", checked, status.change_visibility(life.request, Visibility.HIDDEN))
            return None
        changes = status.change_visibility(life.request, Visibility.PUBLISHED)
        to = self._catalogue.published_status
        life.move("published", checked, changes | status.change_status(life.request, to, None, checked))
        return checked

    def _worked_on(self, life: Life, began: datetime) -> None:
        """Most reports are taken up, and most of those are finished in the end."""
        taken_up = self._move(
            life, began, 72, self._catalogue.published_status, self._words.notes, given_up=0.03
        )
        if taken_up:
            ending = self._chance.choice(self._endings)
            notes = self._words.done if ending.default else self._words.not_done
            self._move(life, taken_up, 400, ending, notes, given_up=0.04)

    def _move(
        self,
        life: Life,
        after: datetime,
        hours: int,
        to: DetailedStatus,
        notes: tuple[str, ...],
        *,
        given_up: float,
    ) -> datetime | None:
        at = self._later(after, hours=hours)
        if at >= self._now or self._chance.random() < given_up:
            return None
        note = self._chance.choice(notes) or None
        life.move("status_changed", at, status.change_status(life.request, to, note, at))
        return at

    def _address(self, street: str, number: int) -> str:
        return f"{street} {number}, {self._city}" if street else self._city

    def _later(self, moment: datetime, *, hours: int) -> datetime:
        return moment + timedelta(seconds=int(self._chance.expovariate(1 / (hours * 3600))))

    def _reporter(self) -> Reporter:
        first, last = self._chance.choice(NAMES)
        if self._chance.random() < 0.6:
            return NOBODY
        return Reporter(email=f"{first}.{last}@example.org".lower(), first_name=first, last_name=last)

    def _answers(self, service: Service, seen: str) -> Iterator[tuple[str, list[str]]]:
        for attribute in service.attributes:
            if attribute.variable and attribute.required:
                yield attribute.code, [self._answer(attribute, seen)]

    def _answer(self, attribute: Attribute, seen: str) -> str:
        if attribute.values:
            return self._chance.choice(attribute.values).key
        number = str(self._chance.randint(1, 9))
        return {Datatype.NUMBER: number, Datatype.DATETIME: "2026-03-01T10:00:00Z"}.get(
            attribute.datatype, seen
        )


def moments(chance: random.Random, now: datetime, count: int) -> list[datetime]:
    """When `count` reports were sent in the last years, the oldest first; more of them lately."""
    spread = DAYS * 86400 - 60
    ages = sorted((int(chance.random() ** 1.5 * spread) + 60 for _ in range(count)), reverse=True)
    return [now - timedelta(seconds=age) for age in ages]
