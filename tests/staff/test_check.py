"""The check queue: what waits, and a report decided in one press."""

from io import BytesIO
from typing import Any

import pytest
from lxml import html
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.core import Core
from open311.model.service_request import Location
from open311.model.staff.roles import Role
from open311.model.task_names import TaskName
from open311.staff.shortcuts import SHORTCUTS
from open311.staff.signing_in.interrupted_form import _unpacked
from tests.actors import CLARA
from tests.jobs import work
from tests.pictures import a_face, a_photo, opened, written
from tests.serving import Api, Clock, an_api
from tests.staff.desk import HERE, Desk, Employee, membership


@pytest.fixture
def checker(desk: Desk) -> Employee:
    return desk.employee(Role.CHECKER)


@pytest.fixture
def citizens(core: Core) -> Api:
    return an_api(core)


def held(citizens: Api, **fields: Any) -> int:
    """A report that waits for its check."""
    sent = {
        "service_code": "MARKIERUNG",
        "description": "Zebrastreifen kaum zu sehen",
        "email": "kim@example.org",
    }
    return int(citizens.post(sent | fields)[0]["service_request_id"])


def form_of(employee: Employee, number: int) -> dict[str, Any]:
    """What a browser would send of the page as it is."""
    page = html.fromstring(employee.get(f"/staff/check/{number}").text)
    assert employee.response.status_code == 200, employee.text
    [form] = page.xpath("//form[@data-check]")
    sent = {name: value for name, value in form.fields.items() if value is not None}
    return sent | {
        name: form.xpath(f".//input[@name='{name}']/@value") for name in sent if name.startswith("boxes-")
    }


def public(citizens: Api, number: int) -> str:
    """What the public reads of a report."""
    return citizens.client.get(f"/reports/{number}").text


def test_the_queue_shows_the_oldest_first(checker: Employee, citizens: Api, clock: Clock) -> None:
    first = held(citizens)
    clock.forward(minutes=5)
    second = held(citizens, description="Noch eine")
    page = checker.get("/staff/check").text
    assert page.index(str(first)) < page.index(str(second))
    assert checker.get("/staff/check/next").headers["Location"].endswith(f"/staff/check/{first}")


def test_publishing_takes_one_press_and_leads_on(checker: Employee, citizens: Api, clock: Clock) -> None:
    first = held(citizens)
    clock.forward(minutes=1)
    second = held(citizens, description="Die nächste")
    answer = checker.post(f"/staff/check/{first}", **form_of(checker, first))
    assert answer.status_code == 303
    assert f"/staff/check/{second}" in answer.headers["Location"]
    assert "Zebrastreifen kaum zu sehen" in public(citizens, first)


def test_texts_are_cleaned_before_anybody_reads_them(checker: Employee, citizens: Api) -> None:
    number = held(citizens, description="Herr Muster parkt hier, LU-AB 123")
    assert "LU-AB 123" in checker.get(f"/staff/check/{number}").text
    checker.post(f"/staff/check/{number}", **form_of(checker, number) | {"description": "Jemand parkt hier"})
    page = public(citizens, number)
    assert "Jemand parkt hier" in page
    assert "Muster" not in page


def test_a_withheld_report_is_passed_on_unseen(checker: Employee, citizens: Api) -> None:
    number = held(citizens)
    sent = form_of(checker, number) | {"outcome": "withhold", "reason-withhold": "PRIVATGRUND"}
    checker.post(f"/staff/check/{number}", 303, **sent)
    assert "Zebrastreifen" not in public(citizens, number)
    assert str(number) not in checker.get("/staff/check").text
    assert str(number) in checker.get("/staff/reports").text


def test_a_duplicate_is_joined_to_the_report_that_was_chosen(checker: Employee, citizens: Api) -> None:
    original = held(citizens)
    checker.post(f"/staff/check/{original}", 303, **form_of(checker, original))
    number = held(citizens, description="Zebrastreifen kaum zu sehen!")
    assert f'id="parent-{original}"' in checker.get(f"/staff/check/{number}").text
    sent = form_of(checker, number) | {"outcome": "duplicate", "parent": str(original)}
    checker.post(f"/staff/check/{number}", 303, **sent)
    assert str(original) in checker.get(f"/staff/reports/{number}").text
    assert str(number) not in checker.get("/staff/check").text


