"""Migrations beside a running site: nobody waits behind them, and what broke off is taken up again."""

from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace

import psycopg
import pytest
from sqlalchemy import text

from open311.base.errors import ConfigurationError
from open311.storage.database import advisory_locks, migrate
from open311.storage.upkeep import schema
from tests.backups import an_empty_database

CASES = "select count(*) from cases"


@pytest.fixture
def first_release(cluster_url: str) -> Iterator[str]:
    """A database of release 0.1.0 with some reports."""
    with an_empty_database(cluster_url) as url:
        migrate.upgrade(url, "0001")
        with psycopg.connect(url) as conn:
            conn.execute(
                "insert into service_requests (jurisdiction_id, service_code, status, detailed_status, visibility,"
                " requested_datetime, updated_datetime)"
                " select 'ludwigshafen.de', 'MUELL_WILD', 'open', 'GEMELDET', 'published', now(), now()"
                " from generate_series(1, 12)"
            )
        yield url


def test_a_table_that_others_hold_is_asked_for_again_and_again(
    first_release: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whoever waits for a table keeps everybody waiting, so a migration gives up soon and comes again."""
    monkeypatch.setattr(migrate, "AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(migrate, "TRIES", 2)
    with psycopg.connect(first_release) as dump:
        dump.execute("lock table drafts in access share mode")
        with pytest.raises(ConfigurationError, match=r"stayed locked over 2 tries; end what holds them"):
            migrate.upgrade(first_release)
        assert "trying again" in capfd.readouterr().err
        assert migrate.current(first_release)[0] == "0002"
    migrate.upgrade(first_release)
    assert schema.require_current(first_release) == migrate.expected()


def test_an_index_that_broke_off_is_built_anew(first_release: str) -> None:
    """`create index concurrently` leaves an invalid one behind when it is interrupted."""
    with psycopg.connect(first_release) as conn:
        conn.execute("create index service_requests_children on service_requests (parent_id)")
        conn.execute(
            "update pg_index set indisvalid = false where indexrelid = 'service_requests_children'::regclass"
        )
    migrate.upgrade(first_release)
    assert schema.require_current(first_release) == migrate.expected()


def test_rows_are_filled_in_batches_that_are_told(
    first_release: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """And a case that is there already stays as it is."""
    migrate.upgrade(first_release)
    assert "Cases: 100%" in capfd.readouterr().err
    with closing(psycopg.connect(first_release, autocommit=True)) as conn:
        assert conn.execute(CASES).fetchone() == (12,)
        conn.execute("update cases set stage = 'done'")
    migrate.downgrade(first_release, "0005")
    migrate.upgrade(first_release)
    with migrate.connected(first_release) as connection:
        assert connection.execute(text("select distinct stage from cases")).scalars().all() == ["done"]


def test_a_migration_waits_for_another_without_a_transaction(first_release: str) -> None:
    """An index that is built concurrently would wait for that transaction, and it for the index."""
    with psycopg.connect(first_release, autocommit=True) as other:
        other.execute("select pg_advisory_lock(%s)", [advisory_locks.MIGRATION])
        waits = migrate._alone
        with migrate.connected(first_release) as connection, pytest.MonkeyPatch.context() as patch:
            seen = []

            def look(seconds: float) -> None:
                question = "select state from pg_stat_activity where pid = %s"
                pid = connection.connection.driver_connection.info.backend_pid
                seen.append(other.execute(question, [pid]).fetchone())
                other.execute("select pg_advisory_unlock(%s)", [advisory_locks.MIGRATION])

            patch.setattr(migrate, "time", SimpleNamespace(sleep=look))
            with waits(connection):
                pass
        assert seen == [("idle",)]
