"""One act on many cases: looked at before, done by the rights and the revision of each, told one by one."""

import re
from collections.abc import Sequence

import pytest
from lxml import html
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.actions.desk import bulk, templates
from open311.actions.desk.templates import TemplateContents
from open311.actions.staff_accounts import staff_retention
from open311.core import Core
from open311.model.access.actor import ALL_RIGHTS, Actor, ActorKind
from open311.model.casework import bulk as model
from open311.model.casework.cases import Priority
from open311.model.casework.desk_search import PAGE_SIZE
from open311.model.staff.roles import Role
from open311.model.task_names import TaskName
from tests.jobs import work
from tests.serving import Api, Clock, first_city
from tests.staff.desk import Desk, Employee, membership

ACTOR = Actor(ActorKind.STAFF, "9999", ALL_RIGHTS)


@pytest.fixture
def bea(desk: Desk) -> Employee:
    """A checker."""
    return desk.employee(Role.CHECKER)


@pytest.fixture
def numbers(api: Api) -> list[int]:
    """Three open cases."""
    return [int(api.report()) for _ in range(3)]


def previewed(
    employee: Employee, numbers: Sequence[int], act: str, value: str = "", words: str = ""
) -> dict[str, object]:
    """The form that the preview offers to send."""
    sent = {"number": numbers, "act": act, f"bulk-{act}": value, "text": words, "preview": "1"}
    page = html.fromstring(employee.post("/staff/reports/bulk", 200, **sent).text)
    [form, *_] = page.xpath("//form[.//input[@name='key']]")
    names = ("act", "value", "text", "key")
    fields: dict[str, object] = {name: form.xpath(f".//input[@name='{name}']/@value")[0] for name in names}
    return fields | {"chosen": form.xpath(".//input[@name='chosen']/@value"), "run": "1"}


def column(conn: Connection, name: str) -> list[object]:
    """A column of all cases, by number."""
    joined = "cases join service_requests on id = service_request_id"
    return list(conn.execute(text(f"select {name} from {joined} order by service_request_id")).scalars())


def test_a_deadline_is_set_at_each_with_its_reason(
    bea: Employee, numbers: list[int], core: Core, conn: Connection
) -> None:
    sent = {"number": numbers, "act": "deadline", "preview": "1"}
    for day, words in (("2026-03-01", "Zu spät"), ("bald", "Unlesbar"), ("2026-03-20", "")):
        bea.post("/staff/reports/bulk", 400, **sent, **{"bulk-deadline": day}, text=words)
    casework.set_status(core, numbers[2], "GELOEST", ACTOR, "Erledigt.")
    fields = previewed(bea, numbers, "deadline", "2026-03-20", "Die Firma kommt erst dann")
    assert "20. März 2026" in bea.text
    assert fields["chosen"] == [f"{number}:1" for number in numbers[:2]]
    bea.post("/staff/reports/bulk", 303, **fields)
    due = column(conn, "(due_datetime at time zone 'Europe/Berlin')::date::text")
    assert due[:2] == ["2026-03-20", "2026-03-20"]
    [event] = [
        event for event in casework.show(core, numbers[0], ACTOR).history if event.kind == "deadline_changed"
    ]
    assert event.data["reason"] == "Die Firma kommt erst dann"


def test_those_that_are_ticked_are_taken_along_or_make_a_round(desk: Desk, bea: Employee, api: Api) -> None:
    numbers = [int(api.report()) for _ in range(4)]
    bea.post("/staff/reports/bulk", 303, number=numbers[:2], take="csv")
    table = bea.get(bea.response.location).text
    assert [number for number in map(str, numbers) if number in table] == [
        str(number) for number in numbers[:2]
    ]
    for form in ("xlsx", "pdf"):
        bea.post("/staff/reports/bulk", 303, number=numbers[:2], take=form)
        assert bea.get(bea.response.location).status_code == 200
    lead = desk.employee(membership(Role.LEAD), email="lutz@stadt.example")
    lead.post("/staff/reports/bulk", 303, number=numbers[1:3], take="round")
    page = html.fromstring(lead.get(lead.response.location).text)
    assert page.xpath("//input[@name='number'][@checked]/@value") == [str(number) for number in numbers[1:3]]
    # Of cases that somebody may not see none is in a file.
    other = desk.employee(membership(Role.WORKER, units=("TIEFBAU",)), email="tom@stadt.example")
    picked = model.write_numbers(numbers)
    assert not [
        number
        for number in map(str, numbers)
        if number in other.get(f"/staff/reports.csv?picked={picked}").text
    ]


