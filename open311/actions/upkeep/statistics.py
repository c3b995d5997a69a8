"""Keep the figures of the cities: the worker adds them up, so that no page has to."""

from datetime import timedelta

from open311.core import Core
from open311.storage import statistics

AT_LEAST_EVERY = timedelta(hours=24)


def add_up(core: Core) -> int:
    """Add up the figures of cities in which something has changed, and each day; how many there were."""
    done = 0
    for catalogue in core.catalogues.in_force:
        owner, now = catalogue.jurisdiction.jurisdiction_id, core.now()
        with core.database.begin() as conn:
            newest, last = statistics.newest_event(conn, owner), statistics.last_run(conn, owner)
            if last and last[0] == newest and now - last[1] < AT_LEAST_EVERY:
                continue
            statistics.add_up(conn, owner, catalogue.jurisdiction.time_zone.key, newest, now)
        done += 1
    return done
