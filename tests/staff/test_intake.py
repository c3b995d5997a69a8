"""Taking in a report at the desk: telephone, counter, letter."""

import re

import pytest
from lxml import html
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.actions.addresses import address_list
from open311.core import Core
from open311.model.staff.roles import Role
from tests.actors import CLARA
from tests.serving import MakeCore, an_api, first_city
from tests.staff.desk import Desk, Employee, membership

STREETS = """strasse;hausnummer;plz;ort;lat;lon
Bismarckstraße;3;67059;Ludwigshafen;49,4800;8,4450
Bismarckstraße;30;67059;Ludwigshafen;49,4820;8,4460
Ludwigstraße;12;67059;Ludwigshafen;49,4811;8,4464
"""
AT_BISMARCK = {"lat": "49.48005", "long": "8.4450"}


@pytest.fixture
def desk(make_core: MakeCore) -> Desk:
    """The desk of a city that has a list of addresses and sends mail."""
    core = make_core(
        OPEN311_GEOCODER="table", OPEN311_SMTP_URL="smtp://127.0.0.1:9", OPEN311_MAIL_FROM="stadt@example.org"
    )
    address_list.replace_list(core, first_city(), STREETS.splitlines(keepends=True))
    return Desk(core)


@pytest.fixture
def core(desk: Desk) -> Core:
    return desk.core


@pytest.fixture
def olga(desk: Desk) -> Employee:
    """An operator of the telephone."""
    return desk.employee(Role.OPERATOR, email="olga@stadt.example", name="Olga Muster")


def fields_of(page: str) -> dict[str, str]:
    """What a browser would send of the form at hand."""
    [form] = html.fromstring(page).xpath("//form[@data-intake]")
    return {name: value for name, value in form.fields.items() if value is not None and name != "action"}


def types(employee: Employee, path: str = "/staff/new", action: str = "look", **typed: str) -> str:
    """Type into the page at `path` and press a button; where that leads."""
    employee.get(path)
    employee.post(path, **fields_of(employee.response.text) | typed | {"action": action})
    assert employee.response.status_code == 303, employee.text
    return str(employee.response.headers["Location"])


def reports(conn: Connection) -> list[dict[str, object]]:
    rows = conn.execute(
        text("""
            select id, service_code, description, address, channel, visibility, round(ST_Y(geom)::numeric, 4)::text lat
            from service_requests order by id
        """)
    )
    return [dict(row._mapping) for row in rows]


def test_the_page_begins_with_the_words_and_the_telephone(olga: Employee) -> None:
    page = html.fromstring(olga.get("/staff/new").text)
    assert page.xpath("//input[@name='channel'][@checked]/@value") == ["phone"]
    assert page.xpath("//input[@id='about']/@value") == [""]
    assert page.xpath("//form[@data-intake]//input[@value='Olga Muster']") == []
    # No streets, no map to point on.
    assert page.xpath("//*[@data-pick]") == []


def test_words_find_the_service_and_the_place(olga: Employee) -> None:
    address = types(olga, about="müll", address="bismarck 3")
    page = html.fromstring(olga.get(address).text)
    assert page.xpath("//input[@name='service_code'][@checked]/@value") == ["MUELL_WILD"]
    [place] = page.xpath("//input[@name='choice'][@checked]/@value")
    assert place == "49.48|8.445|Bismarckstraße 3, 67059 Ludwigshafen"
    assert "Hier ist dazu noch nichts bekannt." in olga.text


def test_a_call_becomes_a_report(olga: Employee, conn: Connection) -> None:
    draft = types(olga, about="müll", address="bismarck 3")
    types(olga, draft, "save", description="Drei Matratzen", phone="0621 5043434", last_name="Muster")
    [report] = reports(conn)
    number = report.pop("id")
    assert report == {
        "service_code": "MUELL_WILD",
        "description": "Drei Matratzen",
        "address": "Bismarckstraße 3, 67059 Ludwigshafen",
        "channel": "phone",
        "visibility": "published",
        "lat": "49.4800",
    }
    assert f"{number:,}".replace(",", " ") in olga.get(draft).text
    stored = conn.execute(text("select last_name, phone from reporters")).one()
    assert tuple(stored) == ("Muster", "0621 5043434")
    actors = conn.execute(text("select actor from events where service_request_id = :n"), {"n": number})
    assert set(actors.scalars()) == {f"staff:{olga.account_id}"}