@pytest.mark.parametrize(
    ("act", "value", "stored"),
    [
        ("status", "GELOEST", "detailed_status"),
        ("unit", "TIEFBAU", "unit"),
        ("priority", "2", "priority"),
        ("person", "me", "assignee_id"),
    ],
)
def test_an_act_is_looked_at_and_then_done_at_each(
    bea: Employee, numbers: list[int], conn: Connection, act: str, value: str, stored: str
) -> None:
    before = column(conn, stored)
    form = previewed(bea, numbers[:2], act, value, "Erledigt.")
    assert column(conn, stored) == before
    result = str(bea.post("/staff/reports/bulk", 303, **form).location)
    expected = {"2": 2, "me": bea.account_id}.get(value, value)
    assert column(conn, stored) == [expected, expected, before[2]]
    assert "2 Meldungen sind bearbeitet" in bea.get(result).text


def test_a_template_is_filled_at_each(
    bea: Employee, api: Api, numbers: list[int], core: Core, conn: Connection
) -> None:
    """What a case has nothing for is told before, and refused if it is lost meanwhile."""
    words = "{service} an „{address}“ ist {status}: {link}. Frist {due}."
    contents = TemplateContents(
        title="Weg", page_text={"de": words}, status="GELOEST", services=["MUELL_WILD"]
    )
    template_id = templates.add(core, first_city(), contents, ACTOR)
    with core.database.begin() as inner:
        named = text("update service_requests set address = 'Weg ' || id where id < :last")
        inner.execute(named, {"last": numbers[2]})
    sent = {"number": numbers, "act": "status", "template": template_id, "preview": "1", "text": "Danke."}
    bea.post("/staff/reports/bulk", 400, **sent, **{"bulk-status": "IN_BEARBEITUNG"})
    assert "passt nicht zu dem Status" in bea.text
    page = html.fromstring(bea.post("/staff/reports/bulk", 200, **sent, **{"bulk-status": "GELOEST"}).text)
    assert f"Wilde Müllablagerung an „Weg {numbers[0]}“ ist" in bea.text
    assert "Für {address} fehlt hier die Angabe." in bea.text
    [form, *_] = page.xpath("//form[.//input[@name='key']]")
    assert form.xpath(".//input[@name='chosen']/@value") == [f"{number}:1" for number in numbers[:2]]
    names = ("act", "value", "text", "key")
    run = {name: form.xpath(f".//input[@name='{name}']/@value")[0] for name in names}
    bea.post("/staff/reports/bulk", 303, **run, chosen=[f"{number}:1" for number in numbers], run="1")
    assert "{address}" in bea.get(bea.response.location).text
    notes = conn.execute(text("select status_notes from service_requests order by id")).scalars().all()
    assert notes[2] is None
    for number, note in zip(numbers[:2], notes, strict=False):
        assert f"an „Weg {number}“ ist gelöst: http://localhost/reports/{number}. Frist " in note
        assert note.endswith("2026.\n\nDanke.")
    other = int(api.report(service_code="MARKIERUNG"))
    bea.post("/staff/reports/bulk", 200, number=[numbers[2], other])
    assert "Vorlage für den Status" not in bea.text


def test_a_note_is_written_at_each_and_a_form_sent_twice_is_one(
    bea: Employee, numbers: list[int], conn: Connection
) -> None:
    form = previewed(bea, numbers, "note", words="Nach dem Sturm.")
    addresses = {bea.post("/staff/reports/bulk", 303, **form).location for _ in range(2)}
    assert len(addresses) == 1
    notes = conn.execute(text("select service_request_id from case_notes order by 1")).scalars().all()
    assert list(notes) == numbers


def test_the_key_of_a_colleagues_form_is_another_act(
    desk: Desk, bea: Employee, numbers: list[int], conn: Connection
) -> None:
    form = previewed(bea, numbers, "note", words="Nach dem Sturm.")
    colleague = desk.employee(Role.CHECKER, email="cem@stadt.example")
    addresses = {employee.post("/staff/reports/bulk", 303, **form).location for employee in (bea, colleague)}
    assert len(addresses) == 2
    assert conn.execute(text("select count(*) from case_notes")).scalar_one() == 2 * len(numbers)


def test_what_was_changed_after_the_preview_stays_as_it_is(
    bea: Employee, numbers: list[int], core: Core, conn: Connection
) -> None:
    form = previewed(bea, numbers, "unit", "TIEFBAU")
    casework.assign(core, numbers[1], "GRUENFLAECHEN", ACTOR)
    page = bea.get(str(bea.post("/staff/reports/bulk", 303, **form).location))
    assert column(conn, "unit") == ["TIEFBAU", "GRUENFLAECHEN", "TIEFBAU"]
    assert "1 Meldung wurde inzwischen geändert und blieb, wie sie ist" in page.text


