"""How fast the desk reads and writes: the goals of its design, at as many cases as are asked for.

`python -m benchmarks.desk --count 1000000` fills a database once, sets the work of the last months on it, and times
each question of `storage/desk` and each act as the pages call them: connection and rows included, the page's HTML not.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import data
from open311 import settings
from open311.actions import casework
from open311.core import Catalogues, Core
from open311.model.access.actor import ALL_RIGHTS, Actor, ActorKind, Right
from open311.model.casework.cases import Priority, Stage
from open311.model.casework.decisions import Decision, Outcome
from open311.model.casework.desk_search import CaseSearch, Order
from open311.model.desk.deadline_steps import Deadline
from open311.model.service_request import Location
from open311.model.staff.rights import Membership, Staff
from open311.model.staff.roles import Role
from open311.storage.database import Database
from open311.storage.desk.case import case_page, neighbours
from open311.storage.desk.lists import case_list, counts, queue
from open311.storage.desk.scope import Scope, scope_of
from open311.storage.desk.staff_mail import deadline_steps

CITY = "ludwigshafen.de"
BEA = Actor(ActorKind.STAFF, "17", ALL_RIGHTS)
UNITS = ("STADTREINIGUNG", "GRUENFLAECHEN", "TIEFBAU")
ROUNDS = 40
# So many cases stay open; of the others that the data leave open the work is done.
OPEN = 20_000
WORK = """
update cases set stage = 'done' where stage <> 'check' and service_request_id % OPEN <> 0;
update cases set
    unit = (array['STADTREINIGUNG', 'GRUENFLAECHEN', 'TIEFBAU', 'BELEUCHTUNG'])[1 + service_request_id % 4],
    assignee_id = case when service_request_id % 3 = 0 then 17 + service_request_id % 40 end,
    priority = (service_request_id % 97 = 0)::int, due_datetime = received_datetime + interval '10 days'
    where stage <> 'done';
insert into case_notes (service_request_id, author, text, created_datetime)
    select service_request_id, 'staff:17', 'Kollegin Wachtel fragen', received_datetime from cases
    where service_request_id % 500 = 0;
"""


def main() -> None:
    """Fill, measure, print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.desk")
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "open311-bench")
    asked = parser.parse_args()
    asked.data.mkdir(mode=0o711, exist_ok=True)
    with data.cluster(asked.data) as cluster:
        url = data.copy(cluster, asked.count)
        with psycopg.connect(url, autocommit=True) as conn:
            [[working]] = conn.execute("select count(*) from cases where stage = 'work'").fetchall()
            for statement in filter(str.strip, WORK.split(";\n")):
                each_one = statement.replace("OPEN", str(max(1, round(working / OPEN))))
                conn.execute(each_one.encode())
            conn.execute("vacuum (analyze)")
        with closing(Database(url)) as database:
            core = Core(settings.load({"DATABASE_URL": url}), database, Catalogues((data.catalogue(),)))
            report(core, asked.count)