def test_what_is_published_is_corrected_and_joined_from_its_case(desk: Desk, citizens: Api) -> None:
    checker = desk.employee(Role.CHECKER)
    worker = desk.employee(membership(Role.WORKER, units=("STRASSENVERKEHR",)), email="tom@stadt.example")
    original, number = held(citizens), held(citizens, description="Zebrastreifen kaum zu sehen!")
    for published in (original, number):
        casework.publish(desk.core, published, CLARA)
    for employee, may_check in ((checker, True), (worker, False)):
        assert employee.get(f"/staff/reports/{number}").status_code == 200
        assert (f'href="/staff/check/{number}"' in employee.response.text) is may_check
        assert ("Kategorie oder Fotos berichtigen" in employee.text) is may_check
    moved = form_of(checker, number) | {"address": "Ludwigstraße 2", "save": "1"}
    checker.post(f"/staff/check/{number}", 303, **moved)
    assert "Ludwigstraße 2" in public(citizens, number)
    joined = form_of(checker, number) | {"outcome": "duplicate", "parent_number": str(original)}
    checker.post(f"/staff/check/{number}", 303, **joined)
    assert casework.show(desk.core, number, CLARA).request.parent_id == original
    # Whoever came from the case is led back there, not to the next of the queue.
    assert checker.response.location == f"/staff/reports/{number}?done=decided"
    # What is done is still put right there.
    assert f'href="/staff/check/{number}"' in checker.get(f"/staff/reports/{number}").text


@pytest.mark.parametrize("parent", ["", "abc", "0", "999999999999"])
def test_a_duplicate_of_nothing_is_told(checker: Employee, citizens: Api, parent: str) -> None:
    number = held(citizens)
    sent = form_of(checker, number) | {
        "outcome": "duplicate",
        "parent_number": parent,
        "description": "getippt",
    }
    answer = checker.post(f"/staff/check/{number}", **sent)
    assert answer.status_code in (400, 404)
    if answer.status_code == 400:
        assert "getippt" in answer.text


MISTAKES = {
    "question": {"outcome": "ask", "question": " "},
    "parent_number": {"outcome": "duplicate", "parent_number": "12x"},
    "description": {"description": "x" * 4001},
    "lat": {"lat": "neunundvierzig"},
    "outside": {"lat": "0", "long": "0"},
    "decision": {"outcome": "reject", "reason-reject": "GIBT_ES_NICHT"},
}


@pytest.mark.parametrize("place", MISTAKES)
def test_a_mistake_is_told_at_its_field_and_leads_there(checker: Employee, citizens: Api, place: str) -> None:
    number = held(citizens)
    assert 'id="outside"' not in checker.get(f"/staff/check/{number}").text
    checker.post(f"/staff/check/{number}", **(form_of(checker, number) | MISTAKES[place]))
    assert checker.response.status_code == 400
    page = html.fromstring(checker.response.text)
    assert str(page.findtext("head/title")).startswith("Fehler:")
    [link] = page.xpath("//section[@aria-labelledby='wrong']//a")
    assert link.get("href") == f"#{place}"
    [target] = page.xpath(f"//*[@id='{place}']")
    if place != "decision":
        assert target.get("aria-invalid") == "true"
        described = target.get("aria-describedby").split()
        assert link.text in page.get_element_by_id(described[-1]).text_content()


def test_a_stale_form_keeps_what_was_typed_and_tells_what_happened(desk: Desk, citizens: Api) -> None:
    """F8: nobody overwrites a colleague without knowing."""
    one = desk.employee(Role.CHECKER)
    other = desk.employee(Role.CHECKER, email="cem@stadt.example", name="Cem Muster")
    number = held(citizens)
    stale = form_of(one, number) | {"description": "Meine Fassung"}
    other.post(f"/staff/check/{number}", 303, **form_of(other, number) | {"outcome": "withhold"})
    answer = one.post(f"/staff/check/{number}", 409, **stale)
    assert "Meine Fassung" in answer.text
    assert "Cem Muster" in answer.text
    assert "Zebrastreifen" not in public(citizens, number)


