"""A day of the citizens' advice unit: reports decided by keyboard, with scripts and without, and what came of each.

A Monday morning, half past nine. Journeys 1 to 5 of the plan of the desk.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest
from playwright.sync_api import expect

from open311.actions import casework, keys
from open311.model.access.actor import ALL_RIGHTS, Actor, ActorKind
from open311.model.access.keys import Scope
from open311.model.casework.cases import Stage
from open311.model.staff.roles import Role
from open311.model.task_names import TaskName
from open311.notifications.mails import messages
from tests.actors import CLARA
from tests.browser.conftest import NARROW, Visit
from tests.browser.navigators import Visitor
from tests.browser.staff import comes_in
from tests.browser.town import Town, a_town
from tests.jobs import work
from tests.mailbox import text_of
from tests.pictures import a_photo, opened
from tests.staff.desk import Desk, Employee, membership

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
BERLIN = ZoneInfo("Europe/Berlin")
RITA = Actor(ActorKind.STAFF, "4711", ALL_RIGHTS)


@pytest.fixture(scope="module")
def town(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town of this module's own, whose clock nobody else moves."""
    with a_town(new_database(), tmp_path_factory.mktemp("journeys")) as found:
        # From here on the stream of events is read for mails.
        messages.read_events(found.core)
        yield found


@pytest.fixture(scope="module")
def bea(town: Town) -> Employee:
    return Desk(town.core).employee(Role.CHECKER, name="Bea Muster")


@pytest.fixture(scope="module")
def cem(town: Town) -> Employee:
    return Desk(town.core).employee(Role.CHECKER, email="cem@stadt.example", name="Cem Muster")


def reported(town: Town, service_code: str, description: str, *, photo: bool = False, **fields: str) -> int:
    """A report whose sender wants to hear of it, and has confirmed the address."""
    key = keys.add_key(town.core, f"{description} {town.core.now()}", [Scope.REPORT], actor=CLARA)
    sent = {
        "api_key": key,
        "service_code": service_code,
        "lat": "49.48",
        "long": "8.44",
        "description": description,
        "email": "kim@example.org",
    }
    files = {"media": a_photo()} if photo else None
    answer = httpx2.post(f"{town.base}/open311/v2/requests.json", data=sent | fields, files=files, timeout=60)
    number = int(answer.json()[0]["service_request_id"])
    follows(town, number, fields.get("email", "kim@example.org"), reporter=True)
    return number


def follows(town: Town, number: int, email: str, *, reporter: bool = False) -> None:
    """Somebody follows a report, and has confirmed it."""
    town.conn.exec_driver_sql(
        "insert into followers (service_request_id, email, language, created_datetime, asked_datetime,"
        " confirmed_datetime, is_reporter) values (%(n)s, %(email)s, 'de', now(), now(), now(), %(reporter)s)"
        " on conflict (service_request_id, email) do update set confirmed_datetime = now()",
        {"n": number, "email": email, "reporter": reporter},
    )


def mails(town: Town, *numbers: int) -> list[tuple[str, str]]:
    """Let a minute pass and the mails be sent; about these reports: to whom, and what they say."""
    town.mailbox.mails.clear()
    town.mailbox.recipients.clear()
    town.works()
    texts = [f"{mail['Subject']} {text_of(mail)}" for mail in town.mailbox.mails]
    sent = zip((to for [to] in town.mailbox.recipients), texts, strict=True)
    return sorted((to, text) for to, text in sent if any(str(number) in text for number in numbers))


def the_report(town: Town, number: int) -> Any:
    return casework.show(town.core, number, RITA)


def kinds(town: Town, number: int) -> list[str]:
    return [event.kind for event in the_report(town, number).history]


def day(moment: datetime | None) -> str:
    return moment.astimezone(BERLIN).date().isoformat() if moment else ""


def decides(visitor: Visitor) -> None:
    """Send the page by keyboard, and be led on."""
    button = visitor.page.get_by_role("button", name="Speichern und nächste")
    button.focus()
    with visitor.page.expect_navigation():
        visitor.page.keyboard.press("Enter")
    # In the queue at the next report; of one that did not wait, at its case.
    expect(visitor.page.locator("main")).to_contain_text(re.compile("ist entschieden|Ihr letzter Schritt"))


