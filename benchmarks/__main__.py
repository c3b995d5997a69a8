"""`python -m benchmarks`: fill, start, measure, write results.md and results.json."""

import argparse
import json
import os
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import copies, data, freshness, intake, load, peers_beside, queries, results, sweeps
from benchmarks.cases import Case, cases
from benchmarks.load import Figures, Load
from benchmarks.processes import free_port, get, granian, memory, started
from open311.dev.private_cluster import Cluster
from open311.storage import search
from open311.storage.database import Database

HERE = Path(__file__).parent
PROBE = "/open311/v2/services.json"


def main() -> None:
    """Measure, and write down."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--full", action="store_true", help="also 10,000, 100,000 and 10 million reports")
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, help="a case; 1, with --full 3")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="*", help="sizes of the table for the times of queries")
    parser.add_argument("--reads", type=int, help="after writes; 6,000, with --full 100,000")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "open311-bench")
    parser.add_argument("--results", type=Path, default=HERE)
    asked = parser.parse_args()
    asked.seconds = asked.seconds or (3 if asked.full else 1)
    asked.reads = asked.reads or (100_000 if asked.full else 6000)
    asked.data.mkdir(mode=0o711, exist_ok=True)
    sizes = asked.sizes or (
        [10_000, 100_000, 1_000_000, 10_000_000] if asked.full else [100_000, asked.count]
    )
    say(f"filling {', '.join(f'{size:,}' for size in sorted({*sizes, asked.count}))} reports where missing")
    with data.cluster(asked.data) as cluster:
        for size in sorted({*sizes, asked.count}):
            data.fill(cluster, size)
        found = Run(cluster, asked).all()
        say("times of the searches in the database")
        found["queries"] = {str(size): queries.measure(data.fill(cluster, size)) for size in sizes}
    found["load_after"] = os.getloadavg()[2]
    (asked.results / "results.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    (asked.results / "results.md").write_text(results.written(found) + intake.section())
    say(f"written to {asked.results}/results.md")


def say(line: str) -> None:
    """Tell where we are."""
    print(f"== {line}", file=sys.stderr, flush=True)


class Run:
    """One run: all servers side by side, the cases in turn, several rounds."""

    def __init__(self, cluster: Cluster, asked: argparse.Namespace) -> None:
        self.asked = asked
        self.folder = asked.data
        self.url = data.copy(cluster, asked.count)
        self.port = free_port()
        self.found: dict[str, Any] = {"machine": results.machine(), "count": asked.count}
        self.found |= {"seconds": asked.seconds, "rounds": asked.rounds}

    def all(self) -> dict[str, Any]:
        """Everything but the times in the database."""
        environment = {"DATABASE_URL": self.url, "OPEN311_RATE_LIMITS": "off", "PORT": str(self.port)}
        ours = [sys.executable, "-m", "open311.cli", "serve"]
        key = data.key(environment)
        with ExitStack() as stack:
            began = time.monotonic()
            log = self.folder / "server.log"
            server = stack.enter_context(started(ours, self.port, PROBE, log, environment))
            self.found["start_seconds"] = time.monotonic() - began
            time.sleep(1)
            self.found["memory_at_rest"] = memory(server.pid)
            with psycopg.connect(self.url) as conn:
                known = cases(conn, key)
            self._limits(stack, known)
            self.found["cases"] = self._rounds(known)
            self.found["writes"] = self._during_writes(key)
            say("sweep and export")
            self.found["sweep"] = sweeps.sweep(self.port, server.pid)
            self.found["export"] = {
                form: sweeps.export(self.port, server.pid, form) for form in ("ndjson", "csv")
            }
            self.found["copy"] = copies.measure(self.url)
            say("writes, each read through every process at once")
            self.found["freshness"] = freshness.measure(
                self.folder, self.url, environment, self.port, key, self.asked.reads
            )
            if not self.asked.no_peers:
                say("what a city would otherwise pick")
                self.found["peers"] = peers_beside.measure(self.folder, self.url, self.port, self.asked)
        return self.found

    def _limits(self, stack: ExitStack, known: list[Case]) -> None:
        """Start what stands beside: the same bytes from memory, and the same one SELECT."""
        answers = self.folder / "answers"
        answers.mkdir(exist_ok=True)
        index = {}
        for place, case in enumerate(known):
            if case.limit == "bytes":
                [address] = case.load.lines
                name, value = case.load.header
                headers = {name: value} if name == "Accept-Encoding" else {}
                # One address in two codings would be one entry: the last, packed one has a name of its own.
                told = f"{address}{'?' if '?' not in address else ''}" + ("&packed" if headers else "")
                index[told] = f"{place}"
                (answers / f"{place}").write_bytes(get(self.port, address, **headers))
        (answers / "index.json").write_text(json.dumps(index))
        self.limits: dict[str, int] = {}
        for kind, name in (("bytes", "bare"), ("flask", "flask_view"), ("one select", "one_select")):
            port = self.limits[kind] = free_port()
            command = granian(f"benchmarks.limits:{name}", port)
            probe = next(iter(index)) if name != "one_select" else known[3].load.lines[0]
            environment = {"BENCH_ANSWERS": str(answers), "DATABASE_URL": self.url}
            stack.enter_context(
                started(command, port, probe, self.folder / f"{name}.log", environment, HERE.parent)
            )

    def _rounds(self, known: list[Case]) -> list[dict[str, Any]]:
        runs: dict[tuple[int, str], list[Figures]] = {}
        for number in range(self.asked.rounds):
            for place, case in enumerate(known):
                say(f"round {number + 1}: {case.letter} {case.name}")
                for who, figures in self._once(case):
                    runs.setdefault((place, who), []).append(figures)
            self._sort_in()
        return [
            {
                "letter": case.letter,
                "name": case.name,
                "beside": case.limit,
                "limit": None,
                **{
                    who: asdict(load.median(rounds)) | {"rates": [run.rate for run in rounds]}
                    for (at, who), rounds in runs.items()
                    if at == place
                },
            }
            for place, case in enumerate(known)
        ]

    def _sort_in(self) -> None:
        """What the worker does every minute, behind the thousands that a round has reported within seconds."""
        with closing(Database(self.url)) as database, database.begin() as conn:
            search.index_pending_words(conn)

    def _once(self, case: Case) -> list[tuple[str, Figures]]:
        seconds = self.asked.seconds
        found = [("ours", load.ask(self.port, case.load, seconds, self.url))]
        if case.limit == "pgbench":
            clients = load.WRITERS if case.letter == "j" else 4
            found.append(("limit", load.pgbench(self.url, case.sql, seconds, clients)))
        elif case.limit:
            there = case.load
            if case.limit == "bytes":
                [address] = there.lines
                packed = "&packed" if there.header[0] == "Accept-Encoding" else ""
                there = replace(there, lines=[f"{address}{'' if '?' in address else '?'}{packed}"])
                if case.letter in "af":
                    found.append(("flask", load.ask(self.limits["flask"], there, seconds)))
            found.append(("limit", load.ask(self.limits[case.limit], there, seconds)))
        return found

    def _during_writes(self, key: str) -> dict[str, Any]:
        """Reads alone and while 50 reports a second come in, in turn."""
        say("reads while 50 reports a second come in")
        reads = {
            "one request by id": Load(["/open311/v2/requests/100500.json"], unique=True),
            "newest 100, JSON": Load(["/open311/v2/requests.json?page_size=100"]),
            "status, service, 30 days": Load(
                ["/open311/v2/requests.json?page_size=100&status=open&service_code=MUELL_WILD"]
            ),
            "poll of 100, 304": Load(
                ["/open311/v2/requests.json?page_size=100"], header=("If-None-Match", "*")
            ),
        }
        found = {}
        for name, case in reads.items():
            alone, busy = [], []
            for _ in range(self.asked.rounds):
                alone.append(load.ask(self.port, case, self.asked.seconds))
                with sweeps.writing(self.port, key, 50) as written:
                    busy.append(load.ask(self.port, case, self.asked.seconds))
            found[name] = {
                "alone": asdict(load.median(alone)),
                "during": asdict(load.median(busy)),
                "written": written(),
            }
        return found


if __name__ == "__main__":
    main()
