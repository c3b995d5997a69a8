"""What has come since a page of the desk was opened."""

import pytest
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.model.staff.roles import Role
from tests.actors import CLARA
from tests.client import client_of
from tests.serving import Api, Clock
from tests.staff.desk import Desk, Employee, membership

UNIT = "TIEFBAU"
SENT = {"service_code": "STRASSENSCHADEN", "attribute[WO]": "fahrbahn"}


@pytest.fixture
def bea(desk: Desk) -> Employee:
    return desk.employee(membership(Role.CHECKER), membership(Role.WORKER, units=(UNIT,)))


def test_what_has_come_is_told_by_how_much_more_it_is(
    desk: Desk, bea: Employee, api: Api, clock: Clock
) -> None:
    first = bea.get("/staff/news")
    assert first.json == {"numbers": {"accept": 0, "check": 0, "mails": 0, "mine": 0}, "news": []}
    assert first.headers["Cache-Control"] == "private, no-store"
    numbers = [int(api.report(**SENT)) for _ in range(3)]
    casework.publish(desk.core, numbers[0], CLARA)
    casework.assign(desk.core, numbers[0], UNIT, CLARA)
    casework.assign_person(desk.core, numbers[0], bea.account_id, CLARA)
    desk.core.database.freshness.renew()
    query = "check=0&accept=0&mine=0&mails=0"
    # Counted a moment ago, and not yet anew: the numbers are those of before, and so is their tag.
    known = {"If-None-Match": first.headers["ETag"]}
    assert bea.get(f"/staff/news?{query}", **known).status_code == 304
    clock.forward(seconds=11)
    told = bea.get(f"/staff/news?{query}", **known)
    assert told.json["news"] == [
        "2 weitere Meldungen zu prüfen",
        "Ein weiterer Fall anzunehmen",
        "Ein weiterer Fall für Sie",
    ]
    # What has become less, or was never a number, is no news.
    assert bea.get("/staff/news?check=99&accept=viele&mine=1").json["news"] == []


def test_while_nothing_changes_nobody_is_looked_up_for_the_answer(desk: Desk, bea: Employee) -> None:
    tag = bea.get("/staff/news").headers["ETag"]
    stranger = client_of(desk.core)
    for visitor in (bea.client, stranger):
        answer = visitor.get("/staff/news", headers={"If-None-Match": tag})
        assert (answer.status_code, answer.data) == (304, b"")
    # With another word, or none, only whoever is signed in learns anything.
    for headers in ({}, {"If-None-Match": '"0"'}):
        assert stranger.get("/staff/news", headers=headers).status_code == 401
    admin = desk.employee(Role.ADMIN, email="ada@stadt.example")
    assert admin.get("/staff/news").status_code == 403


def test_to_ask_keeps_no_session_alive(bea: Employee, conn: Connection, clock: Clock) -> None:
    seen = text("select max(seen_datetime) from sessions")
    before = conn.execute(seen).scalar_one()
    clock.forward(minutes=20)
    assert bea.get("/staff/news").status_code == 200
    assert conn.execute(seen).scalar_one() == before
    bea.get("/staff")
    assert conn.execute(seen).scalar_one() > before
