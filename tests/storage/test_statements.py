"""Statements that each connection prepares once, and answers past the cursor."""

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from sqlalchemy import BigInteger, Text, bindparam, cast, func, literal_column, select, text

from open311.base.errors import Unavailable
from open311.storage.database import Connection, Database
from open311.storage.database import statement as module
from open311.storage.database.statement import Statement
from open311.storage.maps.embedded import embedded
from open311.storage.tables import service_requests


@pytest.fixture
def lent(database_url: str) -> Iterator[Connection]:
    with closing(Database(database_url)) as database, database.read() as conn:
        yield conn


def prepared(conn: Connection) -> int:
    """How many statements of ours the server keeps for a connection."""
    return int(
        conn.execute(
            text("select count(*) from pg_prepared_statements where name like 'open311%'")
        ).scalar_one()
    )


def test_is_prepared_once_and_filled_in_each_time(lent: Connection) -> None:
    statement = Statement(select(bindparam("number", type_=BigInteger) + literal_column("1")))
    assert [statement.fetch(lent, number=number) for number in (1, 2, 3)] == [[(2,)], [(3,)], [(4,)]]
    assert prepared(lent) == 1


def test_those_used_longest_ago_are_forgotten(lent: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes memory of the server."""
    monkeypatch.setattr(module, "MOST_PREPARED", 3)
    statements = [Statement(select(literal_column(str(number)))) for number in range(5)]
    for statement in (*statements, statements[3], statements[0]):
        statement.fetch(lent)
    assert prepared(lent) == 3
    assert [statement.fetch(lent) for statement in statements] == [[(number,)] for number in range(5)]


def test_an_error_is_told_without_the_row(lent: Connection) -> None:
    statement = Statement(select(cast(bindparam("word", type_=Text), BigInteger)))
    with pytest.raises(psycopg.errors.InvalidTextRepresentation) as error:
        statement.fetch(lent, word="Anna")
    assert len(error.value.args) == 1
    assert Statement(select(literal_column("1"))).fetch(lent) == [(1,)]


def test_a_connection_that_was_cut_is_unavailable_and_replaced(database_url: str) -> None:
    ending = Statement(select(func.pg_terminate_backend(func.pg_backend_pid())))
    with closing(Database(database_url)) as database:
        with pytest.raises(Unavailable), database.read() as conn:
            ending.fetch(conn)
        with database.read() as conn:
            assert Statement(select(literal_column("1"))).fetch(conn) == [(1,)]


def test_a_connection_that_comes_back_prepares_anew(database_url: str) -> None:
    """A new session of the server knows none of the old one's statements, and must not be asked for one by its name."""
    statement = Statement(select(bindparam("number", type_=BigInteger) + literal_column("1")))
    with closing(Database(database_url, pool_size=1)) as database:
        with database.read() as conn:
            assert statement.fetch(conn, number=1) == [(2,)]
            session = conn.execute(text("select pg_backend_pid()")).scalar_one()
        with psycopg.connect(database_url) as other:
            other.execute("select pg_terminate_backend(%s, 5000)", [session])
        with database.read() as conn:
            assert prepared(conn) == 0
            assert statement.fetch(conn, number=2) == [(3,)]
            assert prepared(conn) == 1


def test_what_is_planned_once_leaves_the_others_planned_anew(lent: Connection) -> None:
    """A plan for any value would make boxes and words slow."""
    mode = select(func.current_setting(literal_column("'plan_cache_mode'")))
    assert Statement(mode, planned_once=True).fetch(lent) == [("force_generic_plan",)]
    assert lent.execute(text("show plan_cache_mode")).scalar_one() == "force_custom_plan"
    assert Statement(mode, planned_once=True).fetch(lent) == [("force_generic_plan",)]
    assert Statement(mode).fetch(lent) == [("force_custom_plan",)]


def test_what_a_rollback_takes_back_of_it_is_noticed(database_url: str) -> None:
    """PostgreSQL takes back a setting that was made in a transaction, or since a savepoint."""
    mode = select(func.current_setting(literal_column("'plan_cache_mode'")))
    once, anew = Statement(mode, planned_once=True), Statement(mode)
    with closing(Database(database_url)) as database, database.engine.connect() as conn:
        conn.execute(text("select 1"))
        assert once.fetch(conn) == [("force_generic_plan",)]
        conn.rollback()
        assert once.fetch(conn) == [("force_generic_plan",)]
        inner = conn.begin_nested()
        assert anew.fetch(conn) == [("force_custom_plan",)]
        inner.rollback()
        assert anew.fetch(conn) == [("force_custom_plan",)]
        assert once.fetch(conn) == [("force_generic_plan",)]


def test_a_statement_within_another_has_parameters_of_its_own() -> None:
    """And columns where it is told so; casts are written as functions, which `text` reads."""
    column = service_requests.c
    one = select(column.id).where(column.id == bindparam("id", type_=BigInteger), column.status == "open")
    sql, own = embedded(one, "found_")
    assert ":found_id" in sql
    assert "cast(:found_id as BIGINT)" in sql
    assert own == {"found_status_1": "open"}
    sql, own = embedded(one, "found_", {"id": "days.since"})
    assert "id = days.since" in sql
    assert set(text(sql)._bindparams) == {"found_status_1"}
