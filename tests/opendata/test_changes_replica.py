"""A copy that follows the feed ends equal to its source, whatever happens meanwhile."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from open311.actions import casework, keys
from open311.actions.reporting import report, updates
from open311.base.errors import Open311Error
from open311.core import Core
from open311.model.access.actor import key_actor
from open311.model.access.keys import Key, Scope
from open311.model.intake.submission import Submission
from open311.model.service_request import Location
from open311.model.updates import UpdateSubmission
from tests.actors import CLARA
from tests.client import client_of
from tests.opendata.replica import Replica

WRITERS = 8
CHANGES_EACH = 45
SEED = 311


class Writer:
    """One of several that change the same requests at the same time, through the actions."""

    def __init__(self, core: Core, key: Key, number: int) -> None:
        self.core, self.key = core, key
        self.name = f"writer {number}"
        self.chance = random.Random(SEED + number)
        self.catalogue = core.catalogues.in_force[0]
        self.count = 0

    def run(self, known: list[int]) -> None:
        """Many changes; what is not allowed at the moment is refused and does not count."""
        while self.count < CHANGES_EACH:
            try:
                self._change(known)
                self.count += 1
            except Open311Error:
                pass

    def _change(self, known: list[int]) -> None:
        kind = self.chance.choices(
            ("new", "held", "publish", "hide", "status", "note", "update", "merge", "erase"),
            (25, 8, 10, 7, 25, 10, 8, 4, 3),
        )[0]
        if kind in ("new", "held") or len(known) < 20:
            known.append(self._report("MARKIERUNG" if kind == "held" else "MUELL_WILD"))
            return
        # Mostly the newest, so that writers meet.
        one = known[-self.chance.randint(1, 20)]
        other = self.chance.choice(known)
        {
            "publish": lambda: casework.publish(self.core, other, CLARA),
            "hide": lambda: casework.hide(self.core, one, CLARA),
            "status": lambda: casework.set_status(self.core, one, self._status(), CLARA, "Hinweis"),
            "note": lambda: casework.note(self.core, one, f"Notiz {self.count}", CLARA),
            "update": lambda: self._update(one),
            "merge": lambda: casework.merge(self.core, one, other, CLARA),
            "erase": lambda: casework.erase(self.core, other, CLARA),
        }[kind]()

    def _status(self) -> str:
        return self.chance.choice(list(self.catalogue.statuses))

    def _report(self, service_code: str) -> int:
        submission = Submission(
            service_code=service_code, location=Location(49.48, 8.44), description=self.name
        )
        number = report.submit(self.core, self.catalogue, submission, key_actor(self.key)).service_request_id
        assert number is not None
        return number

    def _update(self, number: int) -> None:
        sent = UpdateSubmission(
            service_request_id=number,
            update_id=f"{self.name} {self.count}",
            update_status=self.chance.choice(("fixed", "in_progress", "reopen", "unchanged")),
            sent_datetime=self.core.now(),
            description="Von außen",
        )
        updates.post(self.core, self.catalogue, sent, key_actor(self.key))


def public_documents(core: Core) -> dict[str, object]:
    """Every public request as the list shows it, page after page."""
    client, found = client_of(core), dict[str, Any]()
    address = "/open311/v2/requests.json?extensions=true&page=1&page_size=1000&sort=service_request_id"
    while address:
        response = client.get(address)
        found |= {request["service_request_id"]: request for request in response.get_json()}
        links = [link for link in response.headers.get("Link", "").split(", ") if 'rel="next"' in link]
        address = links[0].split("<")[1].split(">")[0].removeprefix("http://localhost") if links else ""
    return found


def follow(replica: Replica, chance: random.Random, done: threading.Event) -> None:
    """Read pages of any size, save now and then, lose what was not saved now and then; at last catch up."""
    while not done.is_set():
        for _ in range(chance.randint(1, 5)):
            replica.step(chance.choice((1, 3, 10, 100, 1000)))
        if chance.random() < 0.5:
            replica.save()
        if chance.random() < 0.3:
            replica.restart()
        time.sleep(chance.random() * 0.1)
    replica.catch_up(chance.choice((7, 50, 1000)))


@pytest.mark.slow
def test_replicas_end_equal_to_their_source(live_core: Core, tmp_path: Path) -> None:
    """8 writers, 360 mixed changes, two readers with random page sizes and restarts, one that comes late."""
    keys.add_key(live_core, "writers", [Scope.REPORT, Scope.CHANGE_STATUS], actor=CLARA)
    [key] = keys.list_keys(live_core)
    writers = [Writer(live_core, key, number) for number in range(WRITERS)]
    known: list[int] = []
    for _ in range(50):
        known.append(writers[0]._report("MUELL_WILD"))
    replicas = [
        Replica(client_of(live_core), tmp_path / f"{number}.json", lines=number % 2 == 1)
        for number in range(2)
    ]
    done = threading.Event()
    with ThreadPoolExecutor(WRITERS + len(replicas)) as threads:
        reading = [
            threads.submit(follow, replica, random.Random(number), done)
            for number, replica in enumerate(replicas)
        ]
        writing = [threads.submit(writer.run, known) for writer in writers]
        for future in writing:
            future.result()
        done.set()
        for future in reading:
            future.result()
    source = public_documents(live_core)
    assert len(source) > 80
    late = Replica(client_of(live_core), tmp_path / "late.json")
    late.catch_up()
    for replica in (*replicas, late):
        assert replica.documents == source
