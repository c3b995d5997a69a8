"""`open311 doctor`: what is wrong here, and what to do about it."""

import sys

import click

from open311.base.errors import ConfigurationError
from open311.cli.common import opened
from open311.operations import doctor as examination
from open311.operations.doctor import Finding


@click.command()
def doctor() -> None:
    """Look at settings, database, volumes, mail, worker, backups; exit code 1 when something must be done."""
    try:
        with opened() as core:
            findings = list(examination.examine(core))
    except ConfigurationError as error:
        # What stops every other command, too.
        findings = [Finding("start", str(error), must=True)]
    for finding in sorted(findings, key=lambda finding: not finding.must):
        click.echo(f"{'must' if finding.must else 'look'}  {finding.about}: {finding.advice}")
    if not findings:
        click.echo("Nothing to do.")
    sys.exit(any(finding.must for finding in findings))
