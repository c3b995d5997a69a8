"""`open311 backup`: whether what was saved can be restored."""

import sys
from datetime import timedelta
from pathlib import Path

import click

from open311 import settings
from open311.operations import rehearsal


@click.group()
def backup() -> None:
    """Rehearse a restore, and hear whether the last rehearsal was good."""


@backup.command()
@click.argument("dump", type=click.Path(exists=True, path_type=Path))
@click.option("--into", required=True, help="The address of an empty database to rehearse in.")
def rehearse(dump: Path, into: str) -> None:
    """Restore DUMP, of pg_dump --format=custom, into an empty database and look at what it brings back."""
    outcome = rehearsal.rehearse(dump, into, settings.load().data_dir)
    if outcome.problem:
        click.echo(outcome.problem, err=True)
        sys.exit(2)
    click.echo(
        f"{dump.name} of {outcome.dumped} can be restored: {outcome.requests} requests, the newest of {outcome.newest}."
    )


@backup.command()
@click.option(
    "--days",
    type=click.IntRange(1, 36_500),
    default=40,
    show_default=True,
    help="How long a rehearsal counts.",
)
def check(days: int) -> None:
    """Say whether the last rehearsal was good and not too long ago; exit code 2 when not."""
    last = rehearsal.last(settings.load().data_dir)
    fault = rehearsal.problem_of(last, timedelta(days=days))
    if fault:
        click.echo(fault, err=True)
        sys.exit(2)
    assert last
    click.echo(
        f"{last.dump} was restored on {last.moment}: {last.requests} requests, the newest of {last.newest}."
    )
