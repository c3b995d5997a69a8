"""What strangers can have stored has a size: drafts, their answers and photos, reports, updates."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

from open311.actions.reporting import drafts
from open311.core import Core
from open311.model.intake.drafts import DRAFT_BYTES, DRAFTS_PER_REPORT
from open311.model.intake.submission import REPORT_BYTES
from tests.client import client_of
from tests.pictures import a_photo
from tests.serving import Clock, MakeCore, an_api
from tests.site.test_form import at_details
from tests.site.visitor import Visitor, a_file

LIMITED = {
    "OPEN311_RATE_LIMITS": "on",
    "OPEN311_RATE_LIMIT_POST": "100000",
    "OPEN311_RATE_LIMIT_KEY": "100000",
}

ADDRESSES = [f"https://pictures.example/{number}/{'x' * 1950}.jpg" for number in range(50)]


def state_bytes(conn: Connection) -> int:
    """How much the largest draft takes."""
    return int(conn.execute(text("select max(octet_length(state::text)) from drafts")).scalar_one())


def stored_bytes(conn: Connection) -> int:
    """How much all reports take."""
    tables = ("service_requests", "submissions", "reporters", "events")
    sizes = [f"(select coalesce(sum(octet_length(t::text)), 0) from {table} t)" for table in tables]
    return int(conn.execute(text(f"select {' + '.join(sizes)}")).scalar_one())


@pytest.mark.parametrize(
    "fields",
    [
        {f"attribute[C{number}][]": "x" * 2000 for number in range(1000)},
        {"attribute[FARBE]": ["x" * 4000] * 900},
        {"attribute[ZUSTAND][]": [f"{number}" * 100 for number in range(900)]},
        {"description": "x" * 1_000_000},
        {"attribute[KENNZEICHEN]": "x" * 1_000_000},
    ],
    ids=["unknown codes", "many values", "many choices", "long text", "long answer"],
)
def test_a_draft_keeps_what_its_service_asks_and_its_writer_can_mend(
    client: FlaskClient, conn: Connection, fields: dict[str, Any]
) -> None:
    visitor = at_details(Visitor(client).open("/report"), "FAHRZEUG_ALT")
    client.post(f"/report/{visitor.word}/details", data=fields)
    assert state_bytes(conn) < 40_000


def test_what_is_too_much_in_all_is_told_and_the_draft_stays_as_it_was(
    core: Core, client: FlaskClient, conn: Connection
) -> None:
    visitor = at_details(Visitor(client).open("/report"))
    visitor.fill(description="Drei Matratzen").press("Weiter")
    state = {"address": "x" * (DRAFT_BYTES - 500), "service_code": "MUELL_WILD"}
    drafts.keep(core, drafts.find(core, core.catalogues.in_force[0], visitor.word), state)
    response = client.post(f"/report/{visitor.word}/details", data={"description": "x" * 3000})
    assert response.status_code == 400
    assert "100 KB" in response.text
    assert "x" * 3000 not in visitor.open(f"/report/{visitor.word}/details").response.text


def test_what_a_device_hands_in_has_the_same_size(core: Core, client: FlaskClient, conn: Connection) -> None:
    fields = {f"attribute[C{number}]": "x" * 4000 for number in range(1000)}
    word = "w" * 40
    told = client.post("/report/handed-in", data=fields | {"word": word, "service_code": "FAHRZEUG_ALT"})
    assert told.get_json()["outcome"] == "look"
    assert state_bytes(conn) < 2000


def test_one_network_begins_so_many_drafts_an_hour(
    make_core: MakeCore, clock: Clock, conn: Connection
) -> None:
    client = client_of(make_core(**LIMITED, OPEN311_REPORTS_PER_HOUR="2"))
    statuses = []
    for number in range(2 * DRAFTS_PER_REPORT + 1):
        client.environ_base["REMOTE_ADDR"] = f"2001:db8::{number:x}"
        response = client.post("/report", data={"address": "Ebertpark"})
        statuses.append(response.status_code)
    assert "in einer Stunde" in response.text
    assert "Minute" not in response.text
    assert statuses == [303] * 2 * DRAFTS_PER_REPORT + [429]
    client.environ_base["REMOTE_ADDR"] = "2001:db8:0:1::1"
    assert client.post("/report", data={"address": "Ebertpark"}).status_code == 303
    client.environ_base["REMOTE_ADDR"] = "2001:db8::1"
    clock.forward(hours=1, seconds=1)
    assert client.post("/report", data={"address": "Ebertpark"}).status_code == 303


def test_the_photos_in_all_drafts_of_a_network_are_counted(
    make_core: MakeCore, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(make_core(**LIMITED))
    kept = text("select coalesce(sum(bytes), 0) from draft_photos")
    told = []
    for _ in range(4):
        visitor = at_details(Visitor(client).open("/report"))
        visitor.fill(media=a_file(a_photo())).press("Fotos hochladen")
        told.append(list(visitor.errors))
        if len(told) == 1:
            monkeypatch.setattr(drafts, "PHOTO_BYTES_PER_NETWORK", 2 * conn.execute(kept).scalar_one())
    assert told == [[], [], ["photos"], ["photos"]]
    assert conn.execute(kept).scalar_one() == drafts.PHOTO_BYTES_PER_NETWORK


def test_drafts_do_not_live_for_ever_however_often_they_are_touched(
    core: Core, client: FlaskClient, clock: Clock, conn: Connection
) -> None:
    visitor = at_details(Visitor(client).open("/report"))
    for _ in range(8):
        clock.forward(hours=23)
        client.post(f"/report/{visitor.word}/details", data={"description": "Noch da"})
        drafts.expire(core)
    assert conn.execute(text("select count(*) from drafts")).scalar_one() == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"attribute": {f"C{code}": ["x" * 4000] * 100 for code in range(10)}},
        {"attribute": {f"C{code}": [f"{value:04}" * 20 for value in range(19)] for code in range(100)}},
        {
            "media_url": ADDRESSES,
            "description": "ä" * 4000,
        },
    ],
    ids=["long answers", "many answers", "picture addresses"],
)
def test_a_report_of_more_than_a_hundred_kilobytes_is_refused_and_leaves_nothing(
    core: Core, conn: Connection, fields: dict[str, Any]
) -> None:
    api = an_api(core)
    before = stored_bytes(conn)
    sent = {"api_key": api.key, "service_code": "MUELL_WILD", "lat": 49.48, "long": 8.44} | fields
    response = api.client.post("/open311/v2/requests.json", json=sent)
    assert response.status_code == 400
    assert "100 KB" in json.loads(response.data)[0]["description"]
    assert stored_bytes(conn) == before


def test_a_report_is_never_stored_larger_than_that(core: Core, conn: Connection) -> None:
    api = an_api(core)
    sent = {"api_key": api.key, "service_code": "MUELL_WILD", "lat": 49.48, "long": 8.44}
    whole = {"attribute": {f"C{code}": ["x" * 1000] for code in range(90)}, "description": "x" * 4000}
    assert api.client.post("/open311/v2/requests.json", json=sent | whole).status_code == 200
    assert stored_bytes(conn) < REPORT_BYTES + 10_000


def test_an_update_of_more_is_refused(core: Core, conn: Connection) -> None:
    api = an_api(core)
    sent = {
        "api_key": api.key,
        "service_request_id": api.report(),
        "update_id": "1",
        "status": "OPEN",
        "updated_datetime": "2026-03-02T09:00:00Z",
        "description": "ä" * 4000,
        "media_url": ADDRESSES,
    }
    response = api.client.post("/open311/v2/servicerequestupdates.json", json=sent)
    assert response.status_code == 400
    assert "100 KB" in json.loads(response.data)[0]["description"]
