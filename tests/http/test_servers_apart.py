"""Servers of one process share the application, and nothing that they count or keep."""

from tests.builders import a_catalogue, a_service
from tests.client import client_of
from tests.georeport.surface import a_city
from tests.serving import BASE, MakeCore

SERVICES = f"{BASE}/services.json"
LIMITED = {"OPEN311_RATE_LIMITS": "on", "OPEN311_RATE_LIMIT_GET": "2"}


def test_each_answers_from_its_own_core(make_core: MakeCore) -> None:
    """Whoever asks them by turns, also for what they keep in memory."""
    cores = [make_core(a_city()), make_core(a_catalogue(a_service(service_code="OTHER")))]
    for core in cores:
        core.database.freshness.listening = True
    first, second = map(client_of, cores)
    for _ in range(2):
        assert "OTHER" not in first.get(SERVICES).text
        assert "OTHER" in second.get(SERVICES).text


def test_each_counts_for_itself(make_core: MakeCore) -> None:
    core = make_core(a_city(), **LIMITED)
    first, second = client_of(core), client_of(core)
    assert [first.get(SERVICES).status_code for _ in range(3)] == [200, 200, 429]
    assert [second.get(SERVICES).status_code for _ in range(3)] == [200, 200, 429]


def test_each_has_its_own_settings(make_core: MakeCore) -> None:
    document = f"{BASE}/openapi.json"
    here = client_of(
        make_core(a_city(), OPEN311_BASE_URL="https://here.example", OPEN311_TEST_ENDPOINT="off")
    )
    there = client_of(make_core(a_city(), OPEN311_REQUIRE_HTTPS="on"))
    assert [server["url"] for server in here.get(document).get_json()["servers"]] == [
        f"https://here.example{BASE}"
    ]
    assert there.get(document).status_code == 301
    assert here.get(document).status_code == 200


def test_another_client_asks_the_same_server(make_core: MakeCore) -> None:
    client = client_of(make_core(a_city(), **LIMITED))
    assert [client.get(SERVICES).status_code for _ in range(2)] == [200, 200]
    assert client.another().get(SERVICES).status_code == 429
