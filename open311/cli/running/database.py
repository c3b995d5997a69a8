"""`open311 db`: the database's tables."""

from datetime import datetime
from typing import TextIO

import click

from open311 import settings
from open311.actions.upkeep import restoring
from open311.base import version
from open311.base.text import how_many
from open311.cli.common import Moment, opened
from open311.dev import private_cluster
from open311.storage.database import migrate
from open311.storage.upkeep import erasures as storage
from open311.storage.upkeep import schema


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
    click.echo(_what_changed(before, migrate.current(url)[0]))


@db.command()
@click.argument("revision")
@click.confirmation_option(prompt="Going back can lose data. Go on?")
def downgrade(revision: str) -> None:
    """Take the tables back to REVISION (`base` empties the database)."""
    url = private_cluster.database_url(settings.load())
    before = migrate.current(url)[0]
    migrate.downgrade(url, revision)
    click.echo(_what_changed(before, migrate.current(url)[0]))


@db.command()
def check() -> None:
    """Say whether tables, functions and indexes are those this release expects; exit code 2 when not."""
    url = private_cluster.database_url(settings.load())
    click.echo(f"The database is at {schema.require_current(url)}, as expected.")


@db.command()
@click.option(
    "--nothing-lost", is_flag=True, help="It was only moved or upgraded: what waits is still to be sent."
)
@click.option(
    "--erasures",
    "file",
    type=click.File(encoding="utf-8"),
    help="A file of `open311 db erasures`; without it, what is kept beside the photos.",
)
def restored(nothing_lost: bool, file: TextIO | None) -> None:
    """Say that the database was restored from a backup, before anything is started on it.

    Mails and webhook messages that wait are skipped, since they were probably sent after the backup. Cursors of the
    change feed are refused, numbers that may have been given out are left out, and what was erased is erased again.
    """
    with opened(adopt=False) as core:
        entries = restoring.read(file) if file else restoring.copied_erasures(core)
        report = restoring.declare(core, entries, nothing_lost=nothing_lost)
    mails, messages = (
        how_many(report.mails, "mail", "mails"),
        how_many(report.messages, "webhook message", "webhook messages"),
    )
    requests = how_many(report.requests, "request", "requests")
    places = how_many(report.people, "place", "places")
    click.echo(f"Skipped {mails} and {messages}; erased {requests} and data about people in {places} again.")
    if report.mails:
        click.echo("`open311 jobs list` shows the mails; `open311 jobs retry` sends them after all.")


@db.command()
@click.option("--since", type=Moment(), default="2000-01-01", help="From when on; otherwise all.")
def erasures(since: datetime) -> None:
    """Print what was erased, as lines for `open311 db restored --erasures`: ids alone, nothing about anybody."""
    with opened() as core, core.database.read() as conn:
        for erasure in storage.since(conn, since):
            click.echo(restoring.written(erasure))


def _what_changed(before: str | None, after: str | None) -> str:
    """From which revision to which, and of which release, so that an update that was none is seen."""
    release = f"open311 {version.build()}"
    if before != after:
        return f"The database went from {before or 'base'} to {after or 'base'} with {release}."
    last = f", the last of {release}" if after == migrate.expected() else ""
    return f"The database stays at {after or 'base'}{last}."
