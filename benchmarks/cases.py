"""What is asked: the cases a to h of the benchmark, each beside its limit."""

import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import psycopg

from benchmarks.load import WRITERS, Load
from open311.model.search import NEWEST_FIRST, Cursor

V2 = "/open311/v2"
FIELDS = """
id, status, status_notes, service_code, description, agency_responsible, requested_datetime, updated_datetime,
expected_datetime, address, address_id, zipcode, st_y(geom), st_x(geom), media_urls[1]
"""
MINE = "jurisdiction_id = 'ludwigshafen.de' and visibility = 'published'"
NEWEST = (
    f"select {FIELDS} from service_requests where {MINE} order by requested_datetime desc, id desc limit "
)
# As it is stored: five rows, and the listeners told behind the commit.
INSERT = """
begin;
with request as (
    insert into service_requests (jurisdiction_id, service_code, status, detailed_status, visibility,
        requested_datetime, updated_datetime, description, agency_responsible, address, zipcode, geom, channel)
    values ('ludwigshafen.de', 'MUELL_WILD', 'open', 'GEMELDET', 'published', date_trunc('second', now()),
        date_trunc('second', now()), 'Wilder Müll. Seit einer Woche liegt das hier, bitte ansehen.',
        'STADTREINIGUNG', 'Bismarckstraße 12', '67059', st_setsrid(st_makepoint(8.44, 49.48), 4326), null)
    returning id),
submission as (
    insert into submissions (service_request_id, key_id, received_datetime) select id, 1, now() from request),
reporter as (
    insert into reporters (service_request_id, email) select id, 'anna@example.org' from request),
cased as (
    insert into cases (service_request_id, jurisdiction_id, service_code, stage, unit, received_datetime,
        touched_datetime, due_datetime, areas, route)
    select id, 'ludwigshafen.de', 'MUELL_WILD', 'work', 'STADTREINIGUNG', now(), now(), now() + interval '7 days',
        '{MITTE}', '{"unit_by": "service"}' from request)
insert into events (jurisdiction_id, service_request_id, kind, public, in_feed, datetime, actor, data)
select 'ludwigshafen.de', id, 'submitted', true, true, now(), 'bench', '{"status": "open"}' from request;
commit;
select pg_notify('open311_changed', '');
"""


@dataclass(frozen=True)
class Case:
    """One row of the results. `limit` says what stands beside it: a kind, and the SQL if it is pgbench."""

    letter: str
    name: str
    load: Load
    limit: str = ""
    sql: str = ""


def cases(conn: psycopg.Connection[Any], key: str) -> list[Case]:
    """All cases that wrk can ask, on the rows that are there."""
    chance = random.Random(311)
    [(least, most)] = conn.execute("select min(id), max(id) from service_requests").fetchall()
    drawn = [chance.randint(least, most) for _ in range(5000)]
    visible = conn.execute(
        "select id from service_requests where id = any(%s) and visibility = 'published'", [drawn]
    ).fetchall()
    ids = [f"{V2}/requests/{number}.json" for (number,) in visible]
    by_id = (
        f"\\set id random({least}, {most})\nselect {FIELDS} from service_requests where id = :id and {MINE}"
    )
    found = [
        Case("a", "services", Load([f"{V2}/services.json"]), "bytes"),
        Case("a", "one definition", Load([f"{V2}/services/STRASSENLATERNE.json"]), "bytes"),
        Case("a", "discovery", Load(["/open311/discovery.json"]), "bytes"),
        Case("b", "one request by id", Load(ids), "one select"),
        Case("b", "one request by id, SQL", Load(ids), "pgbench", by_id),
    ]
    for rows in (100, 1000):
        for suffix in ("json", "xml"):
            address = f"{V2}/requests.{suffix}?page_size={rows}"
            name = f"newest {rows}, {suffix.upper()}"
            found += [
                Case("c", f"{name}, kept", Load([address]), "bytes"),
                Case("c", f"{name}, not kept", Load([address], unique=True), "pgbench", f"{NEWEST}{rows}"),
            ]
            pages, random_page = _pages(conn, rows, suffix)
            found.append(Case("c", f"{name}, first time", Load(pages), "pgbench", random_page))
        found.append(
            Case(
                "c",
                f"newest {rows}, JSON, kept, gzip",
                Load([f"{V2}/requests.json?page_size={rows}"], header=("Accept-Encoding", "gzip")),
                "bytes",
            )
        )
    found += _filters()
    found.append(Case("j", "POST a report", _posts(chance, key), "pgbench", INSERT))
    return found


