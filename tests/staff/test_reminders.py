"""Deadlines: who hears when of what, each step once, by working days; one mail a day for whoever chose that."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.actions.staff_mail import reminders
from open311.base.errors import Unavailable
from open311.core import Catalogues
from open311.model.access.actor import ALL_RIGHTS, Actor, ActorKind
from open311.model.desk.deadline_steps import Deadline, read_steps
from open311.model.desk.desk_catalogue import Unit
from open311.model.staff.roles import Role
from open311.model.task_names import TaskName
from tests.actors import CLARA
from tests.jobs import work
from tests.mailbox import Mailbox
from tests.serving import Api, Clock, MakeCore, an_api, first_city
from tests.staff.desk import Desk, Employee, membership

UNIT, BOX = "TIEFBAU", "tiefbau@stadt.example"
ACTOR = Actor(ActorKind.STAFF, "9999", ALL_RIGHTS)
POTHOLE = {"service_code": "STRASSENSCHADEN", "attribute[WO]": "fahrbahn", "description": "Kanarienvogel"}
STEPS = {
    Deadline.CHECK: read_steps(["50%", "100%"], {"150%": "lead"}),
    Deadline.ACCEPT: read_steps(["100%"], {"200%": "lead", "300%": "supervisor"}),
}
SWEEP = (TaskName.ATTEND_DEADLINES, TaskName.ENQUEUE_DAYS)
SENT = (TaskName.SEND_NOTICES, TaskName.SEND_DAY)


@pytest.fixture
def desk(make_core: MakeCore, post: tuple[Mailbox, str]) -> Desk:
    """A desk that sends mail; one working day to check, two to accept, ten to finish."""
    settings = {"OPEN311_SMTP_URL": post[1], "OPEN311_MAIL_FROM": "Stadt <stadt@example.org>"}
    core, city = make_core(OPEN311_BASE_URL="http://127.0.0.1:8311", **settings), first_city()
    assert str(city.period("STRASSENSCHADEN")) == "10 working days"
    return Desk(replace(core, catalogues=Catalogues([replace(city, desk=replace(city.desk, steps=STEPS))])))


def with_mailbox(desk: Desk) -> Desk:
    """The same, where the unit has a mailbox of its own."""
    city = desk.core.catalogues.in_force[0]
    units = {**city.desk.units, UNIT: Unit(code=UNIT, email=BOX)}
    return Desk(
        replace(desk.core, catalogues=Catalogues([replace(city, desk=replace(city.desk, units=units))]))
    )


@pytest.fixture
def api(desk: Desk) -> Api:
    """Whoever reports."""
    return an_api(desk.core)


def report(desk: Desk, api: Api, *, publish: bool = True) -> int:
    """A pothole; published it is with its unit."""
    number = int(api.report(**POTHOLE))
    if publish:
        casework.publish(desk.core, number, ACTOR)
        casework.assign(desk.core, number, UNIT, ACTOR)
    return number


def let_work(desk: Desk, conn: Connection) -> None:
    """What the worker does by its own wiring when its clock strikes; twice, since it may do so."""
    for _ in range(2):
        for name in SWEEP:
            conn.execute(
                text(
                    "insert into procrastinate_jobs (queue_name, task_name, args) values ('default', :name, :args)"
                ),
                {"name": name, "args": '{"timestamp": 0}'},
            )
        work(desk.core, conn, *SWEEP)
        work(desk.core, conn, *SENT)


def at(clock: Clock, moment: str) -> None:
    clock.now = datetime.fromisoformat(moment).replace(tzinfo=UTC)


def told(mailbox: Mailbox) -> list[tuple[str, str]]:
    """To whom mails went, and what they said, since this was asked last."""
    sent = [(str(mail["To"]), str(mail.get_content())) for mail in mailbox.mails]
    mailbox.mails.clear()
    return sent


def steps_of(desk: Desk, number: int) -> list[tuple[str, Mapping[str, Any]]]:
    """The reminders that the history of a case has."""
    happened = casework.show(desk.core, number, CLARA).history
    return [(event.kind, event.data) for event in happened if event.kind in ("reminded", "escalated")]


def test_each_step_is_told_once_to_whom_the_catalogue_names(
    desk: Desk, api: Api, conn: Connection, mailbox: Mailbox, clock: Clock
) -> None:
    rita = desk.account(membership(Role.WORKER, units=(UNIT,)), email="rita@stadt.example")
    desk.account(membership(Role.LEAD, units=(UNIT,)), email="lutz@stadt.example")
    desk.account(membership(Role.LEAD, units=("GRUENFLAECHEN",)), email="gabi@stadt.example")
    desk.account(membership(Role.SUPERVISOR), email="vera@stadt.example")
    number = report(desk, api)
    revision = casework.show(desk.core, number, CLARA).case.revision
    # Accepted by Wednesday the fourth, 8:30.
    let_work(desk, conn)
    at(clock, "2026-03-04T08:20:00")
    let_work(desk, conn)
    assert told(mailbox) == []
    at(clock, "2026-03-04T08:40:00")
    let_work(desk, conn)
    sent = told(mailbox)
    assert {to for to, _ in sent} == {"rita@stadt.example", "lutz@stadt.example"}
    assert f"http://127.0.0.1:8311/staff/reports/{number}" in sent[0][1]
    assert "von Bereich Tiefbau anzunehmen bis 04.03.2026, 09:30" in sent[0][1]
    assert "Kanarienvogel" not in sent[0][1]
    # 200 % on Friday, 300 % on Tuesday, since the city rests at the weekend.
    at(clock, "2026-03-06T09:00:00")
    let_work(desk, conn)
    assert [to for to, _ in told(mailbox)] == ["lutz@stadt.example"]
    for day in ("2026-03-07", "2026-03-08", "2026-03-09"):
        at(clock, f"{day}T09:00:00")
        let_work(desk, conn)
    assert told(mailbox) == []
    at(clock, "2026-03-10T09:00:00")
    let_work(desk, conn)
    assert [to for to, _ in told(mailbox)] == ["vera@stadt.example"]
    assert [(kind, data["percent"], data.get("role")) for kind, data in steps_of(desk, number)] == [
        ("reminded", 100, None),
        ("escalated", 200, "lead"),
        ("escalated", 300, "supervisor"),
    ]
    assert casework.show(desk.core, number, CLARA).case.revision == revision
    # Of what is finished nobody is reminded; 80 % of ten working days are over on the twelfth.
    casework.accept_work(desk.core, number, ACTOR)
    casework.assign_person(desk.core, number, rita, ACTOR)
    at(clock, "2026-03-12T09:00:00")
    let_work(desk, conn)
    assert [to for to, _ in told(mailbox)] == ["rita@stadt.example"]
    casework.set_status(desk.core, number, "GELOEST", ACTOR, "Gefüllt.")
    at(clock, "2026-04-12T09:00:00")
    let_work(desk, conn)
    assert told(mailbox) == []


def test_steps_of_before_a_restore_are_not_told_again(
    desk: Desk, api: Api, conn: Connection, mailbox: Mailbox, clock: Clock
) -> None:
    desk.account(membership(Role.WORKER, units=(UNIT,)), email="rita@stadt.example")
    desk.account(membership(Role.LEAD, units=(UNIT,)), email="lutz@stadt.example")
    number = report(desk, api)
    at(clock, "2026-03-04T08:40:00")
    reminders.pass_over(desk.core)
    let_work(desk, conn)
    assert (told(mailbox), steps_of(desk, number)) == ([], [])
    at(clock, "2026-03-06T09:00:00")
    let_work(desk, conn)
    assert [to for to, _ in told(mailbox)] == ["lutz@stadt.example"]


def test_a_unit_without_people_and_mailbox_has_those_who_lead_reminded(
    desk: Desk, api: Api, conn: Connection, mailbox: Mailbox, clock: Clock
) -> None:
    desk.account(membership(Role.LEAD, units=("GRUENFLAECHEN",)), email="gabi@stadt.example")
    desk.account(membership(Role.SUPERVISOR), email="vera@stadt.example")
    number = report(desk, api)
    at(clock, "2026-03-04T08:40:00")
    let_work(desk, conn)
    [(to, body)] = told(mailbox)
    assert to == "vera@stadt.example"
    assert f"/staff/reports/{number}" in body
    assert [kind for kind, _ in steps_of(desk, number)] == ["reminded"]


def test_another_deadline_counts_anew(
    desk: Desk, api: Api, conn: Connection, mailbox: Mailbox, clock: Clock
) -> None:
    desk.account(membership(Role.WORKER, units=(UNIT,)), email="rita@stadt.example")
    number = report(desk, api)
    casework.accept_work(desk.core, number, ACTOR)
    at(clock, "2026-03-13T09:00:00")
    let_work(desk, conn)
    assert len(told(mailbox)) == 1
    casework.set_deadline(desk.core, number, datetime(2026, 4, 30, 14, tzinfo=UTC), "Frost", ACTOR)
    let_work(desk, conn)
    assert told(mailbox) == []
    at(clock, "2026-04-29T09:00:00")
    let_work(desk, conn)
    assert len(told(mailbox)) == 1


def test_many_cases_are_one_mail_to_the_mailbox_of_their_unit(
    desk: Desk, api: Api, conn: Connection, mailbox: Mailbox, clock: Clock
) -> None:
    desk = with_mailbox(desk)
    desk.account(membership(Role.WORKER, units=(UNIT,)), email="rita@stadt.example")
    numbers = [report(desk, api) for _ in range(32)]
    at(clock, "2026-03-04T09:00:00")
    let_work(desk, conn)
    [(to, body)] = told(mailbox)
    assert to == BOX
    assert str(numbers[0]) in body
    assert str(numbers[-1]) not in body
    assert "Und 2 weitere." in body


def test_those_who_check_hear_of_what_was_not_checked(
    desk: Desk, api: Api, conn: Connection, mailbox: Mailbox, clock: Clock
) -> None:
    desk.account(membership(Role.CHECKER), email="bea@stadt.example")
    desk.account(membership(Role.WORKER, units=(UNIT,)), email="rita@stadt.example")
    desk.account(
        membership(Role.CHECKER),
        membership(Role.LEAD, units=("BUERGERBERATUNG",)),
        email="cora@stadt.example",
    )
    number = report(desk, api, publish=False)
    at(clock, "2026-03-02T21:00:00")
    let_work(desk, conn)
    assert [to for to, _ in told(mailbox)] == ["bea@stadt.example", "cora@stadt.example"]
    assert steps_of(desk, number)[0][1]["percent"] == 50
    # A night in which no worker ran: only the last step is told.
    at(clock, "2026-03-03T22:00:00")
    let_work(desk, conn)
    assert [to for to, _ in told(mailbox)] == ["cora@stadt.example"]


def test_what_nobody_takes_goes_to_the_lead_of_those_who_check(
    desk: Desk, api: Api, conn: Connection, mailbox: Mailbox, clock: Clock
) -> None:
    desk.account(membership(Role.CHECKER), email="bea@stadt.example")
    desk.account(membership(Role.LEAD, units=("BUERGERBERATUNG",)), email="cora@stadt.example")
    number = report(desk, api)
    casework.decline(desk.core, number, "Gehört zur Bahn", ACTOR)
    work(desk.core, conn, *SENT)
    assert told(mailbox) == []
    casework.assign(desk.core, number, "GRUENFLAECHEN", ACTOR)
    casework.decline(desk.core, number, "Kein Grün von uns", ACTOR)
    work(desk.core, conn, *SENT)
    [(to, body)] = told(mailbox)
    assert to == "cora@stadt.example"
    assert "von niemandem angenommen (bisher: Bereich Tiefbau, Bereich Grünflächen)" in body
    assert f"/staff/reports/{number}" in body
    assert "Bahn" not in body
    # Taken back before the mail left, nobody hears of it.
    other = report(desk, api)
    casework.decline(desk.core, other, "Nein", ACTOR)
    casework.assign(desk.core, other, "GRUENFLAECHEN", ACTOR)
    casework.decline(desk.core, other, "Nein", ACTOR)
    casework.take_back(desk.core, other, ACTOR)
    work(desk.core, conn, *SENT)
    assert told(mailbox) == []


def chooses(employee: Employee, mails: str, hour: str = "7") -> None:
    employee.get("/staff/me")
    employee.post("/staff/me", 303, language="de", mails=mails, mail_hour=hour)


def test_whoever_chose_so_gets_one_mail_a_working_day_with_all_that_waits(
    desk: Desk, api: Api, conn: Connection, mailbox: Mailbox, clock: Clock
) -> None:
    rita = desk.employee(
        membership(Role.WORKER, units=(UNIT,)), email="rita@stadt.example", name="Rita Beispiel"
    )
    chooses(rita, "daily", "9")
    told(mailbox)
    late, noted = report(desk, api), report(desk, api)
    for number in (late, noted):
        casework.accept_work(desk.core, number, ACTOR)
    casework.assign_person(desk.core, late, rita.account_id, ACTOR)
    casework.add_note(desk.core, noted, "@Rita bitte ansehen", CLARA)
    at(clock, "2026-03-20T07:50:00")
    let_work(desk, conn)
    assert told(mailbox) == []
    at(clock, "2026-03-20T08:10:00")
    let_work(desk, conn)
    [mail] = mailbox.mails
    assert mail["Subject"] == "Ihr Tag: 1 überfällig, 0 zur Wiedervorlage, 0 anzunehmen, angesprochen: 1"
    [(to, body)] = told(mailbox)
    assert (to, body.count(str(noted))) == ("rita@stadt.example", 4)
    assert "fertig bis 16.03.2026" in body
    assert "ansehen" not in body
    # Saturday and Sunday are free; on Monday the note is still unread.
    for day in ("21", "22"):
        at(clock, f"2026-03-{day}T09:00:00")
        let_work(desk, conn)
    assert told(mailbox) == []
    at(clock, "2026-03-23T09:00:00")
    let_work(desk, conn)
    assert len(told(mailbox)) == 1


def test_whoever_wants_no_mails_gets_none(
    desk: Desk, api: Api, conn: Connection, mailbox: Mailbox, clock: Clock
) -> None:
    rita = desk.employee(membership(Role.WORKER, units=(UNIT,)), email="rita@stadt.example")
    chooses(rita, "none")
    rita.post("/staff/me", 400, language="de", mails="monthly", mail_hour="7")
    rita.post("/staff/me", 400, language="de", mails="daily", mail_hour="3")
    told(mailbox)
    report(desk, api)
    at(clock, "2026-03-04T09:00:00")
    let_work(desk, conn)
    assert told(mailbox) == []


def test_what_could_not_be_sent_waits_and_is_sent_once(
    desk: Desk, api: Api, conn: Connection, mailbox: Mailbox, clock: Clock
) -> None:
    desk.account(membership(Role.WORKER, units=(UNIT,)), email="rita@stadt.example")
    report(desk, api)
    at(clock, "2026-03-04T09:00:00")
    mailbox.answer = "451 later"
    with pytest.raises(Unavailable):
        let_work(desk, conn)
    mailbox.answer = "250 OK"
    conn.execute(text("update procrastinate_jobs set status = 'todo' where task_name = 'send_notices'"))
    work(desk.core, conn, *SENT)
    work(desk.core, conn, *SENT)
    assert [to for to, _ in told(mailbox)] == ["rita@stadt.example"]


def test_without_a_mail_server_nobody_counts_as_told(
    make_core: MakeCore, conn: Connection, clock: Clock
) -> None:
    desk = Desk(make_core())
    desk.account(membership(Role.WORKER, units=(UNIT,)), email="rita@stadt.example")
    number = report(desk, an_api(desk.core))
    at(clock, "2026-03-20T09:00:00")
    let_work(desk, conn)
    assert steps_of(desk, number) == []
