"""What comes in whole: an import, a harvest by feed and by pages, demo reports; beside it COPY of the same rows.

    python -m benchmarks.intake --count 100000

COPY writes the same rows into the same tables, with all their indexes and triggers, from files that hold them ready.
"""

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from benchmarks import data
from benchmarks.processes import clean_environment, free_port, memory, started
from benchmarks.results import machine, table
from open311.dev.demo import words
from open311.dev.private_cluster import Cluster
from open311.storage.database import migrate

HERE = Path(__file__).parent
# In the order in which rows refer to each other.
TABLES = ("service_requests", "cases", "foreign_references", "reporters", "events")
HEAD = (
    "service_request_id",
    "status",
    "status_notes",
    "service_code",
    "description",
    "requested_datetime",
    "updated_datetime",
    "address",
    "zipcode",
    "lat",
    "long",
    "media_url",
    "email",
    "first_name",
    "last_name",
)
TITLE = "## Brought in whole\n"
# Reports a second; of the demo, a million in three minutes.
GOALS = {"import": 5000, "harvest, feed": 3000, "harvest, pages": 3000, "demo": 5556}
MOST_SECONDS = 600


def main() -> None:
    """Measure, and write the table into results.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.intake")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--only", nargs="*", default=["import", "copy", "feed", "pages", "demo"])
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "open311-bench")
    chosen = parser.parse_args()
    chosen.data.mkdir(mode=0o711, exist_ok=True)
    with data.cluster(chosen.data) as cluster:
        measured = Run(cluster, chosen.data, chosen.count).all(chosen.only)
    measured["load_after"] = os.getloadavg()[0]
    (HERE / "intake.json").write_text(json.dumps(measured, indent=1, ensure_ascii=False) + "\n")
    page = HERE / "results.md"
    page.write_text(without_section(page.read_text()) + section())
    sys.stderr.write(section())


def section() -> str:
    """The section of results.md that the last measurement gives; empty before there was one."""
    file = HERE / "intake.json"
    if not file.exists():
        return ""
    measured = json.loads(file.read_text())
    rows, copied = measured["rows"], measured["rows"].get("copy")
    told = (
        f"\nWritten by `python -m benchmarks.intake` on {measured['machine']} and {measured['load_after']:.1f} after; "
        f"{measured['count']:,} reports each into empty tables with all indexes. COPY: the same rows, ready in memory, "
        "into the same tables.\n\n"
    )
    return f"\n{TITLE}{told}" + table(
        ["what", "reports", "seconds", "reports/s", "goal", "/ COPY", "peak MB"],
        (_line(what, row, copied) for what, row in rows.items()),
    )


def without_section(page: str) -> str:
    """A page without that section, wherever it stands."""
    before, _, behind = page.partition(f"\n{TITLE}")
    _, head, rest = behind.partition("\n## ")
    return before + head + rest


def _line(what: str, row: dict[str, Any], copied: dict[str, Any] | None) -> list[str]:
    rate = row["rows"] / row["seconds"]
    goal = f"{GOALS[what]:,}" if what in GOALS else ""
    ratio = f"{rate / (copied['rows'] / copied['seconds']):.2f}" if copied and what != "copy" else ""
    peak = f"{row['peak_mb']:.0f}" if row["peak_mb"] else ""
    return [what, f"{row['rows']:,}", f"{row['seconds']:.1f}", f"{rate:,.0f}", goal, ratio, peak]


class Run:
    """Each into a database of its own, one after the other."""

    def __init__(self, cluster: Cluster, folder: Path, count: int) -> None:
        self.cluster, self.folder, self.count = cluster, folder, count
        self.found: dict[str, Any] = {"machine": machine(), "count": count, "rows": {}}

    def all(self, only: list[str]) -> dict[str, Any]:
        """The figures of all that is asked for."""
        source = self._empty("intake_import")
        path = self.folder / f"intake-{self.count}.csv"
        if not path.exists():
            write_history(path, self.count)
        self._timed("import", source, "import", str(path), "--source", "bench")
        if "copy" in only:
            self._copy(source)
        if {"feed", "pages"} & {*only}:
            self._harvests(source, only)
        if "demo" in only:
            self._timed("demo", self._empty("intake_demo"), "demo", "--requests", str(self.count))
        return self.found

    def _empty(self, name: str) -> str:
        with psycopg.connect(self.cluster.url("postgres"), autocommit=True) as conn:
            conn.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
        url = self.cluster.ensure_database(name)
        migrate.upgrade(url)
        return url

    def _timed(self, what: str, url: str, *command: str) -> None:
        began = time.monotonic()
        before = stored(url)
        peak = run(command, url)
        seconds = time.monotonic() - began
        self.found["rows"][what] = {"rows": stored(url) - before, "seconds": seconds, "peak_mb": peak}

    def _copy(self, source: str) -> None:
        """COPY of what the import has stored, in as many transactions of a thousand requests."""
        empty = self._empty("intake_copy")
        seconds = 0.0
        with psycopg.connect(source) as theirs, psycopg.connect(empty, autocommit=True) as ours:
            [(first, last)] = theirs.execute("select min(id), max(id) from service_requests").fetchall()
            for low in range(first, last + 1, 1000):
                portion = [rows_of(theirs, name, low) for name in TABLES]
                began = time.monotonic()
                with ours.transaction():
                    for name, (columns, rows) in zip(TABLES, portion, strict=True):
                        statement = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(name), columns)
                        with ours.cursor() as cursor, cursor.copy(statement) as sink:
                            sink.write(rows)
                seconds += time.monotonic() - began
        self.found["rows"]["copy"] = {"rows": stored(empty), "seconds": seconds, "peak_mb": None}

    def _harvests(self, source: str, only: list[str]) -> None:
        port = free_port()
        environment = {"DATABASE_URL": source, "OPEN311_RATE_LIMITS": "off", "PORT": str(port)}
        serve = [sys.executable, "-m", "open311.cli", "serve"]
        log = self.folder / "intake.log"
        with started(serve, port, "/open311/v2/services.json", log, environment):
            for way in ("feed", "pages"):
                if way not in only:
                    continue
                url = self._empty(f"intake_{way}")
                there = f"http://127.0.0.1:{port}/open311/v2"
                run(("harvest", "add", there, "--jurisdiction", "bench.example", "--delay", "0"), url)
                if way == "pages":
                    with psycopg.connect(url) as conn:
                        conn.execute('update intakes set state = \'{"way": "list"}\'')
                self._timed(f"harvest, {way}", url, "harvest", "run")


def rows_of(conn: psycopg.Connection[Any], name: str, low: int) -> tuple[sql.Composed, bytes]:
    """The columns that are written, and the rows of a thousand requests as COPY writes them."""
    number = "id" if name == "service_requests" else "service_request_id"
    columns = conn.execute(
        "select column_name from information_schema.columns where table_name = %s and is_generated = 'NEVER' "
        "and table_schema = 'public' and not (table_name = 'events' and column_name in ('id', 'xid', 'timeline')) "
        "and column_name <> 'words' order by ordinal_position",
        [name],
    ).fetchall()
    names = sql.SQL(", ").join(sql.Identifier(column) for (column,) in columns)
    statement = sql.SQL("copy (select {} from {} where {} between {} and {} order by {}) to stdout").format(
        names,
        sql.Identifier(name),
        sql.Identifier(number),
        sql.Literal(low),
        sql.Literal(low + 999),
        sql.Identifier(number),
    )
    with conn.cursor() as cursor, cursor.copy(statement) as rows:
        return names, b"".join(bytes(row) for row in rows)


def stored(url: str) -> int:
    """How many requests there are."""
    with psycopg.connect(url) as conn:
        [(count,)] = conn.execute("select count(*) from service_requests").fetchall()
        return int(count)


def run(command: tuple[str, ...], url: str) -> float:
    """Run a command to its end; returns its peak memory in MB."""
    process = subprocess.Popen(
        [sys.executable, "-m", "open311.cli", *command],
        env=clean_environment() | {"DATABASE_URL": url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    peak, give_up = 0.0, time.monotonic() + MOST_SECONDS
    while process.poll() is None:
        peak = max([peak, *(most for _, most in memory(process.pid).values())])
        if time.monotonic() > give_up:
            process.kill()
        time.sleep(0.1)
    return peak


def write_history(path: Path, count: int) -> None:
    """A city's history of eight years as a CSV file."""
    chance = random.Random(data.SEED)
    now = datetime.now(UTC).replace(microsecond=0)
    services = [service.service_code for service in data.catalogue().active_services()]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        for number in range(count):
            age = timedelta(days=data.DAYS) * (count - number) / count
            writer.writerow(_row(chance, number, now - age, chance.choice(services)))


