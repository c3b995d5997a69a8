"""Rounds in the field: planned by a short way, gone by plain forms, each action counted once however often it comes."""

import re
import uuid
from io import BytesIO
from typing import Any

import pytest
from lxml import html
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.actions.addresses import address_list
from open311.actions.staff_accounts import staff_retention
from open311.base.errors import Forbidden, Invalid
from open311.core import Core
from open311.model.access.actor import ALL_RIGHTS, Actor, ActorKind, Right
from open311.model.casework.cases import Flag
from open311.model.casework.rounds import FieldAct, FieldOutcome
from open311.model.staff.roles import Role
from open311.storage.upkeep import unpublished
from tests.actors import CLARA
from tests.pictures import a_photo
from tests.serving import Api, first_city
from tests.staff.desk import HERE, Desk, Employee, membership

DEVICE = "3f0c9c1e-7c53-4d7e-9a39-1f6a2f0b7d11"


@pytest.fixture
def numbers(api: Api) -> list[int]:
    """Three published reports, the middle one farthest away."""
    return [int(api.report(long=long, description=f"Sack {long}")) for long in ("8.44", "8.45", "8.444")]


@pytest.fixture
def finn(desk: Desk) -> Employee:
    return desk.employee(Role.LEAD)


def planned(finn: Employee, numbers: list[int]) -> str:
    """The path of a new round."""
    answer = finn.post("/staff/field/plan", 303, go="1", number=numbers, name="Nord", day="2026-03-03")
    return answer.headers["Location"].partition("?")[0]


def test_a_round_is_gone_within_years(finn: Employee, numbers: list[int]) -> None:
    for day in ("9999-12-31", "0001-01-01"):
        finn.post("/staff/field/plan", 400, go="1", number=numbers, name="Nord", day=day)


def kinds(core: Core, number: int) -> list[str]:
    return [event.kind for event in casework.show(core, number, CLARA).history]


def report(core: Core, number: int, act: FieldAct = FieldAct.DONE, **more: Any) -> FieldOutcome:
    return casework.report_from_field(core, number, act, CLARA, **({"client_id": DEVICE} | more))


def test_a_round_is_planned_in_the_order_of_a_short_way(finn: Employee, numbers: list[int]) -> None:
    choice = finn.get("/staff/field/plan?service=MUELL_WILD").text
    assert f'value="{numbers[0]}"' in choice
    assert f"{numbers[0]} · Wilde Müllablagerung · " in choice
    path = planned(finn, numbers)
    page = finn.get(path).text
    stops = [int(number) for number in re.findall(r'id="stop-(\d+)"', page)]
    assert stops == [numbers[0], numbers[2], numbers[1]]
    finn.post(f"{path}/order", 303, number=numbers[1], move="up")
    stops = [int(number) for number in re.findall(r'id="stop-(\d+)"', finn.get(path).text)]
    assert stops == [numbers[0], numbers[1], numbers[2]]
    assert "Nord" in finn.get("/staff/field").text


def test_a_round_without_a_name_is_called_after_its_day_and_stands_in_my_day(
    finn: Employee, numbers: list[int]
) -> None:
    answer = finn.post("/staff/field/plan", 303, go="1", number=numbers, name="", day="2026-03-03")
    path = answer.headers["Location"].partition("?")[0]
    for address in ("/staff/field", "/staff"):
        assert f'href="{path}">3. März 2026</a>' in finn.get(address).text
    assert "<title>3. März 2026" in finn.get(path).text
    assert "0 von 3 Orten erledigt" in finn.get("/staff").text
    for number in numbers:
        finn.post(f"{path}/report", 303, number=number, act="done", client_id=uuid.uuid4().hex)
    assert path not in finn.get("/staff").text


