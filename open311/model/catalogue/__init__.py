"""The catalogue of one jurisdiction: its services, their definitions, statuses, agencies and groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from operator import attrgetter

from open311.base.text import NO_TEXT, Text
from open311.model.catalogue.site import PLAIN_SITE, Site
from open311.model.desk.desk_catalogue import PLAIN_DESK, Desk
from open311.model.desk.routing import Facts, Route, Rule
from open311.model.desk.working_days import Period, PeriodUnit
from open311.model.forwards import Forward
from open311.model.jurisdiction import Jurisdiction
from open311.model.service_request import Location, Status


class Datatype(StrEnum):
    """What kind of answer an attribute takes (GeoReport v2, GET service definition)."""

    STRING = "string"
    NUMBER = "number"
    DATETIME = "datetime"
    TEXT = "text"
    SINGLEVALUELIST = "singlevaluelist"
    MULTIVALUELIST = "multivaluelist"


class ServiceType(StrEnum):
    """What a POST answers with: an id, a token, or neither (GeoReport v2, GET service list)."""

    REALTIME = "realtime"
    BATCH = "batch"
    BLACKBOX = "blackbox"


@dataclass(frozen=True, slots=True)
class Value:
    """One choice of a list attribute."""

    key: str
    name: Text


@dataclass(frozen=True, slots=True)
class Condition:
    """An attribute is asked only when another one was answered with one of these values."""

    code: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One question, or with `variable=False` one piece of information, of a service definition."""

    code: str
    datatype: Datatype
    description: Text
    order: int
    variable: bool = True
    required: bool = False
    datatype_description: Text = NO_TEXT
    values: tuple[Value, ...] = ()
    public: bool = False
    only_if: Condition | None = None
    # The kind of thing whose number is the answer, such as street_lamp.
    asset: str | None = None

    @property
    def always_required(self) -> bool:
        """Whether every report needs an answer: no condition can make the question go away."""
        return self.required and self.only_if is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One kind of report that the city takes."""

    service_code: str
    service_name: Text
    description: Text = NO_TEXT
    keywords: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    group: str | None = None
    type: ServiceType = ServiceType.REALTIME
    icon: str = "marker"
    agency: str | None = None
    response_time: timedelta | None = None
    retention_days: int | None = None
    service_notice: Text = NO_TEXT
    stop_text: Text = NO_TEXT
    moderated: bool = True
    photo_wanted: bool = False
    active: bool = True
    forward: Forward | None = None
    attributes: tuple[Attribute, ...] = ()

    @property
    def metadata(self) -> bool:
        """Whether a client must fetch the definition before it can report."""
        return bool(self.attributes)


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailedStatus:
    """A status finer than open and closed, as the public sees it.

    `detailed_status` is its word in CitySDK, `update_status` its word in FixMyStreet's updates. The marks say
    where it is used without being named: `initial` for new reports, `published` once staff release one,
    `default` when somebody says no more than open or closed.
    """

    code: str
    label: Text
    status: str
    colour: str
    shape: str
    detailed_status: str
    update_status: str
    description: Text = NO_TEXT
    initial: bool = False
    published: bool = False
    default: bool = False

    @property
    def is_for_duplicates(self) -> bool:
        """Whether it says that something was reported before, which takes the number of that report."""
        return self.status == Status.CLOSED and self.update_status == "duplicate"


@dataclass(frozen=True, slots=True)
class Agency:
    code: str
    name: Text


@dataclass(frozen=True, slots=True)
class Group:
    """A heading under which services are shown."""

    code: str
    name: Text


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """Everything a jurisdiction says about itself; immutable, replaced as a whole.

    `services` holds every service the file names, in the order they are listed, inactive ones too.
    `retired` holds names of services that an earlier version had. `digest` identifies the contents that the public
    sees, `desk_digest` those of the desk; `changeset` is when these contents came into force. `derived` is what others
    make of all this again and again, kept as long as the catalogue is.
    """

    jurisdiction: Jurisdiction
    statuses: Mapping[str, DetailedStatus]
    services: Mapping[str, Service]
    agencies: Mapping[str, Agency] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    site: Site = PLAIN_SITE
    desk: Desk = PLAIN_DESK
    retired: Mapping[str, Text] = field(default_factory=dict)
    digest: str = ""
    desk_digest: str = ""
    changeset: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    derived: dict[tuple[str, ...], dict[str, str]] = field(
        init=False, default_factory=dict, compare=False, repr=False
    )

    @cached_property
    def initial_status(self) -> DetailedStatus:
        """The open status of a new report that nobody has checked."""
        return next(status for status in self.statuses.values() if status.initial)

    @cached_property
    def published_status(self) -> DetailedStatus:
        """The open status a report moves to when staff release it; the initial one when none is marked."""
        return next((status for status in self.statuses.values() if status.published), self.initial_status)

    def default_status(self, status: str) -> DetailedStatus:
        """The detailed status for a plain `open` or `closed`: the marked one, else the first of its kind."""
        return self._default_statuses[status]

    @cached_property
    def _default_statuses(self) -> Mapping[str, DetailedStatus]:
        # Marked ones first; of a kind the first one wins, so it is written last.
        marked_first = sorted(self.statuses.values(), key=attrgetter("default"), reverse=True)
        return {entry.status: entry for entry in marked_first[::-1]}

    def active_services(self) -> tuple[Service, ...]:
        """The services that are offered, in the order of the list."""
        return tuple(service for service in self.services.values() if service.active)

    @property
    def kinds_of_things(self) -> frozenset[str]:
        """What services ask for by a number on it, such as lamps."""
        kinds = (attribute.asset for service in self.active_services() for attribute in service.attributes)
        return frozenset(kind for kind in kinds if kind)

    def find_service(self, service_code: str) -> Service | None:
        """The service offered under this code, if any."""
        service = self.services.get(service_code)
        return service if service and service.active else None

    def service_name(self, service_code: str, language: str) -> str:
        """The name of a service, offered or not; its code when nobody knows a name any more."""
        service = self.services.get(service_code)
        name = service.service_name if service else self.retired.get(service_code, NO_TEXT)
        return name.in_language(language) or service_code

    def agency_name(self, agency: str, language: str) -> str:
        """The name of an agency; what was given when the catalogue does not know it."""
        entry = self.agencies.get(agency)
        return (entry.name.in_language(language) if entry else "") or agency

    def unit_name(self, unit: str, language: str) -> str:
        """What staff call a unit: its own name, or that of its agency."""
        entry = self.desk.units.get(unit)
        return (entry.name.in_language(language) if entry else "") or self.agency_name(unit, language)

    @property
    def units(self) -> tuple[str, ...]:
        """The codes of all who can be made responsible: agencies, and the units of the desk."""
        return tuple(dict.fromkeys((*self.agencies, *self.desk.units)))

    def promise(self, service_code: str, received: datetime) -> datetime | None:
        """When a report of a service is to be finished, reckoned from its receipt; None when nothing is promised.

        In working days where the catalogue has a calendar.
        """
        period = self.period(service_code)
        return period.end(received, self.desk.calendar, self.jurisdiction.time_zone) if period else None

    def period(self, service_code: str) -> Period | None:
        """How long a report of a service may take; None when nobody has said."""
        service = self.services.get(service_code)
        if service_code not in self.desk.due and service and service.response_time:
            return Period(service.response_time.days, PeriodUnit.WORKING_DAYS)
        return self.desk.due.get(service_code)

    def due(self, service_code: str, received: datetime, rule: Rule | None) -> datetime | None:
        """Until when a unit is to be done: what the public is promised, or sooner where a rule says so."""
        promised = self.promise(service_code, received)
        if rule is None or rule.due is None:
            return promised
        sooner = rule.due.end(received, self.desk.calendar, self.jurisdiction.time_zone)
        return min(sooner, promised) if promised else sooner

    def route(
        self,
        service_code: str,
        received: datetime,
        place: Location | None,
        answers: Mapping[str, Sequence[str]],
        *,
        areas: tuple[str, ...] | None = None,
    ) -> Route:
        """Which unit a report goes to, and why. A caller that knows the `areas` at its place hands them in."""
        facts = Facts(
            service_code=service_code,
            received=received.astimezone(self.jurisdiction.time_zone),
            areas=self.desk.areas.at(place) if areas is None else areas,
            answers=answers,
        )
        service = self.services.get(service_code)
        return self.desk.route(facts, service.agency if service else None)

    def sandbox(self) -> "Catalogue":
        """The same catalogue for the test endpoint, whose reports live in a name space of their own."""
        return replace(self, jurisdiction=self.jurisdiction.sandbox())
