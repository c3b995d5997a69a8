"""Another client, which goes on asking for four things while the server is under attack, and what it notices."""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlencode

from benchmarks.processes import memory

ATTACKER, OTHER = "127.0.0.1", "127.0.0.2"
HOST = "city.example"
FIELDS = {"service_code": "MUELL_WILD", "lat": "49.48", "long": "8.44", "description": "Wilder Müll"}
SECOND_AT_MOST = 1.0
GIVE_UP_SECONDS = 10.0
_numbers = count(1)


@dataclass
class Seen:
    """What the other client saw: seconds of each probe by what was asked for, and the most that the servers held."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    megabytes: float = 0.0

    @property
    def probes(self) -> int:
        """How many there were."""
        return sum(map(len, self.seconds.values())) + len(self.refused)

    @property
    def share_in_time(self) -> float:
        """How many of all probes were answered as they should be, within a second."""
        in_time = sum(second <= SECOND_AT_MOST for seconds in self.seconds.values() for second in seconds)
        return in_time / self.probes if self.probes else 0.0

    @property
    def slowest(self) -> tuple[str, float]:
        """What had the longest 99th percentile, and its seconds."""
        return max(
            ((name, _percentile(seconds)) for name, seconds in self.seconds.items()),
            key=lambda figure: figure[1],
            default=("nothing", 0.0),
        )


def _percentile(seconds: Sequence[float]) -> float:
    return statistics.quantiles([*seconds, *seconds], n=100)[98]


def probes(report: str, key: str) -> dict[str, Callable[[], str]]:
    """What the other client asks for: name → the request."""

    def get(path: str) -> str:
        return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"

    def post() -> str:
        body = urlencode(FIELDS | {"api_key": key})
        head = f"POST /open311/v2/requests.json HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n"
        head += "Content-Type: application/x-www-form-urlencoded\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n{body}"

    return {
        "healthz": lambda: get("/healthz"),
        "list": lambda: get(f"/open311/v2/requests.json?page_size=50&bbox=7.9{next(_numbers):05},49,9,50"),
        "page": lambda: get(f"/reports/{report}"),
        "post": post,
    }


async def watch(
    port: int, asked: dict[str, Callable[[], str]], address: str, seconds: float, pids: Sequence[int]
) -> Seen:
    """Ask for everything, twice a second, for so long."""
    seen, until = Seen(), time.monotonic() + seconds
    while time.monotonic() < until:
        await asyncio.gather(*(_note(seen, port, name, make, address) for name, make in asked.items()))
        seen.megabytes = max(seen.megabytes, megabytes(pids))
        await asyncio.sleep(0.45)
    return seen


async def _note(seen: Seen, port: int, name: str, make: Callable[[], str], address: str) -> None:
    began = time.monotonic()
    try:
        status = await asyncio.wait_for(_probe(port, make(), address), GIVE_UP_SECONDS)
    except (OSError, TimeoutError, IndexError) as reason:
        seen.refused.append(f"{name}: {type(reason).__name__}")
        return
    if status == 200:
        seen.seconds.setdefault(name, []).append(time.monotonic() - began)
    else:
        seen.refused.append(f"{name}: {status}")


async def _probe(port: int, request: str, address: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    try:
        writer.write(request.encode())
        answer = await reader.read()
        return int(answer.split(b" ", 2)[1])
    finally:
        writer.transport.abort()


def megabytes(pids: Sequence[int]) -> float:
    """What all processes of the servers hold now."""
    return sum(now for pid in pids for now, _ in memory(pid).values())