@SCRIPTS
def test_a_plate_is_blackened_and_the_report_published(
    visit: Visit, town: Town, bea: Employee, scripts: bool
) -> None:
    """Journey 1."""
    colour = {"attribute[FARBE]": "blau"}
    number = reported(town, "FAHRZEUG_ALT", f"Steht seit Wochen dort {scripts}", photo=True, **colour)
    town.clock.forward(minutes=1)
    waiting = reported(town, "MARKIERUNG", f"Zebrastreifen {scripts}")
    [(media_id, old_key)] = town.stored(
        "select id, key from media where service_request_id = %(n)s", n=number
    )
    visitor = comes_in(visit(drawing=False, base=town.base, scripts=scripts, size=NARROW), bea)
    page = visitor.page
    visitor.opens("/staff/check")
    page.locator("tbody a").first.focus()
    visitor.goes_on_by_key()
    assert visitor.path == f"/staff/check/{number}"
    if scripts:
        page.get_by_role("button", name="Kasten hinzufügen").focus()
        page.keyboard.press("Enter")
        expect(page.locator("[data-frame] .box")).to_be_focused()
        for key in ("ArrowLeft", "ArrowUp", "Shift+ArrowRight", "Shift+ArrowDown"):
            page.keyboard.press(key)
        for side, figure in enumerate(("39.00", "39.00", "21.00", "11.00")):
            expect(page.locator("[data-row] input").nth(side)).to_have_value(figure)
    else:
        page.get_by_text("Kästen in Prozent angeben").click()
        for field, figure in zip(
            page.locator("[data-row] input").all(), ("39", "39", "21", "11"), strict=True
        ):
            field.fill(figure)
    page.locator(f"#alt-{media_id}").fill("Weißer Transporter")
    page.locator("#outcome-publish").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert visitor.path == f"/staff/check/{waiting}?last={number}"

    request, case = the_report(town, number).request, the_report(town, number).case
    assert (request.visibility, request.detailed_status) == ("published", "IN_BEARBEITUNG")
    assert (case.unit, day(case.accept_by)) == ("VOLLZUGSDIENST", "2026-03-04")
    assert day(request.expected_datetime) == "2026-03-30"
    [(key, original, until, alt)] = town.stored(
        "select key, original_key, original_until, alt from media where id = %(id)s", id=media_id
    )
    # The end of the original is thirty days after closing: it has none yet.
    assert (original, until, alt) == (old_key, None, "Weißer Transporter")
    assert httpx2.get(f"{town.base}/media/{old_key}", timeout=60).status_code == 404
    picture = opened(httpx2.get(f"{town.base}/media/{key}", timeout=60).content).convert("RGB")
    width, height = picture.size
    assert max(picture.getpixel((int(width * 0.5), int(height * 0.45)))) < 30
    assert max(picture.getpixel((int(width * 0.2), int(height * 0.45)))) > 150
    told = [(event.kind, event.actor) for event in the_report(town, number).history]
    expected = {"checked", "photo_redacted", "photo_described", "published", "routed"}
    assert {(kind, f"staff:{bea.account_id}") for kind in expected} <= set(told)
    # Nothing leaves within the minute in which it can be taken back.
    messages.read_events(town.core)
    [(due,)] = town.stored(
        "select scheduled_at from procrastinate_jobs where task_name = 'tell_follower' and status = 'todo'"
        " and args ->> 'event_id' in (select id::text from events where service_request_id = %(n)s)",
        n=number,
    )
    assert due == town.clock.now + timedelta(seconds=60)
    assert [to for to, _ in mails(town, number)] == ["kim@example.org"]
    decides(visitor)


