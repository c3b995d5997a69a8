"""Mails say the same as text and as HTML, and HTML brings all it needs."""

from email.message import EmailMessage

import pytest
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.actions.addresses import address_list
from open311.core import Core
from open311.model.catalogue.site import COLOUR
from tests.actors import CLARA
from tests.mailbox import Mailbox, run_jobs, text_of
from tests.serving import Clock, MakeCore, an_api, first_city
from tests.site.mailing import BASE, reported
from tests.site.test_alerts import ADDRESSES, confirmed, news
from tests.site.test_form import at_details
from tests.site.visitor import Visitor

HOSTILE = '<img src="https://evil.example/x.png"> & "Grüße"\nhttps://evil.example/login\n\nAm Montag.'
BUTTONS = {"de": "Ja, schreiben Sie mir", "en": "Yes, write to me"}


@pytest.fixture
def core(make_core: MakeCore, mailing: dict[str, str]) -> Core:
    """A Core that sends mail."""
    return make_core(**mailing)


def page_of(mail: EmailMessage) -> html.HtmlElement:
    """The HTML of a mail, once all is there that every mail has."""
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    body = mail.get_body(("html",))
    assert body is not None
    source = body.get_content()
    page = html.document_fromstring(source)
    assert page.get("lang") == mail["Content-Language"]
    assert page.findtext(".//title") == mail["Subject"]
    assert not page.xpath("//img | //script | //link | //*[@src] | //*[@background]")
    assert "url(" not in source
    assert "@import" not in source
    assert COLOUR in source
    return page


def words(page: html.HtmlElement) -> str:
    return " ".join(page.find("body").text_content().split())


def links(page: html.HtmlElement) -> list[str]:
    return [str(link.get("href")) for link in page.iter("a")]


@pytest.mark.parametrize("language", ["de", "en"])
def test_confirmation_status_and_news_say_the_same_twice(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox, language: str
) -> None:
    reported(client, clock, language=language)
    run_jobs(core, conn)
    visitor = Visitor(client, language=language).open(mailbox.link("/follow/"))
    visitor.press(BUTTONS[language])
    number = conn.execute(text("select id from service_requests")).scalar_one()
    casework.set_status(core, number, "GELOEST", CLARA, HOSTILE)
    run_jobs(core, conn)
    address_list.replace_list(core, first_city(), iter(ADDRESSES.splitlines()))
    confirmed(core, client, conn, clock, mailbox)
    clock.forward(minutes=1)
    an_api(core).report()
    assert "/reports/" in news(core, conn, clock, mailbox)
    assert len(mailbox.mails) == 4
    for mail in mailbox.mails:
        page, plain = page_of(mail), text_of(mail)
        own = [line for line in plain.splitlines() if line.startswith(f"{BASE}/")]
        assert own == links(page)
        rest = words(page)
        for line in plain.splitlines():
            if line.strip("- ") and line not in own:
                _, found, rest = rest.partition(" ".join(line.split()))
                assert found, line
    assert "\n\n\n" not in text_of(mailbox.mails[0])


def test_a_receipt_leads_to_the_report_by_words(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    visitor = at_details(Visitor(client).open("/report"))
    visitor.press("Weiter").fill(email="kim@example.org").press("Weiter")
    clock.forward(seconds=30)
    visitor.press("Meldung absenden")
    run_jobs(core, conn)
    number = conn.execute(text("select id from service_requests")).scalar_one()
    page = page_of(mailbox.mails[-1])
    assert mailbox.mails[-1]["Subject"].startswith(f"Ihre Meldung {number}:")
    assert [link.text for link in page.iter("a")] == [f"Meldung {number} ansehen"]
    assert "\n\n\n" not in mailbox.last