def test_a_double_press_decides_once(checker: Employee, citizens: Api, conn: Connection) -> None:
    number = held(citizens)
    sent = form_of(checker, number)
    checker.post(f"/staff/check/{number}", 303, **sent)
    checker.post(f"/staff/check/{number}", 409, **sent)
    counted = conn.execute(
        text("select count(*) from events where service_request_id = :n and kind = 'checked'"), {"n": number}
    )
    assert counted.scalar_one() == 1


def test_a_slip_is_taken_back_within_a_minute(checker: Employee, citizens: Api, clock: Clock) -> None:
    number = held(citizens)
    checker.post(f"/staff/check/{number}", 303, **form_of(checker, number))
    clock.forward(seconds=30)
    checker.post(f"/staff/check/{number}/back", 303)
    assert "Zebrastreifen" not in public(citizens, number)
    assert str(number) in checker.get("/staff/check").text


def test_too_late_to_take_back_is_told(checker: Employee, citizens: Api, clock: Clock) -> None:
    number = held(citizens)
    checker.post(f"/staff/check/{number}", 303, **form_of(checker, number))
    clock.forward(seconds=61)
    assert checker.post(f"/staff/check/{number}/back").status_code == 400
    assert "Zebrastreifen" in public(citizens, number)


def test_parts_of_a_photo_are_made_black(checker: Employee, citizens: Api, conn: Connection) -> None:
    """The public gets a new file; the one that was sent stays apart."""
    number = held(citizens, media=(BytesIO(a_photo()), "a.jpg"))
    [(media_id, before)] = conn.execute(
        text("select id, key from media where service_request_id = :n"), {"n": number}
    ).all()
    assert checker.get(f"/staff/photos/{before}").mimetype == "image/jpeg"
    checker.post(
        f"/staff/check/{number}",
        303,
        **form_of(checker, number) | {f"boxes-{media_id}": ["10", "10", "50", "50"]},
    )
    [(after, original)] = conn.execute(
        text("select key, original_key from media where id = :n"), {"n": media_id}
    ).all()
    assert (after != before, original) == (True, before)
    assert citizens.client.get(f"/media/{after}").status_code == 200
    assert citizens.client.get(f"/media/{before}").status_code == 404
    assert checker.get(f"/staff/reports/{number}/originals/{media_id}").status_code == 200
    ticked = {"save": "1", f"destroy-{media_id}": "1"}
    checker.post(f"/staff/check/{number}", 303, **form_of(checker, number) | ticked)
    original_key = text("select original_key from media where id = :n")
    assert conn.execute(original_key, {"n": media_id}).scalar_one() is None
    # A box on the page would make another version apart; without one there is nothing to destroy.
    checker.post(f"/staff/check/{number}", 400, **form_of(checker, number) | ticked)
    assert "nichts geschwärzt" in checker.text
    assert f'name="destroy-{media_id}" value="1" checked' in checker.response.text


def test_a_box_that_is_added_later_leaves_the_first_where_it_is(
    checker: Employee, citizens: Api, core: Core, conn: Connection
) -> None:
    number = held(citizens, media=(BytesIO(a_photo()), "a.jpg"))
    media_id = conn.execute(
        text("select id from media where service_request_id = :n"), {"n": number}
    ).scalar_one()

    def sends(boxes: list[str]) -> int:
        sent = form_of(checker, number) | {"save": "1", f"boxes-{media_id}": boxes}
        checker.post(f"/staff/check/{number}", 303, **sent)
        return len(conn.execute(text("select boxes from media where id = :n"), {"n": media_id}).scalar_one())

    # An empty row is none; the page has one for a box that comes in addition.
    assert sends(["", "", "", "", "0", "0", "50", "50"]) == 1
    there = form_of(checker, number)[f"boxes-{media_id}"]
    assert there == ["0.00", "0.00", "50.00", "50.00", "", "", "", ""]
    events = len(casework.show(core, number, CLARA).history)
    checker.post(f"/staff/check/{number}", 303, **form_of(checker, number) | {"save": "1"})
    assert len(casework.show(core, number, CLARA).history) == events
    assert sends([*there[:4], "60", "60", "20", "20"]) == 2
    # Taken away on purpose.
    assert sends([""] * 4) == 0


