"""Everything is killed in the middle of a thousand reports: what was answered with an id is there afterwards."""

import json
import os
import signal
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.processes.running import (
    PATIENCE_SECONDS,
    Process,
    alive,
    answers,
    children,
    get,
    started,
    wait_for,
)

REPORTS = 1000
BEFORE = 300
WRITERS = 8
# These are sent once everything was killed, however far the others had come by then.
AFTER = 100
PAGE = 200


@contextmanager
def everything(folder: Path, port: int) -> Iterator[Process]:
    """`open311 dev`: database, server and worker."""
    settings = {"OPEN311_DATA_DIR": str(folder), "OPEN311_RATE_LIMITS": "off", "PORT": str(port)}
    with started(folder / "log", "dev", "--demo-reports", "0", **settings) as process:
        assert wait_for(lambda: answers(port)), (folder / "log").read_text()
        yield process


def family(pid: int) -> list[int]:
    """A process and all that it and its own have started."""
    return [pid, *(process for child in children(pid) for process in family(child))]


def cut(process: Process) -> None:
    """Kill them all at once, the database too; nobody has time to say goodbye."""
    pids = family(process.pid)
    assert len(pids) > 5
    for pid in pids:
        # Some die with what started them.
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
    assert wait_for(lambda: not any(map(alive, pids)))


class Reporter:
    """Sends each report until it is answered with an id, under the same `client_request_id`."""

    def __init__(self, folder: Path, port: int) -> None:
        self.key = (folder / "key").read_text().strip()
        self.url = f"http://127.0.0.1:{port}/open311/v2/requests.json"
        self.ids: dict[str, str] = {}
        self.failures = 0
        self.begun, self.cut = threading.Event(), threading.Event()

    def report(self, number: int) -> None:
        if number >= REPORTS - AFTER:
            assert self.cut.wait(PATIENCE_SECONDS)
        fields = {"api_key": self.key, "service_code": "MUELL_WILD", "lat": "49.48", "long": "8.44"}
        body = urllib.parse.urlencode(
            fields | {"description": f"Report {number}", "client_request_id": f"number-{number}"}
        ).encode()
        give_up = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                with urllib.request.urlopen(self.url, body, timeout=60) as answer:
                    [receipt] = json.load(answer)
                break
            except OSError:
                self.failures += 1
                assert time.monotonic() < give_up
                time.sleep(0.2)
        self.ids[receipt["service_request_id"]] = f"Report {number}"
        if len(self.ids) >= BEFORE:
            self.begun.set()


@pytest.mark.slow
def test_no_report_is_lost_or_stored_twice(tmp_path: Path) -> None:
    """R-143"""
    port = free_port()
    with ThreadPoolExecutor(WRITERS) as writers:
        with everything(tmp_path, port) as process:
            reporter = Reporter(tmp_path, port)
            sent = [writers.submit(reporter.report, number) for number in range(REPORTS)]
            assert reporter.begun.wait(PATIENCE_SECONDS)
            cut(process)
            answered = dict(reporter.ids)
            reporter.cut.set()
        with everything(tmp_path, port):
            for future in sent:
                future.result()
            pages = range(1, REPORTS // PAGE + 2)
            found = [
                request
                for page in pages
                for request in json.loads(
                    get(port, f"/open311/v2/requests.json?page={page}&page_size={PAGE}")
                )
            ]
    stored = {request["service_request_id"]: request["description"] for request in found}
    assert BEFORE <= len(answered) < REPORTS
    assert reporter.failures
    assert answered.items() <= stored.items()
    assert stored == reporter.ids
    assert len(found) == REPORTS
