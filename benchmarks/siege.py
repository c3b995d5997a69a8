"""`make siege`: what one machine with bad manners takes from everybody else. Loopback only, and it ends by itself.

Each attack holds its connections for some seconds while another client, from an address of its own, goes on asking for
four things. Whoever refuses a connection is asked again after a second, so an attack does not shrink.
"""

import argparse
import asyncio
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import psycopg
from PIL import Image

from benchmarks import data, site
from benchmarks.processes import free_port, memory, started

ATTACKER, OTHER = "127.0.0.1", "127.0.0.2"
SECOND_AT_MOST = 1.0
GIVE_UP_SECONDS = 10.0
MOST_CONNECTIONS = 1500
POST = "POST /open311/v2/requests.json HTTP/1.1\r\nHost: city.example\r\n"
EXPORT = "GET /open311/v2/export.ndjson HTTP/1.1\r\nHost: city.example\r\n\r\n"
FIELDS = {"service_code": "MUELL_WILD", "lat": "49.48", "long": "8.44", "description": "Wilder Müll"}
_numbers = count(1)

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Attack:
    """How one of many connections behaves until it is cut."""

    name: str
    connections: int
    hold: Callable[[Streams, str], Awaitable[None]]
    buffer: int | None = None


async def _stall(streams: Streams, head: str) -> None:
    reader, writer = streams
    writer.write(head.encode())
    while await reader.read(1024):
        pass


async def _body(streams: Streams, key: str) -> None:
    await _stall(streams, f"{POST}Content-Length: 1000\r\n\r\n")


async def _one_byte(streams: Streams, key: str) -> None:
    await _stall(streams, f"{POST}Content-Length: 1000\r\n\r\na")


async def _chunks(streams: Streams, key: str) -> None:
    _, writer = streams
    writer.write(f"{POST}Transfer-Encoding: chunked\r\n\r\n".encode())
    while True:
        writer.write(b"1\r\na\r\n")
        await writer.drain()
        await asyncio.sleep(1)


async def _idle(streams: Streams, key: str) -> None:
    await streams[0].read(1)


async def _head(streams: Streams, key: str) -> None:
    _, writer = streams
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: city.example\r\n")
    for number in count():
        writer.write(f"X-{number}: {'a' * 1000}\r\n".encode())
        await writer.drain()
        await asyncio.sleep(1)


async def _unread_export(streams: Streams, key: str) -> None:
    _, writer = streams
    writer.write(EXPORT.encode())
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    while not writer.is_closing():
        await asyncio.sleep(1)


@cache
def _heavy_report(key: str) -> bytes:
    """Five photos, each as costly as may be."""
    image = Image.effect_noise((4990, 4990), 40)
    file = BytesIO()
    image.save(file, "JPEG", quality=10, progressive=True)
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in (FIELDS | {"api_key": key}).items()
    ]
    for number in range(5):
        head = f'--x\r\nContent-Disposition: form-data; name="media"; filename="{number}.jpg"\r\n\r\n'
        parts += [head.encode(), file.getvalue(), b"\r\n"]
    body = b"".join([*parts, b"--x--\r\n"])
    head = f"{POST}Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _photos(streams: Streams, key: str) -> None:
    reader, writer = streams
    writer.write(_heavy_report(key))
    await reader.read(1024)


ATTACKS = (
    Attack("700 announce a body and send nothing", 700, _body),
    Attack("700 send one byte of a body", 700, _one_byte),
    Attack("700 send chunks without end", 700, _chunks),
    Attack("1,500 say nothing", MOST_CONNECTIONS, _idle),
    Attack("700 send a head without end", 700, _head),
    Attack("300 read nothing of an export", 300, _unread_export, buffer=4096),
    Attack("20 send reports of five heavy photos", 20, _photos),
)


async def _besiege(attack: Attack, port: int, key: str) -> None:
    """One connection of an attack, made again whenever it is lost."""
    while True:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, local_addr=(ATTACKER, 0), limit=attack.buffer or 2**16
            )
            try:
                await attack.hold((reader, writer), key)
            finally:
                writer.transport.abort()
        await asyncio.sleep(1)


