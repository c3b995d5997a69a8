"""Migrations: from nothing to what `storage/tables` says and back, with rows on the way, and by two at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from open311.base.errors import ConfigurationError
from open311.settings import shipped
from open311.storage.database import migrate
from open311.storage.tables import metadata
from open311.storage.upkeep import schema

MIGRATIONS = ScriptDirectory(str(shipped("migrations")))
REVISIONS = [revision.revision for revision in MIGRATIONS.walk_revisions()][::-1]
# What the extensions, the queue and Alembic itself bring along is theirs to describe.
NOT_OURS = ("schema_revision", "spatial_ref_sys", "procrastinate_")
SCHEMA = {
    "columns": """
        select table_name, column_name, udt_name, is_nullable, column_default, collation_name, is_identity,
               identity_generation, identity_start, generation_expression
        from information_schema.columns where table_schema = 'public'
    """,
    "constraints": """
        select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
        where connamespace = 'public'::regnamespace and conrelid <> 0
    """,
    "indexes": "select tablename, indexname, indexdef from pg_indexes where schemaname = 'public'",
}
OBJECTS = """
    select 'table ' || relname from pg_class where relnamespace = 'public'::regnamespace and not exists
        (select from pg_depend where classid = 'pg_class'::regclass and objid = pg_class.oid and deptype = 'e')
    union all
    select 'function ' || oid::regprocedure from pg_proc where pronamespace = 'public'::regnamespace and not exists
        (select from pg_depend where classid = 'pg_proc'::regclass and objid = pg_proc.oid and deptype = 'e')
    union all
    select 'type ' || typname from pg_type where typnamespace = 'public'::regnamespace and not exists
        (select from pg_depend
         where classid = 'pg_type'::regclass and objid in (pg_type.oid, typelem) and deptype = 'e')
    union all
    select 'schema ' || nspname from pg_namespace where nspname !~ '^pg_|^information_schema$'
    union all
    select 'trigger ' || tgname from pg_trigger where not tgisinternal
"""


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection that commits at the end."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    with engine.begin() as connection:
        yield connection


@pytest.fixture
def empty_url(cluster_url: str, fresh_database_url: str) -> Iterator[str]:
    """A database without anything, not even PostGIS."""
    name = make_url(fresh_database_url).database + "_empty"
    admin = cluster_url.replace("DATABASE", "postgres")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
    yield cluster_url.replace("DATABASE", name)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def described(connection: Connection, kind: str) -> set[tuple[Any, ...]]:
    """What the database itself says about its tables."""
    rows = connection.execute(text(SCHEMA[kind])).all()
    return {tuple(row) for row in rows if not str(row[0]).startswith(NOT_OURS)}


def ours(connection: Connection) -> set[str]:
    """Everything in the database that no extension brought along."""
    return {str(row) for row in connection.execute(text(OBJECTS)).scalars()}


def include(_: Any, name: str | None, kind: str, *__: Any) -> bool:
    """For Alembic's comparison: our own tables only."""
    return kind != "table" or not str(name).startswith(NOT_OURS)


@pytest.mark.filterwarnings("ignore:Did not recognize type 'xid8'")
def test_alembic_finds_no_difference_between_head_and_tables(fresh_database_url: str) -> None:
    assert migrate.current(fresh_database_url) == (REVISIONS[-1], REVISIONS[-1])
    with connected(fresh_database_url) as connection:
        options = {"compare_type": True, "compare_server_default": False, "include_object": include}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_head_is_what_tables_py_creates_to_the_letter(fresh_database_url: str) -> None:
    """Also what Alembic does not compare: defaults, collations, generated columns, checks."""
    with connected(fresh_database_url) as connection:
        migrated = {kind: described(connection, kind) for kind in SCHEMA}
        for name in metadata.tables:
            connection.execute(text(f'drop table "{name}" cascade'))
        metadata.create_all(connection)
        created = {kind: described(connection, kind) for kind in SCHEMA}
    for kind in SCHEMA:
        assert migrated[kind] - created[kind] == set()
        assert created[kind] - migrated[kind] == set()


