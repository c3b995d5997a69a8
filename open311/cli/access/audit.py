"""`open311 audit`: the log of what must be accounted for."""

import sys
from dataclasses import asdict

import click
import orjson

from open311.actions.staff_accounts import audit_log
from open311.cli.common import opened
from open311.model.access.actor import cli_actor


@click.group()
def audit() -> None:
    """The log of roles, resets, look-ups and exports."""


@audit.command()
def export() -> None:
    """Print every line as JSON, the oldest first; that it was taken stands in it as well."""
    with opened() as core:
        for line in audit_log.export(core, cli_actor()):
            click.echo(orjson.dumps(asdict(line)).decode())


@audit.command()
def check() -> None:
    """Say whether a line was changed or taken out; exit code 1 if so."""
    with opened() as core:
        broken = audit_log.check(core)
    if broken is not None:
        click.echo(f"The chain breaks at line {broken.id} of {broken.datetime.isoformat()}.", err=True)
        sys.exit(1)
    click.echo("The chain holds.")
