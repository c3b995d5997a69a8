"""`open311 dev`: the whole server on this machine, its database included, from one command."""

import os
import shlex
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from open311 import core
from open311.actions import catalogue_publication, keys
from open311.actions.upkeep import desk_figures
from open311.base.errors import ConfigurationError
from open311.cli.running.serve import GRACE_SECONDS, port_option, require_free_port, with_port
from open311.core import Core
from open311.dev import demo, private_cluster, staff
from open311.dev.demo import sent_now
from open311.dev.demo import words as demo_words
from open311.dev.private_cluster import Cluster
from open311.federation.catalogues import HARVESTED
from open311.model.access.actor import cli_actor
from open311.model.access.keys import Scope
from open311.model.catalogue import Catalogue, Service, ServiceType
from open311.settings import Settings
from open311.storage.database import migrate
from open311.storage.requests import service_requests

DEMO_REPORTS = 2000
# Of reports with photos, each of which takes a moment.
MOST_PHOTOS = 6
START_SECONDS = 180


class Stopped(BaseException):
    """SIGTERM or Ctrl-C: everything that was started is to be stopped, in order."""


@click.command()
@port_option
@click.option(
    "--demo-reports",
    type=click.IntRange(0),
    default=DEMO_REPORTS,
    show_default=True,
    help="How many reports to fill in on the first start.",
)
def dev(port: int | None, demo_reports: int) -> None:
    """Run everything on this machine: a private database, the server, the background worker."""
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, _stop)
    try:
        with ExitStack() as running:
            _run(with_port(port), demo_reports, running)
    except Stopped:
        click.echo("Stopped.")


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    # A second Ctrl-C must not cut the stopping short.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.SIG_IGN)
    raise Stopped


def _run(chosen: Settings, demo_reports: int, running: ExitStack) -> None:
    require_free_port(chosen.host, chosen.port)
    cluster = None
    if chosen.database_url is None:
        click.echo(f"Starting PostGIS in {chosen.data_dir}")
        cluster = running.enter_context(private_cluster.cluster(chosen.data_dir, say=click.echo))
        private_cluster.keep_port(chosen.data_dir, chosen.port)
        chosen = replace(chosen, database_url=cluster.ensure_database(private_cluster.DATABASE))
    lines = _prepare(chosen, demo_reports, own=cluster is not None)
    children = {name: running.enter_context(_child(name, chosen)) for name in ("serve", "work")}
    _wait_until_it_answers(_address(chosen), children["serve"])
    click.echo("\n".join(lines))
    while True:
        _watch(children, cluster)
        time.sleep(1)


