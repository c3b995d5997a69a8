"""What anybody can do about a report after it was sent; staff decide about all of it but the count."""

import pytest
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.actions.reporting import objections
from open311.core import Core
from open311.model.casework.objections import Verdict
from tests.actors import CLARA
from tests.mailbox import Mailbox, run_jobs
from tests.pictures import a_photo
from tests.serving import Api, Clock, MakeCore, an_api
from tests.site.test_form import at_details
from tests.site.visitor import Visitor, a_file

IPHONE = {"User-Agent": "iPhone"}


@pytest.fixture
def core(make_core: MakeCore, mailing: dict[str, str]) -> Core:
    """A Core that sends mail."""
    return make_core(**mailing)


def awaits(conn: Connection, number: str) -> list[str]:
    """What waits for staff at a report."""
    found: list[str] = conn.execute(
        text("select awaits from cases where service_request_id = :n"), {"n": number}
    ).scalar_one()
    return found


def claims(conn: Connection, kind: str = "claimed") -> list[dict[str, str]]:
    """What staff were told."""
    return list(
        conn.execute(text("select data from events where kind = :kind order by id"), {"kind": kind}).scalars()
    )


def affected(api: Api, number: str, **headers: str) -> str:
    """Press the button; where it leads."""
    return api.client.post(f"/reports/{number}/affected", headers=headers).headers["Location"]


def test_each_device_counts_once_and_the_api_tells(api: Api) -> None:
    number = api.report(description="Drei Matratzen")
    before = api.get(f"/requests/{number}", extensions="true")[0]
    assert affected(api, number, **IPHONE).endswith("done=affected")
    assert affected(api, number, **IPHONE).endswith("done=affected_before")
    affected(api, number, **{"User-Agent": "Firefox"})
    after = api.get(f"/requests/{number}", extensions="true")[0]
    assert after["extended_attributes"]["affected"] == 2
    assert after["updated_datetime"] == before["updated_datetime"]
    page = html.fromstring(Visitor(api.client).open(f"/reports/{number}").response.text)
    # Beside the status: below text, photos and history nobody on a telephone finds it.
    [state] = page.xpath("//section[@class='state']")
    assert "2 Personen sind auch betroffen." in state.text_content()
    assert state.xpath(".//form/@action") == [f"/reports/{number}/affected"]


def test_a_network_counts_a_few_times(api: Api, conn: Connection) -> None:
    number = api.report()
    for step in range(8):
        affected(api, number, **{"User-Agent": f"browser {step}"})
    assert conn.execute(text("select affected from service_requests")).scalar_one() == 5


