"""Too many requests a minute, by address and by key (georeport.md 5.13)."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.client import client_of
from tests.georeport.surface import FORMATS, a_city
from tests.serving import Api, MakeCore, an_api

ADA, BOB = "203.0.113.1", "203.0.113.2"
REPORT = {"service_code": "MUELL_WILD", "lat": "49.48", "long": "8.44"}


@pytest.fixture
def api(make_core: MakeCore) -> Api:
    limits = {"OPEN311_RATE_LIMIT_GET": "3", "OPEN311_RATE_LIMIT_POST": "2", "OPEN311_RATE_LIMIT_KEY": "5"}
    return an_api(make_core(a_city(), OPEN311_RATE_LIMITS="on", **limits))


def get(api: Api, address: str = ADA, path: str = "/services.json", **more: Any) -> TestResponse:
    return api.client.get(api.base + path, environ_overrides={"REMOTE_ADDR": address}, **more)


def post(api: Api, address: str = ADA, **fields: str) -> int:
    sent = api.client.post(
        f"{api.base}/requests.json", data=REPORT | fields, environ_overrides={"REMOTE_ADDR": address}
    )
    return sent.status_code


@pytest.mark.parametrize("suffix", FORMATS)
def test_one_read_too_many_is_429_and_told_when_to_come_back(api: Api, suffix: str) -> None:
    """R-200, R-184, R-185: an error in the shape of all others."""
    assert [get(api).status_code for _ in range(3)] == [200] * 3
    refused = get(api, path=f"/requests{suffix}")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["Cache-Control"] == "no-store"
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    if suffix == ".json":
        [error] = refused.get_json()
        assert error["code"] == 429
        assert error["description"]
    else:
        assert b"<errors><error><code>429</code><description>" in refused.data


def test_each_address_has_a_share_of_its_own(api: Api) -> None:
    """R-200."""
    assert [get(api).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert get(api, BOB).status_code == 200


def test_all_addresses_of_a_house_share_what_it_has(api: Api) -> None:
    """R-200: a provider gives each house 2^64 addresses of IPv6."""
    neighbours = [f"2001:db8:1:2::{number}" for number in range(1, 5)]
    assert [get(api, address).status_code for address in neighbours] == [200, 200, 200, 429]
    assert [post(api, address) for address in neighbours] == [403, 403, 429, 429]
    assert post(api, "2001:db8:1:3::1") == 403


def test_reads_and_writes_are_counted_apart(api: Api) -> None:
    """R-200: a dashboard that polls does not keep its neighbour from reporting."""
    assert [get(api).status_code for _ in range(4)][-1] == 429
    assert [post(api) for _ in range(3)] == [403, 403, 429]


@pytest.mark.parametrize(
    ("path", "status"), [("/tiles/0/0/0.mvt", 204), ("/media/none.jpg", 404), ("/static/none.js", 404)]
)
def test_parts_of_a_page_have_a_larger_share_of_their_own(api: Api, path: str, status: int) -> None:
    """R-200: a map asks for many tiles at once, a list for many photos; and many people may have one address."""
    here = {"REMOTE_ADDR": ADA}
    parts = [api.client.get(path, environ_overrides=here).status_code for _ in range(31)]
    assert parts == [status] * 30 + [429]
    assert [get(api).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_a_key_that_is_not_valid_lifts_nothing(api: Api) -> None:
    """R-200, R-054: on a read it is ignored."""
    assert [get(api, path="/services.json?api_key=x").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert [post(api, api_key=f"guess {number}") for number in range(3)] == [403, 403, 429]


def test_a_valid_key_has_a_larger_share_wherever_it_comes_from(api: Api) -> None:
    """R-200: a city's own website sends for many people, and an app is at home everywhere."""
    bearer = {"Authorization": f"Bearer {api.key}"}
    assert [post(api, address, api_key=api.key) for address in (ADA, BOB, ADA)] == [200] * 3
    assert [get(api, headers=bearer).status_code for _ in range(3)] == [200, 200, 429]
    assert get(api).status_code == 200


def test_an_unchanged_answer_and_a_mistake_count_as_well(api: Api) -> None:
    """R-200: otherwise a scan of ids would be free."""
    etag = {"If-None-Match": get(api).headers["ETag"]}
    assert get(api, headers=etag).status_code == 304
    assert get(api, path="/requests/1.json").status_code == 404
    assert get(api, headers=etag).status_code == 429


def test_probes_and_preflights_are_never_refused(api: Api) -> None:
    """R-200, R-198: a supervisor would end a server that says "too many"."""
    here = {"REMOTE_ADDR": ADA}
    assert [get(api).status_code for _ in range(4)][-1] == 429
    for path in ("/healthz", "/readyz"):
        assert api.client.get(path, environ_overrides=here).status_code == 200
    assert api.client.options(f"{api.base}/requests.json", environ_overrides=here).status_code == 204


def test_behind_a_trusted_proxy_the_address_is_the_clients(make_core: MakeCore) -> None:
    """R-200: and behind one that is not trusted nobody can choose an address."""
    for trusted, last in (("1", 200), ("0", 429)):
        core = make_core(
            a_city(), OPEN311_RATE_LIMITS="on", OPEN311_RATE_LIMIT_GET="2", OPEN311_TRUSTED_PROXIES=trusted
        )
        client = client_of(core)
        found = [
            client.get("/open311/v2/services.json", headers={"X-Forwarded-For": f"198.51.100.{number}"})
            for number in range(3)
        ]
        assert [response.status_code for response in found] == [200, 200, last]


def test_the_limits_can_be_switched_off(make_core: MakeCore) -> None:
    """R-200."""
    api = an_api(make_core(a_city(), OPEN311_RATE_LIMITS="off", OPEN311_RATE_LIMIT_GET="1"))
    assert [get(api).status_code for _ in range(5)] == [200] * 5


def test_without_a_word_from_the_operator_the_limits_are_on(make_core: MakeCore) -> None:
    """R-200: at least 60 reads and 20 writes a minute, as georeport.md 5.13 has it."""
    api = an_api(make_core(a_city(), OPEN311_RATE_LIMITS="on"))
    assert {get(api).status_code for _ in range(60)} == {200}
    assert {post(api) for _ in range(20)} == {403}
