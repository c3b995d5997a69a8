"""What leaves the desk and comes back: a contractor with a link, a round without a network, answers by mail.

Real servers on both sides of the mail. Journeys 7 to 9 of the plan of the desk; journey 6 is in `test_intake.py`.
"""

import re
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import expect

from open311.actions import casework
from open311.actions.upkeep import desk_figures
from open311.inbox import fetching
from open311.model.casework.cases import Flag, Stage
from open311.model.service_request import Visibility
from open311.model.staff.roles import Role
from open311.model.task_names import TaskName
from open311.notifications.mails import messages
from tests.actors import CLARA
from tests.browser.conftest import PHONE, Visit
from tests.browser.navigators import Visitor
from tests.browser.staff import comes_in
from tests.browser.town import Town, a_town
from tests.inbox.server import ImapServer, a_bounce, a_mail, an_imap_server
from tests.jobs import work
from tests.mailbox import text_of
from tests.pictures import a_large_photo, a_photo
from tests.serving import Api, an_api
from tests.staff.desk import Desk, Employee, membership

KIM, FIRM = "kim@example.org", "auftrag@lampen.example"
CANARIES = ("Kimberley", KIM, "0621 504343", "Nachbarin ist schwierig", "flackert seit Montag")
READY = "() => navigator.serviceWorker.ready.then((found) => found.scope.endsWith('/staff/field/'))"
WAITING = "(count) => document.querySelectorAll('[data-queue] li').length === count"
_numbers = count(1)


@pytest.fixture(scope="module")
def imap() -> Iterator[ImapServer]:
    with an_imap_server() as server:
        yield server


@pytest.fixture(scope="module")
def town(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory, imap: ImapServer
) -> Iterator[Town]:
    """A town that reads its mail."""
    folder = tmp_path_factory.mktemp("outside")
    with a_town(new_database(), folder, OPEN311_IMAP_URL=imap.url) as found:
        messages.read_events(found.core)
        yield found


@pytest.fixture
def bea(town: Town) -> Employee:
    """A session of this test's own: clocks of the others run on for weeks."""
    email = f"bea{next(_numbers)}@stadt.example"
    return Desk(town.core).employee(Role.CHECKER, Role.WORKER, email=email, name="Bea Muster")


@pytest.fixture(scope="module")
def api(town: Town) -> Api:
    return an_api(town.core)


def reported(town: Town, api: Api, **fields: Any) -> int:
    """A published report of Kim's, who hears of it."""
    sent = {"email": KIM, "first_name": "Kimberley", "phone": "0621 504343"} | fields
    number = int(api.report(**sent))
    if case_of(town, number).request.visibility == Visibility.HELD:
        casework.publish(town.core, number, CLARA)
    town.conn.exec_driver_sql(
        "insert into followers (service_request_id, email, language, created_datetime, asked_datetime,"
        " confirmed_datetime, is_reporter) values (%(n)s, %(email)s, 'de', now(), now(), now(), true)",
        {"n": number, "email": KIM},
    )
    return number


def case_of(town: Town, number: int) -> Any:
    return casework.show(town.core, number, CLARA)


def kinds(town: Town, number: int) -> list[str]:
    return [event.kind for event in case_of(town, number).history]


def mails(town: Town) -> list[EmailMessage]:
    """The mails that leave now that the minute is over in which an act can be taken back."""
    town.clock.forward(minutes=2)
    before = len(town.mailbox.mails)
    town.works()
    work(town.core, town.conn, TaskName.WRITE_TO_CONTRACTOR)
    return town.mailbox.mails[before:]


def answers(mail: EmailMessage, words: str, sender: str, **headers: Any) -> EmailMessage:
    """What a mail program makes of an answer."""
    about = {"to": mail["Reply-To"], "In_Reply_To": mail["Message-ID"], "References": mail["Message-ID"]}
    return a_mail(words, sender=sender, **about | headers)


