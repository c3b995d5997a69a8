"""What leads put right at a case that they do not decide about."""

from io import BytesIO
from typing import Any

import pytest
from lxml import html
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.core import Core
from open311.model.staff.roles import Role
from tests.actors import CLARA
from tests.pictures import a_photo
from tests.serving import Api, MakeCore, an_api
from tests.staff.desk import Desk, Employee, membership

UNIT = "STRASSENVERKEHR"


@pytest.fixture
def citizens(core: Core) -> Api:
    return an_api(core)


@pytest.fixture
def lead(desk: Desk) -> Employee:
    return desk.employee(membership(Role.LEAD, units=(UNIT,)))


def published(citizens: Api, core: Core, **fields: Any) -> int:
    sent = {
        "service_code": "MARKIERUNG",
        "description": "Zebrastreifen kaum zu sehen, sagt Frau Muster",
        "email": "kim@example.org",
    }
    number = int(citizens.post(sent | fields)[0]["service_request_id"])
    casework.publish(core, number, CLARA)
    return number


def form_of(employee: Employee, number: int) -> dict[str, str]:
    """What a browser would send of the page as it is."""
    page = html.fromstring(employee.get(f"/staff/reports/{number}/edit").text)
    assert employee.response.status_code == 200, employee.text
    [form] = page.xpath("//form[@id='decision']")
    return {name: value for name, value in form.fields.items() if value is not None}


def public(citizens: Api, number: int) -> dict[str, Any]:
    report: dict[str, Any] = citizens.get(f"/requests/{number}", extensions="true")[0]
    return report


def test_a_lead_comes_by_the_case_and_puts_right_what_everybody_reads(
    desk: Desk, lead: Employee, citizens: Api
) -> None:
    number = published(citizens, desk.core)
    assert f'href="/staff/reports/{number}/edit"' in lead.get(f"/staff/reports/{number}").text
    # Similar reports are numbered on the page of a decision alone.
    assert "Ziffern" not in lead.get(f"/staff/reports/{number}/edit").text
    sent = form_of(lead, number) | {
        "description": "Zebrastreifen kaum zu sehen",
        "address": "Ludwigstraße 2",
        "service_code": "AMPEL",
        "reason": "KENNZEICHEN",
    }
    lead.post(f"/staff/reports/{number}/edit", 303, **sent)
    report = public(citizens, number)
    assert (report["description"], report["address"]) == ("Zebrastreifen kaum zu sehen", "Ludwigstraße 2")
    assert report["service_code"] == "AMPEL"
    kinds = [event.kind for event in casework.show(desk.core, number, CLARA).history]
    assert {"edited", "relocated", "recategorised"} <= {*kinds}
    assert "checked" not in kinds
    # The history says that it was changed, not what stood there.
    assert "Frau Muster" not in lead.get(f"/staff/reports/{number}").text


def test_the_reporter_gets_the_words_that_were_written_for_them(make_core: MakeCore) -> None:
    core = make_core(OPEN311_SMTP_URL="smtp://127.0.0.1:9", OPEN311_MAIL_FROM="stadt@example.org")
    lead = Desk(core).employee(membership(Role.LEAD, units=(UNIT,)))
    number = published(an_api(core), core)
    assert "unkenntlich gemacht" in lead.get(f"/staff/reports/{number}/edit").text
    sent = form_of(lead, number) | {"description": "Kurz", "message": "Wir haben einen Namen entfernt."}
    lead.post(f"/staff/reports/{number}/edit", 303, **sent)
    [letter] = [event for event in casework.show(core, number, CLARA).history if event.kind == "answered"]
    assert letter.data["text"] == "Wir haben einen Namen entfernt."


def test_a_stale_form_changes_nothing_and_keeps_what_was_typed(
    desk: Desk, lead: Employee, citizens: Api
) -> None:
    number = published(citizens, desk.core)
    sent = form_of(lead, number) | {"description": "Von der Leitung"}
    casework.edit(desk.core, number, {"address": "Bismarckstraße 1"}, CLARA)
    lead.post(f"/staff/reports/{number}/edit", 409, **sent)
    assert public(citizens, number)["description"] != "Von der Leitung"
    page = html.fromstring(lead.response.text)
    [form] = page.xpath("//form[@id='decision']")
    values = dict(form.fields)
    assert (values["description"], values["address"]) == ("Von der Leitung", "Bismarckstraße 1")
    lead.post(f"/staff/reports/{number}/edit", 303, **{k: v for k, v in values.items() if v is not None})
    report = public(citizens, number)
    assert (report["description"], report["address"]) == ("Von der Leitung", "Bismarckstraße 1")


@pytest.mark.parametrize(
    ("field", "typed"),
    [("description", "x" * 4001), ("lat", "neunundvierzig"), ("service_code", "GIBT_ES_NICHT")],
)
def test_a_mistake_is_told_at_its_field(
    desk: Desk, lead: Employee, citizens: Api, field: str, typed: str
) -> None:
    number = published(citizens, desk.core)
    lead.post(f"/staff/reports/{number}/edit", 400, **form_of(lead, number) | {field: typed})
    page = html.fromstring(lead.response.text)
    [link] = page.xpath("//section[@aria-labelledby='wrong']//a")
    assert link.get("href") == f"#{field}"


def test_a_lead_blackens_photos_and_does_not_decide_who_sees_them(
    desk: Desk, lead: Employee, citizens: Api, conn: Connection
) -> None:
    number = published(citizens, desk.core, media=(BytesIO(a_photo()), "a.jpg"))
    [photo] = conn.execute(
        text("select id from media where service_request_id = :n"), {"n": number}
    ).scalars()
    page = lead.get(f"/staff/reports/{number}/edit").text
    assert f'name="boxes-{photo}"' in page
    assert f'name="photo-{photo}"' not in page
    sent = form_of(lead, number) | {
        f"boxes-{photo}": ["10", "10", "20", "20"],
        f"alt-{photo}": "Ein Zebrastreifen",
    }
    lead.post(f"/staff/reports/{number}/edit", 303, **sent)
    kinds = [event.kind for event in casework.show(desk.core, number, CLARA).history]
    assert {"photo_redacted", "photo_described"} <= {*kinds}
    crafted = form_of(lead, number) | {f"photo-{photo}": "internal"}
    assert lead.post(f"/staff/reports/{number}/edit", **crafted).status_code == 403


def test_who_may_not_edit_this_very_case_finds_no_page(desk: Desk, citizens: Api) -> None:
    number = published(citizens, desk.core)
    others = desk.employee(membership(Role.LEAD, units=("GRUENFLAECHEN",)))
    worker = desk.employee(membership(Role.WORKER, units=(UNIT,)), email="rita@stadt.example")
    for employee in (others, worker):
        assert employee.get(f"/staff/reports/{number}/edit").status_code == 403
        assert f"/staff/reports/{number}/edit" not in employee.get(f"/staff/reports/{number}").text
        sent = {"description": "Anders", "base": '{"description": ""}'}
        assert employee.post(f"/staff/reports/{number}/edit", **sent).status_code == 403
    held = int(citizens.post({"service_code": "MARKIERUNG", "description": "Neu"})[0]["service_request_id"])
    assert others.get(f"/staff/reports/{held}/edit").status_code == 404
