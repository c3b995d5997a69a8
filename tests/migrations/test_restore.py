"""A dump restored into an empty database is the same server again; so is a cluster that pg_upgrade carried over.

Both work without a search path: every function that a generated column, an index or a trigger calls must name the
schema of what it calls in turn.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from open311 import settings
from open311.core import Catalogues, Core
from open311.dev import demo, private_cluster
from open311.dev.private_cluster.installed import EXTENSIONS
from open311.dev.private_cluster.places import home_of
from open311.dev.private_cluster.server import NEW
from open311.storage.database import Database, migrate
from open311.storage.upkeep import schema
from tests.backups import an_empty_database, dump, restore, run
from tests.client import client_of
from tests.folders import cluster_folder
from tests.serving import Clock, first_city

COUNT = 200
MAJORS = sorted({int(file.parts[-3]) for file in EXTENSIONS.glob("[1-9]*/extension/postgis.control")})
TABLES = (
    "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1"
)
ROWS = "select count(*), md5(string_agg(whole::text, '|' order by whole::text)) from public.{} as whole"
LISTS = (
    "requests.json?extensions=true&page_size=200",
    "requests.json?q=Müll",
    "requests.json?bbox=8.40,49.45,8.50,49.52",
    "requests.json?status=closed&service_code=MUELL_WILD",
    "services.json",
)
# What a search by words, by place and by time reads, and an index that calls our functions for each.
SEARCHES = {
    "service_requests_words": "words @@ to_tsquery('german', 'müll')"
    " and public.open311_tags(service_code, status, requested_datetime, geom) && array['open']",
    "service_requests_by_cell": "jurisdiction_id = 'ludwigshafen.de' and public.open311_cell(geom) = 1",
    "service_requests_newest": "jurisdiction_id = 'ludwigshafen.de' and requested_datetime > now()",
}


@contextmanager
def cored(url: str) -> Iterator[Core]:
    """The first city's server on a database of its own."""
    quiet = {"OPEN311_RATE_LIMITS": "off", "OPEN311_LOG_LEVEL": "error"}
    core = Core(settings.load(quiet), Database(url), Catalogues((first_city(),)), Clock())
    yield core
    core.database.close()


def rows_of(url: str) -> dict[str, Any]:
    """How many rows each table holds, and what is in them."""
    with psycopg.connect(url) as conn:
        tables = [name for (name,) in conn.execute(TABLES) if name != "spatial_ref_sys"]
        return {
            table: conn.execute(sql.SQL(ROWS).format(sql.Identifier(table))).fetchone() for table in tables
        }


def answers_of(url: str) -> list[tuple[int, bytes]]:
    """What the lists of a server on this database answer, its readiness last."""
    with cored(url) as core:
        client = client_of(core)
        answers = [client.get(f"/open311/v2/{path}") for path in LISTS]
        ready = client.get("/readyz")
        return [*((answer.status_code, answer.data) for answer in answers), (ready.status_code, b"")]


def indexes_used(url: str) -> set[str]:
    """Which of the indexes in `SEARCHES` the planner takes for its search."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("vacuum (analyze) service_requests")
        conn.execute("set enable_seqscan = off; set enable_indexscan = off; set enable_indexonlyscan = off")
        explain = "explain select from service_requests where visibility = 'published' and "
        plans = {index: str(conn.execute(explain + where).fetchall()) for index, where in SEARCHES.items()}
    return {index for index, plan in plans.items() if index in plan}


@pytest.fixture
def filled_url(fresh_database_url: str) -> str:
    """A database with demo reports, and a report that came in just now."""
    with cored(fresh_database_url) as core:
        demo.seed(core, COUNT)
    return fresh_database_url


@pytest.fixture
def empty_url(cluster_url: str) -> Iterator[str]:
    """A database as `createdb` makes it."""
    with an_empty_database(cluster_url) as url:
        yield url


def test_a_restored_dump_is_the_same_server(filled_url: str, empty_url: str, tmp_path: Path) -> None:
    assert restore(dump(filled_url, tmp_path), empty_url) == ""
    assert rows_of(empty_url) == rows_of(filled_url)
    assert rows_of(empty_url)["service_requests"][0] == COUNT
    assert schema.require_current(empty_url) == migrate.expected()
    assert indexes_used(filled_url) == indexes_used(empty_url) == set(SEARCHES)
    restored = answers_of(empty_url)
    assert restored == answers_of(filled_url)
    assert {status for status, _ in restored} == {200}


def test_rows_restored_into_migrated_tables_are_counted_on_the_map(
    filled_url: str, fresh_database_url: str, empty_url: str, tmp_path: Path
) -> None:
    """`--data-only` runs the triggers, without a search path."""
    migrate.upgrade(empty_url)
    restore(dump(filled_url, tmp_path), empty_url, "--data-only", "--table=service_requests")
    counted = "select sum(count) from map_changes"
    with psycopg.connect(filled_url) as before, psycopg.connect(empty_url) as after:
        assert before.execute(counted).fetchone() == after.execute(counted).fetchone()


def test_a_dump_that_broke_off_is_not_taken_for_a_server(
    filled_url: str, empty_url: str, tmp_path: Path
) -> None:
    """Only tables and rows, no indexes and triggers: full disk, or whoever restores presses Ctrl-C."""
    file = dump(filled_url, tmp_path)
    for section in ("pre-data", "data"):
        restore(file, empty_url, f"--section={section}")
    with cored(empty_url) as core:
        ready = client_of(core).get("/readyz")
    assert ready.status_code == 503
    problem = ready.get_json()["parts"]["schema"]["detail"]
    assert "index service_requests.service_requests_newest" in problem
    assert "trigger service_requests.map_insert" in problem


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for two clusters."""
    with cluster_folder() as folder:
        yield folder


@pytest.mark.slow
@pytest.mark.parametrize("major", sorted({MAJORS[0], MAJORS[-1]}))
def test_a_cluster_that_pg_upgrade_carried_over_is_the_same_server(major: int, folder: Path) -> None:
    """From the oldest installed release to the newest; where there is one alone, it restores all the same."""
    folders = {"old": folder / "old", "new": folder / "new"}
    programs = {"old": private_cluster.programs(str(major)), "new": private_cluster.programs()}
    homes = {}
    for name, place in folders.items():
        place.mkdir(mode=0o711)
        home, account = home_of(place, print)
        program, *options = NEW
        run(programs[name] / program, "-D", home / "data", *options, account=account)
        homes[name] = home
    with private_cluster.cluster(folders["old"], durable=False) as cluster:
        url = cluster.ensure_database("open311")
        migrate.upgrade(url)
        with cored(url) as core:
            demo.seed(core, COUNT)
        rows = rows_of(url)
    run(
        programs["new"] / "pg_upgrade",
        "--username=postgres",
        f"--old-bindir={programs['old']}",
        f"--new-bindir={programs['new']}",
        f"--old-datadir={homes['old']}/data",
        f"--new-datadir={homes['new']}/data",
        f"--socketdir={homes['new']}",
        account=account,
        cwd=homes["new"],
    )
    with private_cluster.cluster(folders["new"], durable=False) as cluster:
        url = cluster.url("open311")
        assert rows_of(url) == rows
        assert schema.require_current(url) == migrate.expected()
        assert indexes_used(url) == set(SEARCHES)
        assert {status for status, _ in answers_of(url)} == {200}
