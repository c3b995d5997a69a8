"""How it ended is asked by one link of the closing mail, answered once, and counted by nobody's name."""

import re
from io import BytesIO

import pytest
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.base.errors import Invalid
from open311.core import Core
from open311.model.casework.cases import Awaits
from open311.model.staff.roles import Role
from open311.notifications import mail_subscriptions
from open311.notifications.model.mail_limits import MailAsker
from open311.storage.upkeep import unpublished
from tests.actors import CLARA
from tests.client import client_of
from tests.mailbox import Mailbox, run_jobs, text_of
from tests.pictures import a_photo
from tests.serving import MakeCore, an_api
from tests.staff.desk import Desk, membership

LINK = re.compile(r"/rating/[A-Za-z0-9_-]+")


class Case:
    """A report whose reporter and whose neighbour follow it."""

    def __init__(self, core: Core, conn: Connection, mailbox: Mailbox) -> None:
        self.core, self.conn, self.mailbox = core, conn, mailbox
        self.client = client_of(core)
        self.number = int(an_api(core).report(email="kim@example.org"))
        for email in ("kim@example.org", "nachbarin@example.org"):
            mail_subscriptions.follow(
                core,
                core.catalogues.in_force[0],
                self.number,
                email,
                "de",
                MailAsker("192.0.2.1", email, proven=True),
            )
        conn.execute(text("update followers set confirmed_datetime = now()"))
        run_jobs(core, conn)
        mailbox.mails.clear()

    def close(self) -> str:
        """The link of the mail that closes it."""
        casework.set_status(self.core, self.number, "GELOEST", CLARA)
        return self.link()

    def link(self) -> str:
        run_jobs(self.core, self.conn)
        found = [link for mail in self.mailbox.mails for link in LINK.findall(text_of(mail))]
        self.mailbox.mails.clear()
        assert len(found) == 1
        return found[0]

    @property
    def awaits(self) -> frozenset[str]:
        return casework.show(self.core, self.number, CLARA).case.awaits

    def history(self) -> list[str]:
        return [event.kind for event in casework.show(self.core, self.number, CLARA).history]

    def wish(self) -> int:
        shown = casework.show(self.core, self.number, CLARA)
        return next(event.id for event in shown.history if event.kind == "claimed")


@pytest.fixture
def case(make_core: MakeCore, mailing: dict[str, str], conn: Connection, mailbox: Mailbox) -> Case:
    return Case(make_core(**mailing), conn, mailbox)


def test_the_closing_mail_asks_whoever_reported_and_nobody_else(case: Case) -> None:
    casework.set_status(case.core, case.number, "GELOEST", CLARA)
    run_jobs(case.core, case.conn)
    asked = {str(mail["To"]): bool(LINK.search(text_of(mail))) for mail in case.mailbox.mails}
    assert asked == {"kim@example.org": True, "nachbarin@example.org": False}


def test_opening_the_link_answers_nothing(case: Case) -> None:
    link = case.close()
    before = case.history()
    for method in ("GET", "HEAD", "GET"):
        assert case.client.open(link, method=method).status_code == 200
    assert case.history() == before


def test_an_answer_is_taken_once_and_is_nobodys_in_public(case: Case) -> None:
    link = case.close()
    refused = case.client.post(link, data={"satisfied": ""})
    assert refused.status_code == 400
    assert re.search(r'role="alert" tabindex="-1" autofocus>.*?Wählen Sie, ob', refused.text, re.DOTALL)
    answer = case.client.post(link, data={"satisfied": "yes", "text": "schnell, danke Frau Amt"})
    assert answer.status_code == 303
    assert "Danke" in case.client.get(answer.headers["Location"]).text
    assert case.client.post(link, data={"satisfied": "no"}).status_code == 404
    assert case.history().count("rated") == 1
    assert "Frau Amt" not in case.client.get(f"/reports/{case.number}").text
    assert case.awaits == frozenset()


