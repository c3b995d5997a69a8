"""`open311 db upgrade` from release 0.1.0 beside traffic: how long anybody who writes or reads waits for it."""

import argparse
import json
import threading
import time
from contextlib import ExitStack

import psycopg

from benchmarks.processes import end_in_order
from open311.base.temporary import temporary_folder
from open311.dev import private_cluster
from open311.storage.database import migrate
from open311.storage.upkeep import schema

FIRST_RELEASE = "0001"
# What the first release writes with a report, and what it reads of a list.
FILL = """
    insert into service_requests (jurisdiction_id, service_code, status, detailed_status, visibility,
        requested_datetime, updated_datetime, description, address, geom)
    select 'ludwigshafen.de', 'ART_' || n %% 14, case when n %% 12 = 0 then 'open' else 'closed' end, 'GEMELDET',
        'published', now() - n * interval '20 minutes', now(), 'Alte Matratzen und Müll ' || n, 'Straße ' || n %% 300,
        st_setsrid(st_makepoint(8.4 + (n %% 1000) * 1e-4, 49.45 + (n %% 700) * 1e-4), 4326)
    from generate_series(1, %s) as n
"""
REPORTER = """
    insert into reporters (service_request_id, email, phone)
    select id, 'kim' || id || '@example.org', '0621 ' || id from service_requests where id %% %s = 0
"""
EVENT = """
    insert into events (jurisdiction_id, service_request_id, kind, public, datetime, actor)
    select jurisdiction_id, id, 'published', true, now(), 'drill' from service_requests order by id desc limit %s
"""
READ = """
    select id from service_requests where jurisdiction_id = 'ludwigshafen.de' and visibility = 'published'
    order by requested_datetime desc, id desc limit 50
"""


class Traffic(threading.Thread):
    """Does one thing again and again, and remembers how long the longest took."""

    def __init__(self, url: str, name: str, *statements: tuple[str, list[int]]) -> None:
        super().__init__(name=name, daemon=True)
        self._url, self._statements = url, statements
        self.longest, self.times, self.failures = 0.0, 0, 0
        self.ended = threading.Event()

    def run(self) -> None:
        """Until told to end, some twenty times a second."""
        with psycopg.connect(self._url) as conn:
            while not self.ended.wait(0.05):
                began = time.monotonic()
                try:
                    for statement, values in self._statements:
                        conn.execute(statement.encode(), values)
                    conn.commit()
                except psycopg.Error:
                    conn.rollback()
                    self.failures += 1
                self.longest = max(self.longest, time.monotonic() - began)
                self.times += 1


def main() -> None:
    """Fill a database of the first release, upgrade it beside traffic, and print what was measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.upgrading")
    parser.add_argument("--count", type=int, default=100_000, help="reports in the table")
    asked = parser.parse_args()
    end_in_order()
    with temporary_folder("drill") as folder:
        folder.chmod(0o711)
        with private_cluster.cluster(folder) as cluster:
            print(json.dumps(drill(cluster.ensure_database("open311"), asked.count), indent=1))


def drill(url: str, count: int) -> dict[str, object]:
    """Seconds, and how often something was done."""
    migrate.upgrade(url, FIRST_RELEASE)
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(FILL.encode(), [count])
        conn.execute(REPORTER.encode(), [2])
        conn.execute(EVENT.encode(), [count])
        conn.execute("vacuum (analyze)")
    traffic = [
        Traffic(url, "posts", (FILL, [1]), (EVENT, [1])),
        Traffic(url, "reads", (READ, [])),
    ]
    with ExitStack() as running:
        for thread in traffic:
            thread.start()
            running.callback(thread.join)
            running.callback(thread.ended.set)
        began = time.monotonic()
        migrate.upgrade(url)
        seconds = time.monotonic() - began
    return {
        "reports": count,
        "revision": schema.require_current(url),
        "upgrade_seconds": round(seconds, 1),
        **{
            thread.name: {
                "done": thread.times,
                "failed": thread.failures,
                "longest_seconds": round(thread.longest, 2),
            }
            for thread in traffic
        },
    }


if __name__ == "__main__":
    main()
