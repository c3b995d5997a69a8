"""`open311 person`: what is kept about somebody who asks the city, to be handed out or erased."""

import click
import orjson

from open311.base.text import how_many
from open311.cli.common import WHICH_CITY, opened
from open311.model.access.actor import cli_actor
from open311.notifications.privacy import on_request, own_data

jurisdiction = click.option("--jurisdiction", help=WHICH_CITY)


@click.group()
def person() -> None:
    """What is kept about somebody who asks the city: hand out, erase."""


@person.command()
@click.argument("email")
@jurisdiction
def export(email: str, jurisdiction: str | None) -> None:
    """Print all that is kept about the owner of EMAIL as JSON (GDPR, Articles 15 and 20)."""
    with opened() as core:
        data = on_request.hand_out(core, core.catalogues.find(jurisdiction), email, cli_actor())
    click.echo(orjson.dumps(own_data.document(data), option=orjson.OPT_INDENT_2).decode())


@person.command()
@click.argument("email")
@jurisdiction
@click.confirmation_option(prompt="Delete all that is kept about this person for ever?")
def erase(email: str, jurisdiction: str | None) -> None:
    """Delete all that is kept about the owner of EMAIL; reports that everybody sees stay without a name."""
    with opened() as core:
        count = on_request.erase(core, core.catalogues.find(jurisdiction), email, cli_actor())
    click.echo(f"{how_many(count, 'thing is', 'things are')} erased.")
