"""`open311 harvest`: other servers, shown here as jurisdictions of their own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from open311.actions.upkeep.map_counts import words_sorted_beside
from open311.base import datetimes
from open311.cli.common import many_rows, opened, show_table
from open311.core import Core
from open311.federation import harvest as action
from open311.federation.client.dates import is_form
from open311.federation.references import Counts
from open311.model.access.actor import cli_actor

Tell = Callable[[Counts, str], None]


@click.group()
def harvest() -> None:
    """Other GeoReport servers whose public requests are shown here, too."""


@harvest.command()
@click.argument("url")
@click.option("--jurisdiction", required=True, help="The id it has here, such as example.org.")
@click.option("--name", help="Its name; else the id.")
@click.option(
    "--language",
    "languages",
    multiple=True,
    default=["en"],
    show_default=True,
    help="Its language; may be repeated.",
)
@click.option(
    "--time-zone", default="UTC", show_default=True, help="For moments without a zone, and to show."
)
@click.option("--dates", help="How it writes moments, such as %d/%m/%Y, where that may mean two days.")
@click.option("--foreign-jurisdiction", help="The jurisdiction_id that it wants to be asked with.")
@click.option("--delay", type=click.FloatRange(0, 3600), help="Seconds before each question; else 1.")
@click.option("--every", type=click.FloatRange(1, 100_000), help="Minutes between runs; else 60.")
def add(
    url: str,
    jurisdiction: str,
    name: str | None,
    languages: tuple[str, ...],
    time_zone: str,
    dates: str | None,
    foreign_jurisdiction: str | None,
    delay: float | None,
    every: float | None,
) -> None:
    """Begin to harvest the server at URL, the base URL of its GeoReport API."""
    if datetimes.time_zone(time_zone) is None:
        raise click.UsageError(f"{time_zone} is not a time zone such as Europe/Berlin")
    if dates is not None and not is_form(dates):
        raise click.UsageError(f"{dates} is not a form such as %d/%m/%Y %H:%M")
    options = {
        "name": name,
        "languages": list(languages),
        "time_zone": time_zone,
        "dates": dates,
        "foreign_jurisdiction_id": foreign_jurisdiction,
        "delay": delay,
        "every": every,
    }
    with opened() as core:
        added = action.add(core, url, jurisdiction, options, actor=cli_actor())
    click.echo(f"{added.source} is harvested as {jurisdiction}; `open311 harvest run` begins at once.")


@harvest.command("list")
def list_sources() -> None:
    """Show what is harvested, and how far that has come."""
    with opened() as core:
        sources = action.sources(core)
    rows = []
    for source in sources:
        counts = " ".join(f"{number} {name}" for name, number in source.counts.items() if number)
        odd = f"{len(source.troubles)}, see harvest show" if source.troubles else None
        rows.append((source.jurisdiction_id, source.source, source.run_datetime, counts, source.problem, odd))
    columns = ("jurisdiction", "url", "last run", "last counts", "problem", "odd things")
    show_table(columns, rows, nothing="Nothing is harvested; `open311 harvest add` begins it.")


@harvest.command()
@click.argument("jurisdiction")
def show(jurisdiction: str) -> None:
    """Show how far JURISDICTION has come, and what was odd there: the last refused rows and faults."""
    with opened() as core:
        source = action.find(core, jurisdiction)
    way = {"feed": "change feed", "list": "lists"}.get(str(source.state.get("way")), "not known yet")
    rows = (
        ("url", source.source),
        ("last run", source.run_datetime),
        ("problem", source.problem),
        ("read by", way),
        (
            "history",
            f"back to {source.state['end']}" if source.state.get("phase") == "history" else "complete",
        ),
        *((name, number) for name, number in source.counts.items()),
        *((name.replace("_", " "), value) for name, value in source.options.items()),
    )
    show_table(("what", "value"), rows if source.state else rows[:3])
    troubles = [(row["datetime"], row["foreign_id"], row["reason"]) for row in reversed(source.troubles)]
    if troubles:
        show_table(("seen", "id there", "what is odd"), troubles)


@harvest.command()
@click.option("--jurisdiction", help="This one alone; else all.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Read everything since that day anew.")
def run(jurisdiction: str | None, since: datetime | None) -> None:
    """Take over what is new, now. Interrupt it at any time; the next run goes on."""
    began = since.replace(tzinfo=UTC) if since else None
    with opened() as core:
        chosen = [action.find(core, jurisdiction)] if jurisdiction else action.sources(core)
        for source in chosen:
            with progress_line(core, source.jurisdiction_id) as tell:
                counts = action.run(core, source, since=began, progress=tell, ahead=True)
            click.echo(f"{source.jurisdiction_id}: {in_words(counts)}")
        troubles = {
            source.jurisdiction_id: action.find(core, source.jurisdiction_id).problem for source in chosen
        }
    for name, trouble in troubles.items():
        if trouble:
            click.echo(f"{name} stopped: {trouble}", err=True)
    raise SystemExit(1 if any(troubles.values()) else 0)


@harvest.command()
@click.argument("jurisdiction")
@click.confirmation_option(prompt="Stop harvesting it? Its requests will not be shown any more.")
def remove(jurisdiction: str) -> None:
    """Stop harvesting JURISDICTION."""
    with opened() as core:
        action.remove(core, jurisdiction, actor=cli_actor())
    click.echo(f"{jurisdiction} is not harvested any more.")


def in_words(counts: Counts) -> str:
    """Counts as a line."""
    return ", ".join(f"{number} {name}" for name, number in counts.as_dict().items())


@contextmanager
def progress_line(core: Core, name: str) -> Iterator[Tell]:
    """A line that tells how far it has come; meanwhile words are sorted in."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with (
        Progress(*columns, console=Console(stderr=True), transient=True) as progress,
        many_rows(),
        words_sorted_beside(core) as sort_words,
    ):
        task = progress.add_task(name, total=None)

        def tell(counts: Counts, where: str) -> None:
            sort_words()
            progress.update(task, description=f"{name}: {where}, {in_words(counts)}")

        yield tell
