"""`open311 doctor` and `open311 backup` on the command line."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from open311.dev import private_cluster
from open311.operations import rehearsal
from tests.backups import an_empty_database, dump
from tests.processes.running import run


@pytest.fixture
def variables(fresh_database_url: str, tmp_path: Path) -> dict[str, str]:
    """A server whose worker is alive."""
    with psycopg.connect(fresh_database_url) as conn:
        conn.execute("insert into procrastinate_workers (last_heartbeat) values (now())")
    return {"DATABASE_URL": fresh_database_url, "OPEN311_DATA_DIR": str(tmp_path)}


@pytest.fixture
def elsewhere(cluster_url: str) -> Iterator[str]:
    """An empty database to rehearse in."""
    with an_empty_database(cluster_url) as url:
        yield url


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's own programs, where a command finds them."""
    monkeypatch.setenv("PATH", f"{private_cluster.programs()}:{os.environ['PATH']}")


def test_what_should_be_looked_at_is_no_failure(variables: dict[str, str]) -> None:
    done = run("doctor", **variables, OPEN311_MAP_STYLE_URL="none")
    assert done.returncode == 0, done.stdout
    for word in (
        "OPEN311_BASE_URL is unset",
        "OPEN311_SMTP_URL is unset",
        "the boundary is a sketch",
        "no restore was ever rehearsed",
        "ludwigshafen.de has none to search in",
        "ludwigshafen.de has no streets on its map",
        "ludwigshafen.de has nobody who makes accounts",
        "ludwigshafen.de has nobody who checks reports",
    ):
        assert word in done.stdout


def test_what_must_be_done_comes_first(variables: dict[str, str]) -> None:
    with psycopg.connect(variables["DATABASE_URL"]) as conn:
        conn.execute("delete from procrastinate_workers")
    done = run("doctor", **variables, OPEN311_BASE_URL="https://localhost")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert {line.partition(":")[0] for line in lines if line.startswith("must")} == {
        "must  worker",
        "must  proxy",
    }
    assert lines[0].startswith("must")


def test_what_stops_the_start_is_told_like_the_rest(variables: dict[str, str]) -> None:
    with psycopg.connect(variables["DATABASE_URL"]) as conn:
        conn.execute("update pg_index set indisvalid = false where indexrelid = 'events_feed'::regclass")
    done = run("doctor", **variables)
    assert (done.returncode, done.stdout.count("\n")) == (1, 1)
    assert done.stdout.startswith("must  start: the database lacks index events.events_feed (invalid); ")


@pytest.mark.usefixtures("programs")
def test_a_backup_that_restores_is_a_good_rehearsal(
    variables: dict[str, str], elsewhere: str, tmp_path: Path
) -> None:
    never = run("backup", "check", **variables)
    assert (never.returncode, "no restore was ever rehearsed" in never.stderr) == (2, True)
    file = dump(variables["DATABASE_URL"], tmp_path)
    done = run("backup", "rehearse", str(file), "--into", elsewhere, **variables)
    assert done.returncode == 0, done.stderr
    assert "can be restored: 0 requests." in done.stdout
    assert run("backup", "check", **variables).returncode == 0
    again = run("backup", "rehearse", str(file), "--into", elsewhere, **variables)
    assert "is not empty" in again.stderr
    assert "failed" in run("backup", "check", **variables).stderr


@pytest.mark.usefixtures("programs")
def test_who_is_no_superuser_rehearses_where_one_has_made_the_extension(
    variables: dict[str, str], elsewhere: str, tmp_path: Path
) -> None:
    """As the user of the package, whose dump a superuser has made."""
    file, clerk = dump(variables["DATABASE_URL"], tmp_path), "clerk_of_rehearsals"
    with psycopg.connect(elsewhere, autocommit=True) as admin:
        name = sql.Identifier(admin.info.dbname)
        admin.execute(sql.SQL("create role {} login").format(sql.Identifier(clerk)))
        try:
            admin.execute(sql.SQL("alter database {} owner to {}").format(name, sql.Identifier(clerk)))
            url = f"postgresql:///{admin.info.dbname}?host={admin.info.host}&port={admin.info.port}&user={clerk}"
            without = run("backup", "rehearse", str(file), "--into", url, **variables)
            assert "let a superuser run `create extension postgis`" in without.stderr
            admin.execute("create extension postgis")
            done = run("backup", "rehearse", str(file), "--into", url, **variables)
            assert done.returncode == 0, done.stderr
        finally:
            admin.execute(sql.SQL("alter database {} owner to current_user").format(name))
            admin.execute(sql.SQL("drop owned by {0}; drop role {0}").format(sql.Identifier(clerk)))


@pytest.mark.usefixtures("programs")
def test_a_file_that_is_no_backup_is_told(variables: dict[str, str], elsewhere: str, tmp_path: Path) -> None:
    (tmp_path / "broken.dump").write_bytes(b"PGDMP, but no more")
    done = run("backup", "rehearse", str(tmp_path / "broken.dump"), "--into", elsewhere, **variables)
    assert done.returncode == 2
    assert "the backup cannot be restored" in done.stderr


def test_a_rehearsal_of_long_ago_counts_no_more() -> None:
    moment = (datetime.now(UTC) - timedelta(days=41)).isoformat()
    old = rehearsal.Rehearsal(moment, "open311.dump", moment)
    assert "more than 40 days ago" in str(rehearsal.problem_of(old, timedelta(days=40)))
    assert rehearsal.problem_of(old, timedelta(days=50)) is None
