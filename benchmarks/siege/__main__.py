"""`make siege`: besieges a server of its own and prints what others noticed. Loopback only, and it ends by itself.

Each attack holds its connections for some seconds while another client, from an address of its own, goes on asking for
four things. Whoever refuses a connection is asked again after a second, so an attack does not shrink.
"""

import argparse
import asyncio
import os
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

import psycopg

from benchmarks import data, site
from benchmarks.processes import begun, end_in_order, free_port, started
from benchmarks.siege import abuse
from benchmarks.siege.abuse import Place
from benchmarks.siege.attacks import ATTACKS, Attack, besiege
from benchmarks.siege.probes import ATTACKER, OTHER, Seen, megabytes, probes, watch
from open311.base.temporary import temporary_folder

COMMAND = [sys.executable, "-m", "open311.cli"]
OPEN_FILES = 10_000
LONGEST_SECONDS = 180
SENDER = "Stadt <maengel@stadt.example>"


def main() -> None:
    """Besiege a server, and print what the others noticed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.siege")
    parser.add_argument("--seconds", type=float, default=40, help=f"each attack; at most {LONGEST_SECONDS}")
    parser.add_argument("--count", type=int, default=20_000, help="reports in the table")
    parser.add_argument("--direct", action="store_true", help="without nginx in front")
    parser.add_argument(
        "--same-address", action="store_true", help="the other client has the attacker's address"
    )
    parser.add_argument(
        "--only", type=int, nargs="*", help="numbers of attacks, from 0; none for the rest alone"
    )
    asked = parser.parse_args()
    end_in_order()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, most),) * 2)
    with ExitStack() as stack:
        place, pids = _place(stack, asked.count, direct=asked.direct)
        with psycopg.connect(place.url) as conn:
            [(report,)] = conn.execute(
                "select max(id) from service_requests where visibility = 'published' and status = 'open'"
            ).fetchall()
        attacks = ATTACKS if asked.only is None else [ATTACKS[number] for number in asked.only]
        address = ATTACKER if asked.same_address else OTHER
        print(
            f"{'without a proxy' if asked.direct else 'behind nginx'}, load {os.getloadavg()[0]:.1f}",
            flush=True,
        )
        seconds = min(asked.seconds, LONGEST_SECONDS)
        for row in _rows(place, str(report), attacks, address, seconds, pids):
            print(row, flush=True)
        print(flush=True)
        for verdict in abuse.verdicts(place, str(report)):
            held = "held" if verdict.held else "FAILED"
            print(f"{verdict.kind:<24}{held:<8}{verdict.tried}: {verdict.came}", flush=True)


def _place(stack: ExitStack, count: int, *, direct: bool) -> tuple[Place, list[int]]:
    """A server with its worker, and nginx in front unless it is tried alone; the processes that count."""
    folder = stack.enter_context(temporary_folder("siege"))
    folder.chmod(0o711)
    url = data.copy(stack.enter_context(data.cluster(folder / "cluster")), count)
    port = front = free_port()
    settings = {
        "DATABASE_URL": url,
        "PORT": str(port),
        "OPEN311_DATA_DIR": str(folder),
        "OPEN311_SMTP_URL": f"file://{folder}/mail",
        "OPEN311_MAIL_FROM": SENDER,
    }
    if not direct:
        settings["OPEN311_TRUSTED_PROXIES"] = "1"
    log = folder / "server.log"
    server = stack.enter_context(started([*COMMAND, "serve"], port, "/healthz", log, settings))
    pids = [server.pid]
    if not direct:
        front = free_port()
        pids.append(stack.enter_context(site.proxy(folder, [port], front)))
    stack.enter_context(begun([*COMMAND, "work"], folder / "worker.log", settings))
    return Place(front, url, data.key(settings), folder, os.environ | settings, not direct), pids


def _rows(
    place: Place, report: str, attacks: Sequence[Attack], address: str, seconds: float, pids: Sequence[int]
) -> Iterator[str]:
    """The table of attacks, a line each."""
    yield f"{'attack':<40}{'within 1 s':>11}{'probes':>8}  {'slowest p99':<19}{'MB before, at most':>20}  refused"
    known = probes(report, place.key)
    for attack in attacks:
        before = megabytes(pids)
        seen = asyncio.run(_siege(place, attack, known, address, seconds, pids))
        name, slowest = seen.slowest
        figures = f"{seen.share_in_time:>11.1%}{seen.probes:>8}  {f'{name} {slowest * 1000:.0f} ms':<19}"
        yield f"{attack.name:<40}{figures}{f'{before:.0f} {seen.megabytes:.0f}':>20}  {', '.join(seen.refused[:5])}"


async def _siege(
    place: Place,
    attack: Attack,
    known: dict[str, Callable[[], str]],
    address: str,
    seconds: float,
    pids: Sequence[int],
) -> Seen:
    """Hold an attack for some seconds; what the other client saw."""
    attackers = [
        asyncio.create_task(besiege(attack, place.port, place.key)) for _ in range(attack.connections)
    ]
    await asyncio.sleep(2)
    try:
        return await watch(place.port, known, address, seconds, pids)
    finally:
        for attacker in attackers:
            attacker.cancel()
        await asyncio.gather(*attackers, return_exceptions=True)


if __name__ == "__main__":
    main()