@dataclass
class Seen:
    """What the other client saw: seconds of each probe, by what was asked for."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def share_in_time(self) -> float:
        """How many of all probes were answered as they should be, within a second."""
        every = [second for seconds in self.seconds.values() for second in seconds]
        in_time = sum(second <= SECOND_AT_MOST for second in every)
        return in_time / (len(every) + len(self.refused)) if every else 0.0

    def as_row(self) -> dict[str, object]:
        """The figures of a table."""
        p99 = {name: _percentile(seconds) for name, seconds in self.seconds.items()}
        return {
            "answered within 1 s": round(self.share_in_time(), 4),
            "p99 ms": {name: round(value * 1000) for name, value in p99.items()},
            "probes": sum(map(len, self.seconds.values())) + len(self.refused),
            "refused": self.refused[:5],
        }


def _percentile(seconds: Sequence[float]) -> float:
    return statistics.quantiles([*seconds, *seconds], n=100)[98] if seconds else 0.0


def probes(report: str, key: str) -> dict[str, Callable[[], str]]:
    """What the other client asks for: name → the request."""

    def get(path: str) -> str:
        return f"GET {path} HTTP/1.1\r\nHost: city.example\r\nConnection: close\r\n\r\n"

    def post() -> str:
        body = urlencode(FIELDS | {"api_key": key})
        head = f"{POST}Connection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n{body}"

    return {
        "healthz": lambda: get("/healthz"),
        "list": lambda: get(f"/open311/v2/requests.json?page_size=50&bbox=7.9{next(_numbers):05},49,9,50"),
        "page": lambda: get(f"/reports/{report}"),
        "post": post,
    }


async def _probe(port: int, request: str, address: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    try:
        writer.write(request.encode())
        answer = await reader.read()
        return int(answer.split(b" ", 2)[1])
    finally:
        writer.transport.abort()


async def _watch(port: int, asked: dict[str, Callable[[], str]], address: str, seconds: float) -> Seen:
    seen, until = Seen(), time.monotonic() + seconds
    while time.monotonic() < until:
        await asyncio.gather(*(_note(seen, port, name, make, address) for name, make in asked.items()))
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


async def siege(
    port: int, attack: Attack, asked: dict[str, Callable[[], str]], key: str, address: str, seconds: float
) -> Seen:
    """Hold an attack for some seconds; what the other client saw."""
    attackers = [asyncio.create_task(_besiege(attack, port, key)) for _ in range(attack.connections)]
    await asyncio.sleep(2)
    try:
        return await _watch(port, asked, address, seconds)
    finally:
        for attacker in attackers:
            attacker.cancel()
        await asyncio.gather(*attackers, return_exceptions=True)


def megabytes(pids: Sequence[int]) -> float:
    """What all processes of the servers hold now."""
    return sum(now for pid in pids for now, _ in memory(pid).values())


def main() -> None:
    """Besiege a server of our own, and print what the others noticed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.siege")
    parser.add_argument("--seconds", type=float, default=40, help="each attack; at most 90")
    parser.add_argument("--count", type=int, default=20_000, help="reports in the table")
    parser.add_argument("--direct", action="store_true", help="without nginx in front")
    parser.add_argument(
        "--same-address", action="store_true", help="the other client has the attacker's address"
    )
    parser.add_argument("--only", type=int, nargs="*", help="numbers of attacks, from 0")
    asked = parser.parse_args()
    asked.seconds = min(asked.seconds, 90)
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (min(10_000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="open311-siege-")))
        folder.chmod(0o711)
        cluster = stack.enter_context(data.cluster(folder / "cluster"))
        url = data.copy(cluster, asked.count)
        port = front = free_port()
        values = {"DATABASE_URL": url, "PORT": str(port), "OPEN311_DATA_DIR": str(folder)}
        if not asked.direct:
            values["OPEN311_TRUSTED_PROXIES"] = "1"
        command = [sys.executable, "-m", "open311.cli", "serve"]
        log = folder / "server.log"
        server = stack.enter_context(started(command, port, "/healthz", log, **values))
        pids = [server.pid]
        if not asked.direct:
            front = free_port()
            pids.append(stack.enter_context(site.proxy(folder, [port], front)))
        key = data.key(values)
        with psycopg.connect(url) as conn:
            [(report,)] = conn.execute(
                "select id from service_requests where visibility = 'published' order by id limit 1"
            ).fetchall()
        known = probes(str(report), key)
        address = ATTACKER if asked.same_address else OTHER
        print(
            f"load {os.getloadavg()[0]:.1f}, {'direct' if asked.direct else 'behind nginx'}", file=sys.stderr
        )
        for number, attack in enumerate(ATTACKS):
            if asked.only and number not in asked.only:
                continue
            before = megabytes(pids)
            seen = asyncio.run(siege(front, attack, known, key, address, asked.seconds))
            row = {"attack": attack.name} | seen.as_row()
            row["MB"] = [round(before), round(megabytes(pids))]
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
