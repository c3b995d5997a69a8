"""One client that reads everything, page by page or in one go, and one that writes at a steady pace."""

import http.client
import re
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from benchmarks.processes import memory

NEXT = re.compile(r'<[^>]*?(/open311[^>]*)>; rel="next"')


def sweep(port: int, pid: int, most: int = 2000) -> dict[str, Any]:
    """Follow `Link` through the archive, the oldest first, as an aggregator does."""
    path: str | None = "/open311/v2/requests.json?page_size=1000&sort=requested_datetime"
    times: list[float] = []
    reports = 0
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while path and len(times) < most:
        began = time.perf_counter()
        client.request("GET", path)
        answer = client.getresponse()
        reports += answer.read().count(b'"service_request_id":')
        times.append(time.perf_counter() - began)
        found = NEXT.search(answer.headers.get("Link", ""))
        path = found[1] if found else None
    client.close()
    few = max(1, min(20, len(times) // 2))
    return {
        "pages": len(times),
        "reports": reports,
        "seconds": sum(times),
        "first_ms": statistics.median(times[:few]) * 1000,
        "last_ms": statistics.median(times[-few - 1 : -1]) * 1000,
        "memory": memory(pid),
    }


def export(port: int, pid: int, form: str) -> dict[str, Any]:
    """Everything in one go, as `ndjson` or `csv`."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    began, size = time.perf_counter(), 0
    client.request("GET", f"/open311/v2/export.{form}")
    answer = client.getresponse()
    count = int(answer.headers["X-Result-Count"])
    while part := answer.read(1 << 20):
        size += len(part)
    client.close()
    return {
        "status": answer.status,
        "reports": count,
        "bytes": size,
        "seconds": time.perf_counter() - began,
        "memory": memory(pid),
    }


@contextmanager
def writing(port: int, key: str, a_second: float) -> Iterator[Callable[[], int]]:
    """Reports that come in while the block lasts; what is yielded tells how many."""
    stop, done = threading.Event(), [0]
    body = urlencode(
        {
            "api_key": key,
            "service_code": "MUELL_WILD",
            "lat": "49.48",
            "long": "8.44",
            "description": "Wilder Müll",
        }
    )

    def write() -> None:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        began = time.monotonic()
        while not stop.wait(max(0.0, began + done[0] / a_second - time.monotonic())):
            client.request("POST", "/open311/v2/requests.json", body, headers)
            answer = client.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            done[0] += 1

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    try:
        yield lambda: done[0]
    finally:
        stop.set()
        thread.join()
