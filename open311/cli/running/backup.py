"""`open311 backup`: whether what was saved can be restored."""

import sys
from datetime import timedelta
from pathlib import Path

import click

from open311 import settings
from open311.base.text import how_many
from open311.operations import rehearsal
from open311.operations.rehearsal import Rehearsal


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
    click.echo(f"{dump.name} of {outcome.dumped} can be restored: {_holds(outcome)}.")


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
    click.echo(f"{last.dump} was restored on {last.moment}: {_holds(last)}.")


def _holds(rehearsed: Rehearsal) -> str:
    counted = how_many(rehearsed.requests, "request", "requests")
    return f"{counted}, the newest of {rehearsed.newest}" if rehearsed.newest else counted
