"""Load: wrk for HTTP, pgbench for SQL; and what a run cost the database."""

import json
import re
import statistics
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from open311.dev.private_cluster import programs

HERE = Path(__file__).parent
CONNECTIONS = 16
WRITERS = 8
COST = """
select coalesce(sum(calls), 0)::float8, coalesce(sum(total_exec_time + total_plan_time), 0)::float8
from pg_stat_statements where toplevel and query !~ 'pg_stat_statements'
"""


@dataclass(frozen=True)
class Load:
    """What is asked for: addresses with or without bodies, in turn."""

    lines: Sequence[str]
    unique: bool = False
    header: tuple[str, str] = ("", "")
    connections: int = CONNECTIONS


@dataclass(frozen=True)
class Figures:
    """What came out of one run, or the medians of several."""

    rate: float
    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    bytes: float = 0.0
    errors: float = 0.0
    statements: float = 0.0
    database_ms: float = 0.0


def median(runs: Sequence[Figures]) -> Figures:
    """The median of each figure."""
    return Figures(*(statistics.median(getattr(run, name) for run in runs) for name in vars(runs[0])))


def ask(port: int, load: Load, seconds: float, database: str | None = None) -> Figures:
    """Ask a server for some seconds; with `database`, also what each request cost there."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(load.lines) + "\n")
        file.flush()
        header = [*load.header] if load.header[0] else []
        command = ["wrk", "-t2", f"-c{load.connections}", f"-d{max(1, round(seconds))}s", "--timeout", "20s"]
        command += ["-s", str(HERE / "load.lua"), f"http://127.0.0.1:{port}", "--", file.name]
        command += ["unique" if load.unique else "same", *header]
        before = _cost(database)
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        after = _cost(database)
        _work_off(port)
    got: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
    requests = max(1, got["requests"])
    return Figures(
        rate=got["requests"] / (got["microseconds"] / 1e6),
        p50=got["p50"] / 1000,
        p95=got["p95"] / 1000,
        p99=got["p99"] / 1000,
        bytes=got["bytes"] / requests,
        errors=got["errors"],
        statements=(after[0] - before[0]) / requests,
        database_ms=(after[1] - before[1]) / requests,
    )


def _work_off(port: int) -> None:
    """Wait behind all that wrk has asked and not waited for, in every process: the next case would pay for it."""
    for _ in range(8):
        with suppress(urllib.error.HTTPError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=60).close()


def _cost(database: str | None) -> tuple[float, float]:
    if database is None:
        return 0.0, 0.0
    with psycopg.connect(database) as conn:
        [(calls, milliseconds)] = conn.execute(COST).fetchall()
    return calls, milliseconds


def pgbench(database: str, script: str, seconds: float, clients: int = 4) -> Figures:
    """The same SQL without a server in between."""
    program = programs(None) / "pgbench"
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        command = [str(program), "-n", "-M", "prepared", "-c", str(clients), "-j", "2"]
        command += ["-T", str(max(1, round(seconds))), "-f", file.name, database]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    rate = re.search(r"tps = ([\d.]+)", done.stdout)
    latency = re.search(r"latency average = ([\d.]+)", done.stdout)
    assert rate, done.stdout
    assert latency, done.stdout
    return Figures(rate=float(rate[1]), p50=float(latency[1]))
