"""`open311 demo`: made-up reports to try things out with."""

import click

from open311.cli.common import opened
from open311.dev import demo as demo_reports


@click.command()
@click.option(
    "--requests", "count", type=click.IntRange(1), default=2000, show_default=True, help="How many."
)
@click.option(
    "--seed", type=int, default=demo_reports.SEED, show_default=True, help="Others for another number."
)
def demo(count: int, seed: int) -> None:
    """Add made-up reports of the last five years, with what became of them."""
    with opened() as core:
        demo_reports.seed(core, count, seed)
    click.echo(f"{count} requests added.", err=True)
