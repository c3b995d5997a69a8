"""The same made-up city every time: reports, how they came in, and what became of them, straight into the tables.

Eight years of reports, whatever their number, most of them in the middle of the city; the phrases make rare, common
and very common words. Everything but the present moment follows from `SEED`.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from open311 import catalogue_file, settings
from open311 import core as core_module
from open311.actions import catalogue_publication, keys
from open311.core import Core
from open311.dev import private_cluster
from open311.dev.demo import words
from open311.dev.private_cluster import Cluster
from open311.model.access.actor import cli_actor
from open311.model.access.keys import Scope
from open311.model.catalogue import Catalogue
from open311.settings import shipped
from open311.storage import statistics
from open311.storage.database import migrate
from open311.storage.maps import tiles

SEED = 0.311
DAYS = 8 * 365
A_TIME = 1_000_000
# Shares of the services, the most common first; the rest share what is left.
WEIGHTS = (40, 20, 8, 6, 5, 4, 4, 3, 3, 2, 2, 1, 1, 1)
TABLES = ("service_requests", "submissions", "reporters", "events", "cases")

# In one statement a million rows: random() is drawn in the order of the series, so a seed fixes them all.
REQUESTS = """
insert into service_requests (
    id, jurisdiction_id, service_code, status, detailed_status, visibility, version, requested_datetime,
    updated_datetime, closed_datetime, expected_datetime, status_notes, description, agency_responsible, address,
    zipcode, geom, media_urls, channel, attributes)
select id, %(owner)s, service, status, (case status when 'open' then %(open)s::text[] else %(closed)s::text[] end)
           [1 + floor(r2 * case status when 'open' then cardinality(%(open)s::text[])
                                       else cardinality(%(closed)s::text[]) end)::int],
       visibility, case status when 'open' then 1 else 3 end, requested, updated,
       case status when 'closed' then updated end, date_trunc('second', requested + interval '7 days'),
       case status when 'closed' then 'Wurde behoben, vielen Dank für den Hinweis.' end,
       what || ' ' || (%(remarks)s::text[])[1 + floor(r4 * 6)::int] || ' Gesehen vor Nummer ' || floor(r5 * 400)::int
           || ', Zeichen ' || substr(md5(id::text), 1, 6) || '.',
       agency, (%(streets)s::text[])[1 + floor(r6 * 10)::int] || ' ' || 1 + floor(r7 * 180)::int || ', Ludwigshafen',
       (67059 + 2 * floor(r7 * 7)::int)::text,
       st_setsrid(st_makepoint(round((8.44 + wide * (r8 + r9 + r10 - 1.5) * 0.05)::numeric, 6)::float8,
                               round((49.48 + wide * (r11 + r12 + r13 - 1.5) * 0.04)::numeric, 6)::float8), 4326),
       case when r3 < 0.35 then array['https://fotos.example.org/' || md5(id::text) || '.jpg'] else '{}' end,
       (array['app','app','web','phone'])[1 + floor(r2 * 4)::int], '{}'
from (
    select *, (%(services)s::text[])[kind] as service, (%(agencies)s::text[])[kind] as agency,
           (%(names)s::text[])[kind] as what,
           case when age < 20 or r1 < 0.10 then 'open' else 'closed' end as status,
           case when r5 < 0.004 then 'held' when r5 < 0.01 then 'hidden' else 'published' end as visibility,
           case when r14 < 0.8 then 0.6 else 1.4 end as wide,
           date_trunc('second', %(now)s - age * interval '1 day') as requested,
           date_trunc('second', %(now)s - age * interval '1 day'
               + case when later < age then later else r3 * age end * interval '1 day') as updated
    from (select *, case when r1 < 0.10 then r3 * r3 * 200 else 0.05 + r3 * r3 * 60 end as later from (
        select id, (%(total)s - (id - 100001) - random()) / %(total)s::float8 * %(days)s as age,
               width_bucket(random(), %(bounds)s::float8[]) + 1 as kind, random() as r1, random() as r2,
               random() as r3, random() as r4, random() as r5, random() as r6, random() as r7, random() as r8,
               random() as r9, random() as r10, random() as r11, random() as r12, random() as r13, random() as r14
        from generate_series(%(first)s::bigint, %(last)s::bigint) as id
    ) as drawn) as lived
) as made
"""
SUBMISSIONS = """
insert into submissions (service_request_id, key_id, received_datetime)
select id, 1, requested_datetime from service_requests where id between %(first)s and %(last)s
"""
REPORTERS = """
insert into reporters (service_request_id, email, first_name, last_name)
select id, 'anna.' || id || '@example.org', 'Anna', 'Beispiel' from service_requests
where id between %(first)s and %(last)s and id %% 5 < 2
"""
EVENTS = """
insert into events (jurisdiction_id, service_request_id, kind, public, in_feed, datetime, actor, data)
select jurisdiction_id, id, 'submitted', visibility = 'published', visibility = 'published', requested_datetime,
       'key:bench', jsonb_build_object('status', 'open', 'detailed_status', 'GEMELDET')
