"""Every form of the desk, and every act of its interface, sent by every role about a case out of its reach: nothing
changes. Whoever may act tries the same, so that what refuses is the right and not the form.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from flask import Flask
from sqlalchemy import Connection, String, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from werkzeug.routing import Rule

from open311.app import application
from open311.core import Core
from open311.model.casework.bulk import BulkAct
from open311.model.casework.cases import Stage
from open311.model.service_request import Visibility
from open311.model.staff.rights import Membership
from open311.model.staff.roles import Role
from open311.staff.api.acts import ACTS
from open311.staff.case import case_page, outside
from open311.storage import tables
from open311.storage.tables import case_notes, cases, memberships, orders, rounds, stops, views
from tests.serving import START, MakeCore, first_city
from tests.staff.desk import Desk, Employee, membership
from tests.staff.test_api import Program, good_body, program_of
from tests.visibility.desk_forms import ABOUT_NO_CASE, ELSEWHERE, FORM, UNIT, WITHOUT_EFFECT
from tests.visibility.town import OTHER, OWN, Subject, a_subject

# A city that nobody of those who are tried works for.
NOBODYS = "mannheim.de"
SERVICE, FOREIGN_SERVICE, AREA = "MUELL_WILD", "STRASSE_SCHADEN", "NORD"
# What of the town has no number of a report.
WHOLE = ("accounts", "memberships", "views", "rounds", "stops", "account_links")
# What is kept of whoever tries: that they are there, and what became of their own bulk act.
OWN_TRACES = {"case_presence", "bulk_items"}
# Where an act shows.
SHOWING = ("cases", "events", "case_notes", "reporters", "orders", "memberships", "accounts")


class Town(NamedTuple):
    """Cases that nobody who is tried here may act on, one they may, and the ids of what hangs on the first."""

    foreign: list[Subject]
    own: Subject
    ids: dict[str, str]


def a_case(conn: Connection, place: int, visibility: Visibility, unit: str, service: str) -> Subject:
    subject = a_subject(conn, place, f"{visibility}{place}", OWN, visibility)
    requests = tables.service_requests
    conn.execute(update(requests).where(requests.c.id == subject.number).values(service_code=service))
    stage = Stage.CHECK if visibility == Visibility.HELD else Stage.WORK
    row = {
        "service_request_id": subject.number,
        "jurisdiction_id": OWN,
        "service_code": service,
        "stage": stage.value,
        "unit": unit,
        "received_datetime": START,
        "touched_datetime": START,
    }
    conn.execute(insert(cases).values(row))
    return subject


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    """A server of two cities, which are alike but for their name."""
    city = first_city()
    other = replace(city, jurisdiction=replace(city.jurisdiction, jurisdiction_id=OTHER, aliases=()))
    return make_core(
        city, other, OPEN311_SMTP_URL="smtp://mail.example:25", OPEN311_MAIL_FROM="stadt@a.example"
    )


@pytest.fixture
def town(conn: Connection, core: Core) -> Town:
    foreign = [
        a_case(conn, place, seen, ELSEWHERE, FOREIGN_SERVICE)
        for place, seen in enumerate((Visibility.HELD, Visibility.PUBLISHED), 1)
    ]
    own = a_case(conn, 3, Visibility.PUBLISHED, UNIT, SERVICE)
    rita = Desk(core).account(
        membership(Role.WORKER, units=(ELSEWHERE,)), email="rita@stadt.example", name="Rita"
    )
    return Town(foreign, own, ids_of(conn, foreign[1].number, rita))


def ids_of(conn: Connection, number: int, account_id: int) -> dict[str, str]:
    """What hangs on a report and on a colleague who has it, made here where it is not there."""
    about = {"service_request_id": number}

    def made(table: Any, **values: Any) -> str:
        values = {"created_datetime": START} | values
        return str(conn.execute(insert(table).values(**values).returning(table.c.id)).scalar_one())

    def first(table: Any, column: str, value: int) -> str:
        return str(conn.execute(select(func.min(table.c.id)).where(table.c[column] == value)).scalar_one())

    round_id = made(rounds, jurisdiction_id=OWN, name="Runde", day=START.date())
    conn.execute(insert(stops).values(round_id=int(round_id), position=0, **about))
    view = {"account_id": None, "unit": ELSEWHERE, "jurisdiction_id": NOBODYS, "name": "Ansicht"}
    order = {"contractor": "X", "text": "Bitte", "state": "sent", "ends_datetime": START}
    event_id = first(tables.events, "service_request_id", number)
    return {
        "account_id": str(account_id),
        "membership_id": first(memberships, "account_id", account_id),
        "round_id": round_id,
        "view_id": made(views, **view, query={}),
        "event_id": event_id,
        "update_id": event_id,
        "media_id": first(tables.media, "service_request_id", number),
        "order_id": made(orders, **about, **order),
        "note_id": made(case_notes, **about, text="Notiz", author=f"staff:{account_id}"),
    }


@pytest.fixture(scope="module")
def app() -> Flask:
    return application()


def narrowed(role: Role) -> tuple[Membership, ...]:
    """Roles that are each good for something, and none for the foreign cases."""
    last = START.replace(year=START.year - 1)
    parts = [
        membership(role, services=(SERVICE,)),
        membership(role, areas=(AREA,)),
        membership(role, ends_datetime=last),
        Membership(jurisdiction_id=OTHER, role=role),
    ]
    # What reaches a unit's cases alone is narrowed by the unit; the others are for the whole city all the same.
    return (
        *parts,
        *([membership(role, units=(UNIT,))] if role in (Role.WORKER, Role.LEAD, Role.FIELD) else ()),
    )


def rules(app: Flask) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("staff.") and "POST" in (rule.methods or ()):
            yield rule


def filled(rule: Rule, values: dict[str, str]) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda part: values[part[1]], rule.rule)


def attacks(app: Flask, town: Town, target: Subject) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every address that changes something about a case, with a form that says what all of them ask for."""
    number, revision = str(target.number), "1"
    form = FORM | {
        "revision": revision,
        "number": number,
        "chosen": f"{number}:{revision}",
        "picked": number,
        "person": town.ids["account_id"],
        "note_id": town.ids["note_id"],
        "order": town.ids["order_id"],
        "parent_number": str(town.own.number),
    }
    for rule in rules(app):
        if rule.endpoint in ABOUT_NO_CASE:
            continue
        acts = {"staff.report_act": [*case_page.ACTS], "staff.outside_act": [*outside.ACTS]}
        if target.visibility == Visibility.HELD and rule.endpoint in acts:
            # Nobody who is tried even sees it: one act stands for all of them.
            acts = {"staff.report_act": ["note"], "staff.outside_act": ["order"]}
        for act in acts.get(rule.endpoint, [""]):
            yield filled(rule, {**town.ids, "number": number, "act": act}), form
    values = {
        BulkAct.STATUS: "IN_BEARBEITUNG",
        BulkAct.UNIT: UNIT,
        BulkAct.PERSON: town.ids["account_id"],
        BulkAct.PRIORITY: "2",
        BulkAct.DEADLINE: "2026-07-01",
    }
    for bulk_act in BulkAct:
        # The second is what no page of ours offers.
        for value in (values.get(bulk_act, ""), "x"):
            key = f"{value}{bulk_act}{number}"
            yield "/staff/reports/bulk", form | {"act": bulk_act.value, "value": value, "key": key}
    for outcome in ("publish", "withhold", "reject", "duplicate", "ask"):
        yield f"/staff/check/{number}", form | {"outcome": outcome}
    for act in ("people", "report"):
        yield f"/staff/admin/privacy/{number}", form | {"act": act}
    # One's own case, into another's.
    yield f"/staff/check/{town.own.number}", form | {"outcome": "duplicate", "parent_number": number}


