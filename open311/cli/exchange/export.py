"""`open311 export`: everything that is public, as a file."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from open311.base.text import how_many
from open311.cli.common import WHICH_CITY, opened
from open311.core import Core
from open311.model.catalogue import Catalogue
from open311.opendata import archive

COLUMNS = (TextColumn("Exporting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice([*archive.FORMATS]),
    default="ndjson",
    show_default=True,
    help="An object a line, or a table.",
)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file; else standard output."
)
@click.option("--jurisdiction", help=WHICH_CITY)
@click.option("--language", help="Of names and notices; else the first of the city.")
def export(form: str, output: Path | None, jurisdiction: str | None, language: str | None) -> None:
    """Write all published requests, the oldest first."""
    with opened() as core, _target(output) as target:
        catalogue = core.catalogues.find(jurisdiction)
        count = _write(core, catalogue, language or catalogue.jurisdiction.languages[0], form, target)
    click.echo(f"{how_many(count, 'request', 'requests')} exported.", err=True)


@contextmanager
def _target(output: Path | None) -> Iterator[BinaryIO]:
    """The file appears under its name when it is whole; until then a `.part` stands beside it."""
    if output is None:
        yield sys.stdout.buffer
        return
    part = output.with_name(output.name + ".part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(output)
    except OSError as reason:
        raise click.FileError(str(output), reason.strerror) from None


def _write(core: Core, catalogue: Catalogue, language: str, form: str, target: BinaryIO) -> int:
    total, _ = archive.fingerprint(core, catalogue)
    count, base_url = 0, core.settings.base_url or ""
    with Progress(*COLUMNS, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=total)
        for requests, piece in archive.written(core, catalogue, language, form, base_url):
            target.write(piece)
            count += requests
            progress.advance(task, requests)
    return count
