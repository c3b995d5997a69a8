"""`open311 webhook`: who is told of what happens."""

from datetime import datetime

import click

from open311.base import i18n
from open311.base.datetimes import write_utc
from open311.base.text import how_many
from open311.cli.common import LANGUAGE, WHICH_CITY, Moment, opened, show_table
from open311.model.access.actor import cli_actor
from open311.model.events.event_kinds import IN_FEED
from open311.webhooks import subscriptions
from open311.webhooks.model import Subscription


@click.group()
def webhook() -> None:
    """Tell other programs of what happens to requests, as Standard Webhooks says."""


name = click.argument("name")


@webhook.command()
@name
@click.argument("url")
@click.option("--jurisdiction", help=WHICH_CITY)
@click.option("--service", "services", multiple=True, help="Only this service_code; may be repeated.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([kind.value for kind in IN_FEED]),
    help="Only events of this kind; may be repeated.",
)
def add(
    name: str, url: str, jurisdiction: str | None, services: tuple[str, ...], kinds: tuple[str, ...]
) -> None:
    """Tell URL of what happens from now on, and print the secret that signs it alone on the last line."""
    with opened() as core:
        catalogue = core.catalogues.find(jurisdiction)
        made = subscriptions.add(core, catalogue, name, url, services, kinds, actor=cli_actor())
        if not core.settings.base_url:
            click.echo(
                "OPEN311_BASE_URL is not set, so addresses of photos will lack their beginning.", err=True
            )
    click.echo(f"The secret of {name}, for the receiver to check signatures with:", err=True)
    click.echo(made.secret)


@webhook.command("list")
def list_webhooks() -> None:
    """Show all webhooks."""
    with opened() as core:
        webhooks = subscriptions.list_all(core)
    rows = []
    for subscription in webhooks:
        narrowed = [", ".join(names) or "all" for names in (subscription.service_codes, subscription.kinds)]
        rows.append(
            (
                subscription.name,
                subscription.state,
                subscription.jurisdiction_id,
                subscription.url,
                *narrowed,
                subscription.failing_since,
            )
        )
    columns = ("name", "state", "jurisdiction", "url", "services", "kinds", "failing since")
    show_table(columns, rows, nothing="There is no webhook.")


@webhook.command()
@name
def show(name: str) -> None:
    """Show one webhook with its secret, and why it is disabled, if it is."""
    with opened() as core:
        overview = subscriptions.show(core, name)
    for label, value in _details(overview.subscription).items():
        click.echo(f"{label}: {value}")
    for state, count in sorted(overview.messages.items()):
        click.echo(f"messages {state}: {count}")


def _details(subscription: Subscription) -> dict[str, str]:
    moments = {
        "created": subscription.created_datetime,
        "failing since": subscription.failing_since,
        "next attempt": subscription.retry_datetime,
    }
    reason = subscription.reason and i18n.translate(
        subscription.reason["key"], LANGUAGE, **subscription.reason["values"]
    )
    described = {
        "name": subscription.name,
        "state": subscription.state.value,
        "reason": reason,
        "jurisdiction": subscription.jurisdiction_id,
        "url": subscription.url,
        "secret": subscription.secret,
        "services": ", ".join(subscription.service_codes) or "all",
        "kinds": ", ".join(subscription.kinds) or "all",
        **{label: moment and write_utc(moment) for label, moment in moments.items()},
    }
    return {label: value for label, value in described.items() if value}


@webhook.command()
@name
def pause(name: str) -> None:
    """Send nothing until it is resumed; what happens meanwhile is told then."""
    with opened() as core:
        subscriptions.pause(core, name, actor=cli_actor())
    click.echo(f"{name} is paused.")


@webhook.command()
@name
@click.option("--skip", is_flag=True, help="Leave out what happened meanwhile.")
def resume(name: str, skip: bool) -> None:
    """Send again, also to a target that was disabled because it failed for long."""
    with opened() as core:
        subscriptions.resume(core, name, skip=skip, actor=cli_actor())
    click.echo(f"{name} is active.")


@webhook.command()
@name
@click.confirmation_option(prompt="Remove it? What was sent is forgotten, and its secret with it.")
def remove(name: str) -> None:
    """Send nothing any more, and forget what was sent."""
    with opened() as core:
        subscriptions.remove(core, name, actor=cli_actor())
    click.echo(f"{name} is removed.")


@webhook.command()
@name
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many at most."
)
def attempts(name: str, limit: int) -> None:
    """Show the latest attempts, the newest first."""
    rows = []
    with opened() as core:
        subscription = subscriptions.show(core, name).subscription
        for message, attempt in subscriptions.attempts(core, name, limit):
            about = (message.webhook_id(subscription), message.service_request_id, message.kind)
            columns = (message.state, attempt.status, attempt.milliseconds, attempt.error)
            rows.append((attempt.datetime, *about, *columns))
    headings = ("at", "webhook-id", "request", "kind", "state", "answer", "ms", "error")
    show_table(headings, rows, nothing=f"Nothing was sent to {name} yet.")


@webhook.command()
@name
@click.option("--since", type=Moment(), required=True, help="Such as 2026-03-01T10:00:00+01:00.")
@click.option("--until", type=Moment(), help="Else until now.")
def replay(name: str, since: datetime, until: datetime | None) -> None:
    """Send everything of a span of time again, under the ids it had."""
    with opened() as core:
        count = subscriptions.replay(core, name, since, until or core.now(), actor=cli_actor())
    click.echo(f"{how_many(count, 'message is', 'messages are')} sent again.")
