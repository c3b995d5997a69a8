"""`make drill`: four servers behind nginx, two workers, a primary and its replica; what it brings, what a death costs.

On one machine a replica takes its time from the same processors, so no rate of answers says what a second machine
brings. What does is how many statements are left for the primary, and that no answer is stale and no report lost.
"""

import argparse
import http.client
import json
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext, suppress
from itertools import count, pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg

from benchmarks import data, load, site
from benchmarks.processes import ask, client, end_in_order, free_port, started
from open311.base.temporary import temporary_folder
from open311.dev import private_cluster

SERVERS, WORKERS = 4, 2
PROBE = "/open311/v2/services.json"
FIELDS = {"service_code": "MUELL_WILD", "lat": "49.48", "long": "8.44", "description": "Wilder Müll"}
COMMAND = [sys.executable, "-m", "open311.cli"]
MODES = {
    "asynchronous": ("", "on"),
    "on the disk of both": ("replica", "on"),
    "read from both": ("replica", "remote_apply"),
}
CALLS = """
select coalesce(sum(calls), 0)::bigint from pg_stat_statements where query ~* '^select' and query ~ 'service_requests'
"""
_boxes = count(1)


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling")
    parser.add_argument("--count", type=int, default=100_000, help="reports in the table")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument(
        "--writes", type=int, default=1000, help="writes that are read at once through every server"
    )
    asked = parser.parse_args()
    # Told to stop, it stops what it started.
    end_in_order()
    with temporary_folder("drill") as folder:
        folder.chmod(0o711)
        with Drill(folder, asked.count) as drill:
            found = drill.all(asked.seconds, asked.writes)
    print(json.dumps(found, indent=1, ensure_ascii=False))


def say(line: str) -> None:
    """Tell where we are."""
    print(f"== {line}", file=sys.stderr, flush=True)


