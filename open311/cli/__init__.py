"""The command line, `open311 COMMAND`; each command is a module of this package."""

import gc
import os
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import click
import structlog

from open311.base import version
from open311.base.errors import ConfigurationError

# What Python makes of bytes that are no text in the encoding of the machine.
SURROGATE = re.compile("[\udc80-\udcff]")


class Command(NamedTuple):
    """Where a command is, and what the list of commands says of it, so that printing the list loads none of them."""

    place: str
    summary: str


COMMANDS = {
    "account": Command(
        "open311.cli.access.accounts:account",
        "Accounts of the staff: who may use the desk, with which roles.",
    ),
    "addresses": Command(
        "open311.cli.city.addresses:addresses", "Keep the list of addresses that the form searches in."
    ),
    "audit": Command("open311.cli.access.audit:audit", "The log of roles, resets, look-ups and exports."),
    "backup": Command(
        "open311.cli.running.backup:backup",
        "Rehearse a restore, and hear whether the last rehearsal was good.",
    ),
    "catalogue": Command(
        "open311.cli.city.catalogue:catalogue", "Check, show and compare catalogues of services."
    ),
    "check": Command(
        "open311.cli.exchange.check:check",
        "Check a GeoReport v2 server, requirement by requirement, from outside.",
    ),
    "db": Command("open311.cli.running.database:db", "The tables of the database."),
    "demo": Command(
        "open311.cli.running.demo:demo",
        "Add made-up reports of the last five years, with what became of them.",
    ),
    "desk": Command(
        "open311.cli.city.desk:desk", "Explain and apply the rules by which reports go to units."
    ),
    "dev": Command(
        "open311.cli.running.dev:dev",
        "Run everything on this machine: a private database, the server, the background worker.",
    ),
    "doctor": Command(
        "open311.cli.running.doctor:doctor",
        "Look at settings, database, volumes, mail, worker, backups; exit code 1 when something must be done.",
    ),
    "export": Command(
        "open311.cli.exchange.export:export", "Write all published requests, the oldest first."
    ),
    "harvest": Command(
        "open311.cli.exchange.harvest:harvest",
        "Other GeoReport servers whose public requests are shown here, too.",
    ),
    "import": Command(
        "open311.cli.exchange.importing:import_",
        "Take in requests from a CSV file, or the whole history of another GeoReport server, as our own.",
    ),
    "forward": Command(
        "open311.cli.exchange.forwards:forward",
        "Look after reports that are handed on to other GeoReport servers.",
    ),
    "jobs": Command(
        "open311.cli.running.jobs:jobs",
        "Look at the jobs of the worker; do those again that failed, as mails in an outage of the mail server.",
    ),
    "key": Command(
        "open311.cli.access.keys:key", "API keys: who may report, change a status, read what is held."
    ),
    "map": Command("open311.cli.city.maps:map_", "Keep the city's own map, which needs no server elsewhere."),
    "media": Command("open311.cli.reports.media:media", "Photos of service requests."),
    "order": Command(
        "open311.cli.reports.orders:order", "Send reports to contractors by mail, and see to their answers."
    ),
    "person": Command(
        "open311.cli.access.people:person", "What is kept about somebody who asks the city: hand out, erase."
    ),
    "request": Command("open311.cli.reports.requests:request", "Look at service requests and move them on."),
    "serve": Command(
        "open311.cli.running.serve:serve",
        "Answer requests until SIGTERM or Ctrl-C, then finish what was begun and stop.",
    ),
    "webhook": Command(
        "open311.cli.exchange.webhooks:webhook",
        "Tell other programs of what happens to requests, as Standard Webhooks says.",
    ),
    "work": Command(
        "open311.cli.running.serve:work",
        "Do the work that is not done inside a request, until SIGTERM or Ctrl-C.",
    ),
}


@contextmanager
def quietly() -> Iterator[None]:
    """Load modules without a search for garbage: there is none, and the search takes a fifth of the time."""
    gc.disable()
    try:
        yield
    finally:
        # What was loaded stays, so no later search looks through it; forked processes go on sharing its pages.
        gc.freeze()
        gc.enable()


class Commands(click.Group):
    """Imports a command only when it is called, so that each starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].place.partition(":")
        with quietly():
            command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].summary) for name in self.list_commands(ctx)])


def _show_version(ctx: click.Context, _: click.Parameter, show: bool) -> None:
    if show:
        click.echo(f"open311 {version.build()}")
        ctx.exit()


@click.group(cls=Commands)
@click.option(
    "--version",
    is_flag=True,
    callback=_show_version,
    expose_value=False,
    is_eager=True,
    help="Which release this is, and of which commit.",
)
def commands() -> None:
    """An Open311 GeoReport v2 server for cities."""


def require_text(arguments: Sequence[str]) -> None:
    """Raise `ConfigurationError` for an argument that neither is text here nor names a file."""
    for argument in arguments:
        if SURROGATE.search(argument) and not Path(argument).exists():
            raise ConfigurationError(
                f"{argument!r} is not in the encoding of this machine; write it in UTF-8"
            )


def _hear_who_ends_us() -> None:
    """The kernel keeps from the first process of a container each signal for which it has no handler."""
    if os.getpid() == 1:
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


def main() -> None:
    """Run the command line; what the operator must mend is said in one line, without a traceback."""
    # What a command prints is for scripts: `KEY=$(open311 key add …)` must hold the key alone.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    _hear_who_ends_us()
    try:
        require_text(sys.argv[1:])
        commands()
    except ConfigurationError as error:
        click.echo(f"open311: {error}", err=True)
        sys.exit(2)
