"""One real server process for all tests that speak to it as clients do, over a socket."""

import io
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.client import HTTPResponse
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from open311 import core as core_module
from open311 import settings
from open311.actions import casework, catalogue_publication, keys
from open311.actions.reporting import report
from open311.core import Core
from open311.model.access.actor import key_actor
from open311.model.access.keys import Key, Scope
from open311.model.intake.submission import Submission
from open311.model.service_request import Location
from tests.actors import CLARA
from tests.ports import free_port
from tests.processes.running import answers, started, wait_for

FIXTURES = Path(__file__).parent / "fixtures"
BERLIN = ZoneInfo("Europe/Berlin")
FIRST = 26000417
DAY = datetime(2026, 3, 1, tzinfo=BERLIN)
REPORTS = 205


@dataclass(frozen=True)
class Answer:
    """What came back over the socket."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Served:
    """A server process on a port, and a Core on its database to look behind it."""

    port: int
    key: str
    core: Core
    log: Path

    @property
    def base(self) -> str:
        """The base URL of the API."""
        return f"http://127.0.0.1:{self.port}/open311/v2"

    def replay(self, name: str, **changed: str) -> Answer:
        """Send the bytes of a fixture, with a valid key in the place of KEY, and other words exchanged as said."""
        raw = (FIXTURES / name).read_bytes().replace(b"KEY", self.key.encode())
        for before, after in changed.items():
            raw = raw.replace(before.encode(), after.encode())
        return self.send(raw)

    def send(self, raw: bytes) -> Answer:
        """Send the bytes of a request; host and length are filled in."""
        head, _, body = raw.partition(b"\r\n\r\n")
        head += b"\r\nHost: 127.0.0.1:%d\r\nConnection: close" % self.port
        if body:
            head += b"\r\nContent-Length: %d" % len(body)
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            connection.sendall(head + b"\r\n\r\n" + body)
            with connection.makefile("rb") as stream:
                received = stream.read()
        return _read(received)

    def case(self, service_request_id: str) -> casework.RequestForStaff:
        """A report as staff see it."""
        return casework.show(self.core, int(service_request_id), CLARA)

    def count(self, table: str) -> int:
        """How many rows a table has."""
        with self.core.database.read() as conn:
            return int(conn.execute(text(f"select count(*) from {table}")).scalar_one())


def _read(received: bytes) -> Answer:
    class Received:
        def makefile(self, *_: Any) -> io.BytesIO:
            return io.BytesIO(received)

    response = HTTPResponse(cast(socket.socket, Received()))
    response.begin()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, response.read())


@pytest.fixture(scope="session")
def served(served_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server on a database of its own, with 205 reports of the first of March 2026."""
    folder = tmp_path_factory.mktemp("served")
    core = core_module.build(replace(settings.load({}), database_url=served_database_url))
    catalogue_publication.publish(core)
    key = keys.add_key(core, "replay", [Scope.REPORT], actor=CLARA)
    found = keys.find_key(core, key)
    assert found
    _seed(core, found)
    port = free_port()
    variables = {
        "DATABASE_URL": served_database_url,
        "PORT": str(port),
        "OPEN311_DATA_DIR": str(folder),
        "OPEN311_RATE_LIMITS": "off",
        "OPEN311_LOG_LEVEL": "debug",
    }
    with started(folder / "log", "serve", **variables):
        assert wait_for(lambda: answers(port)), (folder / "log").read_text()
        yield Served(port, key, core, folder / "log")
    core.database.close()


def _seed(core: Core, key: Key) -> None:
    """Reports over one day, every second one closed; the first has the id of the fixtures."""
    with core.database.begin() as conn:
        start = "select setval(pg_get_serial_sequence('service_requests', 'id'), :last)"
        conn.execute(text(start), {"last": FIRST - 1})
    catalogue = core.catalogues.in_force[0]
    for number in range(REPORTS):
        moment = datetime.fromtimestamp(DAY.timestamp() + number * 420, UTC)
        then = replace(core, now=lambda moment=moment: moment)
        submission = Submission(
            service_code="MUELL_WILD",
            location=Location(49.4811, 8.4464),
            address="Ludwigstraße 12",
            description=f"Müll {number}",
        )
        receipt = report.submit(then, catalogue, submission, key_actor(key))
        assert receipt.service_request_id == FIRST + number
        if number % 2:
            casework.set_status(then, receipt.service_request_id, "GELOEST", CLARA, "Abgeholt.")
