"""`open311 demo`: made-up reports to try things out with."""

import click

from open311.actions.upkeep.map_counts import words_sorted_beside
from open311.base.text import how_many
from open311.cli.common import many_rows, opened
from open311.dev import demo as demo_reports
from open311.dev import staff as demo_staff


@click.command()
@click.option(
    "--requests", "count", type=click.IntRange(1), default=2000, show_default=True, help="How many."
)
@click.option(
    "--seed", type=int, default=demo_reports.SEED, show_default=True, help="Others for another number."
)
@click.option(
    "--staff", "with_staff", is_flag=True, help="Add one account a role too, and print the password."
)
def demo(count: int, seed: int, with_staff: bool) -> None:
    """Add made-up reports of the last five years, with what became of them."""
    with opened() as core:
        if with_staff:
            there = demo_staff.seed(core)
            for role, email in there.people:
                click.echo(f"{email:<20} {role.value:<12} {there.password}")
        with many_rows(), words_sorted_beside(core) as sort_words:
            demo_reports.seed(core, count, seed, sort_words, ahead=True)
    click.echo(f"{how_many(count, 'request', 'requests')} added.", err=True)
