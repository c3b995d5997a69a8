"""How long the searches take in the database, by size of the table, and whether any plan reads a whole table."""

import random
import statistics
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks import data
from open311.model.maps.geography import Box, Circle
from open311.model.search import EVER, RequestSearch, Span
from open311.model.service_request import Location, Status
from open311.storage import search
from open311.storage.database import Connection, Database
from open311.storage.database.statement import Statement
from open311.storage.search import statements

TIMES = 15
# Three reports in a hundred are of this service.
RARE = "STRASSE_SCHMUTZ"


def searches(now: datetime) -> Iterator[tuple[str, list[RequestSearch]]]:
    """The filters of cases d, e and h, each in several places or at several times."""
    chance = random.Random(311)
    city = data.catalogue().jurisdiction
    base = RequestSearch(jurisdiction_id=city.jurisdiction_id, text_search=city.text_search)
    windows = [now - timedelta(days=chance.uniform(0, 1000)) for _ in range(TIMES)]
    month = timedelta(days=30)
    yield (
        "d status, service, 30 days",
        [
            replace(
                base,
                statuses=(Status.CLOSED,),
                service_codes=("MUELL_WILD",),
                requested=Span(end - month, end),
            )
            for end in windows
        ],
    )
    hour = Span(now - timedelta(hours=1), None)
    yield "e updated in the last hour", [replace(base, updated=hour)] * TIMES
    day = timedelta(days=1)
    yield "e updated on one day", [replace(base, updated=Span(end - day, end)) for end in windows]
    yield "e updated in 30 days", [replace(base, updated=Span(end - month, end)) for end in windows]
    places = [Location(49.48 + chance.gauss(0, 0.01), 8.44 + chance.gauss(0, 0.012)) for _ in range(TIMES)]
    for metres in (100, 300, 1000, 5000):
        lat, long = metres / 2 / 111_200, metres / 2 / 72_200
        boxes = [Box(p.long - long, p.lat - lat, p.long + long, p.lat + lat) for p in places]
        yield f"h box of {metres} m", [replace(base, box=box, page_size=100) for box in boxes]
        beside = [replace(base, box=box, page_size=100, service_codes=(RARE,)) for box in boxes]
        yield f"h one service, box of {metres} m", beside
    for radius in (100, 500, 2000):
        circles = [Circle(place, radius) for place in places]
        yield f"h radius of {radius} m", [replace(base, circle=circle, page_size=100) for circle in circles]
    updated = [Span(end - month, end) for end in windows]
    yield (
        "e one service, updated in 30 days",
        [replace(base, updated=span, service_codes=(RARE,)) for span in updated],
    )
    for words in (("Spielplatz",), ("Laterne", "Hohenzollernstraße"), ("Zeichen", "a1b2c3"), ("c48ed9",)):
        yield (
            f"h words {' '.join(words)}",
            [replace(base, words=words, requested=EVER, page_size=100)] * TIMES,
        )


def measure(url: str) -> dict[str, dict[str, Any]]:
    """Name → median and maximum of the database time in milliseconds, rows found, and whether a plan scans a table.

    A larger table has more to find: a search that fills its page there and not here does more.
    """
    database = Database(url)
    found = {}
    try:
        with database.read() as conn:
            for name, asked in searches(datetime.now(UTC).replace(microsecond=0)):
                for request in asked:
                    _explained(conn, request)
                plans = [_explained(conn, request) for request in asked]
                times = [plan["Planning Time"] + plan["Execution Time"] for plan in plans]
                found[name] = {
                    "median": statistics.median(times),
                    "maximum": max(times),
                    "rows": statistics.median(plan["Plan"]["Actual Rows"] for plan in plans),
                    "sequential": any("Seq Scan" in str(plan) for plan in plans),
                }
    finally:
        database.close()
    return found


def _explained(conn: Connection, asked: RequestSearch) -> dict[str, Any]:
    question = search.question_of(asked)
    explaining = Statement(statements.hits_statement(question.shape))
    explaining.sql = "explain (analyze, timing off, format json) " + explaining.sql
    [[[plan]]] = explaining.fetch(conn, **question.filled)
    return dict(plan)