def _filters() -> list[Case]:
    now = datetime.now(UTC).replace(microsecond=0)
    month = {"start_date": _written(now - timedelta(days=30)), "end_date": _written(now)}
    hour = {"updated_after": _written(now - timedelta(hours=1))}
    asked = {
        "status, service and 30 days": ("d", {"status": "closed", "service_code": "MUELL_WILD", **month}),
        "updated in the last hour": ("e", hour),
        "box of 1 km": ("h", {"bbox": "8.433,49.4755,8.447,49.4845", "page_size": "100"}),
        "radius of 500 m": ("h", {"lat": "49.48", "long": "8.44", "radius": "500", "page_size": "100"}),
        "a common word": ("h", {"q": "Spielplatz", "page_size": "100"}),
        "two words": ("h", {"q": "Laterne Hohenzollernstraße", "page_size": "100"}),
    }
    found = [
        Case(letter, f"{name}, not kept", Load([f"{V2}/requests.json?{urlencode(query)}"], unique=True))
        for name, (letter, query) in asked.items()
    ]
    polled = f"{V2}/requests.json?{urlencode(hour | {'page_size': '100'})}"
    for name, address in (
        ("poll of 100", f"{V2}/requests.json?page_size=100"),
        ("poll of the last hour", polled),
    ):
        # `*` is what a client with the present tag amounts to, and needs no look at the tag beforehand.
        found.append(Case("f", f"{name}, 304", Load([address], header=("If-None-Match", "*")), "bytes"))
    return found


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _pages(conn: psycopg.Connection[Any], rows: int, suffix: str) -> tuple[list[str], str]:
    """Pages all over the table, so many that none is remembered; and the same for pgbench."""
    [(least, most)] = conn.execute("select min(id), max(id) from service_requests").fetchall()
    count = max(10, min(3000, (most - least) // rows))
    step = (most - least) // count
    places = conn.execute(
        "select requested_datetime, id from service_requests where id %% %s = 7 %% %s and id > %s order by id desc",
        [step, step, least + rows],
    ).fetchall()
    pages = [
        f"{V2}/requests.{suffix}?page_size={rows}&cursor={Cursor(NEWEST_FIRST, place, 10_001).write()}"
        for place in places
    ]
    behind = (
        f"\\set id random({least + rows}, {most})\n"
        f"select {FIELDS} from service_requests where {MINE} and requested_datetime <= "
        f"(select requested_datetime from service_requests where id = :id) "
        f"order by requested_datetime desc, id desc limit {rows}"
    )
    return pages, re.sub(r"\n(?!select)", " ", behind)


def _posts(chance: random.Random, key: str) -> Load:
    lines = []
    for _ in range(500):
        report = {
            "api_key": key,
            "service_code": "MUELL_WILD",
            "lat": f"{49.48 + chance.gauss(0, 0.005):.6f}",
            "long": f"{8.44 + chance.gauss(0, 0.005):.6f}",
            "description": "Wilder Müll. Seit einer Woche liegt das hier, bitte ansehen.",
            "address_string": f"Bismarckstraße {chance.randint(1, 180)}, 67059 Ludwigshafen",
            "email": "anna@example.org",
        }
        lines.append(f"{V2}/requests.json\t{urlencode(report)}")
    return Load(lines, connections=WRITERS)
