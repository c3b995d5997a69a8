"""The log of what must be accounted for."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from open311.actions.staff_accounts import audit_log, staff_retention
from open311.core import Core
from open311.model.staff.audit import BEGINNING, AuditKind, AuditLine, first_broken
from open311.model.staff.roles import Role
from open311.storage.staff_accounts import audit
from tests.serving import START, Clock
from tests.staff.desk import CITY, Desk


def kinds(core: Core) -> list[str]:
    """What stands in the log."""
    with core.database.read() as conn:
        return [line.kind for line in audit.every_line(conn)]


def test_says_who_gave_which_role_to_whom(desk: Desk, core: Core) -> None:
    ada = desk.employee(Role.ADMIN, email="ada@stadt.example", name="Ada")
    bea = desk.account(email="bea@stadt.example")
    ada.post(
        f"/staff/admin/accounts/{bea}/roles", 303, jurisdiction_id=CITY, role="worker", units="STADTREINIGUNG"
    )
    with core.database.read() as conn:
        [line] = audit.page(conn, kind="role_given", actor=f"staff:{ada.account_id}", limit=9)
    assert line.subject == f"account:{bea}"
    assert line.data == {"jurisdiction_id": CITY, "role": "worker", "units": ["STADTREINIGUNG"]}


def test_is_read_whole_by_auditors_and_by_administrators_as_far_as_they_acted(desk: Desk) -> None:
    ada = desk.employee(Role.ADMIN, email="ada@stadt.example", name="Ada")
    bea = desk.account(email="bea@stadt.example")
    ada.post(f"/staff/admin/accounts/{bea}/roles", 303, jurisdiction_id=CITY, role="reader")
    rolf = desk.employee(Role.AUDITOR, email="rolf@stadt.example", name="Rolf")
    everything = rolf.get("/staff/admin/log").text
    assert f"account:{bea}" in everything
    assert f"staff:{rolf.account_id}" in everything
    own = ada.get("/staff/admin/log").text
    assert f"account:{bea}" in own
    assert f"staff:{rolf.account_id}" not in own


def test_tells_that_it_was_read(desk: Desk, core: Core) -> None:
    rolf = desk.employee(Role.AUDITOR, email="rolf@stadt.example", name="Rolf")
    rolf.get("/staff/admin/log")
    assert kinds(core)[-1] == "log_read"
    assert "Protokoll gelesen" in rolf.get("/staff/admin/log?kind=log_read").text


def test_is_turned_over_page_by_page(desk: Desk, core: Core) -> None:
    rolf = desk.employee(Role.AUDITOR, email="rolf@stadt.example", name="Rolf")
    for _ in range(60):
        rolf.get("/staff/admin/log?kind=log_read")
    page = rolf.get("/staff/admin/log?kind=log_read").text
    assert page.count("<tr") == audit_log.PAGE + 1
    older = page.partition("before=")[2].partition('"')[0]
    rest = rolf.get(f"/staff/admin/log?kind=log_read&before={older}").text
    assert 0 < rest.count("<tr") - 1 < audit_log.PAGE


def test_shows_when_a_line_was_changed_or_taken_out(desk: Desk, core: Core, conn: Connection) -> None:
    desk.employee(Role.ADMIN)
    assert audit_log.check(core) is None
    ids = list(conn.execute(text("select id from audit order by id")).scalars())
    changed, taken = ids[1], ids[2]
    with conn.begin_nested() as savepoint:
        conn.execute(text("update audit set actor = 'staff:999' where id = :id"), {"id": changed})
        broken = audit_log.check(core)
        assert broken is not None
        assert broken.id == changed
        savepoint.rollback()
    conn.execute(text("delete from audit where id = :id"), {"id": taken})
    broken = audit_log.check(core)
    assert broken is not None
    assert broken.id > taken


def a_chain() -> list[AuditLine]:
    """Four lines, each sealed behind the one before."""
    lines: list[AuditLine] = []
    for number in range(1, 5):
        line = AuditLine(
            id=number,
            datetime=START,
            actor="staff:1",
            kind="signed_in",
            subject="account:1",
            data={"factor": "password"},
            ip_prefix="203.0.113.0/24",
            previous=lines[-1].digest if lines else BEGINNING,
        )
        lines.append(replace(line, digest=line.reckoned_digest()))
    return lines


@pytest.mark.parametrize(
    ("column", "forged"),
    [
        ("datetime", START + timedelta(seconds=1)),
        ("actor", "staff:2"),
        ("kind", "signed_out"),
        ("subject", "account:2"),
        ("data", {"factor": "passkey"}),
        ("ip_prefix", "198.51.100.0/24"),
    ],
)
def test_each_column_of_a_line_is_sealed(column: str, forged: Any) -> None:
    lines = a_chain()
    assert first_broken(lines) is None
    lines[1] = replace(lines[1], **{column: forged})
    assert first_broken(lines) == lines[1]


def test_before_a_line_that_was_emptied_none_can_be_taken_out() -> None:
    first, _, emptied, last = a_chain()
    emptied = replace(emptied, actor=None, subject=None, data={}, ip_prefix=None, forgotten=True)
    assert first_broken([first, a_chain()[1], emptied, last]) is None
    assert first_broken([first, emptied, last]) == emptied


def test_after_a_clock_was_set_back_no_gap_is_made(core: Core, conn: Connection) -> None:
    long_ago = START - timedelta(days=400)
    for moment in (long_ago, START, long_ago):
        audit.append(conn, moment, "staff:1", AuditKind.KEY_ADDED)
    year = START - timedelta(days=365)
    assert audit.forget(conn, sign_ins_before=year, all_before=year) == 1
    assert [line.datetime for line in audit.every_line(conn)] == [START, long_ago]
    assert audit_log.check(core) is None


def test_forgets_sign_ins_after_a_month_and_everything_after_a_year(
    desk: Desk, core: Core, clock: Clock
) -> None:
    bea = desk.employee(Role.CHECKER)
    clock.forward(days=31)
    staff_retention.tidy(core)
    with core.database.read() as conn:
        lines = list(audit.every_line(conn))
    signed_in = [line for line in lines if line.kind == "signed_in"]
    assert signed_in
    assert all(line.forgotten and line.actor is None and line.data == {} for line in signed_in)
    assert any(line.actor == f"staff:{bea.account_id}" for line in lines)
    assert audit_log.check(core) is None
    clock.forward(days=340)
    desk.sign_in(bea)
    staff_retention.tidy(core)
    assert set(kinds(core)) <= {"signed_in"}
    assert audit_log.check(core) is None


def test_holds_no_words_of_people_and_no_whole_address(desk: Desk, core: Core, conn: Connection) -> None:
    desk.account(email="bea@stadt.example", name="Bea Geheimname")
    visitor = desk.visitor()
    visitor.client.environ_base["REMOTE_ADDR"] = "203.0.113.77"
    for _ in range(5):
        visitor.post("/staff/login", email="bea@stadt.example", password="wrong")
    assert "sign_in_refused" in kinds(core)
    rows = str(conn.execute(text("select * from audit")).all())
    assert "203.0.113.0/24" in rows
    for secret in ("Geheimname", "bea@stadt.example", "203.0.113.77", "wrong"):
        assert secret not in rows


def test_strangers_cannot_fill_it(desk: Desk, core: Core) -> None:
    desk.account(email="bea@stadt.example")
    before = len(kinds(core))
    visitor = desk.visitor()
    for number in range(60):
        visitor.post("/staff/login", email=f"nobody{number % 9}@stadt.example", password="wrong")
        visitor.post("/staff/login", email="bea@stadt.example", password="wrong")
    assert len(kinds(core)) - before <= 1