def test_each_case_is_asked_for_its_own_rights(
    desk: Desk, numbers: list[int], core: Core, conn: Connection
) -> None:
    casework.assign(core, numbers[0], "TIEFBAU", ACTOR)
    lead = desk.employee(membership(Role.LEAD, units=("TIEFBAU",)), email="lutz@stadt.example")
    form = previewed(lead, numbers, "priority", "1")
    assert [str(pair).partition(":")[0] for pair in form["chosen"]] == [str(numbers[0])]
    assert "Dazu fehlt Ihnen hier das Recht." in lead.text
    forged = form | {"chosen": [f"{number}:1" for number in numbers], "key": "forged"}
    result = lead.get(str(lead.post("/staff/reports/bulk", 303, **forged).location)).text
    assert column(conn, "priority")[1:] == [0, 0]
    assert "2 Meldungen konnten nicht bearbeitet werden" in result
    worker = desk.employee(membership(Role.WORKER, units=("TIEFBAU",)), email="rita@stadt.example")
    assert worker.post("/staff/reports/bulk", number=numbers).status_code == 403
    assert 'name="all"' not in worker.get("/staff/reports").text


def test_nothing_of_a_case_that_somebody_may_not_see_is_told(desk: Desk, api: Api) -> None:
    hidden = int(api.report(service_code="STRASSENSCHADEN", description="x", **{"attribute[WO]": "fahrbahn"}))
    lead = desk.employee(membership(Role.LEAD, units=("GRUENFLAECHEN",)), email="lutz@stadt.example")
    assert lead.post("/staff/reports/bulk", number=[hidden]).location == "/staff/reports?done=bulk_none"


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"act": ""}, "act"),
        ({"act": "erase"}, "act"),
        ({"act": "status", "bulk-status": "NIE"}, "bulk-status"),
        ({"act": "person", "bulk-person": "1"}, "bulk-person"),
        ({"act": "note", "text": " "}, "text"),
    ],
)
def test_what_is_missing_is_said_at_its_field(
    bea: Employee, numbers: list[int], sent: dict[str, str], field: str
) -> None:
    page = bea.post("/staff/reports/bulk", 400, number=numbers, preview="1", **sent).text
    assert f'href="#{field}"' in page
    assert f'id="{field}"' in page


def test_what_an_act_refuses_is_told_at_the_case(bea: Employee, numbers: list[int], conn: Connection) -> None:
    form = previewed(bea, numbers, "status", "GELOEST", "x") | {"value": "NIE"}
    page = bea.get(str(bea.post("/staff/reports/bulk", 303, **form).location)).text
    assert "3 Meldungen konnten nicht bearbeitet werden" in page
    assert "Den Status „NIE“ gibt es nicht" in page