def test_a_round_begins_where_it_is_said_to(core: Core, finn: Employee, numbers: list[int]) -> None:
    """At the depot beside the report that is farthest from the first; of the others nothing is stored."""
    depot = "strasse;hausnummer;plz;ort;lat;lon\nBetriebsweg;3;67059;Ludwigshafen;49,4811;8,4505\n"
    address_list.replace_list(core, first_city(), depot.splitlines(keepends=True))
    sent = {"go": "1", "number": numbers, "name": "Nord", "day": "2026-03-03"}
    finn.post("/staff/field/plan", 400, start="Nirgendweg 5", **sent)
    assert "kennt das Verzeichnis nicht" in finn.text
    assert 'value="Nirgendweg 5"' in finn.response.text
    answer = finn.post("/staff/field/plan", 303, start="Betriebsweg 3", **sent)
    page = finn.get(answer.headers["Location"].partition("?")[0]).text
    assert [int(number) for number in re.findall(r'id="stop-(\d+)"', page)] == [
        numbers[1],
        numbers[2],
        numbers[0],
    ]


def test_a_round_is_printed_as_an_accessible_list_whose_codes_lead_to_the_cases(
    desk: Desk, finn: Employee, numbers: list[int]
) -> None:
    path = planned(finn, numbers)
    assert f"{path}/list.pdf" in finn.get(path).text
    answer = finn.get(f"{path}/list.pdf")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="round-2026-03-03.pdf"'
    sheet = answer.get_data()
    for mark in (b"pdfuaid", b"/StructTreeRoot", b"/Lang(de)"):
        assert mark in sheet
    assert re.findall(rb"/staff/reports/(\d+)", sheet) == [
        str(number).encode() for number in (numbers[0], numbers[2], numbers[1])
    ]
    other = desk.employee(membership(Role.WORKER, units=("TIEFBAU",)), email="tom@stadt.example")
    assert other.get(f"{path}/list.pdf").status_code == 404


def test_a_round_works_by_plain_forms(core: Core, finn: Employee, numbers: list[int]) -> None:
    path = planned(finn, numbers)
    page = finn.get(path).text
    client_id = re.findall(r'name="client_id" value="(\w+)"', page)[0]
    sent = {"number": numbers[0], "client_id": client_id, "act": "done", "text": "weggeräumt"}
    for odd in ("", "x", "9" * 19, "9" * 5000):
        finn.post(f"{path}/report", 400, **(sent | {"number": odd}))
        finn.post(f"{path}/order", 303, number=odd, move="up")
    finn.post(f"{path}/report", 400, **(sent | {"act": ""}))
    assert "weggeräumt" in finn.response.text
    answer = finn.post(f"{path}/report", 303, media=(BytesIO(a_photo()), "a.jpg"), **sent)
    # Back at the stop, whose form is folded: the next one stands below it.
    assert answer.headers["Location"] == f"{path}?done=field_taken#stop-{numbers[0]}"
    folded = html.fromstring(finn.get(path).text).xpath("//ol[@class='stops']/li/details[not(@open)]/../@id")
    assert folded == [f"stop-{numbers[0]}"]
    shown = casework.show(core, numbers[0], CLARA)
    assert (shown.request.status, shown.case.flags) == ("open", {Flag.FIELD_DONE})
    assert "1 von 3" in finn.get(path).text
    assert "weggeräumt" in finn.get(f"/staff/reports/{numbers[0]}").text
    casework.set_status(core, numbers[0], "GELOEST", CLARA)
    assert casework.show(core, numbers[0], CLARA).case.flags == frozenset()


def test_the_same_action_sent_again_changes_nothing(core: Core, conn: Connection, numbers: list[int]) -> None:
    outcomes = [report(core, numbers[0], text="weg", photos=[BytesIO(a_photo())]) for _ in range(3)]
    assert outcomes == [FieldOutcome.TAKEN] * 3
    assert kinds(core, numbers[0]).count("field_reported") == 1
    assert conn.execute(text("select count(*) from media")).scalar_one() == 1
    # The id of another device's action at another place is another action.
    assert report(core, numbers[1]) is FieldOutcome.TAKEN
    assert kinds(core, numbers[1]).count("field_reported") == 1


