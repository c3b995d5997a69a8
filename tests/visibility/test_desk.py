"""Every page of the desk, opened by every role: reports of whatever visibility show what the role may read."""

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import Connection, insert
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from open311.app import application
from open311.core import Core
from open311.model.casework.cases import Stage
from open311.model.service_request import Visibility
from open311.model.staff.roles import Role
from open311.storage.tables import case_notes, cases
from tests.serving import START
from tests.staff.desk import Desk, membership
from tests.visibility.town import CANARY, OTHER, OWN, Subject, a_subject, canary

UNIT = "STADTREINIGUNG"
EVERY, PUBLIC = frozenset(Visibility), frozenset({Visibility.PUBLISHED})
NOTHING = frozenset[Visibility]()
# Each role with a unit, and of which visibilities it reads the reports of that unit; written by hand.
READS = {
    (Role.READER, None): PUBLIC,
    (Role.OPERATOR, None): PUBLIC,
    (Role.CHECKER, None): EVERY,
    (Role.WORKER, UNIT): EVERY,
    (Role.WORKER, "TIEFBAU"): PUBLIC,
    (Role.FIELD, UNIT): NOTHING,
    (Role.LEAD, UNIT): EVERY,
    (Role.SUPERVISOR, None): EVERY,
    (Role.ADMIN, None): NOTHING,
    (Role.AUDITOR, None): PUBLIC,
}
REVEALED_TO = {(Role.CHECKER, None), (Role.WORKER, UNIT), (Role.LEAD, UNIT)}
# Nobody reads these by opening a page: who sent a report is shown on demand, who follows it never.
NEVER = re.compile("person_|follower|client")
# Answers that are not public, for who may see the reporter.
PRIVATE = {"private", "unasked"}
# What whoever erases reads of a public report, which everybody reads.
ERASING = "staff.privacy_report"
# Printed sheets hold what the page of the case holds; typesetting them takes longer than all the rest.
PRINTED = {"staff.reports_pdf", "staff.report_sheet", "staff.field_list", "staff.field_sheets"}
QUERIES = {
    "staff.reports": ("?order=newest&stage=all", "?q=canary"),
    "staff.case_points": ("?bbox=8,49,9,50",),
}


@pytest.fixture(scope="module")
def app() -> Flask:
    return application()


@pytest.fixture
def subjects(core: Core, conn: Connection) -> list[Subject]:
    """Reports of our city with a case and a note each, and one of another city."""
    states = [(visibility, OWN) for visibility in Visibility] + [(Visibility.PUBLISHED, OTHER)]
    made = [
        a_subject(conn, place, f"{seen}{place}", city, seen) for place, (seen, city) in enumerate(states, 1)
    ]
    stages = {Visibility.HELD: Stage.CHECK, Visibility.HIDDEN: Stage.DONE}
    for subject in made:
        row = {
            "service_request_id": subject.number,
            "jurisdiction_id": subject.jurisdiction_id,
            "service_code": "MUELL_WILD",
            "stage": stages.get(subject.visibility, Stage.WORK).value,
            "unit": UNIT,
        }
        conn.execute(insert(cases).values(**row, received_datetime=START, touched_datetime=START))
        note = {"service_request_id": subject.number, "text": canary("casenote", subject.name)}
        conn.execute(insert(case_notes).values(**note, author="staff:99", created_datetime=START))
    return made


def rules(app: Flask) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if (
            rule.endpoint.startswith("staff.")
            and "GET" in (rule.methods or ())
            and rule.endpoint not in PRINTED
        ):
            yield rule


def filled(rule: Rule, values: dict[str, str]) -> str:
    usual = {"kind": "xlsx"} | values
    return re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", lambda part: usual.get(part[1], "1"), rule.rule)


def paths(rule: Rule, subjects: list[Subject]) -> Iterator[str]:
    """The addresses of a page: one a report, where it is about reports."""
    if "number:number" in rule.rule or "<key>" in rule.rule:
        for subject in subjects:
            yield filled(rule, {"number": str(subject.number), "key": subject.photo})
    else:
        path = filled(rule, {})
        yield from (f"{path}{query}" for query in ("", *QUERIES.get(rule.endpoint, ())))


def text_of(answer: TestResponse) -> str:
    """What is read in an answer, also in the sheets of a workbook."""
    if answer.data.startswith(b"PK"):
        with zipfile.ZipFile(BytesIO(answer.data)) as book:
            return "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    return answer.data.decode("utf-8", "replace")


@pytest.mark.parametrize(("role", "unit"), READS, ids=lambda part: str(part or "everywhere"))
def test_shows_what_the_role_may_read(
    core: Core, app: Flask, subjects: list[Subject], role: Role, unit: str | None
) -> None:
    employee = Desk(core).employee(membership(role, units=(unit,) if unit else None))
    readable = {x.name for x in subjects if x.jurisdiction_id == OWN and x.visibility in READS[role, unit]}
    told: set[str] = set()
    shown: set[str] = set()
    for rule in rules(app):
        for path in paths(rule, subjects):
            answer = employee.get(path)
            assert answer.status_code < 500, (path, answer.status_code)
            for field, name in set(CANARY.findall(text_of(answer))):
                shown.add(name)
                everybodys = (
                    rule.endpoint == ERASING and name.startswith("published") and field == "description"
                )
                secret = NEVER.match(field) or (field in PRIVATE and (role, unit) not in REVEALED_TO)
                if secret or not (name in readable or everybodys):
                    told.add(f"{path}: {field} of {name}")
    assert told == set()
    assert shown >= readable
