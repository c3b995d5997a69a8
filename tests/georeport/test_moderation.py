"""What the public sees of reports that await moderation, are published, or are hidden."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.core import Core
from open311.model.access.keys import Scope
from tests.actors import CLARA
from tests.builders import a_catalogue, a_jurisdiction, a_status, a_vehicle_service
from tests.serving import Api, Clock, MakeCore, an_api

WRITTEN = {
    "service_code": "FAHRZEUG_ALT",
    "attribute[FARBE]": "blau",
    "description": "Der Halter heißt Muster",
    "address_string": "Bei Familie Muster",
    "title": "Muster!",
    "media_url": "https://example.org/muster.jpg",
}


def a_moderated(**fields: Any) -> Any:
    """A catalogue whose one service is checked by staff, with a status for what was checked."""
    catalogue = a_catalogue(a_vehicle_service(moderated=True), **fields)
    checked = a_status(
        "checked",
        "geprüft",
        "open",
        detailed_status="IN_PROCESS",
        update_status="in_progress",
        published=True,
    )
    return replace(catalogue, statuses=catalogue.statuses | {"checked": checked})


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    """A Core whose one service is checked by staff."""
    return make_core(a_moderated())


def listed(api: Api, **query: str) -> list[str]:
    return [request["service_request_id"] for request in api.get("/requests", **query)]


def test_held_report_is_in_no_list(api: Api) -> None:
    """R-174: nor by id, nor by word, nor by time of change."""
    number = api.report(**WRITTEN)
    assert listed(api) == []
    assert listed(api, service_request_id=number) == []
    assert listed(api, q="Muster") == []
    assert listed(api, updated_after="2026-01-01T00:00:00Z", extensions="true") == []
    assert listed(api, bbox="8,49,9,50") == []
    assert api.raw("/requests.json", page="1").headers["X-Result-Count"] == "0"


def test_held_report_is_redacted_under_its_own_id(api: Api) -> None:
    """R-182: apps refresh the id they just got (georeport.md 2.6)."""
    number = api.report(**WRITTEN)
    [request] = api.get(f"/requests/{number}", extensions="true")
    assert (request["status"], request["service_code"]) == ("open", "FAHRZEUG_ALT")
    assert (request["description"], request["media_url"]) == ("", None)
    for suffix in (".json", ".xml"):
        answer = api.raw(f"/requests/{number}{suffix}", extensions="true").text
        assert "uster" not in answer
        assert "blau" not in answer


def test_held_report_is_404_where_the_city_prefers_it(make_core: MakeCore) -> None:
    """R-182."""
    api = an_api(make_core(a_moderated(jurisdiction=a_jurisdiction(held_by_id=False))))
    number = api.report(**WRITTEN)
    [error] = api.get(f"/requests/{number}", status=404)
    assert error["code"] == 404


def test_published_report_is_seen_by_everybody(api: Api, core: Core, clock: Clock) -> None:
    """R-103, R-174: and moves to the status of what was checked."""
    number = api.report(**WRITTEN)
    clock.forward(hours=1)
    casework.publish(core, int(number), CLARA)
    [request] = api.get(f"/requests/{number}", extensions="true")
    assert request["description"] == "Der Halter heißt Muster"
    assert request["extended_attributes"]["detailed_status"] == "IN_PROCESS"
    assert request["updated_datetime"] == "2026-03-02T10:30:00+01:00"
    assert listed(api) == listed(api, q="Muster") == [number]


def test_history_before_publication_stays_internal(api: Api, core: Core, clock: Clock) -> None:
    """R-174, R-194: a note written while the report was held is not public later."""
    number = api.report(**WRITTEN)
    clock.forward(hours=1)
    casework.set_status(core, int(number), "in_process", CLARA, "Halter Muster angerufen")
    clock.forward(hours=1)
    casework.set_status(core, int(number), "checked", CLARA, "")
    casework.publish(core, int(number), CLARA)
    answer = api.raw(f"/requests/{number}.json", extensions="true").text
    assert "angerufen" not in answer


def test_hidden_report_is_gone(api: Api, core: Core) -> None:
    """R-174, R-182: 404, never an empty 200."""
    number = api.report(**WRITTEN)
    casework.publish(core, int(number), CLARA)
    casework.hide(core, int(number), CLARA, reason="Name im Text")
    [error] = api.get(f"/requests/{number}", status=404)
    assert error["code"] == 404
    assert listed(api) == listed(api, service_request_id=number) == []


def test_hidden_before_publication_is_gone_too(api: Api, core: Core) -> None:
    """R-182."""
    number = api.report(**WRITTEN)
    casework.hide(core, int(number), CLARA)
    api.get(f"/requests/{number}", status=404)


@pytest.mark.parametrize(
    "number", ["1", "999999999999999", "abc", "0", "-1", "1.5", "1e3", "%00", "9" * 30, "JOB_1"]
)
def test_unknown_id_is_404(api: Api, number: str) -> None:
    """R-182."""
    [error] = api.get(f"/requests/{number}", status=404)
    assert error["code"] == 404


def test_deleted_report_is_404(api: Api, core: Core, conn: Connection) -> None:
    """R-174, R-182."""
    number = api.report(**WRITTEN)
    casework.publish(core, int(number), CLARA)
    conn.execute(text("delete from service_requests where id = :id"), {"id": number})
    api.get(f"/requests/{number}", status=404)
    assert listed(api, service_request_id=number) == []


def test_key_with_the_right_sees_what_is_held(api: Api, core: Core) -> None:
    """R-174: the programs of the people who check; no cache keeps it."""
    number = api.report(**WRITTEN)
    checking = an_api(core, Scope.READ_HELD)
    checking.headers["Authorization"] = f"Bearer {checking.key}"
    assert listed(checking) == [number]
    answer = checking.raw(f"/requests/{number}.json")
    assert answer.json[0]["description"] == "Der Halter heißt Muster"
    assert "private" in answer.headers["Cache-Control"]
    casework.hide(core, int(number), CLARA)
    assert listed(checking) == []


def test_key_without_the_right_sees_no_more_than_everybody(api: Api) -> None:
    """R-174."""
    number = api.report(**WRITTEN)
    assert listed(api, api_key=api.key) == []
    assert api.get(f"/requests/{number}", api_key=api.key)[0]["description"] == ""