def fill(connection: Connection) -> None:
    """A few rows in every table that the revision in force has, as far as they depend on each other."""
    connection.execute(
        text(
            "insert into service_requests (jurisdiction_id, service_code, status, detailed_status, visibility,"
            " requested_datetime, updated_datetime, description, geom, attributes)"
            " select 'ludwigshafen.de', 'MUELL_WILD', 'open', 'GEMELDET',"
            " (array['held', 'published', 'hidden'])[1 + n % 3], now(), now(), 'Müll ' || n,"
            ' ST_SetSRID(ST_MakePoint(8.44, 49.48), 4326), \'{"A": ["b"]}\' from generate_series(1, 9) n'
        )
    )
    for table in ("submissions (service_request_id, received_datetime) select id, now()",):
        connection.execute(text(f"insert into {table} from service_requests"))
    connection.execute(
        text(
            "insert into reporters (service_request_id, email) select id, 'a@example.org' from service_requests"
        )
    )
    connection.execute(
        text(
            "insert into tokens (token, jurisdiction_id, service_request_id)"
            " select 'token' || id, jurisdiction_id, id from service_requests"
        )
    )
    connection.execute(
        text(
            "insert into events (jurisdiction_id, service_request_id, kind, public, datetime, actor, data)"
            " select jurisdiction_id, id, kind, visibility = 'published', now(), 'key:test', '{\"status\": \"open\"}'"
            " from service_requests, unnest(array['submitted', 'published', 'status_changed', 'hidden']) kind"
        )
    )
    connection.execute(
        text(
            "insert into keys (name, digest, scopes, created_datetime) values ('test', 'x', '{report}', now());"
            "insert into catalogues values ('ludwigshafen.de', 'x', now());"
            "insert into services values ('ludwigshafen.de', 'AMPEL', '{\"de\": \"Ampel\"}', null)"
        )
    )


KEPT = (
    "select id, description, visibility, ST_AsText(geom), attributes::text from service_requests order by id",
    "select service_request_id, email from reporters order by 1",
    "select token, service_request_id from tokens order by 1",
    "select id, kind, public, actor, data::text from events order by id",
    "select name, digest, scopes from keys",
    "select * from services",
)


# Whoever inserts must name it.
DEMANDED = """
    select table_name, column_name, is_nullable = 'NO' and column_default is null and is_identity = 'NO'
        and is_generated = 'NEVER' from information_schema.columns where table_schema = 'public'
"""


def demanded(connection: Connection) -> dict[tuple[str, str], bool]:
    """Table and column → whether a row cannot be inserted without it."""
    return {(table, column): must for table, column, must in connection.execute(text(DEMANDED))}


def kept(connection: Connection) -> list[Any]:
    """The rows that no later migration may lose, up or down; none where there are no tables."""
    if migrate.revision_of(connection) is None:
        return []
    return [connection.execute(text(statement)).all() for statement in KEPT]


@pytest.mark.slow
def test_each_migration_goes_up_and_down_and_up_again_with_rows(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each of the 130 calls would load the files of all migrations anew, which is most of its work.
    monkeypatch.setattr(ScriptDirectory, "from_config", lambda _: MIGRATIONS)
    migrate.upgrade(empty_url, REVISIONS[0])
    migrate.downgrade(empty_url, "base")
    for before, revision in pairwise(["base", *REVISIONS]):
        with connected(empty_url) as connection:
            if before == REVISIONS[0]:
                fill(connection)
            rows, objects = kept(connection), ours(connection)
        migrate.upgrade(empty_url, revision)
        with connected(empty_url) as connection:
            assert kept(connection)[: len(rows)] == rows, revision
        migrate.downgrade(empty_url, before)
        with connected(empty_url) as connection:
            assert kept(connection) == rows, revision
            assert ours(connection) == objects, revision
        migrate.upgrade(empty_url, revision)
        with connected(empty_url) as connection:
            assert kept(connection)[: len(rows)] == rows, revision
            if before == "base":
                former = demanded(connection)
            now = demanded(connection)
        beside_each_other(former, now)


def beside_each_other(former: dict[tuple[str, str], bool], now: dict[tuple[str, str], bool]) -> None:
    """Servers of the former release go on: they find what they read, and need not name what they do not know."""
    # Links to own data in clear text, which was the fault; whoever asks for one in that minute is told to try again.
    assert {table for table, _ in former.keys() - now.keys()} <= {"data_links"}
    # No server inserts the one row of `instance`.
    tables = {table for table, _ in former} - {"instance"}
    assert [
        column for column, must in now.items() if must and column[0] in tables and column not in former
    ] == []


def test_downgrade_to_base_leaves_nothing_but_extensions(fresh_database_url: str) -> None:
    with connected(fresh_database_url) as connection:
        fill(connection)
    migrate.downgrade(fresh_database_url, "base")
    assert migrate.current(fresh_database_url)[0] is None
    with connected(fresh_database_url) as connection:
        assert connection.execute(text("select count(*) from schema_revision")).scalar() == 0
        extensions = set(connection.execute(text("select extname from pg_extension")).scalars())
        assert extensions <= {"plpgsql", "postgis", "pg_trgm"}
    migrate.upgrade(fresh_database_url)
    migrate.downgrade(fresh_database_url, "base")
    with connected(fresh_database_url) as connection:
        for extension in extensions - {"plpgsql"}:
            connection.execute(text(f"drop extension {extension}"))
        assert {process for process in ours(connection) if "schema_revision" not in process} == {
            "schema public"
        }


def test_two_upgrades_at_once_both_succeed(empty_url: str) -> None:
    failures: list[BaseException] = []
    start = threading.Barrier(3)

    def upgrade() -> None:
        start.wait()
        try:
            migrate.upgrade(empty_url)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=upgrade) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert migrate.current(empty_url)[0] == REVISIONS[-1]


