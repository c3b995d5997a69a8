"""Rehearsals of a restore, and whether the last one succeeded recently enough."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from open311.base.datetimes import write_utc
from open311.base.errors import ConfigurationError
from open311.storage.upkeep import rehearsal

RECORD = "rehearsal.json"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A dump restored on trial, and when; `problem` says what went wrong, None if nothing did."""

    moment: str
    dump: str
    dumped: str
    requests: int = 0
    newest: str | None = None
    problem: str | None = None


def rehearse(dump: Path, url: str, folder: Path) -> Rehearsal:
    """Restore a dump into an empty database, and keep what came of it in a folder."""
    now = write_utc(datetime.now(UTC))
    dumped = write_utc(datetime.fromtimestamp(dump.stat().st_mtime, UTC))
    try:
        restored = rehearsal.restore(dump, url)
    except ConfigurationError as error:
        outcome = Rehearsal(now, dump.name, dumped, problem=str(error))
    else:
        newest = write_utc(restored.newest) if restored.newest else None
        outcome = Rehearsal(now, dump.name, dumped, restored.requests, newest)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RECORD).write_text(json.dumps(asdict(outcome)), encoding="utf-8")
    return outcome


def last(folder: Path) -> Rehearsal | None:
    """The last rehearsal; None when there was none."""
    try:
        return Rehearsal(**json.loads((folder / RECORD).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def problem_of(rehearsed: Rehearsal | None, within: timedelta) -> str | None:
    """Why the last rehearsal does not count; None when it succeeded and is recent enough."""
    if rehearsed is None:
        return "no restore was ever rehearsed; `open311 backup rehearse DUMP --into URL` does it (docs/backup.md)"
    if rehearsed.problem:
        return f"the last rehearsal, of {rehearsed.dump} on {rehearsed.moment}, failed: {rehearsed.problem}"
    if datetime.now(UTC) - datetime.fromisoformat(rehearsed.moment) > within:
        return f"the last rehearsal was on {rehearsed.moment}, more than {within.days} days ago"
    return None
