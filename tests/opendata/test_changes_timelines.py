"""The change feed over a failover: nobody goes on from what was lost, and whoever saw nothing of it goes on."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

import pytest

from open311.dev import private_cluster
from open311.dev.private_cluster import Cluster
from open311.storage.database import migrate
from tests.client import client_of
from tests.folders import cluster_folder
from tests.opendata.live import a_live_core
from tests.serving import Api, an_api

FEED = "/changes.json"


@dataclass
class Failover:
    """A server, and one on a standby of its database that was promoted; `cursor` was given out before, by the first."""

    old: Api
    new: Api
    cursor: str


@pytest.fixture
def failover() -> Iterator[Failover]:
    """Two reports before; the old server goes on, as one does that does not know yet."""
    with cluster_folder() as folder, ExitStack() as stack:
        primary = stack.enter_context(private_cluster.cluster(folder / "primary", durable=False))
        migrate.upgrade(primary.ensure_database("open311"))
        old = stack.enter_context(_server(primary))
        old.report()
        cursor = read(old, None)[1]
        old.report()
        cursor = read(old, cursor)[1]
        standby = stack.enter_context(
            private_cluster.cluster(folder / "standby", durable=False, copy_of=primary)
        )
        standby.promote()
        new = stack.enter_context(_server(standby, old.key))
        yield Failover(old, new, cursor)


@contextmanager
def _server(cluster: Cluster, key: str | None = None) -> Iterator[Api]:
    core = a_live_core(cluster.url("open311"))
    with closing(core.database):
        yield Api(client_of(core), key) if key else an_api(core)


def read(api: Api, cursor: str | None) -> tuple[list[str], str]:
    """The reports that follow a cursor, and where to go on."""
    numbers: list[str] = []
    more = True
    while more:
        page = api.raw(FEED, **({"since": cursor} if cursor else {})).get_json()
        numbers += [change["service_request_id"] for change in page["changes"]]
        cursor, more = page["next"], page["more"]
    assert cursor
    return numbers, cursor


@pytest.mark.slow
def test_a_cursor_of_a_lost_future_is_refused_for_ever(failover: Failover) -> None:
    """Also when as many transactions have been counted again; a new copy holds everything."""
    for _ in range(10):
        failover.old.report()
    lost = read(failover.old, failover.cursor)[1]
    assert failover.new.raw(FEED, since=lost).status_code == 400
    for _ in range(30):
        failover.new.report()
    refused = failover.new.raw(FEED, since=lost)
    assert (refused.status_code, refused.get_json()[0]["code"]) == (400, 400)
    everything, end = read(failover.new, None)
    assert len(set(everything)) == 32
    assert failover.new.raw(FEED, since=end).status_code == 200


@pytest.mark.slow
def test_a_cursor_of_before_goes_on(failover: Failover) -> None:
    """Its reader has seen nothing that was lost, so it needs no new copy."""
    fresh = [failover.new.report() for _ in range(3)]
    numbers, end = read(failover.new, failover.cursor)
    assert numbers == fresh
    assert failover.new.raw(FEED, since=end).status_code == 200
    assert failover.old.raw(FEED, since=end).status_code == 400
    for _ in range(10):
        failover.old.report()
    # However much the old server counts: that history is not its own.
    assert failover.old.raw(FEED, since=end).status_code == 400
