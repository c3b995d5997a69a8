"""Keep the figures of the cities."""

from datetime import timedelta

from open311.actions.upkeep import roll_ups
from open311.core import Core
from open311.model.catalogue import Catalogue
from open311.storage import statistics
from open311.storage.database import Connection
from open311.storage.upkeep.roll_ups import Run

AT_LEAST_EVERY = timedelta(hours=24)


def add_up(core: Core) -> int:
    """Add up the figures of cities in which something has changed, and each day; how many there were."""
    return roll_ups.add_up(core, statistics.ROLL_UP, statistics.newest_event, _add_up, AT_LEAST_EVERY)


def _add_up(conn: Connection, catalogue: Catalogue, run: Run) -> None:
    jurisdiction = catalogue.jurisdiction
    statistics.add_up(conn, jurisdiction.jurisdiction_id, jurisdiction.time_zone.key, run)