def test_many_are_done_by_the_worker_with_the_rights_of_then(
    desk: Desk,
    bea: Employee,
    numbers: list[int],
    core: Core,
    conn: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    form = previewed(bea, numbers, "priority", "2")
    result = str(bea.post("/staff/reports/bulk", 303, **form).location)
    assert "3 Meldungen stehen noch aus" in bea.get(result).text
    assert column(conn, "priority") == [0, 0, 0]
    work(core, conn, TaskName.RUN_BULK)
    assert column(conn, "priority") == [2, 2, 2]
    assert "3 Meldungen sind bearbeitet" in bea.get(result).text
    other = desk.employee(Role.CHECKER, email="cem@stadt.example")
    assert other.get(result).status_code == 404
    form = previewed(bea, numbers, "priority", "1")
    bea.post("/staff/reports/bulk", 303, **form)
    conn.execute(text("delete from memberships where account_id = :id"), {"id": bea.account_id})
    work(core, conn, TaskName.RUN_BULK)
    assert column(conn, "priority") == [2, 2, 2]


def test_there_is_a_bound_and_results_are_gone_after_a_day(
    bea: Employee,
    numbers: list[int],
    core: Core,
    conn: Connection,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    form = previewed(bea, numbers, "priority", "2")
    monkeypatch.setattr(bulk, "MOST_CASES", 2)
    assert "höchstens 2 Meldungen" in bea.post("/staff/reports/bulk", 400, **form).text
    monkeypatch.setattr(bulk, "MOST_CASES", model.MOST_CASES)
    bea.post("/staff/reports/bulk", 303, **form)
    clock.forward(hours=25)
    staff_retention.tidy(core)
    assert conn.execute(text("select count(*) from bulk_items")).scalar_one() == 0


def test_all_of_a_view_can_be_chosen(bea: Employee, numbers: list[int], core: Core) -> None:
    casework.set_priority(core, numbers[0], Priority.URGENT, ACTOR)
    page = bea.post("/staff/reports/bulk", 200, all="1", priority="2").text
    assert re.findall(r'name="number" value="(\d+)"', page) == [str(numbers[0])]


def test_a_priority_is_no_person_even_if_an_account_has_its_number(
    desk: Desk, numbers: list[int], conn: Connection
) -> None:
    conn.execute(text("select setval(pg_get_serial_sequence('accounts', 'id'), 1, false)"))
    bea = desk.employee(Role.CHECKER)
    assert bea.account_id == 1
    previewed(bea, numbers[:1], "priority", "1")
    [row] = html.fromstring(bea.response.text).xpath("//tbody/tr[1]")
    assert [cell.text_content().strip() for cell in row.xpath("./td")][2:] == ["normal", "hoch"]


def test_a_colleague_is_chosen_who_works_for_the_unit_of_the_case(
    desk: Desk, numbers: list[int], core: Core, conn: Connection
) -> None:
    unit = ("TIEFBAU",)
    lutz = desk.employee(
        membership(Role.LEAD, units=(*unit, "GRUENFLAECHEN")), email="lutz@stadt.example", name="Lutz Leiter"
    )
    rita = desk.account(membership(Role.WORKER, units=unit), email="rita@stadt.example", name="Rita Beispiel")
    desk.account(membership(Role.WORKER, units=("STADTREINIGUNG",)), email="x@x.example", name="Xaver Fremd")
    for number, code in zip(numbers, (*unit, *unit, "GRUENFLAECHEN"), strict=True):
        casework.assign(core, number, code, ACTOR)
    form = previewed(lutz, numbers, "person", str(rita))
    pairs = [str(pair) for pair in form["chosen"]]
    assert [pair.partition(":")[0] for pair in pairs] == [str(number) for number in numbers[:2]]
    assert "Rita Beispiel" in lutz.text
    assert "Die Person gehört nicht zu dieser Einheit." in lutz.text
    assert "Xaver" not in lutz.text
    forged = form | {"chosen": [*pairs, f"{numbers[2]}:2"]}
    result = lutz.get(str(lutz.post("/staff/reports/bulk", 303, **forged).location)).text
    assert column(conn, "assignee_id") == [rita, rita, None]
    assert "1 Meldung konnte nicht bearbeitet werden" in result


def test_what_is_ticked_stays_ticked_on_other_pages(bea: Employee, api: Api) -> None:
    """Without scripts: the choice travels in the address, whichever way one turns the pages."""
    numbers = [int(api.report()) for _ in range(PAGE_SIZE + 1)]
    last = numbers[-1]

    def turned(page: str, *ticked: int) -> str:
        """The page behind the one at hand, where these are ticked."""
        form = html.fromstring(bea.get(page).text).get_element_by_id("bulk")
        hidden = {name.get("name"): name.get("value") for name in form.xpath(".//input[@type='hidden']")}
        del hidden["form_token"]
        turn = form.xpath(".//button[@name='turn']/@value")[-1]
        return str(bea.post("/staff/reports/bulk", 302, **hidden, number=list(ticked), turn=turn).location)

    def ticked(page: str) -> list[str]:
        found: list[str] = html.fromstring(bea.get(page).text).xpath(
            "//input[@class='tick'][@checked]/@value"
        )
        return found

    second = turned("/staff/reports?order=oldest", *numbers[:2])
    assert "order=oldest" in second
    assert ticked(second) == []
    assert "2 weitere sind auf anderen Seiten markiert." in bea.text
    first = turned(second, last)
    assert ticked(first) == [str(number) for number in numbers[:2]]
    assert "Eine weitere ist auf anderen Seiten markiert." in bea.text
    # One is unticked, and the rest is acted upon.
    form = html.fromstring(bea.response.text).get_element_by_id("bulk")
    [elsewhere] = form.xpath(".//input[@name='picked']/@value")
    page = bea.post("/staff/reports/bulk", 200, number=[numbers[1]], picked=elsewhere).text
    assert re.findall(r'name="number" value="(\d+)"', page) == [str(numbers[1]), str(last)]
    for word in ("x", "1.-1", "1.0", "9" * 5000, ".".join(["1"] * 501)):
        assert bea.get(f"/staff/reports?picked={word}").status_code == 200
