"""`open311 addresses`: the list of addresses that the form searches in."""

from pathlib import Path

import click

from open311.actions.addresses import address_list
from open311.base.errors import Invalid, problem
from open311.base.text import how_many
from open311.cli.common import WHICH_CITY, opened
from open311.formats.csv_records import encoding_of, lines_of


@click.group()
def addresses() -> None:
    """Keep the list of addresses that the form searches in."""


@addresses.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--jurisdiction", help=WHICH_CITY)
def take_over(file: Path, jurisdiction: str | None) -> None:
    """Replace the list by that in FILE: CSV with street, house number, postcode, town, lat, long.

    Rows that cannot be read are left out and named; of more than one in ten, nothing changes.
    """
    with opened() as core:
        catalogue = core.catalogues.find(jurisdiction)
        try:
            with file.open(encoding=encoding_of(file), newline="") as rows:
                taken = address_list.replace_list(core, catalogue, lines_of(rows))
        except UnicodeError:
            raise Invalid(problem("error.addresses.encoding")) from None
    if taken.unreadable:
        named = ", ".join(map(str, taken.lines)) + (", …" if taken.unreadable > len(taken.lines) else "")
        left_out = how_many(
            taken.unreadable,
            "row was left out, since it cannot be read: line",
            "rows were left out, since they cannot be read: lines",
        )
        click.echo(f"{left_out} {named}.", err=True)
    click.echo(f"{how_many(taken.addresses, 'address is', 'addresses are')} in the list now.")
