"""`open311 request`: what the desk does with a case, through the same actions; `requests.py` has the rest."""

from datetime import datetime

import click

from open311.actions import casework
from open311.cli.common import ROW_NUMBER, opened
from open311.model.access.actor import cli_actor
from open311.model.casework.cases import Priority
from open311.model.service_request import Location

number = click.argument("service_request_id", type=click.IntRange(1, 10**15))
# Refused when somebody else has changed the case since `request show` named this revision.
revision = click.option(
    "--revision", "expected_revision", type=ROW_NUMBER, help="Only if nothing happened since."
)
TEXTS = ("description", "title", "address", "zipcode", "service_object_id")


def add_to(group: click.Group) -> None:
    """Make the commands of this module commands of `open311 request`."""
    for command in COMMANDS:
        group.add_command(command)


@click.command()
@number
@click.option("--reason", help="A reason of the catalogue; the reporter gets its words.")
@click.option("--words", help="For staff only.")
@revision
def withhold(
    service_request_id: int, reason: str | None, words: str | None, expected_revision: int | None
) -> None:
    """Keep a checked request from the public and have it worked on all the same."""
    with opened() as core:
        casework.withhold(
            core,
            service_request_id,
            cli_actor(),
            reason,
            words=words,
            expected_revision=expected_revision,
        )
    click.echo(f"{service_request_id} is withheld.")


@click.command()
@number
@click.option("--keep-closed", is_flag=True, help="Leave it closed.")
@revision
def separate(service_request_id: int, keep_closed: bool, expected_revision: int | None) -> None:
    """Take back that a request is a duplicate."""
    with opened() as core:
        casework.separate(
            core,
            service_request_id,
            cli_actor(),
            reopen=not keep_closed,
            expected_revision=expected_revision,
        )
    click.echo(f"{service_request_id} stands for itself again.")


@click.command("internal-note")
@number
@click.argument("text")
@click.option("--about-person", is_flag=True, help="Whoever is named in it may ask for it.")
def internal_note(service_request_id: int, text: str, about_person: bool) -> None:
    """Write a TEXT for colleagues."""
    with opened() as core:
        casework.add_note(core, service_request_id, text, cli_actor(), about_person=about_person)
    click.echo(f"{service_request_id} has a new internal note.")


@click.command("take-up")
@number
def take_up(service_request_id: int) -> None:
    """Say for its unit that a request is taken up."""
    with opened() as core:
        casework.accept_work(core, service_request_id, cli_actor())
    click.echo(f"{service_request_id} is taken up.")


@click.command()
@number
@click.argument("reason")
@click.option("--to", help="The unit whose business it is.")
def decline(service_request_id: int, reason: str, to: str | None) -> None:
    """Say for its unit, with a REASON, that a request is not its business."""
    with opened() as core:
        casework.decline(core, service_request_id, reason, cli_actor(), to)
    click.echo(f"{service_request_id} is declined.")


@click.command()
@number
@click.argument("service_code")
@revision
def recategorise(service_request_id: int, service_code: str, expected_revision: int | None) -> None:
    """Move a request to another service."""
    with opened() as core:
        casework.recategorise(
            core, service_request_id, service_code, cli_actor(), expected_revision=expected_revision
        )
    click.echo(f"{service_request_id} belongs to {service_code}.")


@click.command()
@number
@click.argument("lat", type=click.FloatRange(-90, 90))
@click.argument("long", type=click.FloatRange(-180, 180))
@click.option("--address", help="The address there; else it keeps the one it has.")
@click.option("--outside", is_flag=True, help="Beyond the boundary, too.")
def relocate(service_request_id: int, lat: float, long: float, address: str | None, outside: bool) -> None:
    """Put a request at LAT and LONG; a negative one stands behind `--`."""
    with opened() as core:
        place = Location(lat, long)
        casework.relocate(core, service_request_id, place, cli_actor(), address, outside=outside)
    click.echo(f"{service_request_id} has moved.")


@click.command()
@number
@click.argument("field", type=click.Choice(TEXTS))
@click.argument("text")
@revision
def edit(service_request_id: int, field: str, text: str, expected_revision: int | None) -> None:
    """Write a FIELD of a request anew; what stood there is kept for a while, for staff."""
    with opened() as core:
        casework.edit(
            core, service_request_id, {field: text}, cli_actor(), expected_revision=expected_revision
        )
    click.echo(f"{field} of {service_request_id} is changed.")


@click.command()
@number
@click.argument("priority", type=click.Choice([priority.name.lower() for priority in Priority]))
def priority(service_request_id: int, priority: str) -> None:
    """Say what comes first."""
    with opened() as core:
        casework.set_priority(core, service_request_id, Priority[priority.upper()], cli_actor())
    click.echo(f"The priority of {service_request_id} is {priority}.")


@click.command()
@number
@click.argument("until", type=click.DateTime(["%Y-%m-%d"]))
def defer(service_request_id: int, until: datetime) -> None:
    """Lay a request aside until a day."""
    with opened() as core:
        casework.defer(core, service_request_id, until.date(), cli_actor())
    click.echo(f"{service_request_id} comes back on {until:%Y-%m-%d}.")


@click.command()
@number
@click.argument("text")
def answer(service_request_id: int, text: str) -> None:
    """Write a TEXT to the reporter, and to nobody else."""
    with opened() as core:
        casework.answer(core, service_request_id, text, cli_actor())
    click.echo(f"A letter about {service_request_id} is on its way.")


@click.command()
@number
@click.argument("question")
def ask(service_request_id: int, question: str) -> None:
    """Ask the reporter a QUESTION; until they answer no deadline runs."""
    with opened() as core:
        casework.ask(core, service_request_id, question, cli_actor())
    click.echo(f"A question about {service_request_id} is on its way.")


COMMANDS = (
    withhold,
    separate,
    internal_note,
    take_up,
    decline,
    recategorise,
    relocate,
    edit,
    priority,
    defer,
    answer,
    ask,
)
