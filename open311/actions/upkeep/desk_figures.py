"""Keep the figures of the desk: the worker adds them up, so that no page reads all reports of a year."""

from datetime import date, datetime, timedelta

from open311.actions.upkeep import roll_ups
from open311.core import Core
from open311.model.casework.figures import PERIODS
from open311.model.catalogue import Catalogue
from open311.storage.database import Connection
from open311.storage.desk.figures import adding_up
from open311.storage.upkeep.roll_ups import Run

# Reports leave a period though nothing happens.
AT_LEAST_EVERY = timedelta(hours=1)
DAY = timedelta(days=1)


def add_up(core: Core) -> int:
    """Add up the figures of all cities if anything has happened, and each hour; how many there were."""
    return roll_ups.add_up(core, adding_up.ROLL_UP, adding_up.newest_event, _add_up, AT_LEAST_EVERY)


def _add_up(conn: Connection, catalogue: Catalogue, run: Run) -> None:
    jurisdiction, (_, now) = catalogue.jurisdiction, run
    base, numbers = _working_days(catalogue, now)
    adding_up.add_up(conn, jurisdiction.jurisdiction_id, jurisdiction.time_zone.key, base, numbers, run)


def _working_days(catalogue: Catalogue, now: datetime) -> tuple[date, list[int]]:
    """A day before the longest period, and how many working days there have been up to each day behind it."""
    zone = catalogue.jurisdiction.time_zone
    base = (now - timedelta(days=PERIODS[-1])).astimezone(zone).date() - DAY
    last = now.astimezone(zone).date() + DAY
    days = range(1, (last - base).days + 1)
    return base, [catalogue.desk.days_between(base, base + number * DAY) for number in days]