def test_not_mended_waits_in_the_queue_until_staff_decide(case: Case) -> None:
    link = case.close()
    empty = case.client.post(link, data={"not_mended": "1"})
    assert empty.status_code == 400
    sent = {"not_mended": "1", "text": "liegt noch da", "media": (BytesIO(a_photo()), "noch.jpg")}
    assert case.client.post(link, data=sent).status_code == 303
    shown = casework.show(case.core, case.number, CLARA)
    assert (shown.request.status, shown.case.awaits) == ("closed", {Awaits.REOPEN})
    bea = Desk(case.core).employee(Role.CHECKER, Role.WORKER)
    assert "liegt noch da" in bea.get(f"/staff/check/{case.number}").text
    path = f"/staff/check/{case.number}/reopen/{case.wish()}"
    bea.post(path, 303, act="reopen", text="Wir schauen noch einmal", revision=shown.case.revision)
    shown = casework.show(case.core, case.number, CLARA)
    assert (shown.request.status, shown.request.detailed_status) == ("open", "IN_BEARBEITUNG")
    assert (shown.case.awaits, shown.case.reopened) == (frozenset(), 1)
    page = case.client.get(f"/reports/{case.number}").text
    assert "Wir schauen noch einmal" in page
    assert "liegt noch da" not in page
    case.mailbox.mails.clear()
    assert case.close() != link


def test_a_wish_that_is_not_granted_leaves_it_closed_and_is_answered(case: Case) -> None:
    link = case.close()
    case.client.post(link, data={"not_mended": "1", "text": "liegt noch da"})
    casework.keep_closed(case.core, case.wish(), CLARA, "Das ist der Sperrmüll der Nachbarn.")
    shown = casework.show(case.core, case.number, CLARA)
    assert (shown.request.status, shown.case.awaits) == ("closed", frozenset())
    run_jobs(case.core, case.conn)
    assert [str(mail["To"]) for mail in case.mailbox.mails] == ["kim@example.org"]
    with pytest.raises(Invalid):
        casework.reopen(case.core, case.wish(), CLARA)


def test_a_link_ends_after_thirty_days(case: Case) -> None:
    link = case.close()
    case.core.now.forward(days=31)
    assert case.client.get(link).status_code == 404
    casework.destroy_originals(case.core)
    assert case.conn.execute(text("select count(*) from ratings")).scalar_one() == 0


def test_figures_are_by_service_and_unit_and_tell_of_no_small_number(case: Case) -> None:
    vera = Desk(case.core).employee(membership(Role.SUPERVISOR))
    link = case.close()
    case.client.post(link, data={"satisfied": "yes"})
    assert "&lt; 5" in vera.get("/staff/satisfaction").text
    case.conn.execute(
        text(
            "insert into ratings select 'd' || n, :number, n, now(), :at, n > 1, '' from generate_series(1, 4) n"
        ),
        {"number": case.number, "at": case.core.now()},
    )
    words = vera.get("/staff/satisfaction").text
    assert "80 %" in words
    columns = case.conn.execute(
        text("select column_name from information_schema.columns where table_name = 'ratings'")
    ).scalars()
    assert not {"account_id", "actor", "assignee_id", "follower_id"} & set(columns)


def test_forgetting_people_forgets_what_they_said(case: Case) -> None:
    link = case.close()
    case.client.post(
        link, data={"not_mended": "1", "text": "Kanarienvogel", "media": (BytesIO(a_photo()), "a.jpg")}
    )
    assert len(unpublished.forget_of_requests(case.conn, [case.number])) >= 1
    left = case.conn.execute(
        text(
            "select string_agg(e.data::text || r.text, ' ') from events e join ratings r using (service_request_id)"
        )
    ).scalar_one()
    assert "Kanarienvogel" not in left


@pytest.mark.parametrize("token", ["x", "a" * 32, "%00", "ä" * 20])
def test_a_link_that_is_none_says_so(core: Core, token: str) -> None:
    answer = client_of(core).get(f"/rating/{token}")
    assert answer.status_code == 404
    assert "noindex" in answer.text
