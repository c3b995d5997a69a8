"""`open311 check`: is this a good GeoReport v2 server?"""

import json
from contextlib import nullcontext
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from open311 import checker
from open311.base.text import how_many
from open311.checker.requirement import Level, Outcome, Requirement, Result
from open311.checker.run import Report

FAILURES = (
    ("MUST: the standard demands it", (Level.MUST,)),
    ("MUST†: the text is silent or loose, and a known program breaks", (Level.BREAKS,)),
    ("SHOULD: recommended", (Level.SHOULD,)),
    ("Extensions that are offered, but not as others have them", (Level.EXT,)),
)


@click.command()
@click.argument("url")
@click.option("--jurisdiction", help="Sent with every question as jurisdiction_id.")
@click.option("--post", is_flag=True, help="Hand in reports, too; needs --key. They stay on that server.")
@click.option("--key", envvar="OPEN311_CHECK_KEY", help="The API key for --post.")
@click.option("--service-code", help="The service that test reports are for; else one without attributes.")
@click.option("--lat", type=click.FloatRange(-90, 90), help="Where test reports are.")
@click.option("--long", type=click.FloatRange(-180, 180), help="Where test reports are.")
@click.option(
    "--delay", type=click.FloatRange(0, 60), default=0.2, show_default=True, help="Seconds between questions."
)
@click.option(
    "--timeout", type=click.FloatRange(1, 300), default=20.0, show_default=True, help="Seconds for an answer."
)
@click.option("--strict", is_flag=True, help="Exit code 1 also when a MUST† fails.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def check(url: str, post: bool, key: str | None, strict: bool, as_json: bool, **more: Any) -> None:
    """Check a GeoReport v2 server, requirement by requirement, from outside.

    URL is its base URL, such as https://report.example.org/open311/v2. Only reads, unless --post and --key are given.
    The exit code is 1 when something that the standard demands is not met.
    """
    if post and not key:
        raise click.UsageError("--post needs --key")
    if not url.lower().startswith(("http://", "https://")):
        raise click.UsageError("URL begins with http:// or https://")
    options = checker.Options(
        url=url,
        jurisdiction_id=more["jurisdiction"],
        key=key,
        post=post,
        service_code=more["service_code"],
        lat=more["lat"],
        long=more["long"],
        delay=more["delay"],
        seconds=more["timeout"],
    )
    report = _run(options)
    if as_json:
        click.echo(json.dumps(_document(report), ensure_ascii=False, indent=2))
    else:
        _print(report)
    levels = (Level.MUST, Level.BREAKS) if strict else (Level.MUST,)
    raise SystemExit(1 if report.failed(*levels) or not report.reached else 0)


def _run(options: checker.Options) -> Report:
    console = Console(stderr=True)
    columns = (TextColumn("Checking"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    shown = Progress(*columns, console=console, transient=True) if console.is_terminal else None
    with shown or nullcontext():
        task = shown.add_task("", total=None) if shown else None

        def tell(requirement: Requirement, place: int, count: int) -> None:
            if shown and task is not None:
                shown.update(task, completed=place, total=count, description=requirement.looked_at)

        return checker.run(options, tell)


def _document(report: Report) -> dict[str, Any]:
    return {
        "url": report.url,
        "reached": report.reached,
        "requests": report.requests,
        "passed": not report.failed(Level.MUST) and report.reached,
        "quirks": report.quirks,
        "results": [
            {
                "requirement": result.requirement.number,
                "level": result.requirement.level.value,
                "looked_at": result.requirement.looked_at,
                "outcome": result.outcome.value,
                "findings": [{"text": finding.text, "quirk": finding.quirk} for finding in result.findings],
                "note": result.note or None,
            }
            for result in report.results
        ],
    }


def _print(report: Report) -> None:
    console = Console(highlight=False)
    if not report.reached:
        console.print(f"{report.url} does not answer.", markup=False)
        return
    met = [result.requirement.number for result in report.results if result.outcome is Outcome.PASSED]
    console.print(f"Met ({len(met)}): {', '.join(met)}", markup=False)
    for title, levels in FAILURES:
        _table(console, title, report.failed(*levels))
    for outcome in (Outcome.LEFT_OPEN, Outcome.NOT_SEEN, Outcome.OFFERED, Outcome.NOT_OFFERED):
        results = [result for result in report.results if result.outcome is outcome]
        _table(console, f"{outcome.value.capitalize()} ({len(results)})", tuple(results))
    if report.quirks:
        quirks = Table("quirk", "what it breaks", title="Known quirks that were met", title_justify="left")
        for name, words in report.quirks.items():
            quirks.add_row(name, words)
        console.print(quirks)
    console.print(_summary(report), markup=False)


def _table(console: Console, title: str, results: tuple[Result, ...]) -> None:
    if not results:
        return
    table = Table("", "looked at", "found", title=title, title_justify="left")
    for result in results:
        lines = [
            f"{finding.text}{f' [{finding.quirk}]' if finding.quirk else ''}" for finding in result.findings
        ]
        text = "\n".join([*lines, result.note] if result.note else lines)
        table.add_row(result.requirement.number, result.requirement.looked_at, _plain(text))
    console.print(table)


def _plain(text: str) -> str:
    """Words of a stranger, without power over the terminal."""
    kept = "".join(letter if letter.isprintable() or letter == "\n" else "\ufffd" for letter in text)
    return kept.replace("[", r"\[")


def _summary(report: Report) -> str:
    parts = []
    for level in Level:
        looked = [
            result
            for result in report.results
            if result.requirement.level is level and result.outcome in (Outcome.PASSED, Outcome.FAILED)
        ]
        bad = len(report.failed(level))
        if level is not Level.EXT:
            parts.append(f"{level.value}: {len(looked) - bad} of {len(looked)} met")
    offered = sum(result.outcome is Outcome.OFFERED for result in report.results)
    extensions = how_many(offered, "extension", "extensions")
    asked = how_many(report.requests, "question", "questions")
    return f"{report.url}: {', '.join(parts)}; {extensions} offered; {asked} asked"
