"""`open311 account import`: accounts out of a file."""

import csv
import sys
from collections import Counter
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from open311.actions.staff_accounts import account_import, accounts
from open311.actions.staff_accounts.account_import import Line, LineOutcome, Result
from open311.actions.staff_mail import staff_mails
from open311.base.errors import ConfigurationError, Open311Error
from open311.base.problems import in_words
from open311.cli.common import LANGUAGE, opened
from open311.core import Core
from open311.formats.csv_records import encoding_of
from open311.model.access.actor import cli_actor

LARGEST_FILE = 10 * 1024 * 1024


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--mail", is_flag=True, help="Send the links of new accounts instead of printing them.")
def import_accounts(file: Path, dry_run: bool, mail: bool) -> None:
    """Make the accounts of a CSV file, one role a line.

    Columns: name, email, role; if wished jurisdiction_id, units, services and areas (codes with blanks between),
    ends (2026-12-31), language. Doing it again changes nothing. New accounts are printed as CSV, address and
    one-time link.
    A line that is refused is told with its number, the others are done all the same; the exit code is then 1.
    """
    with opened() as core:
        if mail and not staff_mails.possible(core):
            raise ConfigurationError("no mail is sent here: set OPEN311_SMTP_URL, or leave --mail out")
        lines = list(account_import.lines(_text(file)))
        counts, refused = Counter[LineOutcome](), 0
        links = csv.writer(sys.stdout, lineterminator="\n")
        for line in track(lines, "Accounts", console=Console(stderr=True), transient=True):
            result = _bring_in(core, line, dry_run=dry_run)
            refused += result is None
            if result is not None:
                counts[result.done] += 1
            if result is not None and result.done is LineOutcome.ADDED and not dry_run:
                _invite(core, result, links, mail=mail)
    words = {
        LineOutcome.ADDED: "new",
        LineOutcome.ROLE_GIVEN: "got a role",
        LineOutcome.UNCHANGED: "unchanged",
    }
    summary = ", ".join(f"{counts[done]} {word}" for done, word in words.items())
    click.echo(f"{'Would be: ' if dry_run else ''}{summary}, {refused} refused", err=True)
    raise SystemExit(1 if refused else 0)


def _bring_in(core: Core, line: Line, *, dry_run: bool) -> Result | None:
    """What became of a line; None when it was refused, which is told."""
    try:
        return account_import.bring_in(core, cli_actor(), line, dry_run=dry_run)
    except Open311Error as refused:
        why = " ".join(in_words(problem, LANGUAGE) for problem in refused.problems)
        click.echo(f"line {line.number}: {why}", err=True)
        return None


def _invite(core: Core, result: Result, links, *, mail: bool) -> None:  # type: ignore[no-untyped-def]
    if mail:
        accounts.invite_by_mail(core, cli_actor(), result.account_id)
    else:
        links.writerow((result.person.email, accounts.invite(core, cli_actor(), result.account_id)))


def _text(file: Path) -> str:
    if file.stat().st_size > LARGEST_FILE:
        raise ConfigurationError(f"{file} is larger than {LARGEST_FILE // 2**20} MB")
    try:
        return file.read_text(encoding=encoding_of(file))
    except UnicodeError:
        raise ConfigurationError(f"{file} is not UTF-8; save it as “CSV UTF-8”") from None
