"""Units as those see them who give out roles: people, mailbox, hours, and which reports go there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from babel.dates import get_day_names
from flask import request
from flask.typing import ResponseReturnValue

from open311.base.i18n import locale_of
from open311.http import current
from open311.model.access.actor import Right
from open311.model.catalogue import Catalogue
from open311.model.desk.desk_catalogue import Unit, UnitKind
from open311.model.desk.routing import Span
from open311.model.staff.rights import Membership
from open311.staff.administration.accounts import MANAGERS
from open311.staff.blueprint import page, staff
from open311.staff.case.routing import asks
from open311.staff.own_cities import chosen_city, own_cities
from open311.staff.rendering import render
from open311.storage.desk import units as storage
from open311.storage.staff_accounts import accounts, memberships


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit of the list. Nobody hears of its reports where it has neither people nor a mailbox."""

    city: Catalogue
    unit: Unit
    people: int
    open_cases: int

    @property
    def is_deaf(self) -> bool:
        return self.unit.email is None and (self.people == 0 or self.unit.kind is UnitKind.EXTERNAL)


@page("/admin/units", *MANAGERS)
def units_list() -> ResponseReturnValue:
    """The units of which somebody manages the people."""
    cities = own_cities(*MANAGERS)
    lines = [
        line
        for city in cities
        for line in unit_lines(city, open_cases(city))
        if _manages(city, line.unit.code)
    ]
    return render("administration/units.html", lines=lines, several=len(cities) > 1)


def open_cases(city: Catalogue) -> Mapping[str, int]:
    """How many open cases each unit has, those too that the catalogue no longer names."""
    with current.core().database.read() as conn:
        return storage.open_cases(conn, city.jurisdiction.jurisdiction_id)


def unit_lines(city: Catalogue, cases: Mapping[str, int]) -> list[UnitLine]:
    core = current.core()
    with core.database.read() as conn:
        people = storage.members(conn, city.jurisdiction.jurisdiction_id, core.now())
    return [UnitLine(city, _unit(city, code), people.get(code, 0), cases.get(code, 0)) for code in city.units]


def _unit(city: Catalogue, code: str) -> Unit:
    """A unit of the desk, or an agency that is one without a word about it."""
    return city.desk.units.get(code) or Unit(code=code)


def _manages(city: Catalogue, unit: str) -> bool:
    """Whether somebody gives out roles in a unit: administrators in all, leads in their own."""
    return any(
        role.reaches(Right.MANAGE_ACCOUNTS)
        or (role.reaches(Right.MANAGE_MEMBERS) and (role.units is None or unit in role.units))
        for role in staff().within(city.jurisdiction.jurisdiction_id)
    )


@page("/admin/units/<code>", *MANAGERS)
def unit_page(code: str) -> ResponseReturnValue:
    """One unit; `city` tells two of the same code apart."""
    cities = [city for city in own_cities(*MANAGERS) if code in city.units and _manages(city, code)]
    city = chosen_city(cities, request.args.get("city"))
    unit = _unit(city, code)
    return render(
        "administration/unit.html",
        city=city,
        unit=unit,
        people=_people(city, code),
        open_cases=open_cases(city).get(code, 0),
        hours=_hours(city),
        rules=[(rule.name, asks(rule, city)) for rule in city.desk.rules if rule.unit == code],
        services=[service for service in city.services.values() if service.agency == code],
        may_see=Right.SEE_REPORTS in staff().rights,
        checks=city.desk.checkers == code,
    )


def _people(city: Catalogue, code: str) -> Sequence[tuple[int, str, Sequence[Membership]]]:
    """Who belongs to a unit by name: the account, its name, and the roles there."""
    core, found = current.core(), dict[int, list[Membership]]()
    with core.database.read() as conn:
        everybody = memberships.in_jurisdiction(
            conn, city.jurisdiction.jurisdiction_id, core.catalogues.rights_of_role, core.now()
        )
        for account_id, held in everybody.items():
            if here := [role for role in held if code in (role.units or ())]:
                found[account_id] = here
        names: Mapping[int, str] = accounts.names(conn, found) if found else {}
    people = [
        (account_id, names[account_id], held) for account_id, held in found.items() if account_id in names
    ]
    return sorted(people, key=lambda person: person[1].casefold())


def _hours(city: Catalogue) -> str:
    """When the city works, as its calendar says; empty without one."""
    calendar = city.desk.calendar
    if calendar is None:
        return ""
    names = get_day_names("abbreviated", locale=locale_of(current.language()))
    days = ", ".join(names[day] for day in sorted(calendar.weekdays))
    opens, closes = calendar.opens, calendar.closes
    return f"{days} {Span(opens, closes)}" if opens and closes else days