def test_upgrade_of_an_upgraded_database_changes_nothing(fresh_database_url: str) -> None:
    with connected(fresh_database_url) as connection:
        fill(connection)
        before = kept(connection), ours(connection)
    migrate.upgrade(fresh_database_url)
    with connected(fresh_database_url) as connection:
        assert (kept(connection), ours(connection)) == before


def test_a_migration_that_fails_leaves_the_database_as_it_was(empty_url: str) -> None:
    with connected(empty_url) as connection:
        connection.execute(text("create table keys (mine text)"))
    with pytest.raises(Exception, match="keys"):
        migrate.upgrade(empty_url)
    with connected(empty_url) as connection:
        assert {process for process in ours(connection) if process.startswith("table")} == {"table keys"}


def test_a_user_who_may_not_migrate_is_told_what_is_needed(empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("create role guest login")
        try:
            with pytest.raises(ConfigurationError, match="run `create extension postgis` in it"):
                migrate.upgrade(empty_url.replace("postgres@", "guest@"))
        finally:
            connection.execute("drop role guest")
    assert migrate.current(empty_url)[0] is None


def test_a_revision_that_there_is_not_is_told(empty_url: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be migrated to nonsense"):
        migrate.upgrade(empty_url, "nonsense")


def test_a_database_from_before_the_first_release_is_to_be_made_anew(empty_url: str) -> None:
    """Its revisions bear the same numbers as ours and mean something else."""
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("create table service_requests (id bigint)")
        connection.execute("create table alembic_version (version_num text)")
        connection.execute("insert into alembic_version values ('0018')")
    for action in (migrate.upgrade, schema.require_usable, schema.require_current):
        with pytest.raises(ConfigurationError, match=r"before release 0\.1\.0 .* make a new one"):
            action(empty_url)


def test_what_is_missing_is_named(fresh_database_url: str) -> None:
    with connected(fresh_database_url) as connection:
        connection.execute(text("drop table webhook_attempts; drop index service_requests_place"))
        connection.execute(text("drop function open311_stem_by; drop trigger map_insert on service_requests"))
        connection.execute(
            text("alter table keys drop column scopes; alter table tokens drop constraint tokens_pkey")
        )
        connection.execute(
            text("update pg_index set indisvalid = false where indexrelid = 'events_feed'::regclass")
        )
        found = schema.state(connection)
    assert found.objects == (
        "column keys.scopes",
        "constraint tokens.tokens_pkey",
        "function open311_stem_by",
        "table webhook_attempts",
        "trigger service_requests.map_insert",
    )
    assert found.indexes == (
        "index events.events_feed (invalid)",
        "index service_requests.service_requests_place",
    )
    with pytest.raises(ConfigurationError, match=r"lacks column keys\.scopes.*docs/backup\.md"):
        schema.require_usable(fresh_database_url)


def test_what_an_upgrade_brings_is_not_called_missing(fresh_database_url: str) -> None:
    with connected(fresh_database_url) as connection:
        connection.execute(
            text("drop index service_requests_place; update schema_revision set version_num = '0001'")
        )
        [told] = schema.state(connection).problems
    assert "run `open311 db upgrade`" in told
    assert "lacks" not in told


def test_every_function_of_ours_is_looked_for(fresh_database_url: str) -> None:
    with connected(fresh_database_url) as connection:
        functions = {name for name in ours(connection) if name.startswith("function open311_")}
        triggers = {
            name for name in ours(connection) if name.startswith("trigger ") and "procrastinate" not in name
        }
    assert {name.partition("(")[0] for name in functions} == {f"function {name}" for name in schema.FUNCTIONS}
    assert triggers == {f"trigger {name.partition('.')[2]}" for name in schema.TRIGGERS}


def test_a_newer_database_is_worked_with_but_told(fresh_database_url: str) -> None:
    """Old servers go on beside the new ones while a release is exchanged."""
    with connected(fresh_database_url) as connection:
        connection.execute(text("update schema_revision set version_num = '9999'"))
        connection.execute(text("drop index service_requests_place"))
    schema.require_usable(fresh_database_url)
    with pytest.raises(ConfigurationError, match=r"9999, which is newer .* `open311 db downgrade"):
        schema.require_current(fresh_database_url)
    with connected(fresh_database_url) as connection:
        connection.execute(text("drop table webhook_attempts"))
    with pytest.raises(ConfigurationError, match="table webhook_attempts"):
        schema.require_usable(fresh_database_url)


def test_an_older_database_is_to_be_upgraded(empty_url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"at no revision.* run `open311 db upgrade`"):
        schema.require_usable(empty_url)
