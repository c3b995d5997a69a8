"""`make drill-failover`: a database of three nodes loses its primary, its witness, its order; what reporters notice.

Writers post and read back what was acknowledged, without a pause, through one server that knows all three addresses.
"""

import argparse
import http.client
import json
import os
import pwd
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg

from benchmarks import data
from benchmarks.patroni import Nodes
from benchmarks.processes import ask, client, free_port, started
from open311.dev.private_cluster.installed import Account
from open311.storage.database import migrate

WRITERS = 4
QUIET_SECONDS = 5.0
COMMAND = [sys.executable, "-m", "open311.cli"]
PROBE = "/open311/v2/services.json"
FIELDS = {"service_code": "MUELL_WILD", "lat": "49.48", "long": "8.44", "description": "Wilder Müll"}


def main() -> None:
    """Go through all misfortunes, and print what was noticed of each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.failover")
    parser.add_argument("--frozen", type=float, default=60, help="seconds that a machine stands still")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryDirectory(prefix="open311-failover-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        with ExitStack() as stack:
            say("three nodes of PostgreSQL, three of etcd")
            nodes = stack.enter_context(Nodes(folder, _account()))
            url = _database(nodes)
            key = data.key({"DATABASE_URL": url})
            port = free_port()
            settings = {
                "DATABASE_URL": url,
                "PORT": str(port),
                "OPEN311_RATE_LIMITS": "off",
                "OPEN311_DATA_DIR": str(folder),
            }
            stack.enter_context(started([*COMMAND, "serve"], port, PROBE, folder / "server.log", **settings))
            print(json.dumps(_all(nodes, port, key, url, asked.frozen), indent=1), flush=True)


def say(line: str) -> None:
    """Tell where we are."""
    print(f"== {line}, load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)


def _account() -> Account | None:
    """Who PostgreSQL runs as, since it refuses root."""
    if os.geteuid() != 0:
        return None
    found = pwd.getpwnam("postgres")
    return Account(found.pw_uid, found.pw_gid)


def _database(nodes: Nodes) -> str:
    with closing(psycopg.connect(nodes.url("postgres"), autocommit=True)) as conn:
        conn.execute("create database open311 template template0")
    url = nodes.url("open311")
    migrate.upgrade(url)
    return url


@dataclass
class Traffic:
    """What writers were told, and what they saw of it at once."""

    port: int
    body: str
    said: list[tuple[float, int, int]] = field(default_factory=list)
    stale: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def write(self) -> None:
        """Post, and read back what was acknowledged, until told to end."""
        while not self.over.is_set():
            with suppress(OSError, http.client.HTTPException), closing(client(self.port)) as connection:
                while not self.over.is_set():
                    self._once(connection)

    def _once(self, connection: http.client.HTTPConnection) -> None:
        status, answer = ask(connection, "POST", "/open311/v2/requests.json", self.body)
        number = int(json.loads(answer)[0]["service_request_id"]) if status == 200 else 0
        self.said.append((time.monotonic(), status, number))
        if number and ask(connection, "GET", f"/open311/v2/requests/{number}.json")[0] == 404:
            self.stale += 1
        time.sleep(0.01)


def _all(nodes: Nodes, port: int, key: str, url: str, frozen: float) -> dict[str, Any]:
    body = urlencode(FIELDS | {"api_key": key})

    def with_traffic(
        name: str, misfortune: Callable[[], object], after: Callable[[], object]
    ) -> dict[str, Any]:
        say(name)
        traffic = Traffic(port, body)
        threads = [threading.Thread(target=traffic.write) for _ in range(WRITERS)]
        for thread in threads:
            thread.start()
        time.sleep(QUIET_SECONDS)
        began = time.monotonic()
        misfortune()
        _until_accepted(traffic, time.monotonic())
        after()
        whole = nodes.wait(nodes.whole, 180)
        time.sleep(QUIET_SECONDS)
        traffic.over.set()
        for thread in threads:
            thread.join()
        return _noticed(traffic, began, url) | {"seconds_until_three_nodes_again": round(whole, 1)}

    def the_primary() -> Any:
        name = nodes.primary()
        assert name is not None
        return nodes.databases[name]

    found = {}
    machine = the_primary()
    found["kill -9 of the primary's machine"] = with_traffic("the primary dies", machine.crash, machine.start)
    witness = nodes.etcd[nodes.leader_of_etcd()]
    found["kill -9 of the leader of etcd"] = with_traffic(
        "the leader of etcd dies", witness.crash, witness.start
    )
    found["switchover"] = with_traffic("a switchover", nodes.switch_over, lambda: None)
    sleeper = the_primary()
    woken = threading.Timer(frozen, sleeper.tell, [signal.SIGCONT])

    def freeze() -> None:
        sleeper.tell(signal.SIGSTOP)
        woken.start()

    found[f"the primary's machine stands still for {frozen:.0f} s, then goes on"] = with_traffic(
        "the primary's machine stands still", freeze, woken.join
    )
    return found


def _until_accepted(traffic: Traffic, since: float, seconds: float = 120) -> None:
    """Until a report is accepted that was sent after the misfortune; some of before are answered late."""
    while time.monotonic() < since + seconds:
        time.sleep(1)
        if sum(status == 200 and at > since + 2 for at, status, _ in list(traffic.said)) > 3:
            return
    raise RuntimeError("no report was accepted any more")


def _noticed(traffic: Traffic, began: float, url: str) -> dict[str, Any]:
    good = sorted(at for at, status, _ in traffic.said if status == 200)
    acknowledged = {number for _, status, number in traffic.said if status == 200}
    with closing(psycopg.connect(url)) as conn:
        there = conn.execute("select count(*) from service_requests where id = any(%s)", [list(acknowledged)])
        [[present]] = there.fetchall()
    refused: dict[int, int] = {}
    for _, status, _ in traffic.said:
        if status != 200:
            refused[status] = refused.get(status, 0) + 1
    return {
        "acknowledged": len(acknowledged),
        "lost": len(acknowledged) - present,
        "not_seen_at_once": traffic.stale,
        "seconds_without_a_report": round(
            max(after - before for before, after in pairwise(good) if after > began), 1
        ),
        "refused": refused,
    }


if __name__ == "__main__":
    main()