@pytest.mark.parametrize(
    "boxes",
    [["10", "10", "", ""], ["a", "b", "c", "d"], ["1", "1", "0", "0"], ["nan", "1", "1", "1"], ["10"]],
)
def test_a_box_that_hides_nothing_is_told(
    checker: Employee, citizens: Api, conn: Connection, boxes: list[str]
) -> None:
    number = held(citizens, media=(BytesIO(a_photo()), "a.jpg"))
    media_id = conn.execute(
        text("select id from media where service_request_id = :n"), {"n": number}
    ).scalar_one()
    checker.post(f"/staff/check/{number}", 400, **form_of(checker, number) | {f"boxes-{media_id}": boxes})


@pytest.mark.parametrize(
    "role", [Role.READER, Role.OPERATOR, Role.WORKER, Role.FIELD, Role.SUPERVISOR, Role.ADMIN]
)
def test_only_checkers_decide(desk: Desk, citizens: Api, role: Role) -> None:
    number = held(citizens)
    employee = desk.employee(role)
    for path in ("/staff/check", f"/staff/check/{number}"):
        assert employee.get(path).status_code in (403, 404)
    assert employee.post(f"/staff/check/{number}", outcome="publish").status_code in (403, 404)
    assert "Zebrastreifen" not in public(citizens, number)


def test_a_checker_of_other_services_sees_nothing_of_it(desk: Desk, citizens: Api) -> None:
    number = held(citizens)
    employee = desk.employee(membership(Role.CHECKER, services=("AMPEL",)))
    assert str(number) not in employee.get("/staff/check").text
    assert employee.get(f"/staff/check/{number}").status_code == 404
    assert employee.get(f"/staff/reports/{number}").status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {"outcome": "explode"},
        {"outcome": "reject", "reason-reject": "NONE_SUCH"},
        {"unit": "NONE_SUCH"},
        {"service_code": "NONE_SUCH"},
        {"lat": "x", "long": "y"},
        {"lat": "91", "long": "0"},
        {"lat": "0", "long": "0"},
        {"description": "x" * 100_000},
        {"message": "Hallo"},
        {"outcome": "ask", "question": ""},
        {"revision": "-1"},
        {"revision": "99999999999999999999"},
        {"description": "a\x00b"},
    ],
)
def test_odd_forms_are_answered_in_words(checker: Employee, citizens: Api, fields: dict[str, str]) -> None:
    number = held(citizens)
    answer = checker.post(f"/staff/check/{number}", **form_of(checker, number) | fields)
    assert answer.status_code in (303, 400, 404, 409)


def test_what_nobody_changed_is_not_written_over_a_colleagues_change(
    checker: Employee, citizens: Api, core: Core
) -> None:
    """A form that is sent once more after a conflict carries what its writer changed, and nothing else."""
    number = held(citizens)
    stale = form_of(checker, number) | {"description": "Meine Fassung"}
    casework.relocate(core, number, Location(49.481, 8.441), CLARA, "Ludwigstraße 1")
    page = checker.post(f"/staff/check/{number}", 409, **stale).text
    [form] = html.fromstring(page).xpath("//form[@data-check]")
    again = {name: value for name, value in form.fields.items() if value is not None}
    assert (again["description"], again["address"]) == ("Meine Fassung", "Ludwigstraße 1")
    checker.post(f"/staff/check/{number}", 303, **again)
    request = casework.show(core, number, CLARA).request
    assert (request.description, request.address, request.lat) == ("Meine Fassung", "Ludwigstraße 1", 49.481)