def state(conn: Connection, numbers: list[int], *names: str) -> dict[str, str]:
    """A digest of all that is kept about these reports, and of what has no report, by table; or of these tables."""
    digests = {}
    for table in tables.metadata.sorted_tables:
        if names and table.name not in names:
            continue
        about = next((c for c in table.c if c.name in ("service_request_id", "parent_id")), None)
        if table.name == "service_requests":
            chosen = table.c.id.in_(numbers)
        elif table.name in WHOLE:
            chosen = table.c[next(iter(table.c)).name].is_not(None)
        elif about is not None and table.name not in OWN_TRACES:
            chosen = about.in_(numbers)
        else:
            continue
        row = func.to_jsonb(table.table_valued()).cast(JSONB).cast(String)
        digests[table.name] = conn.execute(
            select(func.md5(func.coalesce(func.string_agg(row, text("'' order by 1")), ""))).where(chosen)
        ).scalar_one()
    return digests


class Attack(NamedTuple):
    """Something that is sent about a foreign case, by a form or by a program."""

    name: str
    send: Callable[[], int]


def by_forms(app: Flask, town: Town, employee: Employee) -> Iterator[Attack]:
    for target in town.foreign:
        for path, form in attacks(app, town, target):
            name = f"{path} {form['act']} {form['outcome']}{' x' if form['value'] == 'x' else ''}"
            yield Attack(name, lambda path=path, form=form: employee.post(path, **form).status_code)


