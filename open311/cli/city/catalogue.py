"""`open311 catalogue`: look at the catalogue, check it before it goes into force, compare two."""

import json
from pathlib import Path
from typing import Any

import click
import yaml
from rich.console import Console
from rich.table import Table

from open311 import catalogue_file, settings
from open311.base.text import how_many
from open311.catalogue_file import CatalogueError
from open311.model.catalogue import Attribute, Catalogue, Service

FILE = click.Path(path_type=Path)


@click.group()
def catalogue() -> None:
    """Check, show and compare catalogues of services."""


@catalogue.command()
@click.argument("path", type=FILE, required=False)
def check(path: Path | None) -> None:
    """Check a catalogue file, or a folder of them; shows every problem with its line.

    PATH is the catalogue in use when left out. The exit code is 1 when there is a problem.
    """
    try:
        catalogues = catalogue_file.load_all(path or _in_use())
    except CatalogueError as refused:
        for problem in refused.problems:
            click.echo(str(problem))
        raise SystemExit(1) from None
    for catalogue in catalogues:
        click.echo(_summary(catalogue))
        for warning in catalogue_file.warnings(catalogue):
            click.echo(f"    {warning.text}")


@catalogue.command()
@click.argument("path", type=FILE, required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "yaml", "json"]),
    default="table",
    show_default=True,
    help="`table` has the services alone.",
)
def show(path: Path | None, form: str) -> None:
    """Show the services of a catalogue, or everything in it as YAML or JSON.

    PATH is the catalogue in use when left out.
    """
    catalogues = catalogue_file.load_all(path or _in_use())
    if form == "table":
        for catalogue in catalogues:
            Console().print(_table(catalogue))
    elif form == "json":
        documents = [catalogue_file.contents(catalogue) for catalogue in catalogues]
        click.echo(
            json.dumps(documents if len(documents) > 1 else documents[0], ensure_ascii=False, indent=2)
        )
    else:
        for catalogue in catalogues:
            click.echo("---")
            click.echo(_yaml(catalogue_file.contents(catalogue)), nl=False)


@catalogue.command()
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
def diff(old: Path, new: Path) -> None:
    """Show what sets catalogue NEW apart from OLD; the exit code is 1 when anything does."""
    differences = catalogue_file.differences(catalogue_file.load(old), catalogue_file.load(new))
    for line in differences:
        click.echo(line)
    raise SystemExit(1 if differences else 0)


def _in_use() -> Path:
    return settings.load().catalogue


def _summary(catalogue: Catalogue) -> str:
    counts = {
        "services": catalogue.services,
        "statuses": catalogue.statuses,
        "agencies": catalogue.agencies,
        "groups": catalogue.groups,
    }
    words = ", ".join(f"{len(entries)} {name}" for name, entries in counts.items())
    languages = ", ".join(catalogue.jurisdiction.languages)
    return f"ok {catalogue.jurisdiction.jurisdiction_id}: {words}, languages {languages}"


def _yaml(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=110)


def _table(catalogue: Catalogue) -> Table:
    table = Table(
        title=f"{catalogue.jurisdiction.jurisdiction_id}, {len(catalogue.services)} services", show_lines=True
    )
    for heading in ("code", "name", "agency and way", "attributes"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "code")
    for service in catalogue.services.values():
        table.add_row(*_row(service), style=None if service.active else "dim")
    table.caption = "* required   ? depends on another   - only information"
    return table


def _row(service: Service) -> tuple[str, ...]:
    return (
        service.service_code,
        "\n".join(service.service_name.by_language.values()),
        "\n".join(filter(None, (service.agency, _way(service)))),
        ", ".join(_attribute(attribute) for attribute in service.attributes),
    )


def _way(service: Service) -> str:
    """What becomes of a report, in a few words."""
    days = how_many(service.response_time.days, "day", "days") if service.response_time else ""
    checked = "checked first" if service.moderated else "published at once"
    return ", ".join(filter(None, (service.type.value, checked, days, "" if service.active else "inactive")))


def _attribute(attribute: Attribute) -> str:
    marks = (("*", attribute.required), ("?", attribute.only_if), ("-", not attribute.variable))
    return f"{attribute.code}{''.join(mark for mark, holds in marks if holds)}"
