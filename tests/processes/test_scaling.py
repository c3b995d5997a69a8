"""Several servers behind nginx, PgBouncer, a worker, a replica that reads: what was answered is never taken back.

One site for all tests of this file, taken apart piece by piece.
"""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from http.client import HTTPException
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest

from benchmarks import site as around
from open311.dev import private_cluster
from open311.dev.private_cluster import Cluster
from open311.storage.database import migrate
from tests.folders import cluster_folder
from tests.ports import free_port
from tests.processes.running import Process, answers, run, started, wait_for

V2 = "/open311/v2"
_numbers = count(1)
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Site:
    """The pieces, and what is asked of them."""

    folder: Path
    primary: Cluster
    replica: Cluster
    url: str
    ports: list[int]
    front: int
    key: str
    worker: Process

    def report(self, port: int, service_code: str = "MUELL_WILD") -> dict[str, str]:
        """Hand in a report; what it is answered with."""
        fields = {"service_code": service_code, "lat": "49.4811", "long": "8.4464", "description": "Müll"}
        body = urlencode(fields | {"api_key": self.key}).encode()
        [receipt] = json.loads(ask(port, f"{V2}/requests.json", body))
        return dict(receipt)

    def is_accepted(self, port: int, token: str) -> bool:
        """Whether a worker has given out the id behind a token."""
        [found] = json.loads(ask(port, f"{V2}/tokens/{token}.json"))
        return bool(found.get("service_request_id"))

    def shows(self, number: str) -> bool:
        """Whether every server has a report at the top of the list and at its own address."""
        return all(
            newest(port) == number and ask(port, f"{V2}/requests/{number}.json") for port in self.ports
        )

    def replica_state(self) -> str:
        """What the first server says of the replica, once it was asked something."""
        newest(self.ports[0])
        return str(json.loads(ask(self.ports[0], "/readyz"))["replica"])

    def at_replica(self, sql: str) -> Any:
        """The value that the replica answers with."""
        with closing(psycopg.connect(self.replica.url("site"), autocommit=True)) as connection:
            [value] = connection.execute(sql.encode()).fetchone() or (None,)
        return value


def ask(port: int, path: str, body: bytes | None = None, **headers: str) -> bytes:
    """The body of an answer, which must be 200."""
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, headers)
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return bytes(answer.read())


def newest(port: int) -> str:
    """The report at the top of a list that no server has in memory."""
    box = f"7.9{next(_numbers):05},49,9,50"
    found = json.loads(ask(port, f"{V2}/requests.json?page_size=1&extensions=true&bbox={box}"))
    return str(found[0]["service_request_id"]) if found else ""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with cluster_folder() as folder, ExitStack() as stack:
        primary = stack.enter_context(private_cluster.cluster(folder / "primary", durable=False))
        migrate.upgrade(url := primary.ensure_database("site"))
        with closing(psycopg.connect(url, autocommit=True)) as connection:
            # A cluster for tests waits for no disk, and thereby for no replica.
            connection.execute("alter database site set synchronous_commit = 'on'")
        replica = stack.enter_context(
            private_cluster.cluster(folder / "replica", durable=False, copy_of=primary)
        )
        pooler = stack.enter_context(around.pooler(folder, url, free_port()))
        key = run("key", "add", "scaling", "--scope", "report", DATABASE_URL=url).stdout.split()[-1]
        values = {"DATABASE_URL": url, "OPEN311_POOLER_URL": pooler, "OPEN311_WORKERS": "1"}
        values |= {"OPEN311_REPLICA_URL": replica.url("site"), "OPEN311_TRUSTED_PROXIES": "1"}
        ports = [free_port(), free_port()]
        for port in ports:
            log = folder / f"{port}.log"
            stack.enter_context(started(log, "serve", PORT=str(port), OPEN311_RATE_LIMITS="off", **values))
        worker = stack.enter_context(started(folder / "worker.log", "work", **values))
        for port in ports:
            assert wait_for(lambda port=port: answers(port)), (folder / f"{port}.log").read_text()
        front = free_port()
        stack.enter_context(around.proxy(folder, ports, front))
        yield Site(folder, primary, replica, url, ports, front, key, worker)


def test_a_report_is_in_every_later_answer_though_the_replica_reads(site: Site) -> None:
    """Written through nginx and PgBouncer, read from each server at once, from the replica."""
    assert all(site.shows(site.report(site.front)["service_request_id"]) for _ in range(20))
    readers = "select count(*) from pg_stat_activity where query ~ 'service_requests' and application_name = 'open311'"
    # Once it has caught up, which is not for each answer to wait for.
    assert wait_for(lambda: site.replica_state() == "ok" and site.at_replica(readers) > 0)


