"""Mails at once: a case that comes to a unit or a person, and a note that names somebody."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.core import Catalogues
from open311.model.access.actor import ALL_RIGHTS, Actor, ActorKind, staff_actor
from open311.model.casework.cases import Priority
from open311.model.desk.desk_catalogue import Unit
from open311.model.staff.accounts import MailChoice
from open311.model.staff.roles import Role
from open311.model.task_names import TaskName
from tests.actors import CLARA
from tests.jobs import work
from tests.mailbox import Mailbox
from tests.serving import Clock, MakeCore, an_api, first_city
from tests.staff.desk import CITY, Desk, membership

BOX = "tiefbau@stadt.example"
SENT = {"service_code": "STRASSENSCHADEN", "attribute[WO]": "fahrbahn", "description": "Kanarienvogel"}
RITA, CEM = "rita@stadt.example", "cem@stadt.example"


@pytest.fixture
def desk(make_core: MakeCore, post: tuple[Mailbox, str]) -> Desk:
    """A desk that sends mail; one unit wants to hear of each case, as those do who check, and two do not."""
    sender = {"OPEN311_SMTP_URL": post[1], "OPEN311_MAIL_FROM": "Stadt <stadt@example.org>"}
    core, city = make_core(OPEN311_BASE_URL="http://127.0.0.1:8311", **sender), first_city()
    wanting = Unit(code="TIEFBAU", email=BOX, at_once=True)
    units = {
        **city.desk.units,
        "TIEFBAU": wanting,
        "STADTREINIGUNG": Unit(code="STADTREINIGUNG", email="rein@stadt.example"),
        "BUERGERBERATUNG": Unit(code="BUERGERBERATUNG", accepts=False, at_once=True),
    }
    catalogues = Catalogues([replace(city, desk=replace(city.desk, units=units))])
    return Desk(replace(core, catalogues=catalogues))


def report(desk: Desk) -> int:
    return int(an_api(desk.core).report(**SENT))


def published(desk: Desk) -> int:
    """A report of the unit that wants to hear of none."""
    number = report(desk)
    casework.publish(desk.core, number, CLARA)
    casework.assign(desk.core, number, "GRUENFLAECHEN", CLARA)
    return number


def person(desk: Desk, role: Role, email: str, *units: str, name: str = "Rita Muster") -> Actor:
    account_id = desk.account(membership(role, units=units or None), email=email, name=name)
    return staff_actor(account_id, ALL_RIGHTS, [CITY])


def told(desk: Desk, conn: Connection, mailbox: Mailbox) -> list[tuple[str, str]]:
    """To whom mails go when their time has come, and what they say."""
    mailbox.mails.clear()
    work(desk.core, conn, TaskName.SEND_NOTICES)
    assert conn.execute(text("select count(*) from staff_notices")).scalar_one() == 0
    return sorted((str(mail["To"]), str(mail.get_content())) for mail in mailbox.mails)


def test_a_unit_hears_once_of_all_that_has_come(desk: Desk, conn: Connection, mailbox: Mailbox) -> None:
    rita = person(desk, Role.WORKER, RITA, "TIEFBAU")
    numbers = [published(desk) for _ in range(3)]
    told(desk, conn, mailbox)
    for number in numbers:
        casework.assign(desk.core, number, "TIEFBAU", CLARA)
    casework.assign(desk.core, numbers[0], "STADTREINIGUNG", CLARA)
    casework.set_status(desk.core, numbers[1], "GELOEST", CLARA)
    [(to, words)] = told(desk, conn, mailbox)
    # What went on to another unit, or was closed meanwhile, is nothing to see to.
    assert (to, words.count("/staff/reports/")) == (BOX, 1)
    assert f", neu bei Bereich Tiefbau: http://127.0.0.1:8311/staff/reports/{numbers[2]}" in words
    assert "Kanarienvogel" not in words
    casework.accept_work(desk.core, numbers[2], rita)
    assert told(desk, conn, mailbox) == []
    casework.set_status(desk.core, numbers[1], "IN_BEARBEITUNG", CLARA)
    assert "wieder aufgenommen, bei Bereich Tiefbau" in told(desk, conn, mailbox)[0][1]


def test_another_unit_hears_of_what_is_urgent_alone(desk: Desk, conn: Connection, mailbox: Mailbox) -> None:
    person(desk, Role.WORKER, RITA, "GRUENFLAECHEN")
    number = published(desk)
    told(desk, conn, mailbox)
    for unit in ("STADTREINIGUNG", "GRUENFLAECHEN"):
        casework.assign(desk.core, number, unit, CLARA)
    assert told(desk, conn, mailbox) == []
    casework.set_priority(desk.core, number, Priority.HIGH, CLARA)
    casework.assign(desk.core, number, "STADTREINIGUNG", CLARA)
    assert [to for to, _ in told(desk, conn, mailbox)] == ["rein@stadt.example"]
    # Without a mailbox its people hear of it, but for whoever did it.
    casework.assign(desk.core, number, "GRUENFLAECHEN", CLARA)
    assert [to for to, _ in told(desk, conn, mailbox)] == [RITA]


def test_those_who_check_hear_of_what_is_new(desk: Desk, conn: Connection, mailbox: Mailbox) -> None:
    person(desk, Role.CHECKER, CEM)
    number = report(desk)
    assert [(to, "neu zu prüfen" in words) for to, words in told(desk, conn, mailbox)] == [(CEM, True)]
    casework.publish(desk.core, number, CLARA)
    told(desk, conn, mailbox)
    casework.decline(desk.core, number, "gehört zur Bahn", CLARA)
    assert [(to, "neu zu prüfen" in words) for to, words in told(desk, conn, mailbox)] == [(CEM, True)]


def test_a_person_hears_of_their_case_as_they_wish(desk: Desk, conn: Connection, mailbox: Mailbox) -> None:
    rita = person(desk, Role.WORKER, RITA, "GRUENFLAECHEN")
    cem = person(desk, Role.WORKER, CEM, "GRUENFLAECHEN")
    number = published(desk)
    told(desk, conn, mailbox)
    casework.assign_person(desk.core, number, int(rita.id), rita)
    assert told(desk, conn, mailbox) == []
    casework.assign_person(desk.core, number, int(cem.id), rita)
    [(to, words)] = told(desk, conn, mailbox)
    assert (to, "Ihnen zugeteilt" in words) == (CEM, True)
    assert "http://127.0.0.1:8311/staff/me" in words
    conn.execute(
        text("update accounts set prefs = jsonb_build_object('mails', cast(:choice as text)) where id = :id"),
        {"choice": MailChoice.NONE.value, "id": int(cem.id)},
    )
    casework.assign_person(desk.core, number, None, rita)
    casework.assign_person(desk.core, number, int(cem.id), rita)
    assert told(desk, conn, mailbox) == []


def test_who_is_named_in_a_note_hears_of_it_until_it_is_read(
    desk: Desk, conn: Connection, mailbox: Mailbox
) -> None:
    rita = person(desk, Role.WORKER, RITA, "GRUENFLAECHEN")
    cem = person(desk, Role.WORKER, CEM, "GRUENFLAECHEN", name="Cem Muster")
    number = published(desk)
    told(desk, conn, mailbox)
    note = casework.add_note(desk.core, number, "@Cem, @Rita: die Nachbarin ruft an", rita)
    casework.assign_person(desk.core, number, int(cem.id), rita)
    [(to, words)] = told(desk, conn, mailbox)
    assert to == CEM
    assert ", eine Notiz nennt Sie; Ihnen zugeteilt: http" in words
    assert "Nachbarin" not in words
    # Put right, it is no second note.
    casework.change_note(desk.core, note, "@Cem: die Nachbarin rief an", rita)
    assert told(desk, conn, mailbox) == []
    casework.add_note(desk.core, number, "@Cem: noch einmal", rita)
    casework.read_mentions(desk.core, number, cem)
    assert told(desk, conn, mailbox) == []


def test_nothing_is_told_of_what_was_taken_back(
    desk: Desk, conn: Connection, mailbox: Mailbox, clock: Clock
) -> None:
    rita = person(desk, Role.WORKER, RITA, "GRUENFLAECHEN")
    number = published(desk)
    told(desk, conn, mailbox)
    actor = Actor(ActorKind.STAFF, "9999", ALL_RIGHTS)
    casework.assign_person(desk.core, number, int(rita.id), actor)
    casework.assign(desk.core, number, "TIEFBAU", actor)
    casework.take_back(desk.core, number, actor)
    [(to, words)] = told(desk, conn, mailbox)
    assert (to, "Ihnen zugeteilt" in words) == (RITA, True)


def test_a_mail_waits_until_the_act_cannot_be_taken_back(desk: Desk, conn: Connection) -> None:
    published(desk)
    casework.assign(desk.core, published(desk), "TIEFBAU", CLARA)
    jobs = conn.execute(
        text("select scheduled_at from procrastinate_jobs where task_name = 'send_notices'")
    ).scalars()
    delay = desk.core.settings.mail_delay_seconds
    assert [(moment - desk.core.now()).total_seconds() >= delay for moment in jobs] == [True]
