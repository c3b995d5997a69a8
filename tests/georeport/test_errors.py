"""What goes wrong looks the same everywhere: a list of code and description (georeport.md 4)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from sqlalchemy import Connection
from werkzeug.test import TestResponse

from open311.core import Core
from open311.storage.database import Database
from tests.client import client_of
from tests.georeport.surface import FORMATS, a_city, reads
from tests.serving import Api, MakeCore, an_api

INTERNALS = "password=hunter2 in /srv/secret.py"
OUT_OF_REACH = "postgresql://nobody:hunter2@127.0.0.1:1/none"
NEED_DATABASE = ("/requests", "/requests/1", "/tokens/x")
NEED_NONE = ("/discovery", "/services", "/services/FAHRZEUG_ALT")


class Broken(Database):
    """A database whose every use meets an error nobody thought of."""

    def __init__(self) -> None:
        super().__init__("postgresql:///broken")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        raise RuntimeError(INTERNALS)
        yield

    begin = read


@pytest.fixture
def api(make_core: MakeCore) -> Api:
    return an_api(make_core(a_city()))


@pytest.fixture
def faulty(make_core: MakeCore) -> Api:
    return Api(client_of(replace(make_core(a_city()), database=Broken())), "a-key")


@pytest.fixture
def cut_off(make_core: MakeCore) -> Api:
    core: Core = replace(make_core(a_city()), database=Database(OUT_OF_REACH))
    return Api(client_of(core), "a-key")


def errors(response: TestResponse, suffix: str) -> list[tuple[int, str]]:
    """The errors of an answer; their shape is checked by hand, without a look at the server's own schema."""
    if suffix == ".json":
        assert response.content_type == "application/json; charset=utf-8"
        found = json.loads(response.data)
        assert isinstance(found, list)
        assert all(list(error) == ["code", "description"] and type(error["code"]) is int for error in found)
        return [(error["code"], error["description"]) for error in found]
    assert response.content_type == "text/xml; charset=utf-8"
    root = ElementTree.fromstring(response.data)
    assert root.tag == "errors"
    assert all([leaf.tag for leaf in error] == ["code", "description"] for error in root)
    return [(int(error.findtext("code") or 0), error.findtext("description") or "") for error in root]


def holds(response: TestResponse, suffix: str, status: int) -> str:
    """The first description of an error answer of this status."""
    assert response.status_code == status
    found = errors(response, suffix)
    assert found
    for code, description in found:
        assert code == status
        assert description.strip()
        assert not {"<", ">", "Traceback", "hunter2", ".py"} & set(description.split())
        assert "hunter2" not in description
    return found[0][1]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/requests", 400),
        ("/services/NICHTS", 404),
        ("/requests/1", 404),
        ("/requests/abc", 404),
        ("/tokens/x", 404),
        ("/nothing", 404),
        ("/requests/1/2/3", 404),
    ],
)
def test_every_error_is_a_list_of_code_and_description(api: Api, path: str, status: int, suffix: str) -> None:
    """R-184, R-185: the code is the HTTP status, and there are words for the end user."""
    holds(api.raw(path + suffix, start_date="gestern"), suffix, status)