def _row(chance: random.Random, number: int, requested: datetime, service: str) -> Iterator[object]:
    closed, told = chance.random() < 0.9, chance.random() < 0.4
    updated = requested + timedelta(seconds=int(chance.random() ** 2 * 5_000_000)) if closed else requested
    street, zipcode = chance.choice(words.GERMAN.streets)
    mark = f"{chance.getrandbits(24):06x}"
    yield f"SR-{number + 1}"
    yield "closed" if closed else "open"
    yield "Wurde behoben, vielen Dank für den Hinweis." if closed else ""
    yield service
    yield f"{chance.choice(data.REMARKS)} Gesehen vor Nummer {chance.randrange(400)}, Zeichen {mark}."
    yield requested.strftime("%Y-%m-%dT%H:%M:%SZ")
    yield updated.strftime("%Y-%m-%dT%H:%M:%SZ")
    yield f"{street} {chance.randrange(1, 180)}, Ludwigshafen"
    yield zipcode
    yield round(chance.gauss(49.48, 0.015), 6)
    yield round(chance.gauss(8.44, 0.02), 6)
    yield f"https://fotos.example.org/{mark}.jpg" if chance.random() < 0.35 else ""
    yield from (f"anna.{number}@example.org", "Anna", "Beispiel") if told else ("", "", "")


if __name__ == "__main__":
    main()
