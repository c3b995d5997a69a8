"""The stamp that all processes of a host share, and the changes that have set it already."""

from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, make_url

from open311.base import shared_memory
from open311.storage.database import Database
from open311.storage.database import freshness as module
from open311.storage.database.freshness import CHANNEL, Freshness, announce


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> URL:
    """A database that nobody has told of a change yet: what a host shares outlives a run of the tests."""
    monkeypatch.setattr(shared_memory, "_folder", lambda: tmp_path)
    return make_url("postgresql://somewhere.example.org/freshness")


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


def test_a_transaction_says_once_which_change_it_is(fresh_database_url: str) -> None:
    """What a listener hears is the number under which the writer has set the stamp."""
    with closing(Database(fresh_database_url)) as database:
        before = database.freshness.stamp
        with psycopg.connect(fresh_database_url, autocommit=True) as ear:
            ear.execute(f"listen {CHANNEL}".encode())
            with database.begin() as conn:
                announce(conn)
                announce(conn)
            stamp = database.freshness.stamp
            [heard] = ear.notifies(timeout=0.5)
        assert stamp != before
        database.freshness.renew(module._number(heard.payload))
        assert database.freshness.stamp == stamp


@pytest.mark.parametrize("payload", ["", "x", "²", "9" * 20, "9" * 5000])
def test_whatever_else_is_said_on_the_channel_has_no_number(payload: str) -> None:
    assert module._number(payload) == 0
