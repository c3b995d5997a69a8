"""`open311 key`: API keys."""

import click

from open311.actions import keys
from open311.cli.common import opened, show_table
from open311.model.access.actor import cli_actor
from open311.model.access.keys import Scope


@click.group()
def key() -> None:
    """API keys: who may report, change a status, read what is held."""


@key.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    default=[Scope.REPORT.value],
    show_default=True,
    help="A right of the key; may be repeated.",
)
@click.option(
    "--jurisdiction",
    "jurisdictions",
    multiple=True,
    help="What the key is good for; may be repeated. Needed where the server serves several.",
)
@click.option(
    "--all-jurisdictions", is_flag=True, help="The key is good for every jurisdiction, later ones too."
)
def add(name: str, scopes: tuple[str, ...], jurisdictions: tuple[str, ...], all_jurisdictions: bool) -> None:
    """Make a key for NAME and print it alone on the last line. It cannot be shown again."""
    if jurisdictions and all_jurisdictions:
        raise click.UsageError("--jurisdiction and --all-jurisdictions exclude each other")
    bound = None if all_jurisdictions else jurisdictions
    with opened() as core:
        secret = keys.add_key(core, name, [Scope(scope) for scope in scopes], bound, actor=cli_actor())
    click.echo(f"The key of {name}; keep it, it cannot be shown again:", err=True)
    click.echo(secret)


@key.command("list")
def list_keys() -> None:
    """Show all keys, without the secrets."""
    with opened() as core:
        listed = keys.list_keys(core)
    rows = [
        (
            key.name,
            ", ".join(sorted(key.scopes)),
            "all" if key.jurisdictions is None else ", ".join(sorted(key.jurisdictions)),
            key.created_datetime,
            key.revoked_datetime,
        )
        for key in listed
    ]
    show_table(("name", "scopes", "jurisdictions", "created", "revoked"), rows, nothing="There is no key.")


@key.command()
@click.argument("name")
def revoke(name: str) -> None:
    """Take the key of NAME out of force."""
    with opened() as core:
        keys.revoke_key(core, name, actor=cli_actor())
    click.echo(f"The key of {name} is revoked.")