def test_a_stale_form_with_a_mistake_is_still_stale_when_it_is_put_right(
    checker: Employee, citizens: Api, core: Core
) -> None:
    number = held(citizens)
    stale = form_of(checker, number) | {"lat": "x"}
    casework.add_note(core, number, "Schon angerufen", CLARA)
    casework.relocate(core, number, Location(49.481, 8.441), CLARA)
    page = checker.post(f"/staff/check/{number}", 400, **stale).text
    [form] = html.fromstring(page).xpath("//form[@data-check]")
    fields = {name: value for name, value in form.fields.items() if value is not None}
    checker.post(f"/staff/check/{number}", 409, **fields | {"lat": "49.48"})


def test_public_answers_are_corrected(checker: Employee, citizens: Api, core: Core) -> None:
    number = held(citizens, service_code="STRASSENSCHADEN", **{"attribute[WO]": "fahrbahn"})
    sent = form_of(checker, number)
    assert sent["attribute[WO]"] == "fahrbahn"
    checker.post(f"/staff/check/{number}", 303, **sent | {"attribute[WO]": "gehweg", "save": "1"})
    request = casework.show(core, number, CLARA).request
    assert (request.attributes["WO"], request.visibility) == (["gehweg"], "held")


def test_saving_alone_decides_nothing_and_stays(checker: Employee, citizens: Api, core: Core) -> None:
    number = held(citizens)
    answer = checker.post(
        f"/staff/check/{number}", 303, **form_of(checker, number) | {"save": "1", "priority": "2"}
    )
    assert f"/staff/check/{number}" in answer.headers["Location"]
    shown = casework.show(core, number, CLARA)
    assert (shown.request.visibility, shown.case.priority) == ("held", 2)


def test_who_sent_a_report_is_shown_on_demand_and_written_down(
    checker: Employee, citizens: Api, conn: Connection
) -> None:
    number = held(citizens)
    revealed = text("select count(*) from audit where kind = 'revealed' and subject = :s")

    def times() -> int:
        return int(conn.execute(revealed, {"s": f"request:{number}"}).scalar_one())

    for path in (f"/staff/check/{number}", f"/staff/reports/{number}"):
        assert "kim@example.org" not in checker.get(path).text
    assert times() == 0
    sent = form_of(checker, number) | {"reveal": "1", "description": "Schon getippt"}
    page = checker.post(f"/staff/check/{number}", 200, **sent).text
    assert ("kim@example.org" in page, "Schon getippt" in page) == (True, True)
    assert "kim@example.org" in checker.post(f"/staff/reports/{number}/contact", 200).text
    assert times() == 2


def test_the_page_says_who_looks_at_a_report_until_they_leave(desk: Desk, citizens: Api) -> None:
    number = held(citizens)
    one = desk.employee(Role.CHECKER)
    other = desk.employee(Role.CHECKER, email="cem@stadt.example", name="Cem Muster")
    one.get(f"/staff/check/{number}")
    for page in ("/staff/check", "/staff/reports"):
        assert "wird gerade von Bea Muster geprüft" in other.get(page).text
        assert "wird gerade von" not in one.get(page).text
    assert other.post(f"/staff/check/{number}/here").get_json() == {"other": "Bea Muster"}
    one.post(f"/staff/check/{number}/here", 200, leaves="1")
    assert other.post(f"/staff/check/{number}/here").get_json() == {"other": ""}
    assert "wird gerade von Bea" not in one.get("/staff/reports").text


