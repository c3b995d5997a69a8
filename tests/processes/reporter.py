"""Somebody who reports until it was answered, and a power cut."""

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
from http.client import HTTPException
from pathlib import Path

from tests.processes.running import PATIENCE_SECONDS, Process, alive, children, get, wait_for

# What may be lost is what the writers were told just before the cut; what they were told long before is on the disk.
REPORTS = 260
BEFORE = 100
# These are sent once everything was killed, however far the others had come by then.
AFTER = 60
WRITERS = 8
PAGE = 200


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


@contextmanager
def writers() -> Iterator[ThreadPoolExecutor]:
    """Those who report; once the block is left nobody begins another report."""
    pool = ThreadPoolExecutor(WRITERS)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


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
            except (OSError, HTTPException):
                self.failures += 1
                assert time.monotonic() < give_up
                time.sleep(0.2)
        self.ids[receipt["service_request_id"]] = f"Report {number}"
        if len(self.ids) >= BEFORE:
            self.begun.set()


def public_reports(port: int, most: int) -> list[dict[str, str]]:
    """All public reports, page after page; `most` is how many there are at most."""
    pages = range(1, most // PAGE + 2)
    return [
        request
        for page in pages
        for request in json.loads(get(port, f"/open311/v2/requests.json?page={page}&page_size={PAGE}"))
    ]