def test_an_order_goes_to_a_contractor_and_comes_back_done(
    visit: Visit, town: Town, api: Api, bea: Employee, imap: ImapServer, tmp_path: Path
) -> None:
    """Journey 7."""
    lamp = {"service_code": "STRASSENLATERNE", "attribute[DEFEKT]": "flackert"}
    number = reported(town, api, description="Lampe 4711 flackert seit Montag", **lamp)
    casework.add_note(town.core, number, "Nachbarin ist schwierig", CLARA)
    desk = comes_in(visit(base=town.base, drawing=False), bea)
    desk.opens(f"/staff/reports/{number}/outside")
    desk.page.locator("#text").fill("Lampe 4711: Leuchtmittel tauschen")
    desk.presses("Auftrag senden")
    [order] = [mail for mail in mails(town) if mail["To"] == FIRM]
    [link] = re.findall(r"/order/[A-Za-z0-9_-]+", text_of(order))

    # A scanner of the firm opens what stands in mails.
    before = case_of(town, number).case.revision, kinds(town, number)
    pages = [httpx2.request(method, town.base + link, timeout=60) for method in ("GET", "HEAD", "GET") * 3]
    assert {page.status_code for page in pages} == {200}
    assert (case_of(town, number).case.revision, kinds(town, number)) == before
    assert [word for page in pages for word in CANARIES if word in page.text] == []

    # A person asks by mail instead, accepts with a day, and reports it done with two photos; on a telephone.
    imap.gets(answers(order, "Welche Lichtfarbe?", f"Lampen GmbH <{FIRM}>"))
    fetching.fetch_all(town.core)
    assert (case_of(town, number).case.stage, kinds(town, number)[-1]) == (Stage.WORK, "order_asked")
    firm = visit(base=town.base, drawing=False, size=PHONE, scripts=False)
    firm.opens(link)
    firm.page.get_by_text("Annehmen", exact=True).click()
    firm.types(planned="2026-03-04")
    firm.presses("Auftrag annehmen")
    assert case_of(town, number).request.detailed_status != "EINGEPLANT"
    pictures = [tmp_path / f"{name}.jpg" for name in ("vorher", "nachher")]
    for picture in pictures:
        picture.write_bytes(a_photo())
    firm.page.locator("summary", has_text="Als erledigt melden").click()
    firm.types(text_done="Leuchtmittel getauscht")
    firm.page.locator("input[type=file]").set_input_files(pictures)
    firm.presses("Erledigung melden")
    expect(firm.page.locator("main")).to_contain_text("Die Stadt sieht sich das Ergebnis an.")
    case = case_of(town, number).case
    assert (case.flags & {Flag.DONE_REPORTED}, case.stage) == ({Flag.DONE_REPORTED}, Stage.WORK)
    stored = "select visibility from media where service_request_id = %(n)s"
    assert town.stored(stored, n=number) == [("internal",), ("internal",)]

    # One photo is for everybody, and the report is closed with words.
    desk.opens(f"/staff/reports/{number}/outside")
    expect(desk.page.locator("main")).to_contain_text("Welche Lichtfarbe?")
    desk.page.locator("summary", has_text="Bestätigen").click()
    desk.page.get_by_label("Status", exact=True).select_option("GELOEST")
    desk.page.get_by_label("Öffentliche Mitteilung").fill("Die Lampe leuchtet wieder.")
    desk.page.locator("[id^=done-]").first.check()
    desk.presses("Erledigung bestätigen")
    assert case_of(town, number).request.detailed_status == "GELOEST"
    assert sorted(town.stored(stored, n=number)) == [("internal",), ("public",)]
    assert "Die Lampe leuchtet wieder." in httpx2.get(f"{town.base}/reports/{number}", timeout=60).text
    town.clock.forward(days=40)
    assert httpx2.get(town.base + link, timeout=60).status_code == 410