def test_what_was_taken_in_is_opened_while_it_is_held(desk: Desk, olga: Employee, conn: Connection) -> None:
    draft = types(olga, about="Markierung", address="bismarck 3", service_code="MARKIERUNG")
    types(olga, draft, "save", description="Zebrastreifen weg", phone="0621 5043434")
    [report] = reports(conn)
    number = report["id"]
    assert report["visibility"] == "held"
    assert f'href="/staff/reports/{number}"' in olga.get(draft).text
    assert "Zebrastreifen weg" in olga.get(f"/staff/reports/{number}").text
    assert str(number) in olga.get("/staff/reports").text
    assert "5043434" not in olga.text
    olga.post(f"/staff/reports/{number}/contact", 200)
    assert "5043434" in olga.text
    colleague = desk.employee(Role.OPERATOR, email="otto@stadt.example")
    assert colleague.get(f"/staff/reports/{number}").status_code == 404
    assert str(number) not in colleague.get("/staff/reports").text
    casework.set_status(desk.core, number, "GELOEST", CLARA)
    taken = conn.execute(text("select taken_in_by from cases where service_request_id = :n"), {"n": number})
    assert taken.scalar_one() is None


def test_words_alone_are_the_description(olga: Employee, conn: Connection) -> None:
    draft = types(olga, about="Müll am Ufer", address="bismarck 3")
    types(olga, draft, "save")
    assert reports(conn)[0]["description"] == "Müll am Ufer"


def test_a_place_that_nobody_has_seen_is_shown_before_it_is_stored(olga: Employee, conn: Connection) -> None:
    olga.get("/staff/new")
    sent = fields_of(olga.response.text) | {"about": "müll", "address": "bismarck 3", "action": "save"}
    answer = olga.post("/staff/new", 400, **sent)
    assert "ob der gewählte Ort stimmt" in olga.text
    assert reports(conn) == []
    [action] = html.fromstring(answer.text).xpath("//form[@data-intake]/@action")
    olga.post(action, 303, **fields_of(answer.text) | {"action": "save"})
    assert len(reports(conn)) == 1


def test_a_second_press_stores_nothing_twice(olga: Employee, conn: Connection) -> None:
    draft = types(olga, about="müll", address="bismarck 3")
    sent = fields_of(olga.get(draft).text) | {"action": "save"}
    for _ in range(2):
        assert olga.post(draft, **sent).status_code in (200, 303)
    assert len(reports(conn)) == 1


def test_the_channel_is_kept_and_told_to_staff(olga: Employee, desk: Desk, conn: Connection) -> None:
    draft = types(olga, about="müll", address="bismarck 3", channel="counter")
    types(olga, draft, "save")
    [report] = reports(conn)
    assert report["channel"] == "counter"
    bea = desk.employee(Role.CHECKER)
    bea.get(f"/staff/reports/{report['id']}")
    assert "Schalter" in bea.text
    assert "channel=counter" in olga.get(draft).text


def known(core: Core, **fields: str) -> int:
    """A report of somebody else at the same place."""
    sent = AT_BISMARCK | {"service_code": "MUELL_WILD", "description": "Sofa am Straßenrand"} | fields
    return int(an_api(core).post(sent)[0]["service_request_id"])


def test_the_first_page_sent_twice_is_one_report(olga: Employee, conn: Connection) -> None:
    page = fields_of(olga.get("/staff/new").text)
    typed = {"about": "müll", "any_service": "MUELL_WILD", "address": "Bismarckstraße 3"} | AT_BISMARCK
    for _ in range(2):
        olga.post("/staff/new", 303, **page | typed, action="save")
    assert len(reports(conn)) == 1
    # Whoever goes back to that page with the next caller types something else.
    olga.post("/staff/new", 303, **page | typed | {"description": "Noch ein Sofa", "action": "save"})
    assert len(reports(conn)) == 2


