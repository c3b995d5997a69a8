"""Which worker of pytest-xdist begins with which tests.

Each gets an equal part of the list, one after the other, and who has done theirs takes from the others' ends. So what
takes long stands at the beginnings, and no worker is left with it at the end. Half of them drive browsers: each that
does starts browsers and sites of its own, and judges colours anew.
"""

import os
from itertools import islice

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring the tests into the order of the workers."""
    items[:] = dealt(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def dealt(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """All tests, those of the first worker first."""
    begins = _begins(items, workers)
    begun = {item for begin in begins for item in begin}
    others = iter([item for item in items if item not in begun])
    order: list[pytest.Item] = []
    for worker, begin in enumerate(begins):
        size = (len(items) - len(order)) // (workers - worker)
        order += [*begin, *islice(others, max(size - len(begin), 0))]
    return [*order, *others]


def _begins(items: list[pytest.Item], workers: int) -> list[list[pytest.Item]]:
    """What each worker does first: the browsers' tests, or files of slow ones."""
    begins: list[list[pytest.Item]] = [[] for _ in range(workers)]
    driving = begins[: max(workers // 2, 1)]
    in_browsers = [item for item in items if item.get_closest_marker("browser")]
    # All on the one site first, so that not every worker fills one.
    in_browsers.sort(key=lambda item: "site" not in getattr(item, "fixturenames", ()))
    for place, item in enumerate(in_browsers):
        driving[place * len(driving) // len(in_browsers)].append(item)
    waiting = begins[len(driving) :] or begins
    slow = sorted({item.path for item in items if item.get_closest_marker("slow")})
    for place, path in enumerate(slow):
        waiting[place % len(waiting)] += [item for item in items if item.path == path]
    return begins
