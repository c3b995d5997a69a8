"""Attacks that hold connections: what each does until it is cut. Whoever is cut or refused comes again."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from itertools import count

from PIL import Image

from benchmarks.siege.probes import ATTACKER, FIELDS, HOST

MOST_CONNECTIONS = 1500
POST = f"POST /open311/v2/requests.json HTTP/1.1\r\nHost: {HOST}\r\n"
EXPORT = f"GET /open311/v2/export.ndjson HTTP/1.1\r\nHost: {HOST}\r\n\r\n"

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
    writer.write(f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\n".encode())
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


def _each_in_turn(
    *holds: Callable[[Streams, str], Awaitable[None]],
) -> Callable[[Streams, str], Awaitable[None]]:
    turns = count()

    async def hold(streams: Streams, key: str) -> None:
        await holds[next(turns) % len(holds)](streams, key)

    return hold


ATTACKS = (
    Attack("700 announce a body and send nothing", 700, _body),
    Attack("700 send one byte of a body", 700, _one_byte),
    Attack("700 send chunks without end", 700, _chunks),
    Attack("1,500 say nothing", MOST_CONNECTIONS, _idle),
    Attack("700 send a head without end", 700, _head),
    Attack("300 read nothing of an export", 300, _unread_export, buffer=4096),
    Attack("20 send reports of five heavy photos", 20, _photos),
    Attack(
        "1,500 do all of it at once",
        MOST_CONNECTIONS,
        _each_in_turn(_body, _one_byte, _chunks, _idle, _head, _unread_export),
        buffer=4096,
    ),
)


async def besiege(attack: Attack, port: int, key: str) -> None:
    """One connection of an attack, made again whenever it is lost; until it is cancelled."""
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
