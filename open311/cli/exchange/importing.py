"""`open311 import`: a city's history moves in."""

import csv
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from open311.actions.upkeep.map_counts import words_sorted_beside
from open311.cli.common import WHICH_CITY, many_rows, opened
from open311.cli.exchange.harvest import in_words, progress_line
from open311.core import Core
from open311.federation.imports import csv_import, server_import
from open311.federation.imports.csv_mapping import CsvMapping
from open311.federation.imports.import_run import ImportOptions
from open311.federation.references import Counts, Refusal
from open311.model.catalogue import Catalogue
from open311.model.service_request import Visibility

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("import")
@click.argument("origin", metavar="FILE.csv|URL")
@click.option("--jurisdiction", help=WHICH_CITY)
@click.option("--mapping", type=FILE, help="A YAML file that says how columns and words become ours.")
@click.option(
    "--visibility",
    type=click.Choice(["published", "held", "hidden"]),
    default="published",
    show_default=True,
    help="Who sees them: everybody, or staff, who have yet to check them (held) or not (hidden).",
)
@click.option(
    "--keep-services", is_flag=True, help="Take requests of services that the catalogue does not have."
)
@click.option("--source", help="A name for where they come from; else the file's name.")
@click.option(
    "--rejects", type=FILE, help="Where rows go that cannot be taken in; else FILE.csv.rejects.csv."
)
@click.option(
    "--delay",
    type=click.FloatRange(0, 60),
    default=1.0,
    show_default=True,
    help="Seconds between questions to a URL.",
)
@click.option(
    "--foreign-jurisdiction", help="The jurisdiction_id that the server at URL wants to be asked with."
)
def import_(
    origin: str,
    jurisdiction: str | None,
    mapping: Path | None,
    visibility: str,
    keep_services: bool,
    source: str | None,
    rejects: Path | None,
    delay: float,
    foreign_jurisdiction: str | None,
) -> None:
    """Take in requests from a CSV file, or the whole history of another GeoReport server, as our own.

    The columns of the file are called as in GeoReport (service_request_id, requested_datetime, service_code, …). Doing
    it again stores nothing twice; interrupted, it goes on where it was. The exit code is 1 when rows were rejected.
    """
    with opened() as core:
        catalogue = core.catalogues.find(jurisdiction)
        options = ImportOptions(
            mapping=csv_import.read_mapping(mapping) if mapping else CsvMapping(),
            visibility=Visibility(visibility),
            keep_services=keep_services,
            source=source,
        )
        if origin.lower().startswith(("http://", "https://")):
            rejected = rejects or Path(f"{catalogue.jurisdiction.jurisdiction_id}.rejects.csv")
            counts = _server(core, catalogue, origin, options, rejected, delay, foreign_jurisdiction)
        else:
            path = Path(origin)
            if not path.is_file():
                raise click.UsageError(f"there is no file {origin}")
            rejected = rejects or path.with_name(f"{path.name}.rejects.csv")
            counts = _file(core, catalogue, path, options, rejected)
    click.echo(in_words(counts))
    if counts.refused:
        click.echo(f"What was refused stands in {rejected}.", err=True)
    raise SystemExit(1 if counts.refused else 0)


def _file(core: Core, catalogue: Catalogue, path: Path, options: ImportOptions, rejects: Path) -> Counts:
    with path.open("rb") as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    columns = (
        TextColumn("Importing"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with (
        Progress(*columns, console=Console(stderr=True), transient=True) as progress,
        many_rows(),
        words_sorted_beside(core) as sort_words,
    ):
        task = progress.add_task("", total=lines)

        def tell(counts: Counts, line: int) -> None:
            sort_words()
            progress.update(task, completed=line, description=in_words(counts))

        return csv_import.import_file(core, catalogue, path, options, rejects, tell, ahead=True)


def _server(
    core: Core,
    catalogue: Catalogue,
    url: str,
    options: ImportOptions,
    rejects: Path,
    delay: float,
    foreign_jurisdiction: str | None,
) -> Counts:
    refused: list[Refusal] = []
    with progress_line(core, url) as tell:
        counts = server_import.import_server(
            core,
            catalogue,
            url,
            options,
            delay=delay,
            foreign_jurisdiction_id=foreign_jurisdiction,
            refuse=refused.append,
            progress=tell,
            ahead=True,
        )
    if refused:
        language = catalogue.jurisdiction.languages[0]
        with rejects.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([refusal.foreign_id, refusal.reason(language)] for refusal in refused)
    return counts