def by_program(town: Town, program: Program) -> Iterator[Attack]:
    """The same by the interface of the desk, one's own case joined with another's at the end."""
    for target in town.foreign:
        acts = [(target.number, act.name, good_body(act)) for act in ACTS]
        acts += [
            (town.own.number, "merge", {"into": target.number}),
            (town.own.number, "decide", {"outcome": "duplicate", "parent_id": target.number}),
            (target.number, "merge", {"into": town.own.number}),
        ]
        for number, act, body in acts:
            yield Attack(
                f"{act} {number}",
                lambda number=number, act=act, body=body: (
                    program.act(str(number), act, 1, **body).status_code
                ),
            )


def require_nothing_changed(conn: Connection, town: Town, tried: Iterable[Attack]) -> None:
    numbers = [subject.number for subject in town.foreign]
    before = state(conn, numbers)
    for attack in tried:
        assert attack.send() < 500, attack.name
        after = state(conn, numbers, "events")
        assert after.items() <= before.items(), attack.name
    assert state(conn, numbers) == before


# Those who may have programs.
PROGRAMS = (Role.CHECKER, Role.LEAD, Role.SUPERVISOR)


@pytest.mark.parametrize("role", Role)
def test_nothing_is_changed_out_of_reach(
    conn: Connection, core: Core, app: Flask, town: Town, role: Role
) -> None:
    desk = Desk(core)
    employee = desk.employee(*narrowed(role), email="x@stadt.example", name="X")
    require_nothing_changed(conn, town, by_forms(app, town, employee))
    if role in PROGRAMS:
        require_nothing_changed(conn, town, by_program(town, program_of(desk, employee)))


def test_who_may_changes_it_by_the_same_forms(conn: Connection, core: Core, app: Flask, town: Town) -> None:
    everything = Desk(core).employee(*(membership(role) for role in Role), email="x@stadt.example", name="X")
    numbers = [subject.number for subject in town.foreign]
    before, every, changing = state(conn, numbers, *SHOWING), set[str](), set[str]()
    for attack in by_forms(app, town, everything):
        savepoint = conn.begin_nested()
        assert attack.send() < 500, attack.name
        name = re.sub(r"\d+", "N", attack.name)
        every.add(name)
        if state(conn, numbers, *SHOWING) != before:
            changing.add(name)
        savepoint.rollback()
    assert every - changing == WITHOUT_EFFECT