@SCRIPTS
def test_a_report_on_private_ground_is_passed_on_unseen(
    visit: Visit, town: Town, bea: Employee, scripts: bool
) -> None:
    """Journey 2."""
    words = f"Müll im Hof der Meiers {scripts}"
    number = reported(
        town, "STRASSENSCHADEN", words, email="kim@example.org", **{"attribute[WO]": "fahrbahn"}
    )
    visitor = comes_in(visit(drawing=False, base=town.base, scripts=scripts), bea)
    page = visitor.page
    visitor.opens(f"/staff/check/{number}")
    page.locator("#outcome-withhold").check()
    page.locator("#reason-withhold").select_option("PRIVATGRUND")
    letter = page.locator(".depends[data-for=withhold] [data-letter]")
    if not scripts:
        letter.locator("summary").click()
    expect(letter).to_contain_text("Der Ort liegt auf privatem Grund")
    page.locator("#unit").select_option("STADTREINIGUNG")
    decides(visitor)

    assert the_report(town, number).request.visibility == "withheld"
    public = httpx2.get(f"{town.base}/reports/{number}", timeout=60).text
    assert (words in public, str(number) in public) == (False, True)
    for path in ("/", *(f"/open311/v2/{name}" for name in ("requests.json", "changes.json", "feed.atom"))):
        answer = httpx2.get(f"{town.base}{path}", timeout=60)
        assert (answer.status_code, words in answer.text) == (200, False)
    [(to, mail)] = mails(town, number)
    assert to == "kim@example.org"
    assert "Der Ort liegt auf privatem Grund" in " ".join(mail.split())
    assert words not in mail
    casework.set_status(town.core, number, "GELOEST", RITA, "Erledigt.")
    assert [to for to, _ in mails(town, number)] == ["kim@example.org"]
    feed = httpx2.get(f"{town.base}/open311/v2/changes.json", timeout=60).text
    assert str(number) not in re.findall(r'"service_request_id": ?"?(\d+)', feed)


def test_a_chain_of_duplicates_ends_at_one_report(visit: Visit, town: Town, bea: Employee) -> None:
    """Journey 3."""
    senders = [f"{name}@example.org" for name in "abc"]
    numbers = [
        reported(town, "MARKIERUNG", f"Pfeil fehlt ({sender})", email=sender, lat="49.485")
        for sender in senders
    ]
    a, b, c = numbers
    for number in numbers:
        casework.publish(town.core, number, RITA)
    follows(town, a, "anna@example.org")
    casework.merge(town.core, a, b, RITA)
    mails(town)
    visitor = comes_in(visit(drawing=False, base=town.base), bea)
    page = visitor.page

    casework.hide(town.core, c, RITA)
    visitor.opens(f"/staff/check/{b}")
    page.locator("#outcome-duplicate").check()
    page.locator("#parent_number").fill(f"Nr. {c}")
    page.get_by_role("button", name="Speichern und nächste").click()
    expect(page.locator("main .kern-alert--danger")).to_contain_text(str(c))
    casework.publish(town.core, c, RITA)
    mails(town)
    visitor.opens(f"/staff/check/{b}")
    page.locator(f"#parent-{c}").check()
    expect(page.locator("#outcome-duplicate")).to_be_checked()
    decides(visitor)

    reports = [the_report(town, number).request for number in numbers]
    assert [report.parent_id for report in reports] == [c, c, None]
    assert [report.detailed_status for report in reports[:2]] == ["DUBLETTE", "DUBLETTE"]
    assert kinds(town, c).count("joined") == 2
    mails(town)
    casework.set_status(town.core, c, "GELOEST", RITA, "Erledigt.")
    assert [to for to, _ in mails(town, *numbers)] == sorted(["anna@example.org", *senders])
    casework.set_status(town.core, a, "IN_BEARBEITUNG", RITA)
    [reopened] = httpx2.get(f"{town.base}/open311/v2/requests/{a}.json?extensions=true", timeout=60).json()
    about = reopened["extended_attributes"]
    assert (about["duplicate"], about["parent_service_request_id"]) == (False, None)


def test_two_checkers_do_not_overwrite_each_other(
    visit: Visit, town: Town, bea: Employee, cem: Employee
) -> None:
    """Journey 4."""
    number = reported(town, "STRASSENSCHADEN", "Loch vor Haus 7", **{"attribute[WO]": "fahrbahn"})
    beas = comes_in(visit(drawing=False, base=town.base), bea)
    beas.opens(f"/staff/check/{number}")
    beas.page.locator("#description").fill("Loch in der Fahrbahn")
    cems = comes_in(visit(drawing=False, base=town.base), cem)
    cems.opens("/staff/check")
    expect(cems.page.locator("tr", has_text=str(number))).to_contain_text(
        "wird gerade von Bea Muster geprüft"
    )
    cems.opens(f"/staff/check/{number}")
    expect(cems.page.locator("[data-other]")).to_contain_text("Bea Muster")
    cems.page.locator("#address").fill("Bismarckstraße 7")
    decides(cems)
    mails(town)

    beas.page.get_by_role("button", name="Speichern und nächste").click()
    meanwhile = beas.page.locator("[role=alert]")
    expect(meanwhile).to_contain_text("Inzwischen hat sich etwas geändert")
    expect(meanwhile).to_contain_text("Cem Muster: Veröffentlicht")
    expect(beas.page.locator("#description")).to_have_value("Loch in der Fahrbahn")
    expect(beas.page.locator("#address")).to_have_value("Bismarckstraße 7")
    expect(beas.page.locator("[name=outcome]:checked")).to_have_count(0)
    assert beas.barriers() == []
    beas.presses("Meine Änderungen trotzdem anwenden")

    request = the_report(town, number).request
    assert (request.description, request.address) == ("Loch in der Fahrbahn", "Bismarckstraße 7")
    after = kinds(town, number)
    assert (after.count("checked"), after.index("published") < len(after) - 1, after[-1]) == (
        1,
        True,
        "edited",
    )
    assert mails(town, number) == []