def test_the_page_says_which_in_the_queue_it_is_and_whose(
    desk: Desk, citizens: Api, core: Core, clock: Clock
) -> None:
    numbers = []
    for _ in range(3):
        numbers.append(held(citizens))
        clock.forward(minutes=1)
    bea, cem = (
        desk.employee(Role.CHECKER, email=f"{name}@stadt.example", name=name) for name in ("Bea", "Cem")
    )
    casework.assign_person(core, numbers[1], cem.account_id, CLARA)
    bea.get(f"/staff/check/{numbers[1]}")
    assert "2. von 3, die warten" in bea.text
    assert "Person: Cem" in bea.text
    assert "Warum diese Einheit?" in bea.text
    casework.publish(core, numbers[0], CLARA)
    bea.get(f"/staff/check/{numbers[1]}")
    assert "1. von 2, die warten" in bea.text
    bea.get(f"/staff/check/{numbers[0]}")
    assert "die warten" not in bea.text
    # Cem goes on with it, and both read so.
    cem.get(f"/staff/check/{numbers[1]}")
    assert "Bea sieht sich diese Meldung gerade an." in cem.text
    cem.get(f"/staff/reports/{numbers[1]}")
    assert "Bea sieht sich diese Meldung gerade an." in cem.text
    cem.post(f"/staff/check/{numbers[1]}/take", 303)
    cem.get(f"/staff/check/{numbers[1]}")
    assert "sieht sich" not in cem.text
    bea.get(f"/staff/reports/{numbers[1]}")
    assert "Cem sieht sich diese Meldung gerade an." in bea.text


def test_what_was_replaced_is_read_by_whoever_may_see_originals(
    desk: Desk, citizens: Api, core: Core, conn: Connection
) -> None:
    number = held(citizens)
    casework.publish(core, number, CLARA)
    casework.edit(core, number, {"description": "Zebrastreifen verblasst"}, CLARA)
    checker = desk.employee(Role.CHECKER)
    worker = desk.employee(membership(Role.WORKER, units=("STRASSENVERKEHR",)), email="tom@stadt.example")
    assert "Ein ersetzter Text" in checker.get(f"/staff/reports/{number}").text
    assert "kaum zu sehen" not in checker.text
    checker.post(f"/staff/reports/{number}/originals", 200)
    assert "Zebrastreifen kaum zu sehen" in checker.text
    page = worker.get(f"/staff/reports/{number}").text
    assert "Zebrastreifen verblasst" in page
    assert "ersetzter Text" not in page
    worker.post(f"/staff/reports/{number}/originals", 403)
    lines = conn.execute(text("select actor, subject from audit where kind = 'replaced_read'")).all()
    assert lines == [(f"staff:{checker.account_id}", f"request:{number}")]


def test_a_report_is_skipped_without_a_decision(checker: Employee, citizens: Api, clock: Clock) -> None:
    first = held(citizens)
    clock.forward(minutes=5)
    second = held(citizens, description="Noch eine")
    answer = checker.get(f"/staff/check/{first}/next")
    assert answer.headers["Location"].endswith(f"/staff/check/{second}")
    assert str(first) in checker.get("/staff/check").text


def test_photos_of_an_update_are_cleaned_with_it(
    checker: Employee, citizens: Api, core: Core, conn: Connection
) -> None:
    number = held(citizens)
    casework.publish(core, number, CLARA)
    update = {
        "service_request_id": str(number),
        "update_id": "u1",
        "status": "OPEN",
        "description": "Immer noch da",
        "updated_datetime": core.now().isoformat(),
        "media": (BytesIO(a_photo()), "a.jpg"),
        "api_key": citizens.key,
    }
    told = citizens.client.post("/open311/v2/servicerequestupdates.json", data=update)
    assert told.status_code == 200, told.text
    [(media_id, update_id)] = conn.execute(
        text("select id, update_id from media where service_request_id = :n"), {"n": number}
    ).all()
    page = html.fromstring(checker.get(f"/staff/check/{number}").text)
    [form] = page.xpath(f"//form[contains(@action, '/updates/{update_id}')]")
    sent = {name: value for name, value in form.fields.items() if value is not None and name != "act"}
    sent |= {f"boxes-{media_id}": ["0", "0", "50", "50"], f"alt-{media_id}": "Ein Zebrastreifen"}
    checker.post(f"/staff/check/{number}/updates/{update_id}", 303, **sent, act="publish")
    [(visibility, original, alt)] = conn.execute(
        text("select visibility, original_key is not null, alt from media where id = :n"), {"n": media_id}
    ).all()
    assert (visibility, original, alt) == ("public", True, "Ein Zebrastreifen")
    assert "Immer noch da" in public(citizens, number)


