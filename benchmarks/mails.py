"""`python -m benchmarks.mails`: one report changes, thousands follow it; how long until the last has their mail."""

import argparse
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
from aiosmtpd.controller import Controller

from benchmarks import data
from benchmarks.processes import begun, end_in_order, free_port
from open311 import core as core_module
from open311 import settings
from open311.actions import casework, catalogue_publication
from open311.base.temporary import temporary_folder
from open311.model.access.actor import cli_actor

LONGEST_SECONDS = 1800
DONE = "GELOEST"
FOLLOWERS = """
insert into followers (service_request_id, email, language, created_datetime, asked_datetime, confirmed_datetime)
select %s, 'kim.' || number || '@example.org', 'de', now() - interval '1 hour', now() - interval '1 hour', now()
from generate_series(1, %s) as number
"""


class Counter:
    """A mail server that takes everything at once."""

    def __init__(self) -> None:
        self.times: list[float] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Count one more."""
        self.times.append(time.monotonic())
        return "250 OK"


def main() -> None:
    """Let them follow, change the report, wait for the last mail."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mails")
    parser.add_argument("--count", type=int, default=5000)
    asked = parser.parse_args()
    end_in_order()
    with ExitStack() as stack:
        folder = stack.enter_context(temporary_folder("mails"))
        folder.chmod(0o711)
        url = data.copy(stack.enter_context(data.cluster(folder / "cluster")), 1000)
        port, counter = free_port(), Counter()
        server = Controller(counter, hostname="127.0.0.1", port=port)
        server.start()
        stack.callback(server.stop)
        values = {
            "DATABASE_URL": url,
            "OPEN311_DATA_DIR": str(folder),
            "OPEN311_SMTP_URL": f"smtp://127.0.0.1:{port}",
            "OPEN311_MAIL_FROM": "maengel@stadt.example",
            "OPEN311_BASE_URL": "https://melden.example",
        }
        log = folder / "worker.log"
        worker = stack.enter_context(begun([sys.executable, "-m", "open311.cli", "work"], log, values)).pid
        while "worker_started" not in log.read_text():
            time.sleep(0.1)
        before, began = _seconds_of_cpu(worker), time.monotonic()
        _change(url, values, asked.count)
        while len(counter.times) < asked.count and time.monotonic() - began < LONGEST_SECONDS:
            time.sleep(0.1)
        came, took = len(counter.times), counter.times[-1] - began
        each = 1000 * (_seconds_of_cpu(worker) - before) / came
        print(
            f"{came} of {asked.count} mails, the last after {took:.1f} s, {came / took:.1f} a second, "
            f"{each:.1f} ms of the worker's processor each, load {os.getloadavg()[0]:.1f}"
        )


def _change(url: str, values: dict[str, str], followers: int) -> None:
    """A report that many follow is done."""
    with psycopg.connect(url) as conn:
        [(number,)] = conn.execute(
            "select max(id) from service_requests where visibility = 'published' and status = 'open'"
        ).fetchall()
        conn.execute(FOLLOWERS, [number, followers])
    core = core_module.build(settings.load(values))
    try:
        catalogue_publication.publish(core)
        casework.set_status(core, number, DONE, cli_actor(), "Abgeholt.")
    finally:
        core.database.close()


def _seconds_of_cpu(pid: int) -> float:
    """What a process has used until now."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
