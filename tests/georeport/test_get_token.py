"""GET service_request_id from a token."""

import pytest
from sqlalchemy import Connection

from open311.actions import casework
from open311.core import Core
from open311.model.access.actor import WORKER
from open311.model.catalogue import ServiceType
from open311.model.task_names import TaskName
from tests.actors import CLARA
from tests.builders import a_catalogue, a_jurisdiction, a_service, words
from tests.formats.spark import parse_xml
from tests.jobs import work
from tests.serving import Api, Clock, MakeCore, an_api


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    """A Core with one batch service, published at once, and one that staff check."""
    batch = a_service(service_code="KANAL", type=ServiceType.BATCH, moderated=False)
    checked = a_service(service_code="GULLY", type=ServiceType.BATCH, moderated=True)
    return make_core(a_catalogue(batch, checked))


def a_token(api: Api, service_code: str = "KANAL") -> str:
    token: str = api.post(service_code=service_code, description="Deckel klappert")[0]["token"]
    return token


def test_pending_token_is_all_there_is(api: Api) -> None:
    """R-146: the id is missing, not null."""
    token = a_token(api)
    assert api.get(f"/tokens/{token}") == [{"token": token}]
    assert parse_xml(api.raw(f"/tokens/{token}.xml").data) == [{"token": token}]


def test_known_token_gives_the_id(api: Api, core: Core, conn: Connection) -> None:
    """R-145."""
    token = a_token(api)
    work(core, conn, TaskName.ACCEPT_TOKEN)
    [request] = api.get("/requests")
    assert api.get(f"/tokens/{token}") == [
        {"service_request_id": request["service_request_id"], "token": token}
    ]


def test_id_from_a_token_works(api: Api, core: Core) -> None:
    """R-148."""
    number = casework.accept(core, a_token(api), CLARA)
    [request] = api.get(f"/requests/{number}")
    assert (request["service_request_id"], request["description"]) == (str(number), "Deckel klappert")
    assert [request["service_request_id"] for request in api.get("/requests")] == [str(number)]


def test_id_of_a_report_that_staff_still_check_works_too(api: Api, core: Core) -> None:
    """R-148, R-174: redacted, and in no list."""
    token = a_token(api, "GULLY")
    number = casework.accept(core, token, CLARA)
    assert api.get(f"/requests/{number}")[0]["description"] == ""
    assert api.get("/requests") == []


def test_report_is_in_no_list_before_it_is_accepted(api: Api) -> None:
    """R-100, R-174."""
    a_token(api)
    assert api.get("/requests") == []


def test_token_does_not_expire_while_the_id_may_be_asked_for(api: Api, core: Core, clock: Clock) -> None:
    """R-145: available for 30 days at least (georeport.md 2.4)."""
    token = a_token(api)
    clock.forward(days=40)
    assert api.get(f"/tokens/{token}") == [{"token": token}]
    casework.accept(core, token, WORKER)
    clock.forward(days=30)
    assert len(api.get(f"/tokens/{token}")[0]) == 2


@pytest.mark.parametrize("token", ["x", "0" * 32, "a.b", "%00", "%FF", "ä", "x" * 2000, "a%2Fb"])
def test_unknown_token_is_404(api: Api, token: str) -> None:
    """R-147."""
    [error] = api.get(f"/tokens/{token}", status=404)
    assert error["code"] == 404


def test_tokens_are_unguessable_and_unlike(api: Api) -> None:
    """R-147: whoever has one token learns nothing about another."""
    tokens = {a_token(api) for _ in range(5)}
    assert len(tokens) == 5
    assert min(map(len, tokens)) >= 22


def test_server_without_batch_services_knows_no_token(make_core: MakeCore) -> None:
    """R-149."""
    api = an_api(make_core(a_catalogue(a_service())))
    [error] = api.get("/tokens/x", status=404)
    assert error["code"] == 404


def test_token_belongs_to_its_jurisdiction(make_core: MakeCore) -> None:
    """R-045, R-043, R-044."""
    batch = a_service(service_code="KANAL", type=ServiceType.BATCH)
    mannheim = a_jurisdiction(jurisdiction_id="mannheim.de", aliases=(), name=words("Mannheim"))
    core = make_core(a_catalogue(batch), a_catalogue(batch, jurisdiction=mannheim))
    api = an_api(core)
    token = api.post(service_code="KANAL", jurisdiction_id="mannheim.de")[0]["token"]
    api.get(f"/tokens/{token}", jurisdiction_id="mannheim.de")
    api.get(f"/tokens/{token}", 404, jurisdiction_id="ludwigshafen.de")
    api.get(f"/tokens/{token}", 404, jurisdiction_id="nirgends.de")
    api.get(f"/tokens/{token}", 400)


def test_token_of_the_test_endpoint_is_unknown_to_the_other(api: Api) -> None:
    """R-045."""
    trial = Api(api.client, api.key, base="/open311/test/v2")
    sent = {"api_key": api.key, "service_code": "KANAL", "lat": "49.48", "long": "8.44"}
    token = api.client.post(f"{trial.base}/requests.json", data=sent).json[0]["token"]
    trial.get(f"/tokens/{token}")
    api.get(f"/tokens/{token}", 404)


def test_key_and_empty_jurisdiction_do_no_harm(api: Api) -> None:
    """R-040, R-054."""
    token = a_token(api)
    assert api.get(f"/tokens/{token}", jurisdiction_id="", api_key="") == [{"token": token}]


def test_token_is_never_kept_by_caches(api: Api) -> None:
    """R-146: a poller must see the id as soon as it is there."""
    assert api.raw(f"/tokens/{a_token(api)}.json").headers["Cache-Control"] == "no-store"
