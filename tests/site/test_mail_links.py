"""Links in mails: what each opens, for how long, and that nobody can read them out of the database."""

import hashlib
import json

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.core import Core
from open311.notifications.model.mail_links import VALID_FOR, Purpose
from open311.notifications.privacy import retention
from tests.actors import CLARA
from tests.client import client_of
from tests.mailbox import Mailbox, run_jobs
from tests.serving import Clock, MakeCore, an_api
from tests.site.mailing import asked, reported
from tests.site.visitor import Visitor


@pytest.fixture
def core(make_core: MakeCore, mailing: dict[str, str]) -> Core:
    """A Core that sends mail."""
    return make_core(**mailing)


def token(mailbox: Mailbox) -> str:
    """The token of the link in the last mail."""
    found = next(part for part in mailbox.last.split() if "/follow/" in part or "/my-data/" in part)
    return found.partition("?")[0].rpartition("/")[2]


def stored(conn: Connection) -> str:
    """Every row about links, followers and jobs, as text."""
    tables = ("mail_links", "followers", "procrastinate_jobs", "procrastinate_events", "mail_requests")
    return "\n".join(
        str(row) for table in tables for row in conn.execute(text(f"select t::text from {table} t")).scalars()
    )


def own_data_of(core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox) -> str:
    """The link to the data of somebody who has reported."""
    reported(client, clock)
    asked(client, clock, "/my-data", "kim@example.org")
    run_jobs(core, conn)
    return mailbox.link("/my-data/").partition("?")[0]


