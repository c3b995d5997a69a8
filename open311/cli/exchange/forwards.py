"""`open311 forward`: reports that are handed on to other servers."""

import click

from open311.base.text import how_many
from open311.cli.common import opened, show_table
from open311.federation.client.answers import RemoteError
from open311.federation.forwarding import forward_updates, in_doubt, release
from open311.model.access.actor import cli_actor
from open311.model.forwards import ForwardState


@click.group()
def forward() -> None:
    """Look after reports that are handed on to other GeoReport servers."""


number = click.argument("service_request_id", type=click.IntRange(1, 10**15))


@forward.command("list")
@click.option("--state", type=click.Choice([state.value for state in ForwardState]), help="Only these.")
@click.option("--foreign-id", help="Only those that have this id on the other server.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="How many at most."
)
def list_forwards(state: str | None, foreign_id: str | None, limit: int) -> None:
    """Show what was handed on, the newest first, with the ids here and there."""
    with opened() as core:
        forwards = in_doubt.search(core, limit, ForwardState(state) if state else None, foreign_id)
    rows = [
        (
            forward.service_request_id,
            forward.foreign_id,
            forward.state,
            forward.host,
            forward.sent_datetime,
            forward.attempts,
            forward.error,
        )
        for forward in forwards
    ]
    show_table(("request", "there", "state", "server", "sent", "tries", "error"), rows)


@forward.command()
@number
def retry(service_request_id: int) -> None:
    """Send again what was refused, or is uncertain although you know that it has not arrived."""
    with opened() as core:
        in_doubt.retry(core, service_request_id, cli_actor())
    click.echo(f"{service_request_id} is sent again.")


@forward.command()
@number
@click.argument("foreign_id")
def link(service_request_id: int, foreign_id: str) -> None:
    """Say that the other server has a request under the id FOREIGN_ID."""
    with opened() as core:
        in_doubt.link(core, service_request_id, foreign_id, cli_actor())
    click.echo(f"{service_request_id} is {foreign_id} there.")


@forward.command("take-back")
@number
def take_back(service_request_id: int) -> None:
    """Go on here with a request that another server has, which then owns nothing of it any more."""
    with opened() as core:
        release.take_back(core, service_request_id, cli_actor())
    click.echo(f"{service_request_id} is ours again.")


@forward.command()
def pull() -> None:
    """Ask the other servers now what became of what they got."""
    with opened() as core:
        for url in forward_updates.targets(core):
            try:
                taken = how_many(forward_updates.pull(core, url), "update", "updates")
                click.echo(f"{url}: {taken} taken over.")
            except RemoteError as failed:
                raise click.ClickException(f"{url}: {failed}") from None
