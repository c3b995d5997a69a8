"""`open311 request`: what staff do with requests, through the same actions as the desk."""

import json
from datetime import datetime, tzinfo

import click

from open311.actions import casework
from open311.base.datetimes import write
from open311.cli.common import LANGUAGE, opened, show_table
from open311.cli.reports.casework import add_to
from open311.cli.reports.updates import update
from open311.formats import documents, encode
from open311.formats.encode import Document
from open311.model.access.actor import cli_actor
from open311.model.casework.cases import Case

HELD_SHOWN = 100


@click.group()
def request() -> None:
    """Look at service requests and move them on."""


request.add_command(update)
add_to(request)
number = click.argument("service_request_id", type=click.IntRange(1, 10**15))


@request.command()
@number
def show(service_request_id: int) -> None:
    """Show a request, published or not, with its reporter and its history."""
    with opened() as core:
        report = casework.show(core, service_request_id, cli_actor())
        catalogue = core.catalogues.owner(report.request.jurisdiction_id)
    public = documents.service_request(
        report.request, catalogue, LANGUAGE, extensions=True, base_url=core.settings.base_url or ""
    )
    internal = {
        "case": _case(report.case, catalogue.jurisdiction.time_zone),
        "visibility": report.request.visibility,
        "detailed_status": report.request.detailed_status,
        "reporter": report.reporter,
        "history": [
            {
                "datetime": write(note.datetime, catalogue.jurisdiction.time_zone),
                "kind": note.kind,
                "actor": note.actor,
            }
            | dict(note.data)
            for note in report.history
        ],
    }
    shown = json.loads(encode.to_json(Document("request", public | {"internal": internal})))
    click.echo(json.dumps(shown, ensure_ascii=False, indent=2))


def _case(case: Case, zone: tzinfo) -> dict[str, object]:
    """What only staff know, but for what has its usual value."""
    values = {name: value for name, value in case.row().items() if value not in (None, [], 0)}
    return {
        name: write(value, zone)
        if isinstance(value, datetime)
        else str(value)
        if name == "resume_date"
        else value
        for name, value in values.items()
        if name not in ("service_request_id", "jurisdiction_id", "service_code")
    }


@request.command()
def held() -> None:
    """List the requests that await moderation, the oldest first."""
    rows = []
    with opened() as core:
        for catalogue in core.catalogues.in_force:
            zone = catalogue.jurisdiction.time_zone
            for request in casework.held(core, catalogue, HELD_SHOWN, cli_actor()):
                moment = write(request.requested_datetime, zone)
                name, words = request.jurisdiction_id, request.description[:80]
                rows.append((request.service_request_id, name, request.service_code, moment, words))
    show_table(("id", "jurisdiction", "service_code", "requested", "description"), rows)


@request.command()
@number
def publish(service_request_id: int) -> None:
    """Let everybody see a request."""
    with opened() as core:
        casework.publish(core, service_request_id, cli_actor())
    click.echo(f"{service_request_id} is published.")


@request.command()
@number
@click.option("--reason", help="Why; for staff only.")
def hide(service_request_id: int, reason: str | None) -> None:
    """Take a request out of every public answer."""
    with opened() as core:
        casework.hide(core, service_request_id, cli_actor(), reason)
    click.echo(f"{service_request_id} is hidden.")


@request.command("set-status")
@number
@click.argument("status")
@click.option("--notes", help="Why, in public words; a request is not closed without.")
@click.option("--without-words", is_flag=True, help="Close it though nobody reads why.")
def set_status(service_request_id: int, status: str, notes: str | None, without_words: bool) -> None:
    """Move a request to a detailed STATUS of the catalogue."""
    with opened() as core:
        needed = not without_words
        casework.set_status(core, service_request_id, status, cli_actor(), notes, needs_words=needed)
    click.echo(f"{service_request_id} is now {status}.")


@request.command()
@number
@click.argument("agency")
def assign(service_request_id: int, agency: str) -> None:
    """Make an AGENCY of the catalogue responsible."""
    with opened() as core:
        casework.assign(core, service_request_id, agency, cli_actor())
    click.echo(f"{agency} is responsible for {service_request_id}.")


@request.command()
@number
@click.argument("text")
def note(service_request_id: int, text: str) -> None:
    """Tell the public a TEXT about a request without moving it."""
    with opened() as core:
        casework.note(core, service_request_id, text, cli_actor())
    click.echo(f"{service_request_id} has a new note.")


@request.command()
@number
@click.argument("into", type=click.IntRange(1, 10**15))
@click.option("--reopen", is_flag=True, help="Take INTO up again when it is closed.")
def merge(service_request_id: int, into: int, reopen: bool) -> None:
    """Close a request as a duplicate of the request INTO."""
    with opened() as core:
        casework.merge(core, service_request_id, into, cli_actor(), reopen=reopen)
    click.echo(f"{service_request_id} is closed as a duplicate of {into}.")


@request.command()
@number
@click.option("--reason", help="Why; for staff only.")
@click.confirmation_option(prompt="Delete the request, its texts and its reporter for ever?")
def erase(service_request_id: int, reason: str | None) -> None:
    """Delete a request and all that is known about it; only its id stays known."""
    with opened() as core:
        casework.erase(core, service_request_id, cli_actor(), reason)
    click.echo(f"{service_request_id} is erased.")


@request.command()
@click.argument("token")
def accept(token: str) -> None:
    """Give out the id behind the TOKEN of a batch service."""
    with opened() as core:
        service_request_id = casework.accept(core, token, cli_actor())
    click.echo(f"{service_request_id}")
