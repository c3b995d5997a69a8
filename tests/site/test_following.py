"""Following a report by mail, and one's own data, without an account."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

from open311.actions import casework, keys
from open311.actions.reporting import updates
from open311.core import Core
from open311.model.access.actor import key_actor
from open311.model.access.keys import Scope
from open311.model.service_request import Reporter
from open311.model.updates import UpdateSubmission
from open311.notifications.privacy import retention
from tests.actors import CLARA
from tests.client import client_of
from tests.mailbox import Mailbox, run_jobs
from tests.serving import Clock, MakeCore, an_api
from tests.site.mailing import BASE, asked, reported
from tests.site.test_form import at_details
from tests.site.visitor import Visitor


@pytest.fixture
def core(make_core: MakeCore, mailing: dict[str, str]) -> Core:
    """A Core that sends mail."""
    return make_core(**mailing)


def number(conn: Connection) -> int:
    """The one report."""
    found: int = conn.execute(text("select id from service_requests")).scalar_one()
    return found


def confirmed(
    core: Core, conn: Connection, client: FlaskClient, mailbox: Mailbox, button: str = "Ja, schreiben Sie mir"
) -> Visitor:
    """Somebody who has confirmed."""
    run_jobs(core, conn)
    visitor = Visitor(client).open(mailbox.link("/follow/"))
    return visitor.press(button)


def test_the_way_from_the_form_to_the_last_mail(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    visitor = reported(client, clock)
    assert "Wir haben Ihnen eine E-Mail geschickt" in visitor.text
    assert run_jobs(core, conn) == 1
    assert mailbox.recipients == [["kim@example.org"]]
    assert mailbox.mails[0]["From"] == "Stadt Ludwigshafen <maengel@stadt.example>"
    assert f"{BASE}/reports/{number(conn)}" in mailbox.last
    page = Visitor(client).open(mailbox.link("/follow/"))
    assert page.heading == "Möchten Sie dieser Meldung folgen?"
    assert page.press("Ja, schreiben Sie mir").heading == "Sie folgen dieser Meldung"
    casework.set_status(core, number(conn), "GELOEST", CLARA, "Ist weggeräumt.")
    assert run_jobs(core, conn) == 1
    assert "Ist weggeräumt." in mailbox.last
    place = conn.execute(text("select address from service_requests")).scalar_one()
    assert place
    assert f"Nummer {number(conn)}\n{place}\nStatus: gelöst" in mailbox.last
    assert mailbox.mails[1]["Content-Language"] == "de"
    assert mailbox.mails[1]["Subject"].startswith("gelöst: Wilde Müllablagerung")
    page = Visitor(client).open(mailbox.link("/follow/")).press("Nicht mehr schreiben")
    assert "keine E-Mails mehr" in page.heading
    late = client.post(mailbox.link("/follow/"), data={"action": "confirm"})
    assert (late.status_code, "Dieser Link gilt nicht mehr" in late.text) == (404, True)
    casework.set_status(core, number(conn), "IN_BEARBEITUNG", CLARA)
    assert run_jobs(core, conn) == 0
    assert conn.execute(text("select count(*) from followers")).scalar_one() == 0


def test_nobody_is_written_to_who_has_not_confirmed(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    reported(client, clock)
    run_jobs(core, conn)
    client.get(mailbox.link("/follow/"))
    casework.set_status(core, number(conn), "GELOEST", CLARA)
    assert run_jobs(core, conn) == 0


def test_each_event_is_told_once(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    reported(client, clock)
    confirmed(core, conn, client, mailbox)
    casework.note(core, number(conn), "Wir kommen morgen.", CLARA)
    assert [run_jobs(core, conn) for _ in range(3)] == [1, 0, 0]
    assert "Wir kommen morgen." in mailbox.last


@pytest.mark.parametrize(
    ("language", "button", "words"),
    [
        ("de", "Ja, schreiben Sie mir", "nicht mehr öffentlich gezeigt"),
        ("en", "Yes, write to me", "no longer, shown in public"),
    ],
)
def test_that_a_report_is_hidden_is_told_once_without_the_reason(
    core: Core,
    client: FlaskClient,
    conn: Connection,
    clock: Clock,
    mailbox: Mailbox,
    language: str,
    button: str,
    words: str,
) -> None:
    reported(client, clock, language=language)
    confirmed(core, conn, client, mailbox, button)
    casework.hide(core, number(conn), CLARA, "nennt Frau Muster beim Namen")
    casework.note(core, number(conn), "Nur noch für uns.", CLARA)
    assert [run_jobs(core, conn) for _ in range(2)] == [1, 0]
    assert words in mailbox.last
    assert "Muster" not in mailbox.mails[-1].as_string()
    assert f"/reports/{number(conn)}" not in mailbox.last
    assert client.get(mailbox.link("/follow/")).status_code == 200


def test_what_was_shown_again_meanwhile_is_not_told_to_be_hidden(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    reported(client, clock)
    confirmed(core, conn, client, mailbox)
    casework.hide(core, number(conn), CLARA)
    casework.publish(core, number(conn), CLARA)
    run_jobs(core, conn)
    assert [mail["Subject"] for mail in mailbox.mails if "öffentlich" in mail["Subject"]] == []


def test_mails_speak_the_readers_language(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    reported(client, clock, language="en")
    run_jobs(core, conn)
    assert mailbox.mails[0]["Subject"].startswith("Please confirm: Illegal dumping")
    assert mailbox.link("/follow/").endswith("?locale=en")


def test_mail_programs_can_stop_with_one_click(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    reported(client, clock)
    confirmed(core, conn, client, mailbox)
    casework.set_status(core, number(conn), "GELOEST", CLARA)
    run_jobs(core, conn)
    assert mailbox.mails[-1]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = mailbox.mails[-1]["List-Unsubscribe"].strip(" <>").removeprefix(BASE)
    assert client.get(path).status_code == 405
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert conn.execute(text("select count(*) from followers")).scalar_one() == 0


def test_asking_twice_sends_one_mail(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    reported(client, clock)
    for _ in range(3):
        asked(client, clock, f"/reports/{number(conn)}/follow", "kim@example.org", "Verfolgen")
    assert run_jobs(core, conn) == 1
    clock.forward(minutes=11)
    asked(client, clock, f"/reports/{number(conn)}/follow", "kim@example.org", "Verfolgen")
    assert run_jobs(core, conn) == 1


@pytest.mark.parametrize(
    "email",
    [
        "",
        "kim",
        "kim@",
        "@example.org",
        "a@b.example, c@d.example",
        "a@b.example\r\nBcc: c@d.example",
        "a b@c.example",
    ],
)
def test_what_is_no_address_is_refused(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, email: str
) -> None:
    page = asked(client, clock, f"/reports/{an_api(core).report()}/follow", email, "Verfolgen")
    assert page.response.status_code == 400
    assert "error" in page.page.get_element_by_id("email").get("class")
    assert conn.execute(text("select count(*) from followers")).scalar_one() == 0


def test_the_followers_of_a_duplicate_hear_of_the_report_that_goes_on(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    reported(client, clock)
    child = number(conn)
    confirmed(core, conn, client, mailbox)
    parent = int(an_api(core).report())
    casework.merge(core, child, parent, CLARA)
    run_jobs(core, conn)
    casework.set_status(core, parent, "GELOEST", CLARA, "Erledigt.")
    run_jobs(core, conn)
    assert f"/reports/{parent}" in mailbox.last
    assert "Erledigt." in mailbox.last


def test_own_data_are_seen_and_erased_by_a_link(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    reported(client, clock)
    asked(client, clock, "/my-data", "kim@example.org")
    run_jobs(core, conn)
    page = Visitor(client).open(mailbox.link("/my-data/"))
    assert "kim@example.org" in page.text
    assert "Kim" in page.text
    page.press("Meine Daten löschen")
    assert page.heading == "Ihre Daten sind gelöscht"
    for table in ("reporters", "followers", "mail_links", "mail_requests"):
        assert conn.execute(text(f"select count(*) from {table}")).scalar_one() == 0
    assert conn.execute(text("select count(*) from service_requests")).scalar_one() == 1


def test_whoever_only_sent_an_update_sees_and_erases_that(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    reported(client, clock)
    key = keys.find_key(core, keys.add_key(core, "another site", [Scope.REPORT], actor=CLARA))
    assert key
    sent = UpdateSubmission(
        service_request_id=number(conn),
        update_id="7",
        update_status="fixed",
        sent_datetime=core.now(),
        description="Ist schon weg",
        updater=Reporter(email="ute@example.org", first_name="Ute"),
    )
    updates.post(core, core.catalogues.in_force[0], sent, key_actor(key))
    asked(client, clock, "/my-data", "Ute@example.org")
    run_jobs(core, conn)
    page = Visitor(client).open(mailbox.link("/my-data/"))
    for canary in ("ute@example.org", "Ute", "Ist schon weg"):
        assert canary in page.text
    assert page.press("Meine Daten löschen").heading == "Ihre Daten sind gelöscht"
    assert conn.execute(text("select count(*) from updaters")).scalar_one() == 0
    assert conn.execute(text("select count(*) from reporters")).scalar_one() == 1


def test_nobody_learns_whether_an_address_is_known(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    page = asked(client, clock, "/my-data", "nobody@example.org")
    assert "Wenn zu dieser Adresse etwas gespeichert ist" in page.text
    run_jobs(core, conn)
    assert mailbox.mails == []


def test_a_link_to_own_data_expires(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    reported(client, clock)
    asked(client, clock, "/my-data", "kim@example.org")
    run_jobs(core, conn)
    clock.forward(hours=25)
    page = Visitor(client).open(mailbox.link("/my-data/"))
    assert page.response.status_code == 404
    assert page.heading == "Dieser Link gilt nicht mehr"


def test_people_are_forgotten_some_time_after_closing(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    reported(client, clock)
    confirmed(core, conn, client, mailbox)
    casework.set_status(core, number(conn), "GELOEST", CLARA)
    clock.forward(days=179)
    assert retention.forget_people(core) == 0
    clock.forward(days=2)
    assert retention.forget_people(core) == 1
    for table in ("reporters", "followers", "mail_links"):
        assert conn.execute(text(f"select count(*) from {table}")).scalar_one() == 0
    assert conn.execute(text("select count(*) from service_requests")).scalar_one() == 1


def test_whoever_never_confirms_is_forgotten(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock
) -> None:
    reported(client, clock)
    clock.now += timedelta(days=4)
    retention.forget_people(core)
    assert conn.execute(text("select count(*) from followers")).scalar_one() == 0
    assert conn.execute(text("select count(*) from reporters")).scalar_one() == 1


def test_people_of_a_report_that_nobody_closes_are_forgotten_at_last(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock
) -> None:
    reported(client, clock)
    clock.forward(days=729)
    retention.forget_people(core)
    assert conn.execute(text("select count(*) from reporters")).scalar_one() == 1
    clock.forward(days=2)
    retention.forget_people(core)
    assert conn.execute(text("select count(*) from reporters")).scalar_one() == 0


def test_without_a_mail_server_nothing_is_promised(
    make_core: MakeCore, conn: Connection, clock: Clock
) -> None:
    core = make_core()
    visitor = at_details(Visitor(client_of(core)).open("/report")).press("Weiter")
    assert visitor.page.xpath("//input[@name='follow']") == []
    assert "verschickt keine E-Mails" in visitor.open("/my-data").text