def test_a_round_is_planned_for_somebody_and_gone_without_a_network(
    visit: Visit, town: Town, api: Api, tmp_path: Path
) -> None:
    """Journey 8."""
    desk = Desk(town.core)
    unit = {"units": ("STADTREINIGUNG",)}
    lutz = desk.employee(membership(Role.LEAD, **unit), email="lutz@stadt.example", name="Lutz Muster")
    finn = desk.employee(membership(Role.FIELD, **unit), email="finn@stadt.example", name="Finn Muster")
    places = [str(8.44 + step / 1000) for step in (0, 7, 2, 9, 4, 11, 6, 1, 8, 3, 10, 5)]
    numbers = [reported(town, api, description=f"Sack {long}", lat="49.47", long=long) for long in places]
    nearest_first = [number for _, number in sorted(zip(places, numbers, strict=True))]
    leader = comes_in(visit(base=town.base, drawing=False), lutz)
    leader.opens("/staff/field/plan?unit=STADTREINIGUNG")
    for number in numbers:
        leader.page.locator(f"#stop-{number}").check()
    leader.types(name="Nord", day="2026-06-02")
    leader.page.locator("#person").select_option(label="Finn Muster")
    leader.presses("Runde anlegen")
    shown = "() => [...document.querySelectorAll('.stops > li')].map((stop) => Number(stop.id.slice(5)))"
    assert leader.page.evaluate(shown) in (nearest_first, nearest_first[::-1])
    second = leader.page.evaluate(shown)[1]
    leader.page.locator(f"#stop-{second}").get_by_role("button", name="Früher").focus()
    # The stop that was moved has the focus, so it can be moved on.
    for key, place in (("ArrowDown", 2), ("ArrowUp", 1), ("ArrowUp", 0)):
        leader.goes_on_by_key(key)
        assert leader.page.evaluate(shown)[place] == second
        leader.page.wait_for_function("(id) => document.activeElement.closest(`#stop-${id}`)", arg=second)
    path = leader.path.partition("?")[0].partition("#")[0]
    sheets = lutz.get(f"{path}/sheets.pdf")
    assert (sheets.content_type, b"pdfuaid" in sheets.data) == ("application/pdf", True)

    photo = tmp_path / "weg.jpg"
    photo.write_bytes(a_photo())
    visitor = comes_in(visit(base=town.base, keeps=True, drawing=False, size=PHONE), finn)
    page = visitor.page
    visitor.opens(path)
    assert len(page.evaluate(shown)) == len(numbers)
    assert visitor.barriers_of_every_look() == []
    page.wait_for_function(READY)
    page.get_by_role("button", name="Auf dieses Gerät mitnehmen").click()
    page.get_by_text("zwölf Stunden").wait_for()
    page.reload()
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    page.context.set_offline(True)
    page.reload()
    said = dict(zip(numbers, ("done", "done", "done", "not_found"), strict=False))
    for waiting, (number, act) in enumerate(said.items(), 1):
        stop = page.locator(f"#stop-{number}")
        stop.locator(f"#act-{number}-{act}").check()
        stop.locator("textarea").fill(f"vor Ort {number}")
        stop.locator("input[type=file]").set_input_files(photo)
        stop.get_by_role("button", name="Eintragen").click()
        page.wait_for_function(WAITING, arg=waiting)
        # What became of it is in sight, and the form makes room for the next stop.
        assert stop.locator("[data-said]").inner_text()
        assert visitor.is_inside_the_window(stop.locator("[data-said]"))
        expect(stop.locator("textarea")).to_be_hidden()
        expect(stop.locator("summary")).to_be_focused()
    # What waits outlives a page that is closed.
    page.reload()
    page.wait_for_function(WAITING, arg=len(said))
    closed = numbers[2]
    casework.set_status(town.core, closed, "GELOEST", CLARA)
    page.context.set_offline(False)
    page.wait_for_function(WAITING, arg=0)
    answers = [page.locator(f"[data-about='{number}']").inner_text() for number in said]
    assert ["war schon abgeschlossen" in answer for answer in answers] == [False, False, True, False]
    assert [kinds(town, number).count("field_reported") for number in said] == [1, 1, 1, 1]
    flags = [case_of(town, number).case.flags for number in said]
    assert flags == [{Flag.FIELD_DONE}, {Flag.FIELD_DONE}, frozenset(), frozenset()]
    assert case_of(town, closed).history[-1].data["act"] == "note"
    page.get_by_role("button", name="Abmelden").click()
    page.locator("html[data-cleared]").wait_for(state="attached")
    kept = "async () => [(await caches.keys()).length, (await indexedDB.databases()).length]"
    assert page.evaluate(kept) == [0, 0]


