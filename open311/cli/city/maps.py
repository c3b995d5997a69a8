"""`open311 map`: the city's own map, below the reports and to search in."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from open311.base.errors import problem
from open311.base.problems import in_words
from open311.base.text import how_many
from open311.basemap import importing
from open311.basemap.classes import EXTRACT, SUBJECTS
from open311.basemap.importing import MARGIN_METRES, Counts, ImportOptions
from open311.cli.common import LANGUAGE, WHICH_CITY, opened
from open311.core import Core
from open311.model.catalogue import Catalogue


@click.group("map")
def map_() -> None:
    """Keep the city's own map, which needs no server elsewhere."""


@map_.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--jurisdiction", help=WHICH_CITY)
@click.option(
    "--layer",
    type=click.Choice(sorted(SUBJECTS)),
    help="What FILE is about, if not everything. It stays when an extract is read in anew.",
)
@click.option("--attribution", default="", help="What the licence of FILE wants to be said on the map.")
@click.option("--crs", help="The reference system of FILE, such as EPSG:25832, if it does not say so itself.")
@click.option("--encoding", help="How the texts of a shape file are written, such as cp1252.")
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="TAG=COLUMN",
    help="Which column of FILE holds a tag, such as name=STRNAME or ref=LEUCHTE; may be repeated.",
)
@click.option(
    "--margin",
    type=click.FloatRange(0, 50_000),
    default=MARGIN_METRES,
    show_default=True,
    help="So many metres around the city are taken along.",
)
@click.option(
    "--addresses",
    is_flag=True,
    help="Search in the addresses of FILE from now on, not in those of `addresses import`.",
)
def take_in(
    file: Path,
    jurisdiction: str | None,
    layer: str | None,
    attribution: str,
    crs: str | None,
    encoding: str | None,
    fields: Sequence[str],
    margin: float,
    addresses: bool,
) -> None:
    """Make the map of FILE: an extract of OpenStreetMap (.osm.pbf), GeoJSON, or a zipped shape file.

    The map before is served until the new one is whole. Run it again whenever there is a newer file.
    """
    options = ImportOptions(
        subject=layer or EXTRACT,
        attribution=attribution,
        crs=crs,
        encoding=encoding,
        fields=dict(_pairs(fields)),
        margin=margin,
        replace_own_addresses=addresses or layer == "addresses",
    )
    with opened() as core:
        counts = _with_progress(core, core.catalogues.find(jurisdiction), file, options)
    _report(counts)


def _pairs(fields: Iterable[str]) -> Iterator[tuple[str, str]]:
    for field in fields:
        tag, equals, column = field.partition("=")
        if not (tag and equals and column):
            raise click.UsageError(f"--field {field} is not of the form TAG=COLUMN")
        yield tag, column


def _with_progress(core: Core, catalogue: Catalogue, file: Path, options: ImportOptions) -> Counts:
    columns = (
        TextColumn("Reading"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=file.stat().st_size)

        def tell(counts: Counts) -> None:
            progress.update(task, completed=_position(file), description=_in_words(counts))

        return importing.import_map(core, catalogue, file, options, tell)


def _position(file: Path) -> int:
    """How far a file is read that this process has open; libraries that read it do not say."""
    for entry in Path("/proc/self/fd").glob("*"):
        # Those of other threads come and go.
        with suppress(OSError):
            if entry.readlink() == file.resolve():
                lines = Path(f"/proc/self/fdinfo/{entry.name}").read_text().split()
                return int(lines[lines.index("pos:") + 1])
    return 0


def _in_words(counts: Counts) -> str:
    counted = (
        how_many(counts.features, "shape", "shapes"),
        how_many(counts.addresses, "address", "addresses"),
        how_many(counts.assets, "thing", "things"),
    )
    return f"{', '.join(counted)} with a number"


def _report(counts: Counts) -> None:
    click.echo(f"The map is served: {_in_words(counts)}.")
    for thing in counts.named:
        click.echo(f"{thing.origin}: {in_words(problem(thing.reason), LANGUAGE)}", err=True)
    if counts.unreadable > len(counts.named):
        click.echo(f"… and {counts.unreadable - len(counts.named):,} more that cannot be read", err=True)