def test_the_pooler_has_what_sessions_need(site: Site) -> None:
    assert "pooler_without_settings" not in (site.folder / f"{site.ports[0]}.log").read_text()


def test_a_job_is_done_by_a_worker_behind_the_pooler(site: Site) -> None:
    token = site.report(site.front, "KANAL")["token"]
    assert wait_for(lambda: site.is_accepted(site.front, token)), (site.folder / "worker.log").read_text()


def test_nginx_passes_on_who_asked_and_keeps_what_never_changes(site: Site) -> None:
    """The address and the scheme are those of the proxy; a style sheet comes from its memory the second time."""
    there = f"http://127.0.0.1:{site.front}"
    page = ask(site.front, "/").decode()
    style = page.partition('href="/static/')[2].partition('"')[0].replace("&amp;", "&")
    seen = []

    def comes_from_memory() -> bool:
        with urllib.request.urlopen(f"{there}/static/{style}", timeout=60) as answer:
            seen.append((answer.headers["X-Cache"], answer.read()))
        return bool(seen[-1][0] == "HIT")

    assert not comes_from_memory()
    # nginx puts an answer away only after the last byte of it has left.
    assert wait_for(comes_from_memory)
    assert seen[0][1] == seen[-1][1]
    # Of two, so that a second page can be led to.
    for _ in range(2):
        site.report(site.front)
    links = urllib.request.urlopen(f"{there}{V2}/requests.json?page_size=1", timeout=60).headers["Link"]
    assert f"<{there}{V2}/requests.json" in links


def test_a_replica_that_is_behind_is_passed_over(site: Site) -> None:
    site.at_replica("select pg_wal_replay_pause()::text")
    try:
        assert site.shows(site.report(site.ports[1])["service_request_id"])
        assert site.replica_state() == "behind"
    finally:
        site.at_replica("select pg_wal_replay_resume()::text")
    assert wait_for(lambda: site.replica_state() == "ok")


def test_a_replica_that_dies_while_it_is_read_costs_nobody_an_answer(site: Site) -> None:
    failed: list[object] = []
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            try:
                newest(site.front)
            except urllib.error.URLError as error:
                failed.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(0.3)
        around.kill(site.replica)
        assert wait_for(lambda: site.replica_state() == "out of reach")
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert failed == []
    assert wait_for(site.replica.renew)


def test_nothing_acknowledged_is_lost_with_the_primary(site: Site) -> None:
    """Synchronous replication, kill -9, promotion: server and worker find the new primary by themselves."""
    # What knows one host only would wait for it until the end.
    site.worker.kill()
    with closing(psycopg.connect(site.url, autocommit=True)) as connection:
        connection.execute("alter system set synchronous_standby_names = 'replica'")
        connection.execute("select pg_reload_conf()")
        state = b"select count(*) from pg_stat_replication where sync_state = 'sync'"
        assert wait_for(lambda: connection.execute(state).fetchone() == (1,))
    sockets = [
        database.url("site").partition("host=")[2].partition("&")[0]
        for database in (site.primary, site.replica)
    ]
    both = (
        f"postgresql://postgres@/site?host={','.join(sockets)}&port=5432,5432&target_session_attrs=read-write"
    )
    acknowledged: list[str] = []
    over = threading.Event()
    port = free_port()

    def write() -> None:
        while not over.is_set():
            # Whatever breaks off was not acknowledged.
            with suppress(OSError, HTTPException):
                acknowledged.append(site.report(port)["service_request_id"])

    log = site.folder / "failover.log"
    values = {"DATABASE_URL": both, "OPEN311_REPLICA_URL": site.replica.url("site"), "OPEN311_WORKERS": "1"}
    with (
        started(log, "serve", PORT=str(port), OPEN311_RATE_LIMITS="off", **values),
        started(site.folder / "worker-2.log", "work", **values),
    ):
        assert wait_for(lambda: answers(port)), log.read_text()
        assert wait_for(lambda: "worker_started" in (site.folder / "worker-2.log").read_text())
        threads = [threading.Thread(target=write) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            assert wait_for(lambda: len(acknowledged) > 30)
            around.kill(site.primary)
            before = len(acknowledged)
            assert newest(port)
            site.replica.promote()
            assert wait_for(lambda: len(acknowledged) > before + 30)
        finally:
            over.set()
            for thread in threads:
                thread.join()
        token = site.report(port, "KANAL")["token"]
        assert wait_for(lambda: site.is_accepted(port, token)), (site.folder / "worker-2.log").read_text()
        lost = [number for number in acknowledged if not ask(port, f"{V2}/requests/{number}.json")]
    assert lost == []