def test_each_key_of_a_page_is_in_the_list_of_keys(checker: Employee, citizens: Api) -> None:
    number = held(citizens)
    known = {shortcut.keys for shortcut in SHORTCUTS}
    used: set[str] = set()
    for path in ("/staff/check", f"/staff/check/{number}", "/staff/reports", f"/staff/reports/{number}"):
        used |= set(html.fromstring(checker.get(path).text).xpath("//@data-key"))
    assert {"1" if key.isdigit() else key for key in used} - known == set()
    assert {"p", "w", "d", "n", "q", "j", "k", "g c"} <= used


def test_one_goes_back_to_the_report_before(checker: Employee, citizens: Api, clock: Clock) -> None:
    numbers = []
    for words in ("eins", "zwei", "drei"):
        numbers.append(held(citizens, description=words))
        clock.forward(minutes=1)
    ways = {number: checker.get(f"/staff/check/{number}/previous").headers["Location"] for number in numbers}
    assert [way.rpartition("/")[2] for way in ways.values()] == [str(numbers[i]) for i in (2, 0, 1)]


def test_a_face_is_suggested_and_blackened_once_somebody_confirms(
    checker: Employee, citizens: Api, core: Core, conn: Connection
) -> None:
    face = written(a_face(240, (600, 300), of=(1200, 900)))
    number = held(citizens, media=(BytesIO(face), "a.jpg"))
    work(core, conn, TaskName.SUGGEST_BOXES)
    [(media_id, before)] = conn.execute(
        text("select id, key from media where service_request_id = :n"), {"n": number}
    ).all()
    page = checker.get(f"/staff/check/{number}").text
    assert "1 Stelle auf den Fotos" in page
    [field] = html.fromstring(page).xpath(f"//input[@name='suggested-{media_id}']")
    assert field.get("checked") is None
    checker.post(f"/staff/check/{number}", 303, **form_of(checker, number) | {"save": "1"})
    assert conn.execute(text("select key from media where id = :n"), {"n": media_id}).scalar_one() == before
    ticked = {f"suggested-{media_id}": field.get("value"), "save": "1"}
    checker.post(f"/staff/check/{number}", 303, **form_of(checker, number) | ticked)
    [(key, boxes, left)] = conn.execute(
        text("select key, boxes, suggested from media where id = :n"), {"n": media_id}
    ).all()
    picture = opened(checker.get(f"/staff/photos/{key}").data).convert("RGB")
    assert (picture.getpixel((720, 420)), len(boxes), left) == ((0, 0, 0), 1, [])
    assert "auf den Fotos" not in checker.get(f"/staff/check/{number}").text


def test_photos_that_nobody_checks_are_not_looked_at(core: Core, citizens: Api, conn: Connection) -> None:
    sent = {"service_code": "MUELL_WILD", "description": "Matratze", "media": (BytesIO(a_photo()), "a.jpg")}
    citizens.post(sent)
    assert work(core, conn, TaskName.SUGGEST_BOXES) == 0


def test_a_session_that_ends_while_typing_keeps_what_was_typed(
    checker: Employee, citizens: Api, core: Core, clock: Clock
) -> None:
    """And shows it, without what the page carries along by itself."""
    number = held(citizens)
    sent = form_of(checker, number) | {"description": "Von mir neu gefasst"}
    clock.forward(hours=13)
    page = checker.client.post(f"/staff/check/{number}", data=sent, headers=HERE).text
    assert "Was Sie geschrieben haben, ist nicht verloren" in page
    kept, *_ = html.fromstring(page).xpath("//input[@name='kept']/@value")
    shown = _unpacked(kept)
    assert shown is not None
    assert "Von mir neu gefasst" in shown.shown()
    assert not any("service_code" in words for words in shown.shown())
    assert casework.show(core, number, CLARA).request.visibility == "held"
