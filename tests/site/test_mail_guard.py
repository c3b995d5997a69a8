"""Mails that strangers ask for: none beyond the limits, whatever way and spelling they choose."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

from open311.core import Core
from open311.notifications.model.mail_limits import LIMITS
from tests.client import client_of
from tests.mailbox import Mailbox, run_jobs
from tests.serving import Clock, MakeCore, an_api
from tests.site.mailing import asked, reported
from tests.site.test_form import at_details
from tests.site.test_form_hostile import challenge_of, solved
from tests.site.visitor import Visitor

Way = Callable[[FlaskClient, Clock, str], Visitor]
TO_A_MAILBOX = min(limit.proven for limit in LIMITS if limit.column == "mailbox")
OF_A_NETWORK = next(limit for limit in LIMITS if limit.column == "network")
# Twice what is sent: each beyond the limit is refused.
ATTEMPTS = 2 * TO_A_MAILBOX
VICTIM = "kim@example.org"


@pytest.fixture
def core(make_core: MakeCore, mailing: dict[str, str]) -> Core:
    """A Core that sends mail, and knows the victim."""
    return make_core(**mailing, OPEN311_PROOF_OF_WORK="50")


def follow(client: FlaskClient, clock: Clock, email: str) -> Visitor:
    """Ask to follow a report, by its page."""
    report = Visitor(client).open("/").page.xpath("//a[contains(@href, '/reports/')]/@href")[0]
    return asked(client, clock, report.split("?")[0] + "/follow", email, "Verfolgen")


def own_data(client: FlaskClient, clock: Clock, email: str) -> Visitor:
    """Ask for a link to own data."""
    return asked(client, clock, "/my-data", email)


def me_too(client: FlaskClient, clock: Clock, email: str) -> Visitor:
    """Say in the form that it is reported already."""
    visitor = Visitor(client).open("/report").fill(lat="49.48", long="8.44").press("Weiter")
    word = visitor.word
    client.post(f"/report/{word}/category", data={"service_code": "MUELL_WILD"})
    client.post(f"/report/{word}/contact", data={"email": email})
    clock.forward(seconds=5)
    return visitor.open(f"/report/{word}/check").press("Das ist es")


def with_a_report(client: FlaskClient, clock: Clock, email: str) -> Visitor:
    """Report, and want to hear of it."""
    return reported(client, clock, email)


def receipt(client: FlaskClient, clock: Clock, email: str) -> Visitor:
    """Report, and give an address without wanting more mails."""
    visitor = at_details(Visitor(client).open("/report"))
    visitor.press("Weiter").fill(email=email).press("Weiter")
    clock.forward(seconds=30)
    return visitor.press("Meldung absenden")


def objection(client: FlaskClient, clock: Clock, email: str) -> Visitor:
    """Object to a report."""
    report = Visitor(client).open("/").page.xpath("//a[contains(@href, '/reports/')]/@href")[0]
    visitor = Visitor(client).open(report.split("?")[0] + "/objection")
    clock.forward(seconds=5)
    visitor.fill(ground="other", text="So nicht.", email=email, faith="1")
    return visitor.press("Beanstandung absenden")


def alert(client: FlaskClient, clock: Clock, email: str) -> Visitor:
    """Ask for news of the whole city."""
    visitor = Visitor(client).open("/alerts")
    clock.forward(seconds=5)
    return visitor.fill(where="city", email=email).press("Bestellen")


WAYS: dict[str, Way] = {
    "follow": follow,
    "own data": own_data,
    "me too": me_too,
    "with a report": with_a_report,
    "receipt": receipt,
    "objection": objection,
    "alert": alert,
}


def mails(core: Core, conn: Connection, mailbox: Mailbox) -> int:
    """How many mails have come by now."""
    run_jobs(core, conn)
    return len(mailbox.mails)


@pytest.mark.parametrize("way", WAYS)
def test_one_way_sends_a_mailbox_so_many_mails(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox, way: str
) -> None:
    an_api(core).report(email=VICTIM)
    for _ in range(ATTEMPTS):
        # Whoever follows is not asked again; a flood would take another report each time.
        conn.execute(text("delete from followers"))
        last = WAYS[way](client, clock, VICTIM)
        mails(core, conn, mailbox)
    assert 0 < len(mailbox.mails) <= TO_A_MAILBOX
    assert "Postfach" in last.text or way in ("with a report", "receipt", "objection", "alert")


def test_all_ways_and_spellings_together_send_no_more(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    an_api(core).report(email="kimmuster@gmail.com")
    spellings = ("kimmuster@gmail.com", "Kim.Muster@Gmail.com", "kim.muster+a@googlemail.com")
    for way in WAYS.values():
        for spelling in spellings:
            conn.execute(text("delete from followers"))
            way(client, clock, spelling)
            mails(core, conn, mailbox)
    assert 0 < len(mailbox.mails) <= TO_A_MAILBOX


def test_whoever_is_refused_is_told_when_to_come_back_and_may_then(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, mailbox: Mailbox
) -> None:
    an_api(core).report(email=VICTIM)
    for _ in range(TO_A_MAILBOX):
        assert own_data(client, clock, VICTIM).response.status_code == 200
    page = own_data(client, clock, VICTIM)
    assert page.response.status_code == 429
    assert page.value("email") == VICTIM
    wait = int(page.response.headers["Retry-After"])
    assert 3000 < wait <= 3600
    clock.forward(seconds=wait)
    assert own_data(client, clock, VICTIM).response.status_code == 200


def test_a_report_is_taken_although_its_mail_is_not_sent(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock
) -> None:
    for _ in range(TO_A_MAILBOX):
        own_data(client, clock, VICTIM)
    page = reported(client, clock, VICTIM)
    assert "schicken wir im Moment nicht" in page.text
    assert conn.execute(text("select count(*) from service_requests")).scalar_one() == 1
    assert conn.execute(text("select count(*) from followers")).scalar_one() == 0


def test_nobody_learns_who_follows_by_asking_again(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock
) -> None:
    an_api(core).report()
    follow(client, clock, VICTIM)
    conn.execute(text("update followers set confirmed_datetime = now()"))
    told = [follow(client, clock, VICTIM).response.status_code for _ in range(TO_A_MAILBOX)]
    conn.execute(text("delete from followers; delete from mail_requests"))
    follow(client, clock, VICTIM)
    assert told == [follow(client, clock, VICTIM).response.status_code for _ in range(TO_A_MAILBOX)]


@pytest.mark.parametrize(
    ("addresses", "together"),
    [
        (["203.0.113.7"], True),
        (["203.0.113.7", "::ffff:203.0.113.7"], True),
        ([f"2001:db8:1:2::{number:x}" for number in range(1, 20)], True),
        ([f"2001:db8:1:{number:x}::1" for number in range(1, 20)], False),
    ],
)
def test_one_network_asks_for_so_many_mails(
    make_core: MakeCore, mailing: dict[str, str], clock: Clock, addresses: list[str], together: bool
) -> None:
    client = client_of(make_core(**mailing, OPEN311_RATE_LIMITS="on", OPEN311_RATE_LIMIT_POST="1000"))
    most, statuses = OF_A_NETWORK.unproven + 2, []
    for number in range(most):
        client.environ_base["REMOTE_ADDR"] = addresses[number % len(addresses)]
        statuses.append(own_data(client, clock, f"somebody{number}@example.org").response.status_code)
    assert statuses == [200] * (OF_A_NETWORK.unproven if together else most) + [429] * (2 * together)


def test_whoever_has_computed_may_ask_for_more_and_at_once(
    make_core: MakeCore, mailing: dict[str, str], clock: Clock
) -> None:
    slow = {"OPEN311_RATE_LIMIT_POST": "1000", "OPEN311_PROOF_OF_WORK": "50"}
    client = client_of(make_core(**mailing, **slow, OPEN311_RATE_LIMITS="on"))
    statuses = []
    for number in range(OF_A_NETWORK.proven + 1):
        page = Visitor(client).open("/my-data").fill(email=f"somebody{number}@example.org")
        page.fill(altcha=solved(challenge_of(page))).press("Link schicken")
        statuses.append(page.response.status_code)
    assert statuses == [200] * OF_A_NETWORK.proven + [429]


def test_all_together_ask_for_so_many_mails(
    make_core: MakeCore, mailing: dict[str, str], clock: Clock
) -> None:
    client = client_of(make_core(**mailing, OPEN311_MAILS_PER_HOUR="2"))
    statuses = [
        own_data(client, clock, f"somebody{number}@example.org").response.status_code for number in range(3)
    ]
    assert statuses == [200, 200, 429]


@pytest.mark.parametrize("path", ["/my-data", "/reports/{number}/follow"])
@pytest.mark.parametrize("fault", ["trap", "quick", "no ticket", "forged ticket", "other ticket"])
def test_a_program_is_told_and_sends_nothing(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock, path: str, fault: str
) -> None:
    path = path.format(number=an_api(core).report())
    page = Visitor(client).open(path).fill(email=VICTIM)
    if fault != "quick":
        clock.forward(seconds=60)
    if fault == "trap":
        page.fill(homepage="https://spam.example")
    if "ticket" in fault:
        other = Visitor(client).open(
            "/my-data" if "follow" in path else f"/reports/{an_api(core).report()}/follow"
        )
        tickets = {"no ticket": "", "forged ticket": page.value("ticket")[:-2] + "xx"}
        page.fill(ticket=tickets.get(fault, other.value("ticket")))
    page.submit(page.page.xpath("//form[@class='step']//button")[0])
    assert page.response.status_code == 400
    assert page.value("email") == VICTIM
    assert conn.execute(text("select count(*) from mail_requests")).scalar_one() == 0


def test_the_same_form_sent_again_and_again_asks_for_three_mails(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock
) -> None:
    page = Visitor(client).open("/my-data")
    clock.forward(seconds=5)
    statuses = [
        client.post(
            "/my-data", data={"email": f"k{number}@example.org", "ticket": page.value("ticket")}
        ).status_code
        for number in range(4)
    ]
    assert statuses == [303, 303, 303, 429]


def test_a_draft_that_says_me_too_is_kept_from_programs_as_well(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock
) -> None:
    number = an_api(core).report()
    visitor = at_details(Visitor(client).open("/report"))
    client.post(f"/report/{visitor.word}/contact", data={"email": VICTIM})
    told = {"action": f"me_too:{number}"}
    assert client.post(f"/report/{visitor.word}/check", data=told).status_code == 400
    clock.forward(seconds=60)
    trapped = told | {"homepage": "https://spam.example"}
    assert client.post(f"/report/{visitor.word}/check", data=trapped).status_code == 400
    assert conn.execute(text("select count(*) from mail_requests")).scalar_one() == 0
    assert client.post(f"/report/{visitor.word}/check", data=told).status_code == 303
    assert conn.execute(text("select count(*) from mail_requests")).scalar_one() == 1


def test_a_mailbox_is_counted_by_a_digest(
    core: Core, client: FlaskClient, conn: Connection, clock: Clock
) -> None:
    own_data(client, clock, VICTIM)
    row = conn.execute(text("select r::text from mail_requests r")).scalar_one()
    assert "kim" not in row
    assert "127.0.0.1" not in row