def test_what_others_have_done_meanwhile_is_told_and_nothing_is_lost(core: Core, numbers: list[int]) -> None:
    revision = casework.show(core, numbers[0], CLARA).case.revision
    casework.add_note(core, numbers[0], "bitte prüfen", CLARA)
    casework.assign(core, numbers[0], "STADTREINIGUNG", CLARA)
    assert report(core, numbers[0], revision=revision, text="weg") is FieldOutcome.CHANGED
    casework.set_status(core, numbers[1], "GELOEST", CLARA)
    assert report(core, numbers[1], revision=1, text="war leer") is FieldOutcome.WAS_CLOSED
    shown = casework.show(core, numbers[1], CLARA)
    assert (shown.request.status, shown.case.flags) == ("closed", frozenset())
    assert (shown.history[-1].data["act"], shown.history[-1].data["text"]) == ("note", "war leer")


def test_a_device_is_answered_in_json_and_told_what_is_wrong(finn: Employee, numbers: list[int]) -> None:
    path = planned(finn, numbers)
    headers = {**HERE, "Accept": "application/json", "X-Form-Token": finn.token}

    def send(**fields: Any) -> Any:
        sent = {"number": numbers[0], "client_id": DEVICE, "act": "not_found", "revision": "1"} | fields
        return finn.client.post(f"{path}/report", data=sent, headers=headers)

    assert [send().get_json()["outcome"] for _ in range(2)] == ["taken", "taken"]
    wrong = send(client_id="x")
    assert (wrong.status_code, len(wrong.get_json()["problems"])) == (400, 1)
    assert send(number="999999999").status_code == 400
    assert send(number="ä").status_code == 400


def test_whoever_may_not_see_a_stop_sees_no_round(desk: Desk, finn: Employee, numbers: list[int]) -> None:
    path = planned(finn, numbers)
    stranger = desk.employee(Role.FIELD, email="fremd@stadt.example")
    assert stranger.get(path).status_code == 404
    assert "Nord" not in stranger.get("/staff/field").text
    reader = desk.employee(Role.READER, email="liest@stadt.example")
    assert reader.get("/staff/field").status_code == 403


def test_a_stop_is_moved_among_those_that_somebody_sees(
    core: Core, desk: Desk, finn: Employee, numbers: list[int]
) -> None:
    path = planned(finn, numbers)
    first, hidden, last = numbers[0], numbers[2], numbers[1]
    for number, unit in ((first, "STADTREINIGUNG"), (hidden, "TIEFBAU"), (last, "STADTREINIGUNG")):
        casework.assign(core, number, unit, CLARA)
    other = desk.employee(membership(Role.WORKER, units=("STADTREINIGUNG",)), email="tom@stadt.example")
    other.post(f"{path}/order", 400, number=hidden, move="up")
    other.post(f"{path}/order", 303, number=last, move="up")
    stops = [int(number) for number in re.findall(r'id="stop-(\d+)"', finn.get(path).text)]
    assert stops == [last, hidden, first]


@pytest.mark.parametrize("count", [0, 101])
def test_a_round_has_at_least_one_stop_and_at_most_a_hundred(core: Core, count: int) -> None:
    owner = core.catalogues.in_force[0].jurisdiction.jurisdiction_id
    with pytest.raises(Invalid):
        casework.plan_round(core, owner, range(1, count + 1), "", core.now().date(), CLARA)


def test_the_right_is_asked_for(core: Core, numbers: list[int]) -> None:
    reader = Actor(ActorKind.STAFF, "9", ALL_RIGHTS - {Right.FIELD})
    with pytest.raises(Forbidden):
        casework.report_from_field(core, numbers[0], FieldAct.DONE, reader, client_id=DEVICE)


def test_the_worker_of_the_field_reaches_no_further_than_the_field(finn: Employee) -> None:
    answer = finn.get("/staff/field/worker.js")
    assert answer.content_type.startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Service-Worker-Allowed" not in answer.headers


def test_rounds_and_what_was_written_there_go_in_time(
    core: Core, conn: Connection, finn: Employee, numbers: list[int]
) -> None:
    planned(finn, numbers)
    report(core, numbers[0], text="Frau Kanari war da")
    unpublished.forget_of_requests(conn, numbers)
    assert "Kanari" not in conn.execute(text("select string_agg(data::text, '') from events")).scalar_one()
    core.now.forward(days=100)
    staff_retention.tidy(core)
    left = [
        conn.execute(text(f"select count(*) from {name}")).scalar_one()
        for name in ("rounds", "stops", "field_actions")
    ]
    assert left == [0, 0, 0]
