"""Figures for Prometheus: what the processes of this host counted, and what the database holds now.

What waits in the database is looked at when somebody asks.
"""

from collections.abc import Iterator, Sequence

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from open311.base import version
from open311.base.errors import Unavailable
from open311.core import Core
from open311.operations import readiness
from open311.operations.readiness import Health
from open311.operations.request_counters import RequestCounters
from open311.storage.upkeep import figures, schema
from open311.storage.upkeep.figures import Figures


def page(core: Core, counters: RequestCounters) -> tuple[bytes, str]:
    """Everything, as Prometheus reads it, and its content type."""
    now = CollectorRegistry()
    now.register(_Now(core))
    return counters.page() + generate_latest(now), CONTENT_TYPE_LATEST


class _Now(Collector):
    """Gauges that are read from the database at each scrape."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def collect(self) -> Iterator[Metric]:
        """With the database out of reach, a single gauge that says so."""
        build = version.build()
        yield _gauge(
            "open311_build_info",
            "Release and commit.",
            ("version", "commit"),
            [((build.version, build.commit or ""), 1)],
        )
        parts = readiness.state(self._core).parts
        rows = [((part.name,), 1.0 if part.health is Health.OK else 0.0) for part in parts]
        yield _gauge("open311_part_ok", "Whether a part of /readyz is well.", ("part",), rows)
        yield from self._pools()
        yield self._catalogues()
        try:
            with self._core.database.read() as conn:
                counted = figures.read(conn) if schema.state(conn).is_usable else None
        except Unavailable:
            counted = None
        if counted:
            yield from _database_metrics(counted)

    def _pools(self) -> Iterator[Metric]:
        rows = [((pool,), float(used)) for pool, used, _ in self._core.database.pools()]
        yield _gauge(
            "open311_pool_used", "Database connections in use in the process that was asked.", ("pool",), rows
        )
        rows = [((pool,), float(size)) for pool, _, size in self._core.database.pools()]
        yield _gauge("open311_pool_size", "Most database connections of a process.", ("pool",), rows)

    def _catalogues(self) -> Metric:
        now = self._core.now()
        rows = [
            ((catalogue.jurisdiction.jurisdiction_id,), (now - catalogue.changeset).total_seconds())
            for catalogue in self._core.catalogues.in_force
        ]
        return _gauge(
            "open311_catalogue_age_seconds", "Since the catalogue last changed.", ("jurisdiction_id",), rows
        )


def _database_metrics(counted: Figures) -> Iterator[Metric]:
    depth = [((jobs.queue, jobs.state), float(jobs.count)) for jobs in counted.jobs]
    yield _gauge("open311_jobs", "Jobs of the worker.", ("queue", "state"), depth)
    age = [((jobs.queue, jobs.state), float(jobs.oldest)) for jobs in counted.jobs]
    yield _gauge("open311_jobs_oldest_seconds", "Age of the oldest of them.", ("queue", "state"), age)
    for kind, text in (
        ("mail", "Mails to followers, by state; failed ones are jobs."),
        ("webhook", "Messages of webhooks, by state."),
        ("forward", "Reports handed on to other servers, by state."),
        ("subscription", "Webhooks, by state."),
        ("inbox_mail", "Mails that came in, by what became of them."),
        ("lost_mail", "Mails about reports that the mail server refused or that came back."),
    ):
        rows = [((count.state,), float(count.count)) for count in counted.counts if count.kind == kind]
        yield _gauge(f"open311_{kind}s", text, ("state",), rows)
    yield _gauge(
        "open311_workers",
        "Worker queues with a sign of life in the last minute.",
        (),
        [((), float(counted.workers))],
    )
    yield from _mailboxes(counted)
    lag = [((name,), float(seconds)) for name, seconds in counted.replicas]
    yield _gauge("open311_replica_lag_seconds", "How far a replica is behind.", ("replica",), lag)


def _mailboxes(counted: Figures) -> Iterator[Metric]:
    label = ("mailbox",)
    failing = [((mailbox.name,), mailbox.failing or 0.0) for mailbox in counted.mailboxes]
    yield _gauge(
        "open311_mailbox_failing_seconds",
        "Since a mailbox cannot be read; 0 for one that can.",
        label,
        failing,
    )
    read = [((mailbox.name,), mailbox.read) for mailbox in counted.mailboxes if mailbox.read is not None]
    yield _gauge("open311_mailbox_read_seconds", "Since a mailbox was last read.", label, read)
    skipped = [((mailbox.name,), float(mailbox.skipped)) for mailbox in counted.mailboxes]
    yield _gauge("open311_mailbox_skipped", "Mails left lying because there were too many.", label, skipped)


def _gauge(
    name: str, text: str, labels: tuple[str, ...], rows: Sequence[tuple[tuple[str, ...], float]]
) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for values, value in rows:
        family.add_metric(list(values), value)
    return family