def test_a_link_to_confirm_shows_and_erases_nothing_personal(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    reported(client, clock)
    run_jobs(core, conn)
    for path in (f"/my-data/{token(mailbox)}", f"/my-data/{token(mailbox)}/export"):
        assert client.get(path).status_code == 404
    assert client.post(f"/my-data/{token(mailbox)}").status_code == 404
    page = client.get(f"/follow/{token(mailbox)}").text
    for personal in ("kim@example.org", "Kim", "Ebertpark"):
        assert personal not in page
    assert "k…@example.org" in page
    assert conn.execute(text("select count(*) from reporters")).scalar_one() == 1


def test_a_link_of_a_held_report_says_only_its_number(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    held = an_api(core).report(
        service_code="FAHRZEUG_ALT", description="Das Beet", **{"attribute[FARBE]": "rot"}
    )
    asked(client, clock, f"/reports/{held}/follow", "kim@example.org", "Verfolgen")
    run_jobs(core, conn)
    page = client.get(f"/follow/{token(mailbox)}").text
    assert "Kfz" not in page
    assert "Das Beet" not in page


@pytest.mark.parametrize("purpose", ["confirm", "own_data"])
def test_no_token_is_kept_anywhere_but_as_a_digest(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox, purpose: str
) -> None:
    if purpose == "confirm":
        reported(client, clock)
        run_jobs(core, conn)
    else:
        own_data_of(core, client, conn, clock, mailbox)
    assert token(mailbox) not in stored(conn)
    assert hashlib.sha256(token(mailbox).encode()).hexdigest() in stored(conn)


def test_a_digest_opens_nothing(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    own_data_of(core, client, conn, clock, mailbox)
    for digest in conn.execute(text("select digest from mail_links where digest is not null")).scalars():
        assert client.get(f"/my-data/{digest}").status_code == 404
        assert client.get(f"/follow/{digest}").status_code == 404


def test_a_link_to_own_data_erases_once(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    link = own_data_of(core, client, conn, clock, mailbox)
    assert client.get(link).status_code == 200
    assert client.post(link).status_code == 200
    assert [client.get(link).status_code, client.post(link).status_code] == [404, 404]
    assert conn.execute(text("select count(*) from mail_links")).scalar_one() == 0


def test_a_link_to_own_data_stops_no_mails_and_one_of_a_report_opens_no_data(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    own_data_of(core, client, conn, clock, mailbox)
    client.post(f"/follow/{token(mailbox)}/stop")
    assert conn.execute(text("select count(*) from followers")).scalar_one() == 1


def test_own_data_can_be_taken_along(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    link = own_data_of(core, client, conn, clock, mailbox)
    page = Visitor(client).open(link)
    response = client.get(page.link("als Datei"))
    assert response.headers["Cache-Control"] == "private, no-store"
    data = json.loads(response.data)
    assert data["email"] == "kim@example.org"
    assert data["reported"][0]["first_name"] == "Kim"
    assert [following["confirmed"] for following in data["followed"]] == [False]


def test_a_link_to_confirm_ends_after_three_days(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    reported(client, clock)
    run_jobs(core, conn)
    clock.now += VALID_FOR[Purpose.CONFIRM]
    assert client.get(f"/follow/{token(mailbox)}").status_code == 404
    client.post(f"/follow/{token(mailbox)}", data={"action": "confirm"})
    assert conn.execute(text("select confirmed_datetime from followers")).scalar_one() is None


def test_a_link_that_has_confirmed_stops_the_mails_long_after(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    reported(client, clock)
    run_jobs(core, conn)
    client.post(f"/follow/{token(mailbox)}", data={"action": "confirm"})
    clock.forward(days=300)
    client.post(f"/follow/{token(mailbox)}", data={"action": "stop"})
    assert conn.execute(text("select count(*) from followers")).scalar_one() == 0


def test_each_mail_has_a_link_of_its_own_and_all_of_them_work(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    reported(client, clock)
    run_jobs(core, conn)
    tokens = [token(mailbox)]
    client.post(f"/follow/{tokens[0]}", data={"action": "confirm"})
    number = conn.execute(text("select id from service_requests")).scalar_one()
    for notes in ("Wir kommen.", "Wir waren da."):
        casework.note(core, number, notes, CLARA)
        run_jobs(core, conn)
        tokens.append(token(mailbox))
    assert len(set(tokens)) == 3
    assert [client.get(f"/follow/{token}").status_code for token in tokens] == [200] * 3
    client.post(f"/follow/{tokens[1]}/stop")
    assert [client.get(f"/follow/{token}").status_code for token in tokens] == [404] * 3


def test_a_mail_that_could_not_be_sent_leaves_no_link(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    reported(client, clock)
    mailbox.answer = "451 later"
    with pytest.raises(Exception, match="unavailable"):
        run_jobs(core, conn)
    assert conn.execute(text("select count(*) from mail_links")).scalar_one() == 0


def test_expired_links_are_forgotten_and_with_them_mailboxes(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock
) -> None:
    asked(client, clock, "/my-data", "nobody@example.org")
    assert "nobody@example.org" in stored(conn)
    clock.forward(hours=25)
    retention.forget_people(core)
    for table in ("mail_links", "mail_requests"):
        assert conn.execute(text(f"select count(*) from {table}")).scalar_one() == 0


def test_the_mailbox_of_somebody_unknown_is_forgotten_at_once(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    asked(client, clock, "/my-data", "nobody@example.org")
    run_jobs(core, conn)
    assert mailbox.mails == []
    assert "nobody@example.org" not in stored(conn)


@pytest.mark.parametrize(
    "path", ["/", "/my-data", "/follow/x", "/report", "/my-data/x", "/reports/1", "/nothing"]
)
def test_no_other_site_can_read_a_page(core: Core, path: str) -> None:
    response = client_of(core).get(path, headers={"Origin": "https://elsewhere.example"})
    assert "Access-Control-Allow-Origin" not in response.headers
    preflight = client_of(core).options(path, headers={"Origin": "https://elsewhere.example"})
    assert "Access-Control-Allow-Origin" not in preflight.headers


@pytest.mark.parametrize("path", ["/open311/v2/requests.json", "/requests.json", "/open311/v2/nothing.json"])
def test_other_sites_can_read_the_open_data(core: Core, path: str) -> None:
    response = client_of(core).get(path, headers={"Origin": "https://elsewhere.example"})
    assert response.headers["Access-Control-Allow-Origin"] == "*"