def declines(visitor: Visitor, number: int, reason: str) -> None:
    """Say on the page of a case that it is not the unit's business, by keyboard and without scripts."""
    visitor.opens("/staff")
    visitor.page.locator("main a", has_text=str(number)).first.focus()
    visitor.goes_on_by_key()
    assert visitor.path == f"/staff/reports/{number}?back=/staff"
    form = visitor.page.locator("#act-decline")
    form.locator("summary").press("Enter")
    form.locator("textarea").fill(reason)
    form.locator("button[type=submit]").focus()
    visitor.goes_on_by_key()


def test_a_report_that_nobody_takes_ends_with_the_lead_of_those_who_check(
    visit: Visit, town: Town, bea: Employee
) -> None:
    """Journey 5."""
    desk = Desk(town.core)
    rita, tom = (
        desk.employee(membership(Role.WORKER, units=(unit,)), email=f"{name}@stadt.example", name=name)
        for unit, name in (("GRUENFLAECHEN", "Rita"), ("TIEFBAU", "Tom"))
    )
    lead = (membership(Role.CHECKER), membership(Role.LEAD, units=("BUERGERBERATUNG",)))
    desk.account(*lead, email="cora@stadt.example", name="Cora")
    swing = {"attribute[SPIELPLATZ]": "Ebertpark", "attribute[GEFAHR]": "ja"}
    number = reported(town, "SPIELGERAET", "Schaukel hängt schief", **swing)
    casework.publish(town.core, number, CLARA)
    ritas = comes_in(visit(drawing=False, base=town.base, scripts=False), rita)
    declines(ritas, number, "Gehört zur Bahn")

    beas = comes_in(visit(drawing=False, base=town.base), bea)
    beas.opens("/staff/check")
    expect(beas.page.locator("tr", has_text=str(number))).to_contain_text("abgelehnt")
    beas.opens(f"/staff/check/{number}")
    expect(beas.page.locator("main")).to_contain_text("Bereich Grünflächen: Gehört zur Bahn")
    assert beas.barriers() == []
    beas.opens(f"/staff/reports/{number}")
    expect(beas.page.locator("main")).to_contain_text("Bereich Grünflächen hat abgelehnt")
    expect(beas.page.locator("main")).to_contain_text("Gehört zur Bahn")
    form = beas.page.locator("#act-assign")
    form.locator("summary").click()
    form.locator("select").select_option("TIEFBAU")
    form.locator("textarea").fill("Gleis der Parkbahn")
    with beas.page.expect_navigation():
        form.locator("button[type=submit]").click()

    declines(comes_in(visit(drawing=False, base=town.base, scripts=False), tom), number, "Kein Gleis von uns")
    case = the_report(town, number).case
    assert (case.stage, case.unit, case.declined) == (Stage.CHECK, "BUERGERBERATUNG", 2)
    town.clock.forward(minutes=2)
    town.mailbox.mails.clear()
    work(town.core, town.conn, TaskName.SEND_NOTICES)
    assert [str(mail["To"]) for mail in town.mailbox.mails] == ["cora@stadt.example"]
    assert "von niemandem angenommen" in text_of(town.mailbox.mails[0])
    # Who had it may still read it; nobody counts it as done.
    assert ritas.opens(f"/staff/reports/{number}").status == 200
    expect(ritas.page.locator("#act-accept")).to_have_count(0)
    beas.opens("/staff/check")
    expect(beas.page.locator("tr", has_text=str(number))).to_be_visible()
