"""When the worker adds figures up anew, so that no page has to."""

from collections.abc import Callable
from datetime import timedelta

from open311.core import Core
from open311.model.catalogue import Catalogue
from open311.storage.database import Connection
from open311.storage.upkeep.roll_ups import RollUp, Run


def add_up(
    core: Core,
    roll_up: RollUp,
    newest_event: Callable[[Connection, str], int],
    of_city: Callable[[Connection, Catalogue, Run], None],
    at_least_every: timedelta,
) -> int:
    """Add up the figures of cities in which something has changed, and after so long; how many there were."""
    done = 0
    for catalogue in core.catalogues.in_force:
        owner, now = catalogue.jurisdiction.jurisdiction_id, core.now()
        with core.database.begin() as conn:
            newest, last = newest_event(conn, owner), roll_up.last_run(conn, owner)
            if last and last[0] == newest and now - last[1] < at_least_every:
                continue
            of_city(conn, catalogue, (newest, now))
        done += 1
    return done
