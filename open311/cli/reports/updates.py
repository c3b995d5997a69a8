"""`open311 request update`: updates from outside, which staff check."""

import click

from open311.actions.reporting import updates
from open311.base.datetimes import write
from open311.cli.common import ROW_NUMBER, opened, show_table
from open311.model.access.actor import cli_actor

HELD_SHOWN = 100


@click.group()
def update() -> None:
    """Check updates that came from outside."""


number = click.argument("update_id", type=ROW_NUMBER)


@update.command()
def held() -> None:
    """List the updates that await moderation, the oldest first."""
    rows = []
    with opened() as core:
        for catalogue in core.catalogues.in_force:
            for claim in updates.held(core, catalogue, HELD_SHOWN, cli_actor()):
                event, sender = claim.event, claim.updater
                moment = write(event.datetime, catalogue.jurisdiction.time_zone)
                words = str(event.data.get("status_notes", ""))[:80]
                name = " ".join(part for part in (sender.first_name, sender.last_name, sender.email) if part)
                claimed = event.data.get("claimed_status")
                rows.append((event.id, event.service_request_id, moment, event.actor, claimed, words, name))
    show_table(("update", "request", "sent", "by", "claims", "text", "sender"), rows)


@update.command()
@number
def publish(update_id: int) -> None:
    """Let everybody read an update; the status of the request stays as it is."""
    with opened() as core:
        updates.publish(core, update_id, cli_actor())
    click.echo(f"Update {update_id} is published.")


@update.command()
@number
def hide(update_id: int) -> None:
    """Take an update away from the public, or refuse one that awaits moderation."""
    with opened() as core:
        updates.hide(core, update_id, cli_actor())
    click.echo(f"Update {update_id} is hidden.")
