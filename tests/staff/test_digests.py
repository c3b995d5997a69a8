"""Mails of the day to units: one a working day, without texts or names."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.actions.staff_mail import staff_digests
from open311.core import Catalogues
from open311.model.access.actor import ALL_RIGHTS, Actor, ActorKind
from open311.model.desk.desk_catalogue import Unit
from open311.model.task_names import TaskName
from tests.jobs import work
from tests.mailbox import Mailbox
from tests.serving import START, Clock, MakeCore, an_api, first_city
from tests.staff.desk import Desk

UNIT = "TIEFBAU"
INBOX = "tiefbau@stadt.example"
ACTOR = Actor(ActorKind.STAFF, "9999", ALL_RIGHTS)


@pytest.fixture
def desk(make_core: MakeCore, post: tuple[Mailbox, str]) -> Desk:
    """A desk that sends mail, with a unit that wants one at seven."""
    sender = {"OPEN311_SMTP_URL": post[1], "OPEN311_MAIL_FROM": "Stadt <stadt@example.org>"}
    core = make_core(OPEN311_BASE_URL="http://127.0.0.1:8311", **sender)
    city = first_city()
    unit = Unit(code=UNIT, email=INBOX, digest="07:00")
    quiet = Unit(code="GRUENFLAECHEN", email="gruen@stadt.example", digest="07:00")
    units = {**city.desk.units, UNIT: unit, "GRUENFLAECHEN": quiet}
    return Desk(replace(core, catalogues=Catalogues([replace(city, desk=replace(city.desk, units=units))])))


@pytest.fixture
def late(desk: Desk, conn: Connection) -> int:
    """A case of the unit whose deadline was a week ago."""
    sent = {"service_code": "STRASSENSCHADEN", "attribute[WO]": "fahrbahn", "email": "kim@example.org"}
    number = int(an_api(desk.core).report(**sent, description="Kanarienvogel"))
    casework.publish(desk.core, number, ACTOR)
    casework.assign(desk.core, number, UNIT, ACTOR)
    conn.execute(text("update cases set due_datetime = '2026-02-23', accept_by = '2026-02-23'"))
    return number


def a_day(desk: Desk, conn: Connection) -> None:
    """What the worker does in the course of a morning."""
    for _ in range(3):
        staff_digests.enqueue(desk.core)
        work(desk.core, conn, TaskName.SEND_DIGEST)


def mails(mailbox: Mailbox) -> list[tuple[str, str]]:
    """To whom mails went, and their subjects."""
    return [(str(mail["To"]), str(mail["Subject"])) for mail in mailbox.mails]


def test_a_unit_gets_one_mail_a_working_day_without_texts_or_names(
    desk: Desk, late: int, conn: Connection, mailbox: Mailbox, clock: Clock
) -> None:
    a_day(desk, conn)
    assert mails(mailbox) == [(INBOX, "TIEFBAU: 1 überfällig, 1 anzunehmen")]
    body = mailbox.mails[0].get_content()
    assert f"http://127.0.0.1:8311/staff/reports/{late}" in body
    assert "Kanarienvogel" not in body
    assert "kim@" not in body
    clock.now = START.replace(day=7)
    a_day(desk, conn)
    assert len(mailbox.mails) == 1
    clock.now = START.replace(day=9)
    a_day(desk, conn)
    assert len(mailbox.mails) == 2


def test_nothing_is_sent_before_the_time_nor_when_nothing_waits(
    desk: Desk, conn: Connection, mailbox: Mailbox, late: int, clock: Clock
) -> None:
    clock.now = START.replace(hour=5)
    a_day(desk, conn)
    assert mailbox.mails == []
    clock.now = START
    conn.execute(text("update cases set unit = null"))
    a_day(desk, conn)
    assert mailbox.mails == []


def test_without_a_mail_server_nothing_waits_for_ever(make_core: MakeCore, conn: Connection) -> None:
    staff_digests.enqueue(make_core())
    assert conn.execute(text("select count(*) from unit_digests")).scalar_one() == 0
