"""`open311 order`: orders to contractors, as the desk makes them."""

from datetime import datetime

import click

from open311.actions import casework
from open311.cli.common import ROW_NUMBER, opened, show_table
from open311.model.access.actor import cli_actor
from open311.storage.desk.outside import orders

order_id = click.argument("order_id", type=click.IntRange(1, 10**15))


@click.group()
def order() -> None:
    """Send reports to contractors by mail, and see to their answers."""


@order.command("list")
@click.argument("service_request_id", type=click.IntRange(1, 10**15))
def list_(service_request_id: int) -> None:
    """Show the orders about a request."""
    with opened() as core, core.database.read() as conn:
        orders_of_report = orders.of_request(conn, service_request_id)
    rows = [
        (order.id, order.contractor, order.state.value, order.due_date, order.planned_date, order.text)
        for order in orders_of_report
    ]
    show_table(("order", "contractor", "state", "due", "planned", "what"), rows)


@order.command()
@click.argument("service_request_id", type=click.IntRange(1, 10**15))
@click.argument("contractor")
@click.argument("text")
@click.option("--due", type=click.DateTime(["%Y-%m-%d"]), help="Else the contractor's usual time.")
@click.option(
    "--photo",
    "photos",
    type=ROW_NUMBER,
    multiple=True,
    help="The id of a photo that goes along; may be repeated.",
)
def make(
    service_request_id: int, contractor: str, text: str, due: datetime | None, photos: tuple[int, ...]
) -> None:
    """Order TEXT from a CONTRACTOR of the catalogue."""
    with opened() as core:
        day = due.date() if due else None
        made = casework.order(core, service_request_id, contractor, text, cli_actor(), photos=photos, due=day)
    click.echo(f"Order {made} is on its way.")


@order.command()
@order_id
def revoke(order_id: int) -> None:
    """Call an order off; its link opens nothing any more."""
    with opened() as core:
        casework.revoke_order(core, order_id, cli_actor())
    click.echo(f"Order {order_id} is revoked.")


@order.command()
@order_id
@click.argument("text")
def write(order_id: int, text: str) -> None:
    """Write a TEXT to the contractor."""
    with opened() as core:
        casework.answer_contractor(core, order_id, text, cli_actor())
    click.echo(f"A mail about order {order_id} is on its way.")


@order.command("return")
@order_id
@click.argument("text")
def return_(order_id: int, text: str) -> None:
    """Give back what is said to be done, with a TEXT on what is missing."""
    with opened() as core:
        casework.return_order(core, order_id, text, cli_actor())
    click.echo(f"Order {order_id} goes back.")


@order.command()
@order_id
@click.option("--status", help="The detailed status that the request moves to.")
@click.option("--notes", help="What the public reads.")
@click.option(
    "--photo",
    "photos",
    type=ROW_NUMBER,
    multiple=True,
    help="A photo of the contractor to publish; may be repeated.",
)
def confirm(order_id: int, status: str | None, notes: str | None, photos: tuple[int, ...]) -> None:
    """Confirm that an order is done."""
    with opened() as core:
        casework.confirm_order(core, order_id, cli_actor(), status=status, status_notes=notes, photos=photos)
    click.echo(f"Order {order_id} is confirmed.")
