"""The command line, `open311 COMMAND`; each command is a module of this package."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import click
import structlog

from open311.base import version
from open311.base.errors import ConfigurationError

COMMANDS = {
    "account": "open311.cli.accounts:account",
    "addresses": "open311.cli.addresses:addresses",
    "audit": "open311.cli.audit:audit",
    "backup": "open311.cli.backup:backup",
    "catalogue": "open311.cli.catalogue:catalogue",
    "check": "open311.cli.check:check",
    "db": "open311.cli.database:db",
    "demo": "open311.cli.demo:demo",
    "dev": "open311.cli.dev:dev",
    "doctor": "open311.cli.doctor:doctor",
    "export": "open311.cli.export:export",
    "harvest": "open311.cli.harvest:harvest",
    "import": "open311.cli.importing:import_",
    "forward": "open311.cli.forwards:forward",
    "jobs": "open311.cli.jobs:jobs",
    "key": "open311.cli.keys:key",
    "map": "open311.cli.maps:map_",
    "media": "open311.cli.media:media",
    "request": "open311.cli.requests:request",
    "serve": "open311.cli.serve:serve",
    "webhook": "open311.cli.webhooks:webhook",
    "work": "open311.cli.serve:work",
}


@contextmanager
def quietly() -> Iterator[None]:
    """Load modules without a search for garbage: there is none, and the search takes a fifth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class Commands(click.Group):
    """Imports a command only when it is called, so that each starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        with quietly():
            command: click.Command = getattr(import_module(module), name)
        return command


def _show_version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked:
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


def main() -> None:
    """Run the command line; what the operator must mend is said in one line, without a traceback."""
    # What a command prints is for scripts: `KEY=$(open311 key add …)` must hold the key alone.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        commands()
    except ConfigurationError as wrong:
        click.echo(f"open311: {wrong}", err=True)
        sys.exit(2)