from service_requests where id between %(first)s and %(last)s
union all
select jurisdiction_id, id, 'status_changed', visibility = 'published', visibility = 'published', updated_datetime,
       'key:bench', jsonb_build_object('status', 'closed', 'detailed_status', detailed_status,
                                       'status_notes', status_notes)
from service_requests where status = 'closed' and id between %(first)s and %(last)s
"""
CASES = """
insert into cases (service_request_id, jurisdiction_id, service_code, stage, unit, received_datetime, touched_datetime,
                   due_datetime, checked_datetime, accepted_datetime)
select id, jurisdiction_id, service_code,
       case when visibility = 'held' then 'check' when status = 'closed' or visibility = 'hidden' then 'done'
            else 'work' end,
       agency_responsible, requested_datetime, updated_datetime, expected_datetime,
       case when visibility <> 'held' then requested_datetime end,
       case when visibility <> 'held' then requested_datetime end
from service_requests where id between %(first)s and %(last)s
"""
REMARKS = (
    "Seit einer Woche liegt das hier, bitte ansehen.",
    "Direkt neben der Haltestelle, morgens kommt niemand vorbei.",
    "Gefährlich für Kinder auf dem Schulweg.",
    "Auf dem Gehweg, man kommt mit dem Kinderwagen nicht vorbei.",
    "War letzten Monat schon einmal gemeldet worden.",
    "Gegenüber dem Spielplatz, gut zu sehen.",
)
# Ten, as in all figures recorded so far.
STREETS = [name for name, _ in words.GERMAN.streets[:10]]


def fill(cluster: Cluster, count: int) -> str:
    """The address of a database with `count` reports; filled unless it is there already."""
    name = f"bench_{count}"
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as conn:
        if conn.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            migrate.upgrade(cluster.url(name))
            return cluster.url(name)
    unfinished = f"{name}_unfinished"
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as conn:
        conn.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(unfinished)))
    url = cluster.ensure_database(unfinished)
    migrate.upgrade(url)
    core = core_module.build(settings.load({"DATABASE_URL": url}))
    with closing(core.database):
        # Before the reports: their words are stored in the language of the catalogue in force.
        catalogue_publication.publish(core)
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute("create extension if not exists pg_stat_statements")
            _fill(conn, count)
        _add_up(core)
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as conn:
        conn.execute(
            sql.SQL("alter database {} rename to {}").format(sql.Identifier(unfinished), sql.Identifier(name))
        )
    return cluster.url(name)


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A private durable cluster that counts its statements."""
    with private_cluster.cluster(folder) as found:
        with psycopg.connect(found.url("postgres"), autocommit=True) as conn:
            conn.execute("alter system set shared_preload_libraries = 'pg_stat_statements'")
            [[loaded]] = conn.execute("show shared_preload_libraries").fetchall()
        if loaded:
            yield found
            return
    with private_cluster.cluster(folder) as found:
        yield found


