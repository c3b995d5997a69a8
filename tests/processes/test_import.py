"""`open311 import` in a process of its own, killed in the midst."""

import csv
import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

pytestmark = pytest.mark.slow
# Batches of ten, so that a kill falls among many of them.
IMPORT = (
    "from open311.federation import csv_import; csv_import.BATCH = 10; from open311.cli import main; main()"
)
ROWS = 700
BAD = 7
REACHED = "select coalesce((select (state ->> 'line')::int from intakes), 0)"
STORED = """
select (select count(*) from service_requests), (select count(*) from cases), (select count(*) from foreign_references),
       (select count(*) from events), (select count(distinct foreign_id) from foreign_references)
"""


def test_what_is_killed_goes_on_and_nothing_is_lost_or_stored_twice(
    fresh_database_url: str, tmp_path: Path
) -> None:
    path, rejects = tmp_path / "old.csv", tmp_path / "old.csv.rejects.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["service_request_id", "requested_datetime", "service_code", "status"])
        for number in range(ROWS):
            moment = "neulich" if number % BAD == 0 else "2019-03-02T09:30:00Z"
            writer.writerow([f"SR-{number}", moment, "MUELL_WILD", "closed"])
    with psycopg.connect(fresh_database_url, autocommit=True) as conn:
        for reached in (100, 300):
            process = started(path, fresh_database_url)
            while conn.execute(REACHED).fetchall()[0][0] < reached:
                assert process.poll() is None, "it must not end before it is killed"
                time.sleep(0.01)
            process.kill()
            process.communicate()
        # What a process wrote whose transaction then did not come about.
        with rejects.open("a", encoding="utf-8") as file:
            file.write("half a li")
        process = started(path, fresh_database_url)
        told, _ = process.communicate()
        bad = -(-ROWS // BAD)
        good = ROWS - bad
        assert process.returncode == 1
        assert told.startswith(f"{good} new, 0 changed, 0 same, 0 gone, {bad} refused")
        assert conn.execute(STORED).fetchall() == [(good, good, good, 2 * good, good)]
    with rejects.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    assert [line[2] for line in lines[1:]] == [f"SR-{number}" for number in range(0, ROWS, BAD)]


def started(path: Path, database_url: str) -> "subprocess.Popen[str]":
    """An import that has begun."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPEN311_")}
    return subprocess.Popen(
        [sys.executable, "-c", IMPORT, "import", str(path), "--jurisdiction", "ludwigshafen.de"],
        env=environment | {"DATABASE_URL": database_url, "COLUMNS": "1000"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
