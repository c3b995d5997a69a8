"""Whoever got an answer to a write sees it in every later answer of this host at once, and soon on other hosts.

How soon that is `benchmarks/freshness.py` measures.
"""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.ports import free_port
from tests.processes.running import answers, run, started, wait_for

pytestmark = pytest.mark.slow
V2 = "/open311/v2"
# A connection is not cut while it rests: who waits for a turn may do so for long.
UNCUT = "from open311.http.limits import connections; connections.PATIENCE_SECONDS = 10_000"
WRITES = 60


class Client:
    """One connection to one server process: granian keeps a connection where it was accepted."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def close(self) -> None:
        """Hang up."""
        self.connection.close()

    def ask(self, method: str, path: str, **fields: str) -> list[dict[str, object]]:
        """The list that is answered."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if fields else {}
        self.connection.request(method, V2 + path, urlencode(fields) or None, headers)
        answer = self.connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        found: list[dict[str, object]] = json.loads(body)
        return found

    def newest(self) -> object:
        """The id at the top of the list that everybody polls."""
        found = self.ask("GET", "/requests.json?page_size=5")
        return found[0]["service_request_id"] if found else None

    def report(self, key: str) -> object:
        """Hand in a report; its id."""
        fields = {"service_code": "MUELL_WILD", "lat": "49.48", "long": "8.44", "description": "Müll"}
        [receipt] = self.ask("POST", "/requests.json", api_key=key, **fields)
        return receipt["service_request_id"]

    def refused(self, key: str) -> int:
        """How a report without a word of what it is about is answered: 403 comes before all that is wrong with it."""
        self.connection.request("POST", f"{V2}/requests.json?api_key={key}")
        answer = self.connection.getresponse()
        answer.read()
        return answer.status

    def status(self, service_request_id: object) -> object:
        """The status of a request."""
        [found] = self.ask("GET", f"/requests/{service_request_id}.json")
        return found["status"]


@contextmanager
def clients(ports: list[int], each: int) -> Iterator[list[Client]]:
    """Connections, so many to each server that all of its processes have some."""
    with ExitStack() as stack:
        yield [stack.enter_context(closing(Client(port))) for port in ports for _ in range(each)]


@contextmanager
def servers(folder: Path, url: str, count: int) -> Iterator[list[int]]:
    """Servers of two processes each on this host; their ports."""
    values = {"DATABASE_URL": url, "OPEN311_RATE_LIMITS": "off", "OPEN311_WORKERS": "2"}
    ports = [free_port() for _ in range(count)]
    with ExitStack() as stack:
        for port in ports:
            log = folder / f"server-{port}.log"
            stack.enter_context(started(log, "serve", changed=UNCUT, PORT=str(port), **values))
        for port in ports:
            assert wait_for(lambda port=port: answers(port))
        yield ports


def a_key(url: str) -> str:
    """A key that may report."""
    return run("key", "add", "fresh", "--scope", "report", DATABASE_URL=url).stdout.split()[-1]


def test_a_write_that_was_answered_is_in_every_later_answer_of_the_host(
    folder: Path, fresh_database_url: str
) -> None:
    """Two servers of two processes each, two writers, and connections to all of them: not one stale answer."""
    key = a_key(fresh_database_url)
    stale: list[object] = []
    written = [0]
    turn = threading.Lock()
    with (
        servers(folder, fresh_database_url, 2) as ports,
        clients(ports, 6) as readers,
        clients(ports, 1) as writers,
    ):

        def write(writer: Client) -> None:
            while written[0] < WRITES:
                # One at a time, so that it is known which is the newest.
                with turn:
                    number = writer.report(key)
                    stale.extend(number for reader in readers if reader.newest() != number)
                    written[0] += 1

        threads = [threading.Thread(target=write, args=[writer]) for writer in writers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert stale == []


def test_a_change_at_the_command_line_is_in_the_next_answer_and_a_revoked_key_opens_nothing(
    folder: Path, fresh_database_url: str
) -> None:
    """Another process that never serves: it sets the stamp of the host all the same."""
    key = a_key(fresh_database_url)
    with servers(folder, fresh_database_url, 2) as ports, clients(ports, 4) as readers:
        number = readers[0].report(key)
        for status, word in (("closed", "GELOEST"), ("open", "IN_BEARBEITUNG")):
            assert {reader.status(number) for reader in readers} != {status}
            words = (str(number), word, "--without-words")
            changed = run("request", "set-status", *words, DATABASE_URL=fresh_database_url)
            assert changed.returncode == 0, changed.stderr
            assert {reader.status(number) for reader in readers} == {status}
        # Each process knows the key by now.
        for reader in readers:
            reader.report(key)
        revoked = run("key", "revoke", "fresh", DATABASE_URL=fresh_database_url)
        assert revoked.returncode == 0, revoked.stderr
        assert {reader.refused(key) for reader in readers} == {403}


def test_another_host_hears_of_a_write(folder: Path, fresh_database_url: str) -> None:
    """A server that spells the address of the database in another way shares no stamp, like one on another host."""
    key = a_key(fresh_database_url)
    elsewhere = f"{fresh_database_url}&application_name=elsewhere"
    with (
        servers(folder, fresh_database_url, 1) as here,
        servers(folder, elsewhere, 1) as there,
        clients(here, 1) as [writer],
        clients(there, 4) as readers,
    ):
        for _ in range(20):
            number = writer.report(key)
            for reader in readers:
                assert wait_for(lambda reader=reader, number=number: reader.newest() == number)
        for reader in readers:
            reader.report(key)
        run("key", "revoke", "fresh", DATABASE_URL=fresh_database_url)
        assert wait_for(lambda: {reader.refused(key) for reader in readers} == {403})