def copy(cluster: Cluster, count: int) -> str:
    """The address of a fresh copy, which a run may write to."""
    fill(cluster, count)
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as conn:
        conn.execute("drop database if exists bench_run")
        conn.execute(
            sql.SQL("create database bench_run template {} strategy file_copy").format(
                sql.Identifier(f"bench_{count}")
            )
        )
    url = cluster.url("bench_run")
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("vacuum (analyze)")
        # Everything is in memory from the start, as on a server that has run for a day.
        conn.execute("create extension if not exists pg_prewarm")
        conn.execute(
            "select pg_prewarm(oid) from pg_class where relkind in ('r', 'i') "
            "and relnamespace = 'public'::regnamespace"
        )
        conn.execute("checkpoint")
    return url


def key(environment: dict[str, str]) -> str:
    """A key that may report."""
    core = core_module.build(settings.load(environment))
    try:
        return keys.add_key(core, "bench", [Scope.REPORT], None, actor=cli_actor())
    finally:
        core.database.close()


def catalogue() -> Catalogue:
    """The catalogue whose reports these are."""
    [found] = catalogue_file.load_all(Path(shipped("categories.yaml")))
    return found


def _fill(conn: psycopg.Connection[Any], count: int) -> None:
    conn.execute("set maintenance_work_mem = '1GB'; set synchronous_commit = off; set work_mem = '256MB'")
    conn.execute("set max_parallel_maintenance_workers = 2")
    # What is made here refers to what is there: to look each reference up takes as long as its row.
    _of_references(conn, "disable")
    indexes = conn.execute(
        "select indexname, indexdef from pg_indexes where tablename = any(%s) and indexname not in "
        "(select conname from pg_constraint)",
        [list(TABLES)],
    ).fetchall()
    for name, _ in indexes:
        conn.execute(sql.SQL("drop index {}").format(sql.Identifier(name)))
    given = _given(conn, count)
    for first in range(0, count, A_TIME):
        span = given | {"first": 100_001 + first, "last": 100_000 + min(count, first + A_TIME)}
        with conn.transaction():
            # Each portion has its seed, or all would be alike.
            conn.execute("select setseed(%s)", [(SEED + first / A_TIME / 1000) % 1])
            for statement in (REQUESTS, SUBMISSIONS, REPORTERS, EVENTS, CASES):
                conn.execute(statement, span)
    _of_references(conn, "enable")
    for _, definition in indexes:
        conn.execute(definition)
    conn.execute(
        "select setval(pg_get_serial_sequence('service_requests', 'id'), max(id)) from service_requests"
    )
    conn.execute("vacuum (analyze, freeze)")
    conn.execute("checkpoint")


def _of_references(conn: psycopg.Connection[Any], switch: LiteralString) -> None:
    for table in TABLES[1:]:
        conn.execute(sql.SQL("alter table {} " + switch + " trigger all").format(sql.Identifier(table)))


def _add_up(core: Core) -> None:
    """The counts of the map and the figures, which the worker adds up beside a running server."""
    city = catalogue().jurisdiction
    with core.database.begin() as conn:
        conn.exec_driver_sql("set local statement_timeout = 0")
        conn.exec_driver_sql("set local work_mem = '256MB'")
        tiles.fold(conn)
        newest = statistics.newest_event(conn, city.jurisdiction_id)
        statistics.add_up(conn, city.jurisdiction_id, city.time_zone.key, (newest, core.now()))
    with core.database.read() as conn:
        conn.exec_driver_sql("vacuum (analyze) map_cells, map_changes, statistics_months")


def _given(conn: psycopg.Connection[Any], count: int) -> dict[str, Any]:
    known = catalogue()
    offered = list(known.services.values())
    whole = sum(WEIGHTS[: len(offered)])
    statuses = {
        word: [status.code for status in known.statuses.values() if status.status == word]
        for word in ("open", "closed")
    }
    [(now,)] = conn.execute("select date_trunc('second', now())").fetchall()
    return statuses | {
        "now": now,
        "owner": known.jurisdiction.jurisdiction_id,
        "services": [service.service_code for service in offered],
        "agencies": [service.agency for service in offered],
        "names": [service.service_name.in_language("de") + "." for service in offered],
        "bounds": [sum(WEIGHTS[:place]) / whole for place in range(1, len(offered))],
        "remarks": list(REMARKS),
        "streets": STREETS,
        "total": count,
        "days": DAYS,
    }
