"""`open311 key`: API keys."""

import click

from open311.actions import keys
from open311.cli.common import opened, show_table
from open311.model.keys import Scope


@click.group()
def key() -> None:
    """API keys: who may report, change a status, read what is held."""


@key.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([each.value for each in Scope]),
    default=[Scope.REPORT.value],
    show_default=True,
    help="A right of the key; may be repeated.",
)
def add(name: str, scopes: tuple[str, ...]) -> None:
    """Make a key for NAME and print it alone on the last line. It cannot be shown again."""
    with opened() as core:
        secret = keys.add_key(core, name, [Scope(each) for each in scopes])
    click.echo(f"The key of {name}; keep it, it cannot be shown again:", err=True)
    click.echo(secret)


@key.command("list")
def list_keys() -> None:
    """Show all keys, without the secrets."""
    with opened() as core:
        found = keys.list_keys(core)
    rows = [(x.name, ", ".join(sorted(x.scopes)), x.created_datetime, x.revoked_datetime) for x in found]
    show_table(("name", "scopes", "created", "revoked"), rows)


@key.command()
@click.argument("name")
def revoke(name: str) -> None:
    """Take the key of NAME out of force."""
    with opened() as core:
        keys.revoke_key(core, name)
    click.echo(f"The key of {name} is revoked.")