def _prepare(chosen: Settings, demo_reports: int, *, own: bool) -> list[str]:
    """Migrate, load the catalogue, fill in reports; what to print once the server answers."""
    assert chosen.database_url
    migrate.upgrade(chosen.database_url)
    built = core.build(chosen)
    try:
        catalogue_publication.publish(built, HARVESTED)
        with built.database.read() as conn:
            empty = not service_requests.any_stored(conn)
        if empty and demo_reports:
            demo.seed(built, demo_reports)
            sent_now.send(built, min(demo_reports // 100, MOST_PHOTOS), demo.SEED)
            # The worker does so in ten minutes; who looks around for the first time is faster.
            desk_figures.add_up(built)
        lines = _three_lines(chosen, built.catalogues.in_force[0], _key(built))
        # Accounts whose password is printed have no business in a database that serves others, too.
        return [*lines, *_desk_lines(chosen, built)] if chosen.staff and own else lines
    finally:
        built.database.close()


def _key(built: Core) -> str:
    """A key to report with, made on the first start and kept beside the database."""
    kept = Path(built.settings.data_dir / "key")
    kept.parent.mkdir(parents=True, exist_ok=True)
    if kept.exists() and keys.find_key(built, kept.read_text().strip()):
        return kept.read_text().strip()
    secret = keys.add_key(
        built, f"this machine, {datetime.now():%Y-%m-%d %H:%M:%S.%f}", [Scope.REPORT], None, actor=cli_actor()
    )
    # A new file, not written over: the file may be one that others can read.
    kept.unlink(missing_ok=True)
    with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret + "\n")
    return secret


def _three_lines(chosen: Settings, catalogue: Catalogue, key: str) -> list[str]:
    root = f"{_address(chosen)}/open311/v2"
    fields = {
        "api_key": key,
        "jurisdiction_id": catalogue.jurisdiction.jurisdiction_id,
        "service_code": _simple_service(catalogue).service_code,
        "description": demo_words.in_language(catalogue.jurisdiction.languages[0]).tried,
        **_somewhere(catalogue),
    }
    report = " ".join(f"-d {shlex.quote(f'{name}={value}')}" for name, value in fields.items())
    return [
        "",
        f"The server answers on {_address(chosen)}; Ctrl-C stops it. Try:",
        f"  {_address(chosen)}/ (the site for citizens; its mails lie in {chosen.data_dir / 'mail'})",
        f"  {root}/docs",
        f"  curl {shlex.quote(f'{root}/requests.json?page_size=3')}",
        f"  curl {report} {root}/requests.xml",
    ]


def _desk_lines(chosen: Settings, built: Core) -> list[str]:
    """How to get into the desk: who there is to try it as, and a link for an administrator of one's own."""
    there = staff.seed(built)
    link = staff.first_link(built)
    return [
        "",
        f"The desk of the staff: {_address(chosen)}/staff (password of all: {there.password})",
        *(f"  {email:<20} {role.value}" for role, email in there.people),
        *([f"  administrator of your own, by a one-time link: {link}"] if link else []),
    ]


def _simple_service(catalogue: Catalogue) -> Service:
    services = catalogue.active_services()
    simple = [
        service
        for service in services
        if service.type is ServiceType.REALTIME
        and not any(attribute.required for attribute in service.attributes)
    ]
    return [*simple, *services][0]


def _somewhere(catalogue: Catalogue) -> dict[str, str]:
    boundary = catalogue.jurisdiction.boundary
    if boundary is None:
        return {"lat": "49.481", "long": "8.446"}
    point = boundary.representative_point()
    return {"lat": f"{point.y:.5f}", "long": f"{point.x:.5f}"}


def _address(chosen: Settings) -> str:
    # `everywhere` is where one listens; no browser can go there.
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}
    host = everywhere.get(chosen.host, f"[{chosen.host}]" if ":" in chosen.host else chosen.host)
    return f"http://{host}:{chosen.port}"


@contextmanager
def _child(name: str, chosen: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """A command of ours as a process of its own; stopped at the end, and by the kernel should we be killed."""
    # Mails are looked at on disk, unless a server for them is named.
    mail = {"OPEN311_SMTP_URL": (chosen.data_dir / "mail").as_uri(), "OPEN311_MAIL_FROM": "open311@localhost"}
    # On one's own machine nobody's telephone has to be at hand.
    defaults = {"OPEN311_LOG_FORMAT": "console", "OPEN311_SECOND_FACTOR": "off", **mail}
    # What somebody has set goes before what is handy here.
    environment = {**defaults, **os.environ, "DATABASE_URL": str(chosen.database_url)}
    process = subprocess.Popen(
        # By the kernel, since nothing of ours runs any more after a kill -9.
        ["setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "open311.cli", name],
        env=environment,
        stdin=subprocess.DEVNULL,
        # Ctrl-C reaches the whole group of the terminal; the database must outlive what uses it.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(GRACE_SECONDS + 5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_it_answers(address: str, server: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < give_up:
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise ConfigurationError("the server did not start; its reason stands above")


def _watch(children: dict[str, subprocess.Popen[bytes]], cluster: Cluster | None) -> None:
    for name, process in children.items():
        if process.poll() is not None:
            raise ConfigurationError(f"`open311 {name}` {_ending(process.returncode)}")
    if cluster and cluster.renew():
        click.echo("PostGIS was started again.")


def _ending(code: int) -> str:
    """Why a process is no longer there, as far as its exit code tells."""
    if code >= 0:
        return f"ended by itself with exit code {code}; its reason stands above"
    killed = f"was ended from outside by {signal.Signals(-code).name}"
    if code == -signal.SIGKILL:
        killed += "; if nobody did that, memory ran out: `dmesg | grep -i oom` tells"
    return killed
