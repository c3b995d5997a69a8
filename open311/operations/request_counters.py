"""How many requests the processes of this host have answered, and how long that took.

Server processes count into files of a folder that they share (PROMETHEUS_MULTIPROC_DIR, made by `open311 serve`), so
whichever is asked answers for all.
"""

import os

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
BUCKETS = (0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})


class RequestCounters:
    """The counters of a server."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "open311_requests",
            "Requests answered.",
            ("route", "method", "status", "source"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "open311_request_seconds",
            "How long it took to work an answer out.",
            ("route",),
            buckets=BUCKETS,
            registry=self._registry,
        )
        # Looking up the child of a metric costs more than incrementing it.
        self._children: dict[tuple[str, str, str, str], tuple[Counter, Histogram]] = {}

    def count(self, route: str | None, method: str, status: int, seconds: float) -> None:
        """Count a response that the application made."""
        counter, histogram = self._child(route or "none", method, status, "worked_out")
        counter.inc()
        histogram.observe(seconds)

    def count_kept(self, method: str, status: int, times: int) -> None:
        """Count cache hits; timing them would take longer than they do."""
        self._child("memory", method, status, "memory")[0].inc(times)

    def _child(self, route: str, method: str, status: int, source: str) -> tuple[Counter, Histogram]:
        # Clients may invent methods, and each would become a series for good.
        key = (route, method if method in METHODS else "other", str(status), source)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = (self._requests.labels(*key), self._seconds.labels(route))
        return child

    def page(self) -> bytes:
        """The counters of all processes, as Prometheus reads them."""
        if FOLDER not in os.environ:
            return generate_latest(self._registry)
        counted = CollectorRegistry()
        multiprocess.MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
        return generate_latest(counted)