@pytest.mark.parametrize("suffix", FORMATS)
def test_errors_of_the_framework_have_the_same_shape(api: Api, suffix: str) -> None:
    """R-186: of routing, of a wrong method, of the parser of a body."""
    holds(api.raw("/nowhere/at/all" + suffix), suffix, 404)
    holds(api.client.get(f"/elsewhere{suffix}"), suffix, 404)
    holds(api.raw("/services" + suffix, method="DELETE"), suffix, 405)
    for content_type in ("multipart/form-data", "application/json", "text/plain", "image/png"):
        response = api.client.post(
            f"{api.base}/requests{suffix}", data=b"\xff\x00{[", content_type=content_type
        )
        holds(response, suffix, 400)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_body_that_is_too_large_is_a_mistake_of_the_client(make_core: MakeCore, suffix: str) -> None:
    """R-186, R-188: 400, where the framework says 413."""
    api = an_api(make_core(a_city(), OPEN311_MAX_BODY_MB="1"))
    part = "\r\n".join(
        ["--x", 'Content-Disposition: form-data; name="description"', "", "x" * 1024 * 1024, "--x--"]
    )
    for content_type in ("multipart/form-data; boundary=x", "application/x-www-form-urlencoded"):
        response = api.client.post(
            f"{api.base}/requests{suffix}", data=part.encode(), content_type=content_type
        )
        holds(response, suffix, 400)
        assert "1 MB" in response.text
    parts = (
        f'--x\r\nContent-Disposition: form-data; name="a{number}"\r\n\r\n1\r\n' for number in range(3000)
    )
    response = api.client.post(
        f"{api.base}/requests{suffix}",
        data="".join(parts) + "--x--",
        content_type="multipart/form-data; boundary=x",
    )
    holds(response, suffix, 400)
    assert "2000" in response.text
    many = "&".join(f"a{number}=1" for number in range(3000))
    for query, body in ((many, ""), ("", many)):
        response = api.client.post(
            f"{api.base}/requests{suffix}",
            query_string=query,
            data=body,
            content_type="application/x-www-form-urlencoded",
        )
        holds(response, suffix, 400)


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"api_key": None}, 403),
        ({"api_key": "wrong"}, 403),
        ({"service_code": None}, 400),
        ({"service_code": "NICHTS"}, 404),
        ({"jurisdiction_id": "nowhere.example"}, 404),
        ({"lat": None}, 400),
        ({"lat": "north"}, 400),
        ({"lat": None, "long": None}, 400),
        ({"service_code": "FAHRZEUG_ALT"}, 400),
        ({"service_code": "FAHRZEUG_ALT", "attribute[FARBE]": "lila"}, 400),
        ({"description": "x" * 4001}, 400),
        ({"email": "nobody"}, 400),
        ({"media_url": "javascript:alert(1)"}, 400),
    ],
)
def test_a_mistake_in_a_post_is_400_403_or_404(api: Api, wrong: dict[str, str | None], status: int) -> None:
    """R-188: and no other, since clients read the words behind these alone; R-055: never 401."""
    for suffix in FORMATS:
        found = api.post(wrong, status, suffix)
        assert {int(error["code"]) for error in found} == {status}


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_error_nobody_thought_of_is_500_without_internals(faulty: Api, suffix: str) -> None:
    """R-187, R-186."""
    for path in NEED_DATABASE:
        response = faulty.raw(path + suffix)
        holds(response, suffix, 500)
        assert b"RuntimeError" not in response.data
    holds(faulty.client.post(f"{faulty.base}/requests{suffix}", data={"api_key": "x"}), suffix, 500)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_database_out_of_reach_is_503_and_says_when_to_come_back(cut_off: Api, suffix: str) -> None:
    """R-187."""
    posted = cut_off.client.post(
        f"{cut_off.base}/requests{suffix}",
        data={"api_key": "x", "service_code": "MUELL_WILD", "lat": "49.48", "long": "8.44"},
    )
    for response in [*(cut_off.raw(path + suffix) for path in NEED_DATABASE), posted]:
        holds(response, suffix, 503)
        assert int(response.headers["Retry-After"]) > 0
        assert response.headers["Cache-Control"] == "no-store"
        assert b"127.0.0.1" not in response.data


def test_what_needs_no_database_is_answered_without_one(cut_off: Api) -> None:
    """R-187: the catalogue is in memory."""
    for path in NEED_NONE:
        cut_off.get(path)


def test_the_process_lives_but_is_not_ready_without_its_database(cut_off: Api) -> None:
    """R-187: a supervisor leaves the process alone, a balancer sends it nobody."""
    assert cut_off.client.get("/healthz?api_key=any").status_code == 200
    ready = cut_off.client.get("/readyz")
    assert ready.status_code == 503
    assert b"hunter2" not in ready.data


def test_with_a_database_it_is_ready(api: Api) -> None:
    """R-187: and tells which catalogue is in force."""
    ready = api.client.get("/readyz")
    assert ready.status_code == 200
    assert ready.get_json()["catalogue"] == {
        "in_force": {"ludwigshafen.de": "2026-03-02T08:15:00Z"},
        "problem": None,
    }


def test_the_log_of_a_failed_insert_does_not_name_the_reporter(
    make_core: MakeCore, fresh_database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """R-187, R-056: the log is for operators, who need the place of the fault and not whom it hit."""
    database = Database(fresh_database_url)
    with database.begin() as conn:
        conn.exec_driver_sql("alter table reporters add constraint nobody check (email is null)")
    api = an_api(replace(make_core(a_city()), database=database))
    api.post({"email": "ada@example.org", "first_name": "Ada"}, 500)
    database.close()
    logged = capsys.readouterr().err
    assert "unexpected_error" in logged
    assert "nobody" in logged
    assert "ada@example.org" not in logged


def test_every_read_of_a_city_in_order_is_no_error(api: Api) -> None:
    """R-184: the counterpart of all above, without a key (R-053)."""
    for path in reads(api):
        api.get(path)