def test_what_is_known_nearby_is_shown(olga: Employee, core: Core) -> None:
    number = known(core)
    olga.get(types(olga, about="müll", address="bismarck 3"))
    assert f'value="join:{number}"' in olga.response.text
    assert "Sofa am Straßenrand" in olga.text


def test_a_script_gets_the_parts_alone(olga: Employee, core: Core) -> None:
    number = known(core)
    sent = fields_of(olga.get("/staff/new").text) | {"about": "müll", "address": "bismarck 3"}
    headers = {"Sec-Fetch-Site": "same-origin", "X-Fragment": "1"}
    answer = olga.client.post("/staff/new", data=sent | {"form_token": olga.token}, headers=headers)
    assert answer.status_code == 200
    assert "<main" not in answer.text
    assert f"join:{number}" in answer.text
    [action] = re.findall(r'data-action="(/staff/new/[^"]+)"', answer.text)
    assert olga.get(action).status_code == 200


def test_a_caller_joins_a_report_that_is_there(olga: Employee, core: Core, conn: Connection) -> None:
    """Journey 6: no new report; the mailbox is asked, since nobody shows on the telephone that it is theirs."""
    number = known(core)
    draft = types(olga, about="müll", address="bismarck 3")
    sent = fields_of(olga.get(draft).text) | {"action": f"join:{number}"}
    page = olga.post(draft, 200, **sent)
    assert "erfährt per E-Mail, wie es weitergeht" in olga.text
    typed = {"action": f"join_now:{number}", "email": "kim@example.org", "phone": "0621 1", "follow": "1"}
    olga.post(draft, 303, **fields_of(page.text) | typed)
    assert [report["id"] for report in reports(conn)] == [number]
    follower = conn.execute(text("select email, confirmed_datetime, is_reporter from followers")).one()
    assert tuple(follower) == ("kim@example.org", None, False)
    assert (
        conn.execute(text("select task_name from procrastinate_jobs")).scalars().all().count("ask_follower")
        == 1
    )
    [(note, about_person)] = conn.execute(text("select text, about_person from case_notes")).all()
    assert (note, about_person) == ("0621 1 · kim@example.org", True)
    told = (
        conn.execute(text("select data ->> 'channel' from events where kind = 'contacted'")).scalars().all()
    )
    assert told == ["phone"]
    olga.get(draft)
    assert "Dazugenommen" in olga.text


def test_whoever_leaves_no_word_of_themselves_is_counted(
    olga: Employee, core: Core, conn: Connection
) -> None:
    number = known(core)
    draft = types(olga, about="müll", address="bismarck 3")
    page = olga.post(draft, 200, **fields_of(olga.get(draft).text) | {"action": f"join:{number}"})
    olga.post(draft, 303, **fields_of(page.text) | {"action": f"join_now:{number}"})
    counts = conn.execute(
        text("""
            select (select count(*) from followers), (select count(*) from case_notes),
                (select count(*) from events where kind = 'contacted')
        """)
    ).one()
    assert tuple(counts) == (0, 0, 1)


@pytest.mark.parametrize(("name", "typed"), [("email", "kim at example"), ("phone", "ja")])
def test_what_reaches_nobody_is_told_before_anything_is_stored(
    olga: Employee, core: Core, conn: Connection, name: str, typed: str
) -> None:
    number = known(core)
    draft = types(olga, about="müll", address="bismarck 3")
    for pressed in (f"join:{number}", "save"):
        sent = fields_of(olga.get(draft).text) | {"action": pressed, name: typed}
        assert f'id="{name}-error"' in olga.post(draft, 400, **sent).text
    assert conn.execute(text("select count(*) from events where kind = 'contacted'")).scalar_one() == 0
    assert len(reports(conn)) == 1


@pytest.mark.parametrize("number", ["0", "abc", "999999", "1" * 30])
def test_nobody_joins_what_is_not_there(olga: Employee, number: str) -> None:
    draft = types(olga, about="müll", address="bismarck 3")
    sent = fields_of(olga.get(draft).text) | {"action": f"join_now:{number}"}
    assert olga.post(draft, **sent).status_code == 404


