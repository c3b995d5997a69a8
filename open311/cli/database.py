"""`open311 db`: the database's tables."""

import click

from open311 import settings
from open311.base import version
from open311.dev import private_cluster
from open311.storage import schema
from open311.storage.database import migrate


@click.group()
def db() -> None:
    """The tables of the database."""


@db.command()
@click.option("--revision", default="head", show_default=True, help="Where to migrate to.")
def upgrade(revision: str) -> None:
    """Bring the tables to what this release expects."""
    url = private_cluster.database_url(settings.load())
    before = migrate.current(url)[0]
    migrate.upgrade(url, revision)
    click.echo(_told(before, migrate.current(url)[0]))


@db.command()
@click.argument("revision")
@click.confirmation_option(prompt="Going back can lose data. Go on?")
def downgrade(revision: str) -> None:
    """Take the tables back to REVISION (`base` empties the database)."""
    url = private_cluster.database_url(settings.load())
    before = migrate.current(url)[0]
    migrate.downgrade(url, revision)
    click.echo(_told(before, migrate.current(url)[0]))


@db.command()
def check() -> None:
    """Say whether tables, functions and indexes are those this release expects; exit code 2 when not."""
    url = private_cluster.database_url(settings.load())
    click.echo(f"The database is at {schema.require_current(url)}, as expected.")


def _told(before: str | None, after: str | None) -> str:
    """From which revision to which, and of which release, so that an update that was none is seen."""
    release = f"open311 {version.build()}"
    if before != after:
        return f"The database went from {before or 'base'} to {after or 'base'} with {release}."
    last = f", the last of {release}" if after == migrate.expected() else ""
    return f"The database stays at {after or 'base'}{last}."
