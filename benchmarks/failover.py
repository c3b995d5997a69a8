"""`make drill-failover`: a database of three nodes loses its primary, its witness, its order; what reporters notice.

Writers post and read back what was acknowledged, without a pause, through one server that knows all three addresses.
With root rights each node has a network of its own, and is also cut off; a server and a writer are cut off with it.
"""

import argparse
import json
import os
import pwd
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import data, network
from benchmarks.network import Network
from benchmarks.patroni import NODES, Nodes
from benchmarks.processes import begun, end_in_order, free_port, started
from benchmarks.traffic import Traffic
from open311.base.temporary import temporary_folder
from open311.dev.private_cluster.installed import Account
from open311.storage.database import migrate

WRITERS = 4
QUIET_SECONDS = 5.0
WHOLE_AGAIN_SECONDS = 180
COMMAND = [sys.executable, "-m", "open311.cli"]
PROBE = "/open311/v2/services.json"


def main() -> None:
    """Go through all misfortunes, and print what was noticed of each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.failover")
    parser.add_argument(
        "--frozen", type=float, default=60, help="seconds that a machine stands still or is cut off"
    )
    parser.add_argument("--only", nargs="*", choices=MISFORTUNES, default=MISFORTUNES)
    asked = parser.parse_args()
    missing = network.enter("benchmarks.failover")
    end_in_order()
    with temporary_folder("failover") as folder:
        folder.chmod(0o711)
        with ExitStack() as stack:
            machines = None
            if missing:
                say(f"no network for each node, so none is cut off: {missing}")
            else:
                machines = stack.enter_context(Network(NODES))
            say("three nodes of PostgreSQL, three of etcd")
            nodes = stack.enter_context(Nodes(folder, _account(), machines))
            drill = Drill(nodes, machines, folder, asked.frozen)
            log = folder / "server.log"
            stack.enter_context(started([*COMMAND, "serve"], drill.port, PROBE, log, drill.settings))
            for misfortune in asked.only:
                if machines or misfortune != "partition":
                    found = MISFORTUNES[misfortune](drill)
                    print(json.dumps({misfortune: found}, indent=1), flush=True)


def say(line: str) -> None:
    """Tell where we are."""
    print(f"== {line}, load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)


def _account() -> Account | None:
    """Who PostgreSQL runs as, since it refuses root."""
    if os.geteuid() != 0:
        return None
    found = pwd.getpwnam("postgres")
    return Account(found.pw_uid, found.pw_gid)


class Drill:
    """The nodes, a server that knows them, and writers that ask it."""

    def __init__(self, nodes: Nodes, machines: Network | None, folder: Path, seconds: float) -> None:
        self.nodes, self.machines, self.folder, self.seconds = nodes, machines, folder, seconds
        with closing(psycopg.connect(nodes.url("postgres"), autocommit=True)) as conn:
            conn.execute("create database open311 template template0")
        self.url = nodes.url("open311")
        migrate.upgrade(self.url)
        self.key = data.key({"DATABASE_URL": self.url})
        self.port = free_port()
        self.settings = {
            "DATABASE_URL": self.url,
            "PORT": str(self.port),
            "OPEN311_RATE_LIMITS": "off",
            "OPEN311_DATA_DIR": str(folder),
        }

    def noticed(self, misfortune: Callable[[], object], after: Callable[[], object]) -> dict[str, Any]:
        """What writers notice of it."""
        traffic = Traffic(self.port, self.key)
        threads = [threading.Thread(target=traffic.write) for _ in range(WRITERS)]
        for thread in threads:
            thread.start()
        time.sleep(QUIET_SECONDS)
        began = time.monotonic()
        misfortune()
        _until_accepted(traffic, time.monotonic())
        after()
        try:
            whole = f"{self.nodes.wait(self.nodes.whole, WHOLE_AGAIN_SECONDS):.1f}"
        except RuntimeError:
            whole = f"not within {WHOLE_AGAIN_SECONDS}"
        time.sleep(QUIET_SECONDS)
        traffic.over.set()
        for thread in threads:
            thread.join()
        good = sorted(at for at, status, _ in traffic.said if status == 200)
        return {
            "acknowledged": len(traffic.acknowledged()),
            "lost": self.lost(traffic.acknowledged()),
            "not_seen_at_once": traffic.stale,
            "seconds_without_a_report": round(
                max(after - before for before, after in pairwise(good) if after > began), 1
            ),
            "refused": _counted(status for _, status, _ in traffic.said if status != 200),
            "seconds_until_three_nodes_again": whole,
        }

    def lost(self, acknowledged: set[int]) -> int:
        """How many of these are in no table."""
        with closing(psycopg.connect(self.url)) as conn:
            question = "select count(*) from service_requests where id = any(%s)"
            [(there,)] = conn.execute(question, [list(acknowledged)]).fetchall()
        return len(acknowledged) - int(there)

    def primary(self) -> str:
        """The name of the node that takes writes."""
        name = self.nodes.primary()
        assert name is not None
        return name


def _counted(statuses: Any) -> dict[int, int]:
    found: dict[int, int] = {}
    for status in statuses:
        found[status] = found.get(status, 0) + 1
    return found


def _until_accepted(traffic: Traffic, since: float, seconds: float = 120) -> None:
    """Until a report is accepted that was sent after the misfortune; some of before are answered late."""
    while time.monotonic() < since + seconds:
        time.sleep(1)
        if sum(status == 200 and at > since + 2 for at, status, _ in list(traffic.said)) > 3:
            return
    raise RuntimeError("no report was accepted any more")


def _primary(drill: Drill) -> dict[str, Any]:
    say("kill -9 of the primary's machine")
    machine = drill.nodes.databases[drill.primary()]
    return drill.noticed(machine.crash, machine.start)


def _witness(drill: Drill) -> dict[str, Any]:
    say("kill -9 of the leader of etcd")
    machine = drill.nodes.etcd[drill.nodes.leader_of_etcd()]
    return drill.noticed(machine.crash, machine.start)


def _switchover(drill: Drill) -> dict[str, Any]:
    say("a switchover, as for an update of PostgreSQL")
    return drill.noticed(drill.nodes.switch_over, lambda: None)


def _frozen(drill: Drill) -> dict[str, Any]:
    say(f"all processes of the primary stand still for {drill.seconds:.0f} s, then go on")
    sleeper = drill.nodes.databases[drill.primary()]
    woken = threading.Timer(drill.seconds, sleeper.tell, [signal.SIGCONT])

    def freeze() -> None:
        sleeper.tell(signal.SIGSTOP)
        woken.start()

    return drill.noticed(freeze, woken.join)


def _partition(drill: Drill) -> dict[str, Any]:
    """The primary's machine is cut off, with a server and a writer that are on its side."""
    assert drill.machines
    name, machines = drill.primary(), drill.machines
    say(f"the primary's machine is cut off for {drill.seconds:.0f} s, a server and a writer with it")
    port, file = free_port(), drill.folder / "cut-off.txt"
    settings = drill.settings | {"PORT": str(port), "OPEN311_DATA_DIR": str(drill.folder / name)}
    with ExitStack() as stack:
        server = [*machines.commands[name], *COMMAND, "serve"]
        stack.enter_context(begun(server, drill.folder / "cut-off-server.log", settings))
        writer = [
            *machines.commands[name],
            sys.executable,
            "-m",
            "benchmarks.traffic",
            str(port),
            drill.key,
            str(file),
        ]
        stack.enter_context(begun(writer, drill.folder / "cut-off-writer.log", {}))
        drill.nodes.wait(lambda: file.exists() and " 200 " in file.read_text(), 60)
        cut: list[float] = []
        joined = threading.Timer(drill.seconds, machines.join, [name])

        def lose() -> None:
            machines.cut(name)
            cut.append(time.monotonic())
            joined.start()

        found = drill.noticed(lose, joined.join)
    said = [
        (float(at), int(status), int(number))
        for at, status, number in map(str.split, file.read_text().splitlines())
    ]
    during = [(status, number) for at, status, number in said if cut[0] + 1 < at < cut[0] + drill.seconds]
    there = {number for _, status, number in said if status == 200}
    return found | {
        "on_the_side_that_was_cut_off": {
            "acknowledged": len(there),
            "acknowledged_while_cut_off": sum(status == 200 for status, _ in during),
            "refused_while_cut_off": _counted(status for status, _ in during if status != 200),
            "lost": drill.lost(there),
        }
    }


MISFORTUNES: Mapping[str, Callable[[Drill], dict[str, Any]]] = {
    "primary": _primary,
    "etcd": _witness,
    "switchover": _switchover,
    "frozen": _frozen,
    "partition": _partition,
}


if __name__ == "__main__":
    main()
