"""What commands that work on stored data share."""

import gc
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from open311 import core, settings
from open311.actions import catalogue_publication
from open311.actions.upkeep import restoring
from open311.base import datetimes
from open311.base.datetimes import write_utc
from open311.base.errors import Open311Error
from open311.base.pipeline import STEPS_AT_ONCE
from open311.base.problems import in_words
from open311.core import Core
from open311.dev import private_cluster
from open311.federation.catalogues import HARVESTED
from open311.storage.upkeep import schema

LANGUAGE = "en"
WHICH_CITY = "Which city, by its jurisdiction_id; needed where there are several."
# A program that reads the table finds each row on one line.
PIPED_WIDTH = 1000
# An import stores batches and sorts words in beside them.
MOST_AT_ONCE = STEPS_AT_ONCE + 1
# What PostgreSQL holds as the number of a row.
ROW_NUMBER = click.IntRange(1, 2**63 - 1)


class Moment(click.ParamType[datetime]):
    """A datetime such as 2026-03-01T10:00:00+01:00; without a zone in UTC."""

    name = "datetime"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return datetimes.parse(str(value), UTC)
        except ValueError:
            self.fail(f"{value} is not a datetime such as 2026-03-01T10:00:00+01:00")


@contextmanager
def opened(*, adopt: bool = True) -> Iterator[Core]:
    """A Core on the database of the settings, or on the one a running `open311 dev` keeps; the catalogues are in force.

    What an action refuses is told in words, with exit code 1. Without `adopt`, a restored database is taken as it is.
    """
    chosen = settings.load()
    url = private_cluster.database_url(chosen)
    schema.require_usable(url)
    connections = max(chosen.pool_size, MOST_AT_ONCE)
    port = private_cluster.port(chosen)
    built = core.build(replace(chosen, database_url=url, port=port, pool_size=connections))
    try:
        if adopt:
            restoring.adopt(built)
        catalogue_publication.publish(built, HARVESTED)
        yield built
    except Open311Error as refused:
        raise click.ClickException(
            "; ".join(in_words(problem, LANGUAGE) for problem in refused.problems)
        ) from None
    finally:
        built.database.close()


@contextmanager
def many_rows() -> Iterator[None]:
    """For what many rows go through: looking for garbage takes a fifth of the time, and they leave none."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def show_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, nothing: str = "There is nothing to show."
) -> None:
    """Print rows under their columns: a moment in UTC, a list with commas, nothing for None, the rest as it is.

    Without rows `nothing` is said on standard error.
    """
    table = Table(*(Column(name, overflow="fold") for name in columns))
    for row in rows:
        # As plain text: what strangers wrote in square brackets must not be taken for a style.
        table.add_row(*(Text(_cell(cell)) for cell in row))
    if not table.row_count:
        click.echo(nothing, err=True)
        return
    # A program that reads this gets each row in one line; a terminal decides by its width.
    Console(width=None if sys.stdout.isatty() else PIPED_WIDTH).print(table)


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return write_utc(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
