"""Two people at two servers that share a database take the same case at once: one has it, the other is told who."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import httpx2
import pytest
from lxml import html

from open311.actions import casework
from open311.core import Core
from open311.model.staff.roles import Role
from open311.staff.session_cookie import PLAIN
from tests.actors import CLARA
from tests.opendata.live import a_live_core
from tests.ports import free_port
from tests.processes.running import PATIENCE_SECONDS, answers, started, wait_for
from tests.serving import an_api
from tests.staff.desk import HERE, Desk, membership

pytestmark = pytest.mark.slow
NAMES = ("Rita Beispiel", "Lutz Beispiel")
CASES = 4
UNIT = "STADTREINIGUNG"


@dataclass
class Worker:
    """Somebody at a server of their own."""

    name: str
    account_id: int
    client: httpx2.Client

    def opens(self, path: str) -> str:
        """A page."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def presses(self, path: str, **fields: str) -> httpx2.Response:
        """Send a form as the pages at hand would."""
        [token, *_] = re.findall(r'name="form_token" value="([^"]+)"', self.opens("/staff/me"))
        return self.client.post(path, data={"form_token": token} | fields, headers=HERE)


def words(page: str) -> str:
    """What a page says."""
    return " ".join(html.fromstring(page).text_content().split())


@contextmanager
def servers(folder: Path, url: str) -> Iterator[list[str]]:
    """Two servers; where they are."""
    with ExitStack() as stack:
        ports = [free_port(), free_port()]
        for port in ports:
            environ = {"DATABASE_URL": url, "OPEN311_WORKERS": "1", "OPEN311_DATA_DIR": str(folder)}
            stack.enter_context(started(folder / f"{port}.log", "serve", PORT=str(port), **environ))
        for port in ports:
            assert wait_for(lambda port=port: answers(port))
        yield [f"http://127.0.0.1:{port}" for port in ports]


@pytest.fixture
def core(fresh_database_url: str, folder: Path) -> Iterator[Core]:
    """The same database from here, at the time of day that the servers have."""
    core = a_live_core(fresh_database_url, OPEN311_DATA_DIR=str(folder))
    with closing(core.database):
        yield replace(core, now=lambda: datetime.now(UTC))


@pytest.fixture
def workers(core: Core, fresh_database_url: str, folder: Path) -> Iterator[list[Worker]]:
    """Two people of one unit."""
    with servers(folder, fresh_database_url) as bases, ExitStack() as stack:
        found = []
        for name, base in zip(NAMES, bases, strict=True):
            role = membership(Role.WORKER, units=(UNIT,))
            email = f"{name[:4].lower()}@stadt.example"
            employee = Desk(core).employee(role, email=email, name=name)
            cookie = employee.client.get_cookie(PLAIN, path="/staff")
            assert cookie
            client = httpx2.Client(base_url=base, cookies={PLAIN: cookie.value}, timeout=60)
            found.append(Worker(name, employee.account_id, stack.enter_context(client)))
        yield found


def test_one_takes_a_case_and_the_other_is_told_who_and_when(core: Core, workers: list[Worker]) -> None:
    api = an_api(core)
    numbers = [int(api.report(description=f"Sack {place}", lat="49.47")) for place in range(CASES)]
    together = Barrier(len(workers))

    def take(worker: Worker, number: int, revision: str) -> httpx2.Response:
        together.wait(PATIENCE_SECONDS)
        return worker.presses(f"/staff/reports/{number}/take", revision=revision)

    for number in numbers:
        revisions = [
            re.findall(r'name="revision" value="(\d+)"', worker.opens(f"/staff/reports/{number}"))[0]
            for worker in workers
        ]
        with ThreadPoolExecutor(len(workers)) as pool:
            sent = list(pool.map(take, workers, [number] * len(workers), revisions))
        assert sorted(answer.status_code for answer in sent) == [303, 409]
        winner, loser = sorted(workers, key=lambda worker: sent[workers.index(worker)].status_code)
        told = words(sent[workers.index(loser)].text)
        assert "Inzwischen hat sich etwas geändert" in told
        assert re.search(rf"\d:\d\d\D{{0,9}}, {winner.name}: ", told), told
        shown = casework.show(core, number, CLARA)
        assert shown.case.assignee_id == winner.account_id
        assert [event.kind for event in shown.history].count("person_changed") == 1
        # Both see it in the same way from now on, whichever server they ask.
        assert all(winner.name in words(worker.opens(f"/staff/reports/{number}")) for worker in workers)
