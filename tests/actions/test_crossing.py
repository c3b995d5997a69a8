"""Two acts that touch the same reports at once: one waits for the other, and never both for each other."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from open311.actions import casework
from open311.base.errors import Busy
from open311.core import Core
from open311.model.casework.decisions import Decision, Outcome
from tests.actors import CLARA
from tests.opendata.live import a_live_core
from tests.serving import an_api

LOCK = text("select id from service_requests where id = :id for update")
WAITING = text(
    "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
)

HELD = {"service_code": "STRASSENSCHADEN", "attribute[WO]": "fahrbahn"}


@dataclass
class Reports:
    """Four reports in the order of their numbers: the first is a duplicate of the second, the fourth of the third."""

    first: int
    original: int
    other: int
    fourth: int


ACTS: dict[str, Callable[[Core, Reports], object]] = {
    "an original is merged": lambda core, n: casework.merge(core, n.original, n.other, CLARA),
    "an original is decided to be a duplicate": lambda core, n: casework.decide(
        core, n.original, Decision(outcome=Outcome.DUPLICATE, parent_id=n.other), CLARA
    ),
    "a duplicate is separated": lambda core, n: casework.separate(core, n.fourth, CLARA),
    "an original is hidden": lambda core, n: casework.hide(core, n.original, CLARA),
    "an original is erased": lambda core, n: casework.erase(core, n.original, CLARA),
}
# The report that the act needs first of all, and one that it needs too.
NEEDED: dict[str, Callable[[Reports], tuple[int, int]]] = {
    "an original is merged": lambda n: (n.first, n.original),
    "an original is decided to be a duplicate": lambda n: (n.first, n.other),
    "a duplicate is separated": lambda n: (n.other, n.fourth),
    "an original is hidden": lambda n: (n.first, n.original),
    "an original is erased": lambda n: (n.first, n.original),
}


@pytest.fixture
def live(fresh_database_url: str) -> Iterator[Core]:
    """A server whose transactions stand side by side, which those of one test connection cannot."""
    core = a_live_core(fresh_database_url)
    yield core
    core.database.close()


@pytest.fixture
def reports(live: Core) -> Reports:
    api = an_api(live)
    made = Reports(*(int(api.report(**HELD)) for _ in range(4)))
    casework.merge(live, made.first, made.original, CLARA)
    casework.merge(live, made.fourth, made.other, CLARA)
    return made


@pytest.mark.parametrize("name", ACTS)
def test_an_act_that_waits_holds_nothing_that_the_other_needs(
    live: Core, reports: Reports, name: str
) -> None:
    first, also = NEEDED[name](reports)
    with ThreadPoolExecutor(1) as pool:
        with live.database.begin() as conn:
            conn.execute(LOCK, {"id": first})
            waiting = pool.submit(ACTS[name], live, reports)
            _until_it_waits(live, waiting)
            # PostgreSQL would end one of the two here, if the one that waits had locked its own report before.
            conn.execute(LOCK, {"id": also})
        assert waiting.exception(timeout=60) is None


def _until_it_waits(core: Core, act: Future[object]) -> None:
    for _ in range(6000):
        assert not act.done(), act.result()
        with core.database.read() as conn:
            if conn.execute(WAITING).scalar_one():
                return
        time.sleep(0.01)
    raise AssertionError("the act does not wait")


def test_who_is_taken_back_since_both_wait_is_told_to_send_again(live: Core, reports: Reports) -> None:
    """Three acts that cross can still meet PostgreSQL's own check; nothing of the one it ends is stored."""
    with ThreadPoolExecutor(1) as pool, pytest.raises(Busy) as refused:
        _lock_crosswise(live, reports, pool)
    assert [problem.key for problem in refused.value.problems] == ["error.crossed"]
    with live.database.begin() as conn:
        assert conn.execute(LOCK, {"id": reports.original}).scalar_one() == reports.original


def _lock_crosswise(core: Core, reports: Reports, pool: ThreadPoolExecutor) -> None:
    with core.database.begin() as conn:
        conn.execute(text("set local deadlock_timeout = '100ms'"))
        conn.execute(LOCK, {"id": reports.original})
        waiting = pool.submit(_lock_both, core, reports.first, reports.original)
        _until_it_waits(core, waiting)
        conn.execute(LOCK, {"id": reports.first})


def _lock_both(core: Core, first: int, second: int) -> None:
    with core.database.begin() as conn:
        # Never the one that looks whether both wait.
        conn.execute(text("set local deadlock_timeout = '1h'"))
        conn.execute(LOCK, {"id": first})
        conn.execute(LOCK, {"id": second})