def test_that_it_is_not_mended_comes_by_mail_and_loops_lead_nowhere(
    visit: Visit, town: Town, api: Api, bea: Employee, imap: ImapServer
) -> None:
    """Journey 9."""
    number = reported(town, api, description="Sofa am Rand")
    mails(town)
    casework.set_status(town.core, number, "GELOEST", CLARA)
    [closing] = [mail for mail in mails(town) if mail["To"] == KIM]
    before = kinds(town, number)
    imap.gets(answers(closing, "Ich bin bis Montag nicht da.", KIM, Auto_Submitted="auto-replied"))
    imap.gets(a_bounce(closing, action="delayed", status="4.4.1"))
    imap.gets(a_mail("Bei mir auch!", sender="fremd@example.org", subject=f"Re: #{number}"))
    fetching.fetch_all(town.core)
    assert kinds(town, number) == before
    states = "select state, about_id from inbox order by id desc limit 3"
    assert town.stored(states) == [("new", None), ("automatic", None), ("automatic", None)]

    still_there = answers(closing, "liegt noch da", KIM)
    still_there.add_attachment(a_large_photo(), maintype="image", subtype="jpeg", filename="foto.jpg")
    imap.gets(still_there)
    fetching.fetch_all(town.core)
    assert case_of(town, number).case.awaits == {"reopen"}
    desk = comes_in(visit(base=town.base, drawing=False), bea)
    desk.opens("/staff/check")
    desk.page.locator("tr", has_text=str(number)).get_by_role("link").first.click()
    expect(desk.page.locator("main")).to_contain_text("liegt noch da")
    # A wish is granted or not; its words alone are neither shown nor hidden.
    expect(desk.page.locator(".claim")).to_have_count(0)
    assert (
        desk.page.locator("form img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    )
    desk.page.get_by_role("button", name="Wieder aufnehmen").click()
    expect(desk.page.locator("main .kern-alert--success")).to_be_visible()
    shown = case_of(town, number)
    assert (shown.request.detailed_status, shown.case.reopened) == ("IN_BEARBEITUNG", 1)
    assert shown.case.due_datetime > town.clock()

    # The mailbox of the reporter is gone: the case says so.
    [told] = [mail for mail in mails(town) if mail["To"] == KIM]
    imap.gets(a_bounce(told))
    fetching.fetch_all(town.core)
    for path in (f"/staff/reports/{number}", f"/staff/reports/{number}/outside", "/staff/outside"):
        bea.get(path)
        assert "kam zurück (5.1.1: die Adresse gibt es nicht)" in bea.text, path


def test_no_page_that_leads_outside_has_barriers(
    visit: Visit, town: Town, api: Api, bea: Employee, imap: ImapServer
) -> None:
    lamp = {"service_code": "STRASSENLATERNE", "attribute[DEFEKT]": "flackert"}
    ordered, asked, closed = (
        reported(town, api, description=name, **lamp) for name in ("eins", "zwei", "drei")
    )
    mails(town)
    order_id = casework.order(town.core, ordered, "LAMPEN", "Leuchtmittel tauschen", CLARA)
    casework.ask(town.core, asked, "Welcher Mast?", CLARA)
    casework.set_status(town.core, closed, "GELOEST", CLARA)
    sent = {mail["Subject"]: mail for mail in mails(town)}
    texts = " ".join(text_of(mail) for mail in sent.values())
    [order] = re.findall(r"/order/[A-Za-z0-9_-]+", texts)
    [rating] = re.findall(r"/rating/[A-Za-z0-9_-]+", texts)
    [question] = [mail for mail in sent.values() if "Welcher Mast?" in text_of(mail)]
    imap.gets(a_bounce(question))
    imap.gets(a_mail("Bei mir auch!", sender="Kim <kim@example.com>", subject="Laterne"))
    fetching.fetch_all(town.core)
    [(mail_id,)] = town.stored("select max(id) from inbox where state = 'new'")
    bea.get("/staff/senders")
    bea.post("/staff/senders", 303, kind="email", sender="bot@example.org", reason="Werbung", days="30")
    desk_figures.add_up(town.core)
    found = {}
    for language in ("de", "en"):
        desk = comes_in(visit(language, base=town.base, drawing=False), bea)
        people = visit(language, base=town.base, drawing=False)
        whole = language == "de"

        def look(visitor: Visitor, name: str, whole: bool = whole, language: str = language) -> None:
            found[language, name] = visitor.barriers_of_every_look() if whole else visitor.barriers()

        chosen = {"language": language, "id": bea.account_id}
        town.conn.exec_driver_sql("update accounts set language = %(language)s where id = %(id)s", chosen)
        for path in (
            "inbox",
            f"inbox/{mail_id}",
            "senders",
            "outside",
            f"reports/{ordered}/outside",
            "figures",
            "satisfaction",
        ):
            assert desk.opens(f"/staff/{path}").status == 200, path
            look(desk, path)
        people.opens(f"{order}?locale={language}")
        for summary in people.page.locator("main summary").all():
            summary.click()
        look(people, "order")
        people.goes_by(
            people.page.locator("form", has=people.page.locator("#text_decline")).locator("button")
        )
        look(people, "order with a mistake")
        people.opens(f"/order/{'x' * 32}?locale={language}")
        look(people, "order that is none")
        people.opens(f"{rating}?locale={language}")
        look(people, "rating")
        people.goes_by(people.page.locator("main form button"))
        look(people, "rating with a mistake")
        people.opens(f"{rating}?done=1&locale={language}")
        look(people, "rating that was given")
    casework.revoke_order(town.core, order_id, CLARA)
    people.opens(f"{order}?locale=en")
    found["en", "order that has ended"] = people.barriers_of_every_look()
    assert {name: barriers for name, barriers in found.items() if barriers} == {}
