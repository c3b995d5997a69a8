"""`open311 desk`: which unit a report goes to and why, and what is wrong with the units."""

from collections.abc import Sequence
from datetime import datetime
from typing import TextIO

import click

from open311.actions import casework
from open311.actions.desk import template_files
from open311.base.errors import NotFound, problem
from open311.base.text import how_many
from open311.cli.common import WHICH_CITY, Moment, opened, show_table
from open311.core import Core
from open311.model.access.actor import cli_actor
from open311.model.desk.routing import Obstacle, Route
from open311.model.service_request import Location
from open311.storage.desk import units
from open311.storage.desk.case import routes
from open311.storage.requests import cases, service_requests

REASONS = {
    Obstacle.SERVICE: "it is for other services",
    Obstacle.AREA: "it is for other areas",
    Obstacle.ANSWERS: "other answers were given",
    Obstacle.HOURS: "the report came in at another hour",
}
# A thousand templates with all that fits into them, several times over.
LARGEST_FILE = 50_000_000
jurisdiction = click.option("--jurisdiction", help=WHICH_CITY)


@click.group()
def desk() -> None:
    """Explain and apply the rules by which reports go to units."""


@desk.command()
@click.argument("service_request_id", type=click.IntRange(1, 10**15), required=False)
@click.option(
    "--service", "service_code", help="Instead of a number: the service of a report that might come."
)
@click.option("--lat", type=click.FloatRange(-90, 90), help="Where it is, with --long.")
@click.option("--long", type=click.FloatRange(-180, 180), help="Where it is, with --lat.")
@click.option("--answer", "answers", multiple=True, metavar="CODE=VALUE", help="An answer; may be repeated.")
@click.option("--at", type=Moment(), help="When it comes in; else now.")
@jurisdiction
def route(
    service_request_id: int | None,
    service_code: str | None,
    lat: float | None,
    long: float | None,
    answers: Sequence[str],
    at: datetime | None,
    jurisdiction: str | None,
) -> None:
    """Say which unit a report goes to, by which rule, and why earlier rules do not fit.

    Either a number, or what a report might be: --service, with --lat and --long, --answer and --at.
    """
    if (service_request_id is None) is (service_code is None):
        raise click.UsageError("name either a number or --service")
    with opened() as core:
        if service_request_id is not None:
            _explain_stored(core, service_request_id)
            return
        catalogue = core.catalogues.find(jurisdiction)
        if service_code is None or service_code not in catalogue.services:
            raise NotFound(problem("error.service_code.unknown", service_code=service_code))
        place = Location(lat, long) if lat is not None and long is not None else None
        chosen = catalogue.route(service_code, at or core.now(), place, _by_code(answers))
        _tell(chosen, catalogue.desk.areas.at(place))


def _by_code(answers: Sequence[str]) -> dict[str, list[str]]:
    by_code: dict[str, list[str]] = {}
    for answer in answers:
        code, equals, value = answer.partition("=")
        if not equals:
            raise click.UsageError(f"{answer!r} is no answer such as GEFAHR=ja")
        by_code.setdefault(code, []).append(value)
    return by_code


def _explain_stored(core: Core, number: int) -> None:
    with core.database.read() as conn:
        request, case = service_requests.find_any(conn, number), cases.find(conn, number)
        if request is None or case is None:
            raise NotFound(problem("error.service_request.unknown", service_request_id=number))
        catalogue = core.catalogues.owner(request.jurisdiction_id)
        route_of_report = routes.find(conn, catalogue, request)
    _tell(route_of_report, catalogue.desk.areas.at(request.location))
    if case.unit != route_of_report.unit:
        by = " by a person" if case.is_set_by_person("unit") else ""
        click.echo(f"It is with {case.unit or 'nobody'}{by}.")


def _tell(chosen: Route, areas: Sequence[str]) -> None:
    click.echo(f"areas: {', '.join(areas) or 'none'}")
    for rule, why_not in chosen.passed_over:
        click.echo(f"- {rule.name}: {REASONS[why_not]}")
    if chosen.rule is not None:
        more = [f"{name} {word}" for name, word in chosen.for_history.items() if name != "rule"]
        click.echo(f"+ {chosen.rule.name}: {', '.join([chosen.unit or '', *more])}")
    elif chosen.unit is not None:
        click.echo(f"+ the agency of the service: {chosen.unit}")
    else:
        click.echo("+ no unit: the service has no agency")


@desk.command()
@jurisdiction
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=1000,
    show_default=True,
    help="How many cases at most.",
)
@click.option("--behind", type=click.IntRange(0, 10**15), default=0, help="Go on behind this number.")
def reroute(jurisdiction: str | None, limit: int, behind: int) -> None:
    """Ask changed rules about open cases, and put areas right; what a person or a unit has taken up stays there."""
    with opened() as core:
        done = casework.reroute(core, core.catalogues.find(jurisdiction), cli_actor(), behind, limit)
    moved = how_many(done.moved, "has another unit", "have another unit")
    click.echo(f"{how_many(done.looked_at, 'case', 'cases')} looked at, {moved}.")
    if done.next is not None:
        click.echo(f"There may be more: go on with --behind {done.next}.")


@desk.group()
def templates() -> None:
    """Keep the templates of staff in a file, or take those of another city."""


@templates.command("export")
@jurisdiction
def export_templates(jurisdiction: str | None) -> None:
    """Print the templates that are offered, as JSON."""
    with opened() as core:
        click.echo(template_files.exported(core, core.catalogues.find(jurisdiction)))


@templates.command("import")
@click.argument("file", type=click.File(encoding="utf-8"))
@jurisdiction
def import_templates(file: TextIO, jurisdiction: str | None) -> None:
    """Keep the templates of a file that export wrote; what has the title of one takes its place."""
    try:
        text = file.read(LARGEST_FILE + 1)
    except UnicodeDecodeError:
        raise click.UsageError("the file is not in UTF-8") from None
    if len(text) > LARGEST_FILE:
        raise click.UsageError("the file is larger than any file of templates")
    with opened() as core:
        done = template_files.bring_in(core, core.catalogues.find(jurisdiction), text, cli_actor())
    click.echo(f"{done.added} new, {done.changed} changed, {done.same} as they were.")


@desk.command()
@jurisdiction
def check(jurisdiction: str | None) -> None:
    """Show the units with their mail address, their people and their open cases; exit code 1 when one lacks either."""
    with opened() as core:
        catalogue = core.catalogues.find(jurisdiction)
        owner = catalogue.jurisdiction.jurisdiction_id
        with core.database.read() as conn:
            members = units.members(conn, owner, core.now())
            open_cases = units.open_cases(conn, owner)
    lacking = []
    rows = []
    for code in catalogue.units:
        unit = catalogue.desk.units.get(code)
        email = unit.email if unit else None
        if email is None and not members.get(code):
            lacking.append(code)
        rows.append((code, email, members.get(code, 0), open_cases.get(code, 0)))
    show_table(("unit", "mail", "people", "open cases"), rows)
    for code in lacking:
        click.echo(f"{code} has neither a mail address nor people: nobody hears of its reports.")
    raise SystemExit(1 if lacking else 0)