def test_nobody_is_counted_by_the_page_of_another_site(api: Api) -> None:
    number = api.report()
    response = api.client.post(f"/reports/{number}/affected", headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403


@pytest.mark.parametrize("state", ["held", "closed"])
def test_what_is_not_public_or_done_counts_nobody(make_core: MakeCore, state: str) -> None:
    core = make_core()
    api = an_api(core)
    number = api.report(service_code="MARKIERUNG" if state == "held" else "MUELL_WILD")
    if state == "closed":
        casework.set_status(core, int(number), "GELOEST", CLARA)
    assert api.client.post(f"/reports/{number}/affected").status_code == 404


def test_where_a_count_came_from_is_forgotten_and_the_count_stays(
    core: Core, conn: Connection, clock: Clock
) -> None:
    from open311.notifications.privacy import retention

    api = an_api(core)
    affected(api, api.report())
    clock.forward(days=31)
    retention.forget_people(core)
    assert conn.execute(text("select count(*) from affected_devices")).scalar_one() == 0
    assert conn.execute(text("select affected from service_requests")).scalar_one() == 1


def told(client: FlaskClient, clock: Clock, number: str, kind: str, **typed: object) -> Visitor:
    """Somebody who says something about a report."""
    visitor = Visitor(client).open(f"/reports/{number}").follow("Noch da?")
    clock.forward(seconds=5)
    return visitor.fill(kind=kind, **typed).press("Absenden")


def test_that_it_is_mended_waits_for_staff_with_a_photo(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock
) -> None:
    number = an_api(core).report()
    visitor = told(client, clock, number, "mended", description="Alles weg.", media=a_file(a_photo()))
    assert "Danke, das ist angekommen" in visitor.text
    assert awaits(conn, number) == ["claim"]
    [claim] = claims(conn)
    assert claim["claimed_status"] == "fixed"
    assert claim["status_notes"] == "Vor Ort ist es behoben.\nAlles weg."
    assert conn.execute(text("select visibility from media")).scalars().all() == ["held"]
    assert "Alles weg" not in Visitor(client).open(f"/reports/{number}").text


def test_of_a_closed_report_still_there_asks_to_take_it_up_again(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock
) -> None:
    number = an_api(core).report()
    casework.set_status(core, int(number), "GELOEST", CLARA)
    told(client, clock, number, "still_there")
    assert awaits(conn, number) == ["reopen"]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"kind": "more"}, "description"),
        ({"kind": "x"}, "kind"),
        ({"kind": "mended", "email": "kim@"}, "email"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_lost(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, typed: dict[str, str], field: str
) -> None:
    visitor = told(client, clock, an_api(core).report(), **typed)
    assert visitor.response.status_code == 400
    assert list(visitor.errors) == [field]
    assert claims(conn) == []
    if "email" in typed:
        assert (visitor.value("email"), visitor.value("kind")) == ("kim@", "mended")


def test_many_messages_about_one_report_have_an_end(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock
) -> None:
    number = an_api(core).report()
    for _ in range(10):
        told(client, clock, number, "still_there")
    visitor = told(client, clock, number, "still_there")
    assert visitor.response.status_code == 429
    assert len(claims(conn)) == 10


def objected(client: FlaskClient, clock: Clock, number: str, **typed: str) -> Visitor:
    """Somebody who objects to a report."""
    visitor = Visitor(client).open(f"/reports/{number}").follow("beanstanden")
    clock.forward(seconds=5)
    whole = {"ground": "personal", "text": "Da steht mein Name.", "email": "kim@example.org", "faith": "1"}
    return visitor.fill(**whole | typed).press("Beanstandung absenden")


@pytest.mark.parametrize(
    ("verdict", "status", "words"),
    [
        (Verdict.UPHELD, 404, "nicht mehr öffentlich"),
        (Verdict.REJECTED, 200, "Artikel 21"),
    ],
)
def test_an_objection_has_a_receipt_and_a_decision(
    core: Core,
    client: FlaskClient,
    conn: Connection,
    clock: Clock,
    mailbox: Mailbox,
    verdict: Verdict,
    status: int,
    words: str,
) -> None:
    number = an_api(core).report()
    assert "Wir prüfen Ihre Beanstandung" in objected(client, clock, number).text
    assert awaits(conn, number) == ["objection"]
    assert run_jobs(core, conn) == 1
    assert mailbox.recipients == [["kim@example.org"]]
    assert "Da steht" not in mailbox.last
    event = conn.execute(text("select id from events where kind = 'objected'")).scalar_one()
    objections.decide(core, event, verdict, "Wir haben den Satz gelesen.", CLARA)
    run_jobs(core, conn)
    assert words in mailbox.last
    assert "Wir haben den Satz gelesen." in mailbox.last
    assert client.get(f"/reports/{number}").status_code == status
    assert awaits(conn, number) == []


def test_an_objection_without_good_faith_or_words_is_not_taken(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock
) -> None:
    visitor = objected(client, clock, an_api(core).report(), text=" ", faith="")
    assert set(visitor.errors) == {"text", "faith"}
    assert claims(conn, "objected") == []


def sent(client: FlaskClient, clock: Clock, **contact: str) -> Visitor:
    """Somebody who has sent a report."""
    visitor = at_details(Visitor(client).open("/report")).press("Weiter").fill(**contact).press("Weiter")
    clock.forward(seconds=30)
    return visitor.press("Meldung absenden")


def test_whoever_gives_an_address_gets_the_number_by_mail(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    visitor = sent(client, clock, email="kim@example.org")
    assert "Eine Bestätigung mit der Nummer" in visitor.text
    assert run_jobs(core, conn) == 1
    number = conn.execute(text("select id from service_requests")).scalar_one()
    assert f"Nummer {number}" in mailbox.last
    assert "{" not in mailbox.last


def test_a_public_report_is_withdrawn_by_way_of_staff(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock
) -> None:
    visitor = sent(client, clock)
    for _ in range(2):
        visitor = visitor.open(visitor.path.split("?")[0]).press("Meldung zurückziehen")
        assert "Ihr Wunsch ist angekommen" in visitor.text
    [claim] = claims(conn)
    assert claim["claimed_status"] == "cancelled"