def report(core: Core, count: int) -> None:
    """A line for each question in milliseconds: least, median and 95th percentile beside the goal.

    The least is what it takes when nothing else runs; on a busy machine it says more than the rest.
    """
    with core.database.read() as conn:
        everything = counts.count(conn, Scope((CITY,)), core.now())
    opened = sum(everything.stages.values())
    print(f"{count:,} cases, {opened:,} open; load of the machine {os.getloadavg()[0]:.1f}\n")
    print("| what | least ms | median ms | p95 ms | goal |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, goal, ask in questions(core):
        ask()
        print_line(name, goal, [timed(ask) for _ in range(ROUNDS)])
    for name, goal, act in acts(core):
        print_line(name, goal, [timed(act) for _ in range(ROUNDS)])
    print(f"\nkept public answers dropped by {internal_changes(core)} internal changes: 0")


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def print_line(name: str, goal: str, times: list[float]) -> None:
    p95 = statistics.quantiles(times, n=20)[-1]
    print(f"| {name} | {min(times):.1f} | {statistics.median(times):.1f} | {p95:.1f} | {goal} |", flush=True)


def questions(core: Core) -> Iterator[tuple[str, str, Callable[[], object]]]:
    """What pages ask."""
    whole, now = Scope((CITY,)), core.now()
    worker = Staff(17, (Membership(jurisdiction_id=CITY, role=Role.WORKER, units=UNITS),), now)
    narrow = scope_of(worker, Right.SEE_REPORTS)

    def reading(read: Callable[[Any], object]) -> Callable[[], object]:
        def ask() -> object:
            with core.database.read() as conn:
                return read(conn)

        return ask

    def listed(search: CaseSearch, scope: Scope = whole) -> Callable[[], object]:
        return reading(lambda conn: case_list.page(conn, scope, search, now))

    plain = CaseSearch()
    yield "queue of 50", "30", reading(lambda conn: queue.page(conn, whole, now))
    yield "all open by due date", "30", listed(plain)
    yield "inbox of three units", "30", listed(replace(plain, units=UNITS, order=Order.PRIORITY))
    yield "the same, as a worker may see", "30", listed(replace(plain, units=UNITS), narrow)
    yield "mine", "30", listed(replace(plain, assignee=20))
    yield "overdue", "30", listed(replace(plain, overdue=True))
    yield (
        "one service, one status",
        "30",
        listed(replace(plain, services=("MUELL_WILD",), detailed_statuses=("EINGEPLANT",))),
    )
    yield "by priority, all units", "30", listed(replace(plain, order=Order.PRIORITY))
    yield "newest of all stages", "30", listed(replace(plain, stages=tuple(Stage), order=Order.NEWEST))
    yield "a rare word", "100", listed(replace(plain, stages=tuple(Stage), words="Wachtel"))
    yield "a common word", "100", listed(replace(plain, stages=tuple(Stage), words="Schulweg"))
    yield "two words", "100", listed(replace(plain, stages=tuple(Stage), words="Laterne Hohenzollernstraße"))
    yield "counts of all stages and units", "kept", reading(lambda conn: counts.count(conn, whole, now))
    place = Location(49.48, 8.44)
    month = now - timedelta(days=30)
    yield (
        "neighbours in 50 m",
        "-",
        reading(
            lambda conn: neighbours.find(
                conn, whole, place, metres=50, closed_since=month, words="Matratzen am Straßenrand"
            )
        ),
    )
    coming = now + timedelta(days=4)
    yield (
        "500 deadlines of which somebody may be told",
        "-",
        reading(lambda conn: deadline_steps.running(conn, CITY, Deadline.WORK, coming, 500)),
    )
    yield "a whole case", "40", reading(lambda conn: case_page.find(conn, 100_500))
    yield "nothing new (stamp)", "1", lambda: core.database.freshness.desk_stamp


def acts(core: Core) -> Iterator[tuple[str, str, Callable[[], object]]]:
    """What people do, each on a case of its own."""
    with core.database.read() as conn:
        held = iter(
            [row.number for row in queue.page(conn, Scope((CITY,)), core.now(), None, 3 * ROUNDS).rows]
        )
        page = case_list.page(
            conn, Scope((CITY,)), CaseSearch(stages=[Stage.WORK], limit=4 * ROUNDS), core.now()
        )
    working = iter([row.number for row in page.rows])
    decision = Decision(outcome=Outcome.PUBLISH, texts={"description": "Zwei Matratzen"}, unit="TIEFBAU")
    yield "decide without photos", "80", lambda: casework.decide(core, next(held), decision, BEA)
    yield "internal note", "-", lambda: casework.add_note(core, next(working), "Kollegin fragen", BEA)
    yield "priority", "-", lambda: casework.set_priority(core, next(working), Priority.HIGH, BEA)


def internal_changes(core: Core) -> int:
    """Write for some seconds, twenty changes a second; ends with an error if that makes any public answer stale."""
    with core.database.read() as conn:
        page = case_list.page(conn, Scope((CITY,)), CaseSearch(stages=[Stage.WORK], limit=100), core.now())
    stamp = core.database.freshness.stamp
    for number in (row.number for row in page.rows):
        casework.add_note(core, number, "Kollegin fragen", BEA)
        time.sleep(0.05)
    if core.database.freshness.stamp != stamp:
        raise SystemExit("internal changes have emptied the memory of public answers")
    return len(page.rows)


if __name__ == "__main__":
    main()
