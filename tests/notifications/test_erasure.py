"""Erased means gone: whoever is forgotten is found in no table, in no file, in no job."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.actions.casework.conversation.contacts import write_contact
from open311.actions.photos import media
from open311.actions.reporting import drafts, objections, updates
from open311.actions.upkeep import housekeeping
from open311.base.errors import NotFound
from open311.core import Core
from open311.model.casework.objections import Ground, Objection, Verdict
from open311.model.mailbox import mailbox
from open311.model.service_request import Reporter
from open311.model.task_names import TaskName
from open311.notifications import mail_subscriptions
from open311.notifications.model.mail_limits import MailAsker
from open311.notifications.model.mail_links import Purpose
from open311.notifications.privacy import own_data, retention
from open311.notifications.storage import mail_links
from open311.storage import jobs
from open311.storage.requests import service_requests
from open311.storage.upkeep.unpublished import HAS_TEXT
from tests.actors import CLARA
from tests.builders import a_catalogue, a_service, a_vehicle_service
from tests.pictures import a_photo
from tests.serving import Api, Clock, MakeCore, an_api

# Stands in each field that is personal, and in none that may stay.
CANARY = "kanarie"
CONTAINED = {"w": f"%{CANARY}%"}
TYPED = f"Kim.{CANARY}@Müller-Straße.example"
PERSON = {
    "email": TYPED,
    "phone": f"0621 {CANARY}",
    "first_name": f"{CANARY} Kim",
    "last_name": f"{CANARY} Muster",
    "device_id": f"{CANARY}-device",
    "account_id": f"{CANARY}-account",
}
SENDER = {"OPEN311_SMTP_URL": "file:///dev/null/none", "OPEN311_MAIL_FROM": "stadt@example.org"}
TABLES = """
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind = 'r' and c.relname <> 'spatial_ref_sys' order by 1
"""
TERM_OF_VEHICLES = 30
KEPT = {"OPEN311_RETENTION_DAYS": "0", "OPEN311_RETENTION_OPEN_DAYS": "0"}


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    """A Core with a service that publishes at once, and one that forgets sooner."""
    vehicles = a_vehicle_service(moderated=False, retention_days=TERM_OF_VEHICLES)
    return make_core(a_catalogue(a_service(moderated=False), vehicles), **SENDER)


def api_of(core: Core) -> Api:
    """A client of this Core, with a key of its own."""
    core.now.forward(seconds=1)
    return an_api(core)


def found(conn: Connection) -> dict[str, list[str]]:
    """Every row of every table in which the canary stands, by table."""
    rows = {
        table: list(
            conn.execute(
                text(f'select t::text from "{table}" t where t::text ilike :w'), {"w": f"%{CANARY}%"}
            ).scalars()
        )
        for table in conn.execute(text(TABLES)).scalars()
    }
    return {table: texts for table, texts in rows.items() if texts}


def finish_jobs(core: Core, conn: Connection) -> None:
    """Delete files as the worker would, and forget the jobs."""
    for keys in conn.execute(
        text("delete from procrastinate_jobs where task_name = 'forget_media' returning args -> 'keys'")
    ).scalars():
        media.forget(core, keys)


def files(core: Core) -> set[str]:
    """The names of all files."""
    return {key for key, _ in core.media_store.stored()}


def a_report(core: Core, code: str = "FAHRZEUG_ALT", **more: Any) -> int:
    """A report that says who sent it in every field there is."""
    answers = {
        "attribute[FARBE]": "rot",
        "attribute[KENNZEICHEN]": f"LU {CANARY}",
        "attribute[uprn]": f"{CANARY} unasked",
        "attribute[fixmystreet_id]": "4711",
    }
    sent = (
        PERSON | answers | {"description": "Öffentlich", "client_request_id": f"{CANARY}-{len(more)}"} | more
    )
    return int(api_of(core).report(service_code=code, **sent))


def an_update(core: Core, conn: Connection, number: int, name: str) -> int:
    """A claim that staff have not published."""
    sent = {name: value for name, value in PERSON.items() if name != "device_id"} | {
        "service_request_id": str(number),
        "update_id": name,
        "status": "FIXED",
        "updated_datetime": "2026-03-02T09:00:00Z",
        "description": f"{CANARY} war da",
        "media": (BytesIO(a_photo()), "a.jpg"),
    }
    api = api_of(core)
    response = api.client.post("/open311/v2/servicerequestupdates.json", data=sent | {"api_key": api.key})
    assert response.status_code == 200, response.text
    return int(response.get_json()[0]["update_id"])


def everything(core: Core, conn: Connection) -> list[int]:
    """A person who has left something at every door; returns the numbers of the reports."""
    catalogue = core.catalogues.in_force[0]
    number = a_report(core, media=(BytesIO(a_photo()), "a.jpg"))
    hidden = a_report(core, description=f"{CANARY} zum Verbergen", media=(BytesIO(a_photo()), "b.jpg"))
    casework.hide(core, hidden, CLARA, f"nennt {CANARY}")
    casework.hide_photo(core, media.of_request(core, number)[0].id, CLARA)
    an_update(core, conn, number, "held")
    updates.hide(core, an_update(core, conn, number, "hidden"), CLARA)
    asker = MailAsker("192.0.2.1", f"{CANARY} form", proven=True)
    mail_subscriptions.follow(core, catalogue, number, TYPED, "de", asker)
    draft = drafts.begin(
        core, catalogue, {"email": TYPED.replace("Kim", "kIM"), "description": f"{CANARY} tippt"}, "192.0.2.1"
    )
    drafts.add_photos(core, draft, [BytesIO(a_photo())])
    notes = {"n": number, "text": f"{CANARY} rief an"}
    conn.execute(
        text(
            "insert into case_notes (service_request_id, author, text, about_person, created_datetime)"
            " values (:n, 'clara', :text, true, now())"
        ),
        notes,
    )
    conn.execute(
        text(
            "insert into case_originals (service_request_id, field, text, replaced_datetime)"
            " values (:n, 'description', :text, now())"
        ),
        notes,
    )
    return [number, hidden]


def link_to_own_data(core: Core, conn: Connection, email: str) -> str:
    """The token of a link that was sent to a mailbox."""
    owner = core.catalogues.in_force[0].jurisdiction.jurisdiction_id
    address = mailbox(email)
    assert address
    mail_links.add(conn, Purpose.OWN_DATA, owner, "de", core.now(), email=address, token="T" * 32)
    return "T" * 32


def test_a_person_who_erases_their_data_is_found_nowhere(core: Core, conn: Connection) -> None:
    number, hidden = everything(core, conn)
    token = link_to_own_data(core, conn, TYPED)
    before = set(found(conn))
    assert before >= {"reporters", "updaters", "followers", "submissions", "events", "drafts", "case_notes"}
    assert len(files(core)) >= 5
    own_data.erase(core, core.catalogues.in_force[0], token)
    finish_jobs(core, conn)
    assert found(conn) == {}
    assert files(core) == set()
    assert casework.show(core, number, CLARA).request.description == "Öffentlich"
    with pytest.raises(NotFound):
        casework.show(core, hidden, CLARA)
    assert conn.execute(text("select attributes from submissions")).scalar_one() == {
        "fixmystreet_id": ["4711"]
    }


def test_what_somebody_else_sent_stays(core: Core, conn: Connection) -> None:
    everything(core, conn)
    other = int(api_of(core).report(email="ute@mueller-strasse.example", first_name="Ute"))
    own_data.erase(core, core.catalogues.in_force[0], link_to_own_data(core, conn, TYPED))
    assert casework.show(core, other, CLARA).reporter["first_name"] == "Ute"


def test_whoever_was_joined_with_a_report_of_others_is_forgotten_there(core: Core, conn: Connection) -> None:
    number = int(api_of(core).report(email="ute@mueller-strasse.example"))
    caller = Reporter(email=mailbox(TYPED), phone=PERSON["phone"])
    with core.database.begin() as conn_of_act:
        write_contact(core, conn_of_act, number, CLARA, "phone", caller)
    assert found(conn)
    own_data.erase(core, core.catalogues.in_force[0], link_to_own_data(core, conn, TYPED))
    assert found(conn) == {}


@pytest.mark.parametrize(
    ("kept", "asked"),
    [
        ("kim@müller.example", "KIM@xn--mller-kva.example"),
        ("Kim@MÜLLER.example", "kim@müller.example"),
        ("kim@faß.example", "kim@xn--fa-hia.example"),
    ],
)
def test_a_mailbox_is_the_same_in_every_spelling(core: Core, conn: Connection, kept: str, asked: str) -> None:
    api_of(core).report(email=kept, first_name=CANARY)
    own_data.erase(core, core.catalogues.in_force[0], link_to_own_data(core, conn, asked))
    assert found(conn) == {}


@pytest.mark.parametrize("asked", ["kim@fass.example", "kim+a@faß.example", "kim@faß.example.org"])
def test_another_mailbox_is_another_person(core: Core, conn: Connection, asked: str) -> None:
    api_of(core).report(email="kim@faß.example", first_name=CANARY)
    own_data.erase(core, core.catalogues.in_force[0], link_to_own_data(core, conn, asked))
    assert set(found(conn)) == {"reporters"}


def test_reports_to_the_test_endpoint_are_forgotten_too(core: Core, conn: Connection) -> None:
    api = api_of(core)
    api.base = "/open311/test/v2"
    api.report(**PERSON)
    own_data.erase(core, core.catalogues.in_force[0], link_to_own_data(core, conn, TYPED))
    assert found(conn) == {}


def closed(core: Core, number: int) -> None:
    """Done."""
    casework.set_status(core, number, "fixed", CLARA)


def hidden(core: Core, number: int) -> None:
    """Gone for the public, and never closed."""
    casework.hide(core, number, CLARA, f"nennt {CANARY}")


def refused(core: Core, number: int) -> None:
    """Never for the public, and done with."""
    casework.withhold(core, number, CLARA)
    closed(core, number)


def merged(core: Core, number: int) -> None:
    """The duplicate of a report that was closed."""
    parent = int(api_of(core).report(service_code="FAHRZEUG_ALT", **{"attribute[FARBE]": "rot"}))
    casework.merge(core, number, parent, CLARA)
    closed(core, parent)


def left_open(core: Core, number: int) -> None:
    """Nobody ever does anything."""


ENDS: dict[str, tuple[Callable[[Core, int], None], int]] = {
    "closed": (closed, TERM_OF_VEHICLES),
    "hidden": (hidden, TERM_OF_VEHICLES),
    "refused": (refused, TERM_OF_VEHICLES),
    "merged": (merged, TERM_OF_VEHICLES),
    "left open": (left_open, 730),
}


@pytest.mark.parametrize("end", ENDS)
def test_people_are_forgotten_when_their_time_has_come_and_not_before(
    core: Core, conn: Connection, clock: Clock, end: str
) -> None:
    do, days = ENDS[end]
    number = a_report(core, media=(BytesIO(a_photo()), "a.jpg"))
    an_update(core, conn, number, "held")
    casework.hide_photo(core, media.of_request(core, number)[0].id, CLARA)
    do(core, number)
    clock.forward(days=days - 1)
    retention.forget_people(core)
    assert {"reporters", "updaters", "submissions", "events"} <= set(found(conn))
    clock.forward(days=2)
    retention.forget_people(core)
    finish_jobs(core, conn)
    assert found(conn) == {}
    is_gone = end in ("hidden", "refused")
    assert (service_requests.find_any(conn, number) is None) is is_gone
    assert len(files(core)) == (0 if is_gone else 1)


def an_objection(core: Core, number: int) -> int:
    """Somebody who finds their name in a report; returns the id of the event."""
    sent = Objection(
        service_request_id=number,
        sender_id=f"objection {number}",
        ground=Ground.PERSONAL,
        text=f"Ich, {CANARY}, werde genannt.",
        language="de",
        name=f"{CANARY} Muster",
        email=mailbox(TYPED),
    )
    with core.database.begin() as conn:
        event_id = objections.take_in(core, conn, core.catalogues.in_force[0], sent)
    assert event_id
    return event_id


def an_argument(core: Core) -> int:
    """A report about which staff wrote internally what names somebody, in each act that takes words."""
    number = int(api_of(core).report(service_code="FAHRZEUG_ALT", **{"attribute[FARBE]": "rot"}))
    casework.assign(core, number, next(iter(core.catalogues.in_force[0].units)), CLARA, f"{CANARY} rief an")
    casework.decline(core, number, f"{CANARY} parkt dort nicht", CLARA)
    casework.set_deadline(core, number, core.now() + timedelta(days=3), f"{CANARY} ist verreist", CLARA)
    casework.withhold(core, number, CLARA, words=f"Guten Tag {CANARY}")
    casework.publish(core, number, CLARA)
    return number


def test_objections_and_words_of_staff_are_forgotten_with_the_term(
    core: Core, conn: Connection, clock: Clock
) -> None:
    number = an_argument(core)
    objections.decide(core, an_objection(core, number), Verdict.REJECTED, f"Guten Tag {CANARY}", CLARA)
    closed(core, number)
    clock.forward(days=TERM_OF_VEHICLES - 1)
    retention.forget_people(core)
    assert internal_texts(conn) == {
        "assigned",
        "declined",
        "deadline_changed",
        "withheld",
        "objected",
        "objection_decided",
    }
    clock.forward(days=2)
    retention.forget_people(core)
    assert found(conn) == {}


def internal_texts(conn: Connection) -> set[str]:
    """The kinds of events in which the canary stands."""
    return set(conn.execute(text("select kind from events where data::text ilike :w"), CONTAINED).scalars())


@pytest.mark.parametrize("what", ["objection", "update"])
@pytest.mark.parametrize("is_closed", [True, False])
def test_what_waits_for_a_decision_is_not_forgotten_before_its_own_term(
    core: Core, conn: Connection, clock: Clock, what: str, is_closed: bool
) -> None:
    number = an_argument(core)
    if is_closed:
        closed(core, number)
    term = TERM_OF_VEHICLES if is_closed else core.settings.retention_open_days
    clock.forward(days=term + 2)
    if what == "objection":
        an_objection(core, number)
    else:
        an_update(core, conn, number, "u-late")
    retention.forget_people(core)
    assert {"updaters", "events"} <= set(found(conn))
    clock.forward(days=term + 2)
    retention.forget_people(core)
    assert found(conn) == {}


def test_whoever_objected_takes_along_what_they_were_answered(core: Core, conn: Connection) -> None:
    number = int(api_of(core).report())
    objections.decide(core, an_objection(core, number), Verdict.REJECTED, f"Guten Tag {CANARY}", CLARA)
    assert internal_texts(conn) == {"objected", "objection_decided"}
    own_data.erase(core, core.catalogues.in_force[0], link_to_own_data(core, conn, TYPED))
    assert found(conn) == {}


def test_whoever_reported_takes_along_what_staff_wrote(core: Core, conn: Connection) -> None:
    number = an_argument(core)
    conn.execute(
        text("insert into reporters (service_request_id, email) values (:n, :email)"),
        {"n": number, "email": mailbox(TYPED)},
    )
    assert internal_texts(conn) == {"assigned", "declined", "deadline_changed", "withheld"}
    own_data.erase(core, core.catalogues.in_force[0], link_to_own_data(core, conn, TYPED))
    assert found(conn) == {}


def test_a_duplicate_keeps_its_followers_while_the_other_report_is_open(
    core: Core, conn: Connection, clock: Clock
) -> None:
    number, parent = a_report(core), a_report(core, client_request_id="other", email="ute@example.org")
    casework.merge(core, number, parent, CLARA)
    clock.forward(days=TERM_OF_VEHICLES + 2)
    retention.forget_people(core)
    assert conn.execute(text("select count(*) from reporters")).scalar_one() == 2
    closed(core, parent)
    clock.forward(days=TERM_OF_VEHICLES + 2)
    retention.forget_people(core)
    assert conn.execute(text("select count(*) from reporters")).scalar_one() == 0


def test_a_service_without_a_term_of_its_own_has_the_one_of_the_settings(
    core: Core, conn: Connection, clock: Clock
) -> None:
    number = int(api_of(core).report(**PERSON))
    closed(core, number)
    clock.forward(days=179)
    retention.forget_people(core)
    assert set(found(conn)) == {"reporters"}
    clock.forward(days=2)
    retention.forget_people(core)
    assert found(conn) == {}


def test_texts_in_events_are_found_by_their_index(conn: Connection) -> None:
    """Events are the largest table there is, and are looked through each night."""
    conn.execute(text("set local enable_seqscan = off"))
    plan = conn.execute(text(f"explain select service_request_id from events where {HAS_TEXT}")).scalars()
    assert "events_with_texts" in "".join(plan)


def test_nothing_is_forgotten_where_the_settings_keep_it(
    make_core: MakeCore, conn: Connection, clock: Clock
) -> None:
    core = make_core(a_catalogue(a_service(moderated=False)), **KEPT)
    closed(core, int(api_of(core).report(**PERSON)))
    api_of(core).report(**PERSON)
    casework.hide(core, int(api_of(core).report(**PERSON)), CLARA)
    clock.forward(days=5000)
    assert retention.forget_people(core) == 0
    assert conn.execute(text("select count(*) from reporters")).scalar_one() == 3


def test_jobs_that_ended_are_forgotten_and_those_that_wait_are_not(core: Core, conn: Connection) -> None:
    for name in ("failed", "todo"):
        jobs.defer(conn, TaskName.FORGET_MEDIA, keys=[f"{CANARY} {name}"])
    first = "(select min(id) from procrastinate_jobs where task_name = 'forget_media')"
    for status in ("doing", "failed"):
        conn.execute(text(f"update procrastinate_jobs set status = '{status}' where id = {first}"))
    conn.execute(text("update procrastinate_events set at = :at"), {"at": core.now() - timedelta(days=29)})
    housekeeping.forget_old(core)
    assert len(found(conn)["procrastinate_jobs"]) == 2
    conn.execute(text("update procrastinate_events set at = :at"), {"at": core.now() - timedelta(days=31)})
    housekeeping.forget_old(core)
    assert [f"{CANARY} todo" in job for job in found(conn)["procrastinate_jobs"]] == [True]
