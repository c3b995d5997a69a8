"""The stamp that all processes of a host share, and the changes that have set it already."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import URL, Connection, CursorResult, make_url, text

from open311.base import shared_memory
from open311.base.errors import Unavailable
from open311.storage.database import Database
from open311.storage.database import freshness as module
from open311.storage.database.freshness import (
    CHANNEL,
    INTERNAL,
    SENDERS,
    Freshness,
    announce,
    announce_internal,
)

SO_FAR = "so far"


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> URL:
    """A database that nobody has told of a change yet: what a host shares outlives a run of the tests."""
    monkeypatch.setattr(shared_memory, "_folder", lambda: tmp_path)
    return make_url("postgresql://somewhere.example.org/freshness")


@pytest.fixture
def heard(fresh_database_url: str) -> Iterator[Callable[[], list[str]]]:
    """What is told on the channel, after each call since the one before."""
    with (
        psycopg.connect(fresh_database_url, autocommit=True) as ear,
        psycopg.connect(fresh_database_url, autocommit=True) as mouth,
    ):
        ear.execute(f"listen {CHANNEL}".encode())

        def told() -> list[str]:
            # What was committed before comes before.
            mouth.execute(f"notify {CHANNEL}, '{SO_FAR}'".encode())
            payloads = (notice.payload for notice in ear.notifies(timeout=60))
            return list(iter(lambda: next(payloads), SO_FAR))

        yield told


def test_a_change_sets_the_stamp_once_whoever_hears_of_it_first(host: URL) -> None:
    writer, listener = Freshness(host), Freshness(host)
    writer.renew(311)
    stamp = writer.stamp
    listener.renew(311)
    assert listener.stamp == stamp
    listener.renew(312)
    assert writer.stamp != stamp
    stamp = writer.stamp
    writer.renew(312)
    assert listener.stamp == stamp


def test_a_change_without_a_number_always_sets_the_stamp(host: URL) -> None:
    freshness = Freshness(host)
    freshness.renew()
    stamp = freshness.stamp
    freshness.renew()
    assert freshness.stamp != stamp


def test_a_transaction_says_once_which_change_it_is(
    fresh_database_url: str, heard: Callable[[], list[str]]
) -> None:
    """What a listener hears is the number under which the writer has set the stamp."""
    with closing(Database(fresh_database_url)) as database:
        before = database.freshness.stamp
        with database.begin() as conn:
            announce(conn)
            announce(conn)
        stamp = database.freshness.stamp
        [told] = heard()
        assert stamp != before
        database.freshness.renew(module._number(told))
        assert database.freshness.stamp == stamp


def change(conn: Connection, statement: str) -> CursorResult[Any]:
    announce(conn)
    return conn.execute(text(statement))


def change_and_fail(conn: Connection) -> None:
    change(conn, "select 1")
    raise KeyError


def cut_off(backend: CursorResult[Any], other: Connection) -> None:
    """End the server process of another connection."""
    other.execute(text("select pg_terminate_backend(:number, 5000)"), {"number": backend.scalar_one()})


def test_nothing_is_told_of_what_was_rolled_back(
    fresh_database_url: str, heard: Callable[[], list[str]]
) -> None:
    with closing(Database(fresh_database_url)) as database:
        with pytest.raises(KeyError), database.begin() as conn:
            change_and_fail(conn)
        with database.begin() as conn:
            conn.execute(text("select 1"))
        assert heard() == []
        with database.begin() as conn:
            announce_internal(conn)
            conn.execute(text("select 1"))
        [told] = heard()
    assert told.startswith(INTERNAL.prefix)


def test_who_may_send_is_told_apart_and_beside_what_is_public(
    fresh_database_url: str, heard: Callable[[], list[str]]
) -> None:
    with closing(Database(fresh_database_url)) as database:
        here = database.freshness
        here.listening = True
        before = here.stamp, here.desk_stamp, here.senders_stamp
        with database.begin() as conn:
            announce(conn, SENDERS)
            conn.execute(text("select 1"))
        [told] = heard()
        assert (here.stamp, here.desk_stamp) == before[:2]
        stamp = here.senders_stamp
        assert stamp != before[2]
        # Of another host: what it tells moves this stamp alone, and once. The next number has a place of its own.
        elsewhere = f"senders {int(told.removeprefix(SENDERS.prefix)) + 1}"
        here.hear(elsewhere)
        assert (here.stamp, here.desk_stamp) == before[:2]
        moved = here.senders_stamp
        assert moved != stamp
        for payload in (told, elsewhere):
            here.hear(payload)
        assert here.senders_stamp == moved
        with database.begin() as conn:
            announce(conn, SENDERS)
            change(conn, "select 1")
        assert here.stamp != before[0]
        assert len(heard()) == 2


def test_nobody_relies_on_memory_while_changes_elsewhere_are_not_heard(host: URL) -> None:
    assert Freshness(host).senders_stamp is None


def test_a_commit_that_fails_is_an_error_and_told_to_nobody(
    fresh_database_url: str, heard: Callable[[], list[str]]
) -> None:
    with closing(Database(fresh_database_url)) as database:
        with database.begin() as conn:
            conn.execute(text("create table twice (number int unique deferrable initially deferred)"))
        with pytest.raises(psycopg.errors.UniqueViolation), database.begin() as conn:
            change(conn, "insert into twice values (1), (1)")
        assert heard() == []
        with database.begin() as conn:
            announce(conn)
            assert conn.execute(text("select count(*) from twice")).scalar_one() == 0
        assert len(heard()) == 1


def test_a_commit_of_which_nobody_knows_makes_stale_what_was_kept(fresh_database_url: str) -> None:
    with closing(Database(fresh_database_url)) as database:
        before = database.freshness.stamp
        with pytest.raises(Unavailable), database.begin() as conn, database.read() as other:
            cut_off(change(conn, "select pg_backend_pid()"), other)
        assert database.freshness.stamp != before
        with database.begin() as conn:
            assert conn.execute(text("select 1")).scalar_one() == 1


@pytest.mark.parametrize("payload", ["", "x", "²", "9" * 20, "9" * 5000])
def test_whatever_else_is_said_on_the_channel_has_no_number(payload: str) -> None:
    assert module._number(payload) == 0