def test_what_is_closed_is_shown_but_not_joined(olga: Employee, core: Core, conn: Connection) -> None:
    number = known(core)
    conn.execute(text("update service_requests set status = 'closed', closed_datetime = '2026-03-01'"))
    draft = types(olga, about="müll", address="bismarck 3")
    olga.get(draft)
    assert str(number) in olga.text
    assert "join:" not in olga.response.text
    sent = fields_of(olga.response.text) | {"action": f"join_now:{number}"}
    olga.post(draft, 400, **sent)
    assert "ist abgeschlossen" in olga.text


@pytest.mark.parametrize(
    ("role", "whole"), [(Role.OPERATOR, True), (Role.CHECKER, True), (Role.WORKER, False)]
)
def test_of_what_waits_for_its_check_only_kind_and_age_are_shown_to_most(
    desk: Desk, core: Core, conn: Connection, role: Role, whole: bool
) -> None:
    number = known(core)
    conn.execute(text("update service_requests set visibility = 'held'"))
    rita = desk.employee(membership(role, units=("STADTREINIGUNG",)), email="rita@stadt.example", name="Rita")
    rita.get(types(rita, about="müll", address="bismarck 3"))
    assert f"join:{number}" in rita.response.text
    assert ("Sofa am Straßenrand" in rita.text) is whole
    assert "wartet auf die Prüfung" in rita.text


@pytest.mark.parametrize("role", [Role.READER, Role.SUPERVISOR, Role.ADMIN, Role.AUDITOR])
def test_who_takes_in_nothing_gets_no_page(desk: Desk, role: Role) -> None:
    somebody = desk.employee(role)
    assert somebody.get("/staff/new").status_code == 403
    assert somebody.post("/staff/new", about="müll").status_code == 403


def test_nobody_reads_the_half_call_of_a_colleague(desk: Desk, olga: Employee) -> None:
    draft = types(olga, about="müll", phone="0621 5043434")
    bea = desk.employee(Role.CHECKER)
    assert bea.get(draft).status_code == 404
    assert bea.post(draft, about="müll").status_code == 404


def test_services_are_those_of_the_role(desk: Desk) -> None:
    somebody = desk.employee(membership(Role.OPERATOR, services=("AMPEL",)))
    page = somebody.get(types(somebody, about="müll", address="bismarck 3")).text
    offered = set(html.fromstring(page).xpath("//select[@name='any_service']//option/@value"))
    assert offered == {"", "AMPEL"}
    assert "service-MUELL_WILD" not in page


def test_half_a_call_is_found_again(olga: Employee) -> None:
    draft = types(olga, about="müll", address="bismarck 3", phone="0621 504 34 34")
    page = html.fromstring(olga.get(draft).text)
    assert page.xpath("//input[@name='phone']/@value") == ["0621 504 34 34"]
    assert "0621 504 34 34" not in olga.get("/staff/new").text


@pytest.mark.parametrize(
    ("typed", "read"),
    [("+49 621/5043434", "+49 62 15 04 34 34"), ("0621 504343", "06 21 50 43 43"), ("112", "1 12")],
)
def test_the_number_to_call_back_is_read_in_pairs(olga: Employee, typed: str, read: str) -> None:
    olga.get(types(olga, phone=typed))
    assert f"Zum Vorlesen: {read}" in olga.text


@pytest.mark.parametrize(
    "typed",
    [
        {"channel": "carrier pigeon"},
        {"service_code": "NONE_SUCH"},
        {"any_service": "NONE_SUCH"},
        {"choice": "a|b|c", "places_for": ""},
        {"choice": "|||||"},
        {"lat": "999", "long": "x"},
        {"address": "x" * 5000},
        {"description": "x" * 9000},
        {"email": "x" * 5000},
        {"about": "<script>alert(1)</script>"},
        {"attribute[ART]": "x"},
    ],
)
def test_odd_forms_are_answered_in_words(olga: Employee, typed: dict[str, str]) -> None:
    fields = fields_of(olga.get("/staff/new").text) | typed
    for action in ("look", "save", "join:1", "nonsense"):
        answer = olga.post("/staff/new", **fields | {"action": action})
        assert answer.status_code in (200, 303, 400, 404)
        assert "<script>alert" not in answer.text
