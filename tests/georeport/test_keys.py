"""Who may report: the key, wherever a client puts it (georeport.md 3.8)."""

from typing import Any

import pytest
from sqlalchemy import Connection

from open311.actions import keys
from open311.core import Core
from open311.model.access.keys import Scope
from tests.actors import CLARA
from tests.georeport.surface import FORMATS, a_city, reads
from tests.serving import Api, MakeCore, an_api

REPORT = {"service_code": "MUELL_WILD", "lat": "49.48", "long": "8.44"}


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    return make_core(a_city())


def stored(conn: Connection) -> int:
    found: int = conn.exec_driver_sql("select count(*) from service_requests").scalar_one()
    return found


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    "key",
    [
        pytest.param(None, id="R-048 absent"),
        pytest.param("", id="R-049 empty"),
        pytest.param("   ", id="R-049 blank"),
        pytest.param("o311_unknown", id="R-049 unknown"),
        pytest.param("null", id="R-049 null"),
        pytest.param("x" * 5000, id="R-049 long"),
        pytest.param("ä\x00\ud7ff", id="R-049 odd"),
    ],
)
def test_without_a_key_in_force_a_report_is_403(
    api: Api, conn: Connection, key: str | None, suffix: str
) -> None:
    """R-048, R-049, R-055: an array error that stands alone, and nothing is stored."""
    [error] = api.post({"api_key": key, "lat": "wrong"}, 403, suffix)
    assert "api_key" in error["description"]
    assert stored(conn) == 0


def test_a_revoked_key_opens_nothing(core: Core, conn: Connection) -> None:
    """R-049: from the moment it is taken out of force."""
    api = Api(an_api(core).client, keys.add_key(core, "lost", [Scope.REPORT], actor=CLARA))
    api.report()
    keys.revoke_key(core, "lost", actor=CLARA)
    api.post({}, 403)
    assert stored(conn) == 1


def test_a_key_without_the_right_to_report_is_403(core: Core, conn: Connection) -> None:
    """R-049: a key that may read what is held back may not report with it."""
    an_api(core, Scope.READ_HELD).post({}, 403)
    assert stored(conn) == 0


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    "place",
    [
        pytest.param("body", id="R-050 form"),
        pytest.param("multipart", id="R-050 multipart"),
        pytest.param("json", id="R-050 JSON"),
        pytest.param("second", id="R-050 form, behind an empty one"),
        pytest.param("query", id="R-051 query"),
        pytest.param("header", id="R-052 bearer"),
        pytest.param("lower", id="R-052 bearer in lower case"),
    ],
)
def test_the_key_is_found_wherever_it_is(api: Api, conn: Connection, place: str, suffix: str) -> None:
    """R-050, R-051, R-052."""
    address, key = f"{api.base}/requests{suffix}", {"api_key": api.key}
    if place == "body":
        response = api.client.post(address, data=REPORT | key)
    elif place == "multipart":
        response = api.client.post(address, data=REPORT | key, content_type="multipart/form-data")
    elif place == "json":
        response = api.client.post(address, json=REPORT | key)
    elif place == "second":
        response = api.client.post(address, data=REPORT | {"api_key": ["", api.key]})
    elif place == "query":
        response = api.client.post(address, data=REPORT, query_string=key)
    else:
        scheme = "Bearer" if place == "header" else "bearer"
        response = api.client.post(address, data=REPORT, headers={"Authorization": f"{scheme} {api.key}"})
    assert response.status_code == 200, response.text
    assert stored(conn) == 1


def test_the_header_is_asked_first_then_the_body_then_the_query(api: Api) -> None:
    """R-050, R-051, R-052: georeport.md 3.8 has this order."""
    good, bad, address = {"api_key": api.key}, {"api_key": "bad"}, f"{api.base}/requests.json"
    bearer = {"Authorization": "Bearer bad"}
    assert api.client.post(address, data=REPORT | good, headers=bearer).status_code == 403
    assert api.client.post(address, data=REPORT | bad, query_string=good).status_code == 403
    assert api.client.post(address, data=REPORT | good, query_string=bad).status_code == 200
    assert api.client.post(address, data=REPORT | {"api_key": ""}, query_string=good).status_code == 200


@pytest.mark.parametrize(
    "header", ["Basic !!!", "Bearer", "Bearer ", "Digest x=y", "Bearer \xe4\xf6", "x" * 5000]
)
def test_an_odd_authorization_is_no_key(api: Api, header: str) -> None:
    """R-052, R-055: 403 on a POST without another key, and nothing to a GET."""
    headers = {"Authorization": header}
    assert api.client.post(f"{api.base}/requests.json", data=REPORT, headers=headers).status_code == 403
    assert api.client.get(f"{api.base}/requests.json", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({}, id="R-053"),
        pytest.param({"api_key": ""}, id="R-054 empty"),
        pytest.param({"api_key": "unknown"}, id="R-054 unknown"),
        pytest.param({"api_key": "\x00ä" * 100}, id="R-054 odd"),
    ],
)
def test_reading_needs_no_key_and_minds_none(api: Api, query: dict[str, Any]) -> None:
    """R-053, R-054: every GET, with limits counted or not."""
    for path in reads(api):
        assert api.get(path, **query) == api.get(path)


def test_reading_minds_no_key_where_requests_are_counted(make_core: MakeCore) -> None:
    """R-054: the key is looked up there to find its share."""
    api = an_api(make_core(a_city(), OPEN311_RATE_LIMITS="on"))
    for path in reads(api):
        api.get(path, api_key="unknown")


@pytest.mark.parametrize("place", ["body", "query", "header"])
def test_a_key_stands_in_no_log_and_no_answer(
    make_core: MakeCore, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    """R-056: whether the report was taken or not."""
    api = an_api(make_core(a_city(), OPEN311_LOG_LEVEL="debug", OPEN311_RATE_LIMITS="on"))
    for key in (api.key, "o311_nearly-a-key"):
        named = {"api_key": key}
        response = api.client.post(
            f"{api.base}/requests.json",
            data=REPORT | (named if place == "body" else {}),
            query_string=named if place == "query" else {},
            headers={"Authorization": f"Bearer {key}"} if place == "header" else {},
        )
        logged = capsys.readouterr().err
        assert '"event":"request"' in logged
        assert key not in logged
        assert key not in response.text + str(response.headers)
