"""`open311 import` in a process of its own, killed in the midst."""

import csv
import time
from pathlib import Path

import psycopg
import pytest

from tests.processes.running import run, started

pytestmark = pytest.mark.slow
# Batches of ten, so that a kill falls among many of them.
TEN_BY_TEN = "from open311.federation.imports import csv_import; csv_import.BATCH = 10\n"
# It comes no further than that before it is killed, however busy the machine is.
ENDLESS = """
import itertools, time
whole = csv_import._batches
def batches(rows, reached):
    yield from itertools.takewhile(lambda batch: batch[-1].line < 500, whole(rows, reached))
    time.sleep(600)
csv_import._batches = batches
"""
ROWS = 700
BAD = 7
REACHED = "select coalesce((select (state ->> 'line')::int from intakes), 0)"
STORED = """
select (select count(*) from service_requests), (select count(*) from cases), (select count(*) from foreign_references),
       (select count(*) from events), (select count(distinct foreign_id) from foreign_references)
"""

SAID = """
select foreign_id, description from foreign_references join service_requests on id = service_request_id
where length(foreign_id) < 4
"""
ORDER = """
select foreign_id from foreign_references where length(foreign_id) = 4 order by service_request_id
"""


def command(path: Path) -> tuple[str, ...]:
    """What imports a file."""
    return "import", str(path), "--jurisdiction", "ludwigshafen.de"


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
            with started(
                tmp_path / "log",
                *command(path),
                changed=TEN_BY_TEN + ENDLESS,
                DATABASE_URL=fresh_database_url,
            ) as process:
                while conn.execute(REACHED).fetchall()[0][0] < reached:
                    assert process.poll() is None, (tmp_path / "log").read_text()
                    time.sleep(0.01)
                process.kill()
                process.wait()
        # What a process wrote whose transaction then did not come about.
        with rejects.open("a", encoding="utf-8") as file:
            file.write("half a li")
        done = run(*command(path), changed=TEN_BY_TEN, DATABASE_URL=fresh_database_url, COLUMNS="1000")
        bad = -(-ROWS // BAD)
        good = ROWS - bad
        assert done.returncode == 1
        assert done.stdout.startswith(f"{good} new, 0 changed, 0 same, 0 gone, {bad} refused")
        assert conn.execute(STORED).fetchall() == [(good, good, good, 2 * good, good)]
    with rejects.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    assert [line[2] for line in lines[1:]] == [f"SR-{number}" for number in range(0, ROWS, BAD)]


def test_an_id_that_comes_again_is_stored_once_as_it_was_said_last(
    fresh_database_url: str, tmp_path: Path
) -> None:
    """Two batches are stored at a time, and the second one cannot know yet of the first."""
    path = tmp_path / "old.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["service_request_id", "requested_datetime", "service_code", "status", "description"])
        for row in range(300):
            # One in each batch and its neighbours, and some that come once.
            number = row // 30 if row % 7 == 0 else 1000 + row
            writer.writerow([number, "2019-03-02T09:30:00Z", "MUELL_WILD", "closed", f"Zeile {row}"])
    said_last = {row // 30: row for row in range(0, 300, 7)}
    done = run(*command(path), changed=TEN_BY_TEN, DATABASE_URL=fresh_database_url, COLUMNS="1000")
    once = sum(row % 7 != 0 for row in range(300)) + len(said_last)
    assert (done.returncode, done.stdout.split(",")[0]) == (0, f"{once} new")
    with psycopg.connect(fresh_database_url) as conn:
        assert conn.execute(STORED).fetchall()[0][:3] == (once,) * 3
        descriptions: dict[str, str] = dict(conn.execute(SAID).fetchall())
        order = [int(number) for (number,) in conn.execute(ORDER).fetchall()]
    assert descriptions == {str(number): f"Zeile {row}" for number, row in said_last.items()}
    assert order == sorted(order)
