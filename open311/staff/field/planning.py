"""Plan a round in the field: which cases somebody goes to on a day, from where, and who."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from open311.actions import casework
from open311.actions.addresses import geocoding
from open311.base.errors import Invalid, problem
from open311.base.text import whole_number
from open311.http import current
from open311.http.errors import in_words
from open311.model.access.actor import Right
from open311.model.casework.bulk import read_numbers, write_numbers
from open311.model.casework.cases import Stage
from open311.model.casework.desk_search import CaseSearch
from open311.model.casework.rounds import MOST_STOPS
from open311.model.catalogue import Catalogue
from open311.model.service_request import Location
from open311.site import options
from open311.site.options import Options
from open311.staff import actor_names
from open311.staff.blueprint import actor, page, redirect_to, staff
from open311.staff.case.case_acts import give_to
from open311.staff.field.rounds import field_scope, own_case
from open311.staff.own_cities import own_cities
from open311.staff.rendering import render
from open311.storage.database import Connection
from open311.storage.desk import bulk, colleagues
from open311.storage.desk.lists import case_list
from open311.storage.desk.lists.case_rows import CaseRow

TO_DO = (Stage.ACCEPT, Stage.WORK, Stage.WAITING)


@page("/field/plan", Right.FIELD, methods=("GET", "POST"))
def field_plan() -> ResponseReturnValue:
    """Choose cases, by unit, service and district, and make a round of them."""
    values: Mapping[str, Any] = request.form if request.method == "POST" else request.args
    problems: list[str] = []
    if request.method == "POST" and request.form.get("go"):
        try:
            return redirect_to("field_round", done="saved", round_id=_plan())
        except Invalid as refused:
            problems = [in_words(fault) for fault in refused.problems]
    core = current.core()
    picked = read_numbers(str(values.get("picked", "")))
    with core.database.read() as conn:
        case_rows = (
            bulk.chosen(conn, field_scope(), picked, core.now())
            if picked
            else case_list.page(conn, field_scope(), _search(values), core.now()).rows
        )
        people = _people(conn, case_rows)
    chosen = set(request.form.getlist("number")) if request.method == "POST" else {*map(str, picked)}
    return render(
        "field/plan.html",
        status=400 if problems else 200,
        rows=case_rows,
        catalogues={
            city: core.catalogues.owner(city) for city in {row.case.jurisdiction_id for row in case_rows}
        },
        picked=write_numbers(picked),
        values=values,
        chosen=chosen,
        problems=problems,
        most=MOST_STOPS,
        choices=_choices(own_cities(Right.FIELD)),
        people=people,
        today=core.now().date().isoformat(),
    )


def _search(values: Mapping[str, Any]) -> CaseSearch:
    return CaseSearch(
        stages=TO_DO,
        units=_chosen(values, "unit"),
        services=_chosen(values, "service"),
        areas=_chosen(values, "area"),
        limit=MOST_STOPS,
    )


def _chosen(values: Mapping[str, Any], name: str) -> tuple[str, ...]:
    word = str(values.get(name, ""))[:100]
    return (word,) if word else ()


def _choices(cities: Sequence[Catalogue]) -> dict[str, Options]:
    """What the cases can be chosen by."""
    return {
        "unit": [unit for city in cities for unit in options.units(city)],
        "service": options.services(("", tuple(city.services.values())) for city in cities),
        "area": [area for city in cities for area in options.areas(city)],
    }


def _people(conn: Connection, rows: Sequence[CaseRow]) -> Sequence[tuple[str, str]]:
    """Who may be sent: the colleagues of the units whose cases are listed, by name, for staff who may assign work."""
    owners = {row.case.jurisdiction_id for row in rows}
    if not any(Right.ASSIGN_PERSON in staff().rights_in(owner) for owner in owners):
        return ()
    names = dict[int, str]()
    # Cases of one unit have the same colleagues.
    core, rows_of_units = current.core(), {row.case.unit: row for row in rows}
    for row in rows_of_units.values():
        others = colleagues.of_case(
            conn, row.case, row.visibility, core.catalogues.rights_of_role, core.now()
        )
        names |= actor_names.nameable(others.of_unit, others.roles)
    by_name = sorted(names.items(), key=lambda person: person[1].casefold())
    return [(str(account_id), name) for account_id, name in by_name]


def _plan() -> int:
    word = request.form.get("day", "")
    try:
        day = date.fromisoformat(word)
    except ValueError:
        raise Invalid(problem("desk.error.day")) from None
    sent = map(whole_number, request.form.getlist("number"))
    numbers = [number for number in sent if number is not None]
    if not 0 < len(numbers) <= MOST_STOPS:
        raise Invalid(problem("error.round.stops", most=MOST_STOPS))
    cases = [own_case(number) for number in numbers]
    owner = cases[0].whole.case.jurisdiction_id
    name, person = request.form.get("name", ""), request.form.get("person", "")
    start = _start(owner, request.form.get("start", ""))
    for seen in cases if person else ():
        give_to(seen, person)
    return casework.plan_round(current.core(), owner, numbers, name, day, actor(owner), start=start)


def _start(owner: str, address: str) -> Location | None:
    """Where the round begins, as the list of addresses knows it; raises `Invalid`."""
    if not address.strip():
        return None
    core = current.core()
    places = geocoding.search(core, core.catalogues.owner(owner), address, current.language())
    if not places:
        raise Invalid(problem("error.round.start"))
    return Location(places[0].lat, places[0].long)