class Drill(ExitStack):
    """Two clusters, and the servers, workers and proxies of each part of the drill."""

    def __init__(self, folder: Path, count: int) -> None:
        super().__init__()
        try:
            self._prepare(folder, count)
        except BaseException:
            self.close()
            raise

    def _prepare(self, folder: Path, count: int) -> None:
        self.folder = folder
        say(f"a primary with {count:,} reports, and its replica")
        self.primary = self.enter_context(data.cluster(folder / "primary"))
        self.url = data.copy(self.primary, count)
        self.replica = self.enter_context(private_cluster.cluster(folder / "replica", copy_of=self.primary))
        self.copy_url = self.replica.url("bench_run")
        self.key = data.key({"DATABASE_URL": self.url})
        hosts = [url.partition("host=")[2].partition("&")[0] for url in (self.url, self.copy_url)]
        ways = f"host={','.join(hosts)}&port=5432,5432&target_session_attrs=read-write"
        self.both = f"postgresql://postgres@/bench_run?{ways}"

    def all(self, seconds: float, writes: int) -> dict[str, Any]:
        """Everything, one after the other."""
        found: dict[str, Any] = {}
        for name, more in self._ways().items():
            say(f"reads, {name}")
            with more as settings, self.servers(DATABASE_URL=self.both, **settings) as (front, _):
                found[f"reads, {name}"] = self.reads(front, seconds)
        with self.servers(DATABASE_URL=self.both, OPEN311_REPLICA_URL=self.copy_url) as (front, ports):
            for name, (standby, commit) in MODES.items():
                say(f"reports, {name}")
                self.replicate(standby, commit)
                found[f"reports a second, {name}"] = self.reports(front, seconds)
                found[f"read at once, {name}"] = self.read_at_once(front, ports, writes)
            say("kill -9 of the primary")
            found["death of the primary"] = self.death(front, seconds)
        return found

    def _ways(self) -> dict[str, Any]:
        replica = {"OPEN311_REPLICA_URL": self.copy_url}
        return {
            "all from the primary": nullcontext({}),
            "from the replica": nullcontext(replica),
            "through PgBouncer": self._pooled({}),
            "through PgBouncer and from the replica": self._pooled(replica),
        }

    @contextmanager
    def _pooled(self, more: dict[str, str]) -> Iterator[dict[str, str]]:
        with site.pooler(self.folder, self.url, free_port()) as pooler:
            yield more | {"OPEN311_POOLER_URL": pooler}

    @contextmanager
    def servers(self, **settings: str) -> Iterator[tuple[int, list[int]]]:
        """Four servers of one process each, nginx, two workers; the port of nginx, and those of the servers."""
        ports = [free_port() for _ in range(SERVERS)]
        more = {
            "OPEN311_RATE_LIMITS": "off",
            "OPEN311_TRUSTED_PROXIES": "1",
            "OPEN311_WORKERS": "1",
        } | settings
        with ExitStack() as stack:
            for port in ports:
                log = self.folder / f"server-{port}.log"
                stack.enter_context(
                    started([*COMMAND, "serve"], port, PROBE, log, more | {"PORT": str(port)})
                )
            for number in range(WORKERS):
                log = self.folder / f"worker-{number}.log"
                # It answers nowhere, so whoever answers already is asked.
                stack.enter_context(started([*COMMAND, "work"], ports[0], PROBE, log, more))
            front = free_port()
            stack.enter_context(site.proxy(self.folder, ports, front))
            yield front, ports

    def replicate(self, standby: str, commit: str) -> None:
        """Have commits wait for the replica, or not."""
        with closing(psycopg.connect(self.url, autocommit=True)) as conn:
            conn.execute(f"alter system set synchronous_standby_names = '{standby}'".encode())
            conn.execute(f"alter system set synchronous_commit = '{commit}'".encode())
            conn.execute("select pg_reload_conf()")
        time.sleep(1)

    def reads(self, front: int, seconds: float) -> dict[str, Any]:
        """Lists that no memory has, and who was asked for them."""
        before = self._calls()
        lines = ["/open311/v2/requests.json?page_size=100&status=open&service_code=MUELL_WILD"]
        figures = load.ask(front, load.Load(lines, unique=True), seconds)
        asked = [now - then for now, then in zip(self._calls(), before, strict=True)]
        with closing(psycopg.connect(self.url)) as conn:
            [[connections]] = conn.execute(
                "select count(*) from pg_stat_activity where datname = 'bench_run' and backend_type = 'client backend'"
            ).fetchall()
        return {
            "rate": round(figures.rate),
            "p99_ms": round(figures.p99, 1),
            "errors": figures.errors,
            "share of the primary": round(asked[0] / max(1, sum(asked)), 3),
            "connections of the primary": connections - 1,
        }

    def _calls(self) -> list[int]:
        found = []
        for url in (self.url, self.copy_url):
            with closing(psycopg.connect(url)) as conn:
                [[calls]] = conn.execute(CALLS).fetchall()
                found.append(calls)
        return found

    def reports(self, front: int, seconds: float) -> dict[str, Any]:
        """POST by eight writers."""
        body = urlencode(FIELDS | {"api_key": self.key})
        took: list[float] = []
        give_up = time.monotonic() + seconds

        def write() -> None:
            with closing(client(front)) as connection:
                while (began := time.monotonic()) < give_up:
                    assert ask(connection, "POST", "/open311/v2/requests.json", body)[0] == 200
                    took.append(time.monotonic() - began)

        _together([write] * load.WRITERS)
        return {"rate": round(len(took) / seconds), "p50_ms": round(statistics.median(took) * 1000, 1)}

    def read_at_once(self, front: int, ports: Sequence[int], writes: int) -> dict[str, Any]:
        """Write, then read through every server at once, while others write and read."""
        body = urlencode(FIELDS | {"api_key": self.key})
        stale = {"list": 0, "by id": 0}
        over = threading.Event()
        before = self._calls()

        def others() -> None:
            with closing(client(front)) as connection:
                while not over.is_set():
                    ask(connection, "POST", "/open311/v2/requests.json", body)
                    ask(connection, "GET", _list())

        threads = [threading.Thread(target=others) for _ in range(2)]
        for thread in threads:
            thread.start()
        with ExitStack() as stack:
            writer, *readers = [stack.enter_context(closing(client(port))) for port in (front, *ports)]
            for _ in range(writes):
                [receipt] = json.loads(ask(writer, "POST", "/open311/v2/requests.json", body)[1])
                number = receipt["service_request_id"]
                for reader in readers:
                    newest = json.loads(ask(reader, "GET", _list())[1])
                    stale["list"] += number not in [request["service_request_id"] for request in newest]
                    stale["by id"] += ask(reader, "GET", f"/open311/v2/requests/{number}.json")[0] != 200
        over.set()
        for thread in threads:
            thread.join()
        asked = [now - then for now, then in zip(self._calls(), before, strict=True)]
        return {
            "writes": writes,
            "answers": 2 * writes * len(ports),
            "stale": stale,
            "share of the primary": round(asked[0] / max(1, sum(asked)), 3),
        }

    def death(self, front: int, seconds: float) -> dict[str, Any]:
        """Kill the primary under load, promote the replica at once; what clients saw, and what is there after."""
        body = urlencode(FIELDS | {"api_key": self.key})
        said: dict[str, list[tuple[float, int, str]]] = {"POST": [], "GET": []}
        over = threading.Event()

        def go_on(method: str) -> None:
            while not over.is_set():
                with suppress(OSError, http.client.HTTPException), closing(client(front)) as connection:
                    while not over.is_set():
                        where = "/open311/v2/requests.json" if method == "POST" else _list()
                        status, answer = ask(connection, method, where, body if method == "POST" else None)
                        number = json.loads(answer)[0].get("service_request_id", "") if status == 200 else ""
                        said[method].append((time.monotonic(), status, number))

        threads = [
            threading.Thread(target=go_on, args=[method]) for method in ("POST", "GET") for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        died = time.monotonic()
        site.kill(self.primary)
        self.replica.promote()
        promoted = time.monotonic()
        time.sleep(seconds + 10)
        over.set()
        for thread in threads:
            thread.join()
        acknowledged = {int(number) for _, status, number in said["POST"] if status == 200}
        with closing(psycopg.connect(self.copy_url)) as conn:
            present = conn.execute(
                "select id from service_requests where id = any(%s)", [list(acknowledged)]
            ).fetchall()
        return {
            "acknowledged": len(acknowledged),
            "acknowledged before": sum(status == 200 and at < died for at, status, _ in said["POST"]),
            "lost": len(acknowledged) - len(present),
            "promotion_seconds": round(promoted - died, 2),
            **{
                f"{method} {name}": value
                for method in said
                for name, value in _outage(said[method], died).items()
            },
        }


def _outage(said: list[tuple[float, int, str]], died: float) -> dict[str, Any]:
    good = sorted(at for at, status, _ in said if status == 200)
    gaps = [(after - before) for before, after in pairwise(good) if after > died]
    return {
        "errors": sum(status != 200 for _, status, _ in said),
        "of": len(said),
        "longest gap seconds": round(max(gaps), 2),
    }


def _list() -> str:
    """A list that is in no memory, with the newest reports; those of others may stand above one's own."""
    return f"/open311/v2/requests.json?page_size=50&extensions=true&bbox=7.{next(_boxes):09},49,9,50"


def _together(tasks: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
