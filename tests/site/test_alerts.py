"""News of an area by mail."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.actions.addresses import address_list
from open311.core import Core
from open311.notifications import alerts
from open311.notifications.privacy import retention
from open311.notifications.storage import alerts as storage
from tests.actors import CLARA
from tests.client import client_of
from tests.mailbox import Mailbox, run_jobs
from tests.serving import Clock, MakeCore, an_api, first_city
from tests.site.visitor import Visitor

ADDRESSES = "street,house_number,zipcode,city,lat,long\nBismarckstraße,63,67059,Ludwigshafen,49.4811,8.4464"
FAR = {"lat": "49.52", "long": "8.36"}


@pytest.fixture
def core(make_core: MakeCore, mailing: dict[str, str]) -> Core:
    """A Core that sends mail, and knows an address."""
    core = make_core(**mailing)
    address_list.replace_list(core, first_city(), iter(ADDRESSES.splitlines()))
    return core


def wished(client: FlaskClient, clock: Clock, **typed: str) -> Visitor:
    """Somebody who asks for news around an address."""
    visitor = Visitor(client).open("/alerts")
    clock.forward(seconds=5)
    whole = {"where": "around", "address": "Bismarckstraße 63", "radius": "500", "email": "kim@example.org"}
    return visitor.fill(**whole | typed).press("Bestellen")


def confirmed(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox, **typed: str
) -> None:
    """The same, confirmed by the link."""
    assert "sehen Sie in Ihr Postfach" in wished(client, clock, **typed).text
    assert run_jobs(core, conn) == 1
    page = Visitor(client).open(mailbox.link("/alerts/"))
    assert page.press("Ja, schreiben Sie mir").heading == "Sie bekommen Neues aus dieser Gegend"


def news(core: Core, conn: Connection, clock: Clock, mailbox: Mailbox, days: int = 1) -> str:
    """What the mail of the next day says; empty without one."""
    before = len(mailbox.mails)
    clock.forward(days=days, minutes=1)
    alerts.enqueue(core)
    run_jobs(core, conn)
    return mailbox.last if len(mailbox.mails) > before else ""


def test_what_is_new_nearby_is_told_once(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    api = an_api(core)
    old = api.report()
    clock.forward(minutes=1)
    confirmed(core, client, conn, clock, mailbox)
    clock.forward(minutes=1)
    near, far = api.report(), api.report(**FAR)
    held = api.report(service_code="MARKIERUNG")
    told = news(core, conn, clock, mailbox)
    assert f"/reports/{near}" in told
    assert not [number for number in (old, far, held) if f"/reports/{number}" in told]
    assert mailbox.mails[-1]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert news(core, conn, clock, mailbox) == ""


def test_news_that_are_sent_again_are_the_same_mail(
    core: Core,
    client: FlaskClient,
    conn: Connection,
    clock: Clock,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker that died before it could note that the mail had left; who has it drops the second."""
    confirmed(core, client, conn, clock, mailbox)
    clock.forward(minutes=1)
    api = an_api(core)
    api.report()
    clock.forward(days=1)
    [alert_id] = conn.execute(text("select id from alerts")).scalars()
    with monkeypatch.context() as dying:
        dying.setattr(storage, "mark_sent", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            alerts.send_news(core, alert_id)
    clock.forward(minutes=5)
    alerts.send_news(core, alert_id)
    clock.forward(minutes=1)
    api.report()
    clock.forward(days=1)
    alerts.send_news(core, alert_id)
    first, again, other = [str(mail["Message-ID"]) for mail in mailbox.mails[-3:]]
    assert first == again != other


def test_what_was_checked_later_is_news_then(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    held = an_api(core).report(service_code="MARKIERUNG")
    confirmed(core, client, conn, clock, mailbox, where="city")
    clock.forward(minutes=1)
    casework.publish(core, int(held), CLARA)
    assert f"/reports/{held}" in news(core, conn, clock, mailbox)


def test_of_one_category_and_by_the_week(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    confirmed(core, client, conn, clock, mailbox, where="city", service_code="MARKIERUNG", often="week")
    clock.forward(minutes=1)
    an_api(core).report()
    assert news(core, conn, clock, mailbox) == ""
    assert news(core, conn, clock, mailbox, days=7) == ""


def test_one_click_ends_it_and_forgets_the_mailbox(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    confirmed(core, client, conn, clock, mailbox)
    path = mailbox.mails[-1]["List-Unsubscribe"].strip("<>").partition("melden.example")[2]
    assert client.get(path).status_code == 405
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert conn.execute(text("select count(*) from alerts")).scalar_one() == 0


def test_nobody_is_written_to_who_has_not_confirmed_and_then_is_forgotten(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    wished(client, clock)
    run_jobs(core, conn)
    client.get(mailbox.link("/alerts/"))
    an_api(core).report()
    assert news(core, conn, clock, mailbox) == ""
    clock.forward(days=3)
    retention.forget_people(core)
    assert conn.execute(text("select count(*) from alerts")).scalar_one() == 0


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"address": "Nirgendwo 1"}, "address"), ({"where": "x"}, "where"), ({"email": "kim@"}, "email")],
)
def test_what_is_wrong_is_told_at_its_field(
    client: FlaskClient, clock: Clock, typed: dict[str, str], field: str
) -> None:
    visitor = wished(client, clock, **typed)
    assert visitor.response.status_code == 400
    assert list(visitor.errors) == [field]


def test_own_data_name_it_and_their_erasure_ends_it(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    confirmed(core, client, conn, clock, mailbox)
    visitor = Visitor(client).open("/my-data")
    clock.forward(seconds=5)
    visitor.fill(email="kim@example.org").press("Link schicken")
    run_jobs(core, conn)
    page = Visitor(client).open(mailbox.link("/my-data/"))
    assert "500 Meter um Bismarckstraße 63" in page.text
    page.press("löschen")
    assert conn.execute(text("select count(*) from alerts")).scalar_one() == 0


def test_a_report_leads_to_news_of_its_surroundings(client: FlaskClient) -> None:
    visitor = Visitor(client).open("/alerts?address=Bismarckstraße 63")
    assert (visitor.value("where"), visitor.value("address")) == ("around", "Bismarckstraße 63")


def test_without_a_mail_server_there_is_no_such_page(make_core: MakeCore) -> None:
    assert client_of(make_core()).get("/alerts").status_code == 404
