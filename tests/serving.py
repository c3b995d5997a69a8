"""The application in process, on one real connection that is rolled back after each test."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from sqlalchemy import Connection, text
from werkzeug.test import TestResponse

from open311 import catalogue_file, settings
from open311.adapters import log_output
from open311.core import Catalogues, Core
from open311.model.access.keys import Scope, digest, new_secret
from open311.model.catalogue import Catalogue
from open311.storage import keys
from open311.storage.database import Database
from open311.storage.database.freshness import Freshness
from tests.client import Client, client_of
from tests.contracts import openapi
from tests.formats.spark import as_text, parse_xml

ROOT = Path(__file__).parent.parent
BASE = "/open311/v2"
START = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


class OneConnection(Database):
    """A database whose transactions are savepoints of one connection, so that a test leaves nothing behind."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.freshness = Freshness(conn.engine.url)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """The connection as it is."""
        yield self.conn

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A savepoint: an action that fails takes its own writes back."""
        with self.conn.begin_nested():
            yield self.conn
        self.freshness.renew()

    def pools(self) -> list[tuple[str, int, int]]:
        """Its one connection."""
        return [("write", 1, 1)]

    def check(self) -> None:
        """The connection answers."""
        self.conn.execute(text("select 1"))


@dataclass
class Clock:
    """A clock that moves only when told to."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        """Let time pass; returns the new time."""
        self.now += timedelta(**by)
        return self.now


@cache
def first_city() -> Catalogue:
    """The catalogue of the first city, as it is shipped."""
    return replace(catalogue_file.load(ROOT / "categories.yaml"), changeset=START - timedelta(days=1))


@cache
def xsd() -> xmlschema.XMLSchema:
    """The schema every XML answer must fit."""
    return xmlschema.XMLSchema(ROOT / "schemas" / "georeport-v2.xsd")


@dataclass
class Api:
    """A client that holds JSON against the OpenAPI document, XML against the XSD, and each against the other."""

    client: Client
    key: str = ""
    base: str = BASE
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        """The JSON value at `path` (without suffix), held equal to its XML twin."""
        in_json = self.raw(f"{path}.json", **query)
        in_xml = self.raw(f"{path}.xml", **query)
        assert (in_json.status_code, in_xml.status_code) == (status, status), in_json.text
        return same(in_json, in_xml)

    def raw(self, path: str, *, method: str = "GET", **query: Any) -> TestResponse:
        """The answer as it is, headers and all."""
        return self.client.open(f"{self.base}{path}", method=method, query_string=query, headers=self.headers)

    def post(
        self, fields: dict[str, Any] | None = None, status: int = 200, suffix: str = ".json", **more: Any
    ) -> Any:
        """Hand in a report with the key; the parsed answer. `None` leaves a field out."""
        sent: dict[str, Any] = {
            "api_key": self.key,
            "service_code": "MUELL_WILD",
            "lat": "49.48",
            "long": "8.44",
        }
        sent |= (fields or {}) | more
        response = self.client.post(
            f"{self.base}/requests{suffix}",
            data={name: value for name, value in sent.items() if value is not None},
            headers=self.headers,
        )
        assert response.status_code == status, response.text
        check_type(response, suffix)
        return json.loads(response.data) if suffix == ".json" else parse_xml(response.data)

    def report(self, **fields: Any) -> str:
        """Hand in a report that is published at once; its id."""
        service_request_id: str = self.post(fields)[0]["service_request_id"]
        return service_request_id


def check_type(response: TestResponse, suffix: str) -> None:
    """The one right content type; for JSON the OpenAPI document, for XML the declaration and the XSD."""
    if suffix == ".json":
        assert response.content_type == "application/json; charset=utf-8"
        openapi.check(response)
    else:
        assert response.content_type == "text/xml; charset=utf-8"
        assert response.data.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
        xsd().validate(response.data.decode())


def same(in_json: TestResponse, in_xml: TestResponse) -> Any:
    """The value of two answers that must say the same in both formats."""
    check_type(in_json, ".json")
    check_type(in_xml, ".xml")
    value = json.loads(in_json.data)
    assert as_text(value) == parse_xml(in_xml.data)
    return value


MakeCore = Callable[..., Core]


@pytest.fixture(scope="session")
def shared_database(database_url: str) -> Iterator[Database]:
    """The pool of this worker."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def conn(shared_database: Database) -> Iterator[Connection]:
    """A connection whose work is rolled back at the end."""
    with shared_database.engine.connect() as connection:
        outer = connection.begin()
        yield connection
        outer.rollback()


@pytest.fixture
def clock() -> Clock:
    """The clock of the Core under test."""
    return Clock()


@pytest.fixture
def make_core(conn: Connection, clock: Clock, tmp_path: Path) -> MakeCore:
    """A function that builds a Core from catalogues and environment variables."""

    def make(*catalogues: Catalogue, **environ: str) -> Core:
        quiet = {"OPEN311_RATE_LIMITS": "off", "OPEN311_LOG_LEVEL": "error", "OPEN311_MAP_STYLE_URL": "none"}
        chosen = settings.load(quiet | {"OPEN311_DATA_DIR": str(tmp_path)} | environ)
        log_output.configure(chosen)
        return Core(chosen, OneConnection(conn), Catalogues(catalogues or (first_city(),)), clock)

    return make


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    """A Core with the first city's catalogue."""
    return make_core()


def an_api(core: Core, *scopes: Scope) -> Api:
    """A client with a new key for an application on this Core."""
    secret = new_secret()
    sealed = digest(secret)
    # Not by the action, which takes twice as many statements: more than a thousand tests begin with it.
    with core.database.begin() as conn:
        keys.add(conn, f"test {sealed}", sealed, scopes or (Scope.REPORT,), None, core.now())
    return Api(client_of(core), secret)


@pytest.fixture
def api(core: Core) -> Api:
    """A client of the first city's server."""
    return an_api(core)
