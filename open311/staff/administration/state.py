"""What is wrong at the desk, for administrators: units that nobody hears for, mailboxes, jobs that failed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask.typing import ResponseReturnValue

from open311.actions.addresses import geocoding
from open311.basemap.ground import ground_of
from open311.http import current
from open311.model.access.actor import Right
from open311.model.catalogue import Catalogue
from open311.site.words import counted, words
from open311.staff.administration.accounts import MANAGERS
from open311.staff.administration.units import open_cases, unit_lines
from open311.staff.blueprint import address, page
from open311.staff.catalogue_names import unit_name
from open311.staff.own_cities import own_cities
from open311.staff.rendering import render
from open311.storage.staff_accounts import memberships
from open311.storage.upkeep import figures

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong and what to do, and the page where that can be done."""

    text: str
    link: str = ""


@page("/admin/state", Right.MANAGE_ACCOUNTS)
def desk_state() -> ResponseReturnValue:
    cities = [city for city in own_cities(*MANAGERS) if not city.jurisdiction.harvested_from]
    findings = [finding for city in cities for finding in _of_city(city)]
    return render("administration/state.html", findings=[*findings, *_of_server()])


def _of_city(city: Catalogue) -> Iterator[Finding]:
    owner, language = city.jurisdiction.jurisdiction_id, current.language()
    cases = open_cases(city)
    for line in unit_lines(city, cases):
        if line.is_deaf:
            name = unit_name(line.unit.code, owner)
            link = address("unit_page", code=line.unit.code, city=owner)
            yield Finding(counted("desk.state.deaf", line.open_cases, unit=name), link)
    for code, number in cases.items():
        if code not in city.units:
            yield Finding(counted("desk.state.stranded", number, unit=code))
    for role, number in _roles_gone(city).items():
        yield Finding(counted("desk.state.role_gone", number, role=role), address("accounts_list"))
    for code, service in city.services.items():
        if service.agency is None and not any(
            not rule.services or code in rule.services for rule in city.desk.rules
        ):
            yield Finding(words("desk.state.unrouted", service=city.service_name(code, language)))
    yield from _finding_places(city)


def _finding_places(city: Catalogue) -> Iterator[Finding]:
    """What whoever reports needs to say where something is; a city may choose to search no addresses."""
    core, name = current.core(), city.jurisdiction.name.in_language(current.language())
    if core.settings.geocoder == "table" and not geocoding.possible(core, city):
        yield Finding(words("desk.state.addresses", city=name))
    if not ground_of(core, city).has_streets:
        yield Finding(words("desk.state.streets", city=name))


def _roles_gone(city: Catalogue) -> Mapping[str, int]:
    """The roles that are given but stand in the catalogue no more, and how often."""
    core = current.core()
    with core.database.read() as conn:
        given = memberships.roles_given(conn, core.now()).get(city.jurisdiction.jurisdiction_id, {})
    return {role: number for role, number in given.items() if role not in city.desk.roles}


def _of_server() -> Iterator[Finding]:
    """What the worker and the mailboxes say of themselves."""
    core = current.core()
    with core.database.read() as conn:
        now = figures.read(conn)
    if now.heartbeat is None:
        yield Finding(words("desk.state.worker"))
    failed = sum(jobs.count for jobs in now.jobs if jobs.state == "failed")
    if failed:
        yield Finding(counted("desk.state.jobs", failed))
    for mailbox in now.mailboxes:
        if mailbox.failing is not None:
            minutes = round(mailbox.failing / MINUTE)
            yield Finding(counted("desk.state.mailbox", minutes, mailbox=mailbox.name))
        if mailbox.skipped:
            yield Finding(counted("desk.state.skipped", mailbox.skipped, mailbox=mailbox.name))
