"""Write, then read through every process of the host at once, under load: is any answer stale?"""

import http.client
import json
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.processes import client, free_port, started

LIST = "/open311/v2/requests.json?page_size=5"
FIELDS = {"service_code": "MUELL_WILD", "lat": "49.48", "long": "8.44", "description": "Wilder Müll"}
# So many on each server that all of its processes have some.
CLIENTS = 6
SERVE = [sys.executable, "-m", "open311.cli", "serve"]


def measure(
    folder: Path, url: str, environment: dict[str, str], port: int, key: str, reads: int
) -> dict[str, Any]:
    """Two servers of this host, and one that shares no stamp with them, like one on another host.

    Each write is read at once by twelve clients, through every process of the host, until there were so many `reads`.
    """
    writes = -(-reads // (2 * CLIENTS))
    here, there = free_port(), free_port()
    # The stamp of a host belongs to the address of the database as it is spelled.
    elsewhere = f"{url}&application_name=elsewhere"
    with ExitStack() as stack:
        for at, address in ((here, url), (there, elsewhere)):
            values = environment | {"PORT": str(at), "DATABASE_URL": address}
            log = folder / f"fresh-{at}.log"
            stack.enter_context(started(SERVE, at, LIST, log, values))
        _load(stack, port)
        readers = [stack.enter_context(closing(client(at))) for at in (port, here) for _ in range(CLIENTS)]
        far = stack.enter_context(closing(client(there)))
        stale, waits = 0, []
        for place in range(writes):
            number = _report(readers[place % len(readers)], key)
            began = time.perf_counter()
            if place % 50 == 0:
                while _newest(far) < number:
                    time.sleep(0.001)
                waits.append(time.perf_counter() - began)
            stale += sum(_newest(reader) < number for reader in readers)
    return {
        "writes": writes,
        "reads": writes * len(readers),
        "stale": stale,
        "elsewhere_ms": statistics.median(waits) * 1000,
        "elsewhere_longest_ms": max(waits) * 1000,
    }


def _load(stack: ExitStack, port: int) -> None:
    """Others who ask meanwhile, until the end."""
    command = ["wrk", "-t1", "-c4", "-d10h", f"http://127.0.0.1:{port}{LIST}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    stack.callback(process.wait)
    stack.callback(process.terminate)


def _report(client: http.client.HTTPConnection, key: str) -> int:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    client.request("POST", "/open311/v2/requests.json", urlencode(FIELDS | {"api_key": key}), headers)
    [receipt] = json.loads(client.getresponse().read())
    return int(receipt["service_request_id"])


def _newest(client: http.client.HTTPConnection) -> int:
    client.request("GET", LIST)
    return int(json.loads(client.getresponse().read())[0]["service_request_id"])
