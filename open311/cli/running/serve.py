"""`open311 serve`, which answers requests, and `open311 work`, which does what is not done inside one."""

import ctypes
import errno
import gc
import json
import multiprocessing
import os
import resource
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any
from wsgiref.types import WSGIApplication

import click

from open311 import catalogue_file, settings
from open311.adapters import geocoder, media_store
from open311.adapters.mail import mailers
from open311.adapters.photos.confinement import keep_to_oneself
from open311.base.errors import ConfigurationError
from open311.base.temporary import temporary_folder
from open311.cli import quietly
from open311.dev import private_cluster
from open311.http.limits.connections import MOST_SENDERS, OTHER_THREADS
from open311.settings import Settings
from open311.storage.upkeep import schema

GRACE_SECONDS = 30
ENDINGS = (signal.SIGINT, signal.SIGTERM)
M_ARENA_MAX = -8
# A page of a thousand requests makes more objects than Python's 700, and none of them in a circle.
GARBAGE_FROM = 20_000
# Of one process; connections beyond it wait to be accepted.
MOST_CONNECTIONS = 8192
BACKLOG = 2048
MOST_HEAD_BYTES = 64 * 1024
# Read by granian's allocator (jemalloc) when it is loaded, which must be later. It would have four heaps for each core,
# and each would hold on to the memory of long lists.
ALLOCATOR, ONE_HEAP = "_RJEM_MALLOC_CONF", "narenas:1"
# From linux/prctl.h; Python has no name for it.
PR_SET_PDEATHSIG = 1
# As prometheus-client reads it when it is loaded, which must be later.
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"

port_option = click.option(
    "--port", type=click.IntRange(1, 65535), help="The port to listen on, instead of PORT."
)


@click.command()
@port_option
def serve(port: int | None) -> None:
    """Answer requests until SIGTERM or Ctrl-C, then finish what was begun and stop."""
    chosen = with_port(port)
    catalogues = catalogue_file.load_all(chosen.catalogue)
    require_free_port(chosen.host, chosen.port)
    ready = with_database(chosen)
    for catalogue in catalogues:
        for warning in catalogue_file.warnings(catalogue):
            _warn(ready, str(warning))
    with _shared_metrics():
        # Made once and then forked: the processes start at once and share what never changes.
        with quietly():
            import_module("open311.app").application()
        _allow_connections()
        _end_children_at_once()
        _serve(ready)


def _warn(chosen: Settings, words: str) -> None:
    """Say something before the server begins, in the form of its log: whoever collects that reads every line of it."""
    line = {"event": "catalogue_warning", "level": "warning", "reason": words}
    as_json = json.dumps(line, ensure_ascii=False)
    click.echo(as_json if chosen.log_format == "json" else words, err=True)


@click.command()
def work() -> None:
    """Do the work that is not done inside a request, until SIGTERM or Ctrl-C."""
    from open311 import worker

    keep_to_oneself()
    worker.run(with_database(load()))


def application() -> WSGIApplication:
    """The WSGI application of one server process, which ends with the process that started it."""
    keep_to_oneself()
    system = ctypes.CDLL(None)
    system.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    server = multiprocessing.parent_process()
    if server and os.getppid() != server.pid:
        # It was killed before the kernel knew that we go with it.
        sys.exit()
    # One heap for each of many threads would hold on to the memory of long lists many times; musl has one anyway.
    if hasattr(system, "mallopt"):
        system.mallopt(M_ARENA_MAX, 2)
    from open311 import app

    wsgi = app.from_environment()
    # What is there now stays, and lists make many objects that are no garbage: look for it seldom.
    gc.freeze()
    gc.set_threshold(GARBAGE_FROM, 20, 20)
    return wsgi


def with_port(port: int | None) -> Settings:
    """The settings of the environment, `port` put there for the processes that we start."""
    if port is not None:
        os.environ["PORT"] = str(port)
    return load()


def load() -> Settings:
    """The settings, those that hang together or name classes checked too: the first photo or mail would be too late."""
    chosen = settings.load()
    media_store.check(chosen)
    media_store.require_writable(chosen)
    geocoder.check(chosen)
    mailers.for_settings(chosen)
    return chosen


def with_database(chosen: Settings) -> Settings:
    """The settings with a database that is ready, put into the environment for the processes that we start."""
    url = private_cluster.database_url(chosen)
    schema.require_usable(url)
    os.environ["DATABASE_URL"] = url
    return replace(chosen, database_url=url)


@contextmanager
def _shared_metrics() -> Iterator[None]:
    """A folder in which the server processes count together."""
    if metrics_folder := os.environ.get(METRICS_FOLDER):
        Path(metrics_folder).mkdir(parents=True, exist_ok=True)
        yield
        return
    with temporary_folder("metrics") as folder:
        os.environ[METRICS_FOLDER] = str(folder)
        yield


def require_free_port(host: str, port: int) -> None:
    """Raise `ConfigurationError` when nobody can listen there now."""
    family, kind, protocol, _, address = _resolve(host, port)
    with socket.socket(family, kind, protocol) as attempt:
        # Else the connections of a server that ended a minute ago would keep the port.
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(address)
            # Binding alone succeeds beside a server that shares its port among processes, as ours does.
            attempt.listen(1)
        except OSError as reason:
            raise ConfigurationError(_refusal(host, port, reason)) from None


def _allow_connections() -> None:
    """Each connection is an open file, and the usual limit of a shell is 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * MOST_CONNECTIONS
    if soft < needed:
        # As far as it goes without root; with fewer, those beyond wait.
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(needed, hard), hard))


def _end_children_at_once() -> None:
    """Have a signal end a forked process until granian listens there: the parent's handlers would only note it."""

    def begun() -> None:
        for ending in ENDINGS:
            signal.signal(ending, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)

    os.register_at_fork(
        before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS),
        after_in_parent=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS),
        after_in_child=begun,
    )


def _refusal(host: str, port: int, reason: OSError) -> str:
    if reason.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is in use by another program; set PORT to a free one"
    if reason.errno == errno.EACCES:
        return f"port {port} may be opened by root only; set PORT to one above 1023"
    return f"OPEN311_HOST is {host!r}, which this machine cannot listen on: {reason.strerror}"


def _resolve(host: str, port: int) -> tuple[Any, ...]:
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError as reason:
        raise ConfigurationError(
            f"OPEN311_HOST is {host!r}, which is not an address: {reason.strerror}"
        ) from None


def _serve(chosen: Settings) -> None:
    os.environ.setdefault(ALLOCATOR, ONE_HEAP)
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server.mp import MPServer

    server = MPServer(
        "open311.cli.running.serve:application",
        factory=True,
        interface=Interfaces.WSGI,
        address=_resolve(chosen.host, chosen.port)[4][0],
        port=chosen.port,
        workers=chosen.workers,
        blocking_threads=MOST_SENDERS + OTHER_THREADS,
        # A proxy speaks HTTP/1.1 to us; limits of heads and bodies are then those of one parser.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(max_buffer_size=MOST_HEAD_BYTES),
        backlog=BACKLOG,
        backpressure=MOST_CONNECTIONS,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE_SECONDS,
        # The application writes one line a request itself; only a process that fails to start is left to tell.
        log_level=LogLevels.error,
        log_access=False,
    )
    server.serve()
