"""A key is good for the jurisdictions it names: elsewhere it opens nothing and shows nothing."""

from typing import Any

import pytest
from sqlalchemy import Connection

from open311.actions import keys
from open311.core import Core
from open311.model.access.keys import Scope
from tests.actors import CLARA
from tests.builders import a_catalogue, a_jurisdiction, a_service
from tests.client import client_of
from tests.georeport.surface import FORMATS
from tests.serving import Api, MakeCore

OWN, OTHER = "ludwigshafen.de", "speyer.de"
UPDATE = {
    "update_id": "1",
    "status": "FIXED",
    "updated_datetime": "2026-03-02T08:30:00Z",
    "description": "Erledigt",
}


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    """Two cities with one service that is checked, and one that is not."""
    services = (
        a_service(moderated=False),
        a_service(service_code="GEPRUEFT", moderated=True),
    )
    return make_core(
        *(a_catalogue(*services, jurisdiction=a_jurisdiction(jurisdiction_id=name)) for name in (OWN, OTHER)),
        OPEN311_TEST_ENDPOINT="on",
    )


def an_api(core: Core, *jurisdictions: str) -> Api:
    """A client whose key may everything, for these jurisdictions or, without any, for all."""
    key = keys.add_key(core, f"key of {jurisdictions}", Scope, jurisdictions or None, actor=CLARA)
    return Api(client_of(core), key)


def stored(conn: Connection) -> int:
    count: int = conn.exec_driver_sql("select count(*) from events").scalar_one()
    return count


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_report_for_another_jurisdiction_is_403(core: Core, conn: Connection, suffix: str) -> None:
    """R-049: in the format that was asked for, before anything else is looked at, and nothing is stored."""
    [error] = an_api(core, OWN).post({"jurisdiction_id": OTHER, "service_code": "UNKNOWN"}, 403, suffix)
    assert error["description"].startswith("api_key")
    assert OTHER in error["description"]
    assert stored(conn) == 0


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_update_for_another_jurisdiction_is_403(core: Core, conn: Connection, suffix: str) -> None:
    number = an_api(core).report(jurisdiction_id=OTHER)
    before = stored(conn)
    api = an_api(core, OWN)
    sent = UPDATE | {"api_key": api.key, "service_request_id": number, "jurisdiction_id": OTHER}
    response = api.client.post(f"{api.base}/servicerequestupdates{suffix}", data=sent)
    assert response.status_code == 403
    assert OTHER in response.text
    assert stored(conn) == before


def test_an_update_to_a_report_of_another_jurisdiction_is_404(core: Core, conn: Connection) -> None:
    """Whoever names their own jurisdiction cannot reach into another."""
    number = an_api(core).report(jurisdiction_id=OTHER)
    before = stored(conn)
    api = an_api(core, OWN)
    sent = UPDATE | {"api_key": api.key, "service_request_id": number, "jurisdiction_id": OWN}
    assert api.client.post(f"{api.base}/servicerequestupdates.json", data=sent).status_code == 404
    assert stored(conn) == before


def test_held_reports_of_another_jurisdiction_are_read_as_by_anybody(core: Core) -> None:
    """R-054: the key is minded no more than an unknown one; a read is never refused."""
    number = an_api(core).post(service_code="GEPRUEFT", description="geheim", jurisdiction_id=OTHER)[0][
        "service_request_id"
    ]
    seen: dict[str, list[Any]] = {}
    for name in (OWN, OTHER):
        api = an_api(core, name)
        api.headers["Authorization"] = f"Bearer {api.key}"
        [request] = api.get(f"/requests/{number}", jurisdiction_id=OTHER)
        listed = api.get("/requests", jurisdiction_id=OTHER)
        seen[name] = [request["description"], len(listed)]
    assert seen == {OWN: ["", 0], OTHER: ["geheim", 1]}


@pytest.mark.parametrize("jurisdictions", [(OWN,), (OWN, OTHER), ()])
def test_a_key_is_good_where_it_says(core: Core, jurisdictions: tuple[str, ...]) -> None:
    api = an_api(core, *jurisdictions)
    for name in jurisdictions or (OWN, OTHER):
        assert api.report(jurisdiction_id=name)


def test_a_key_is_good_for_the_sandbox_of_its_jurisdiction(core: Core) -> None:
    api = an_api(core, OWN)
    api.base = "/open311/test/v2"
    assert api.report(jurisdiction_id=OWN)
    api.post({"jurisdiction_id": OTHER}, 403)
