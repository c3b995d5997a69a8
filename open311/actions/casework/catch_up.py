"""Cases of reports that a process of an earlier release has stored while both ran side by side."""

from open311.actions.casework.opening import taken_up
from open311.core import Core
from open311.model.access.actor import WORKER
from open311.storage.requests import cases, service_requests

AT_ONCE = 500
# Such reports are new ones: so far behind the newest case they are looked for.
LOOKED_BACK = 50_000


def add_missing(core: Core) -> int:
    """Make the cases that are missing; returns how many."""
    with core.database.read() as conn:
        numbers = cases.without_case(conn, cases.newest(conn) - LOOKED_BACK, AT_ONCE)
    for number in numbers:
        with core.database.begin() as conn:
            # Erased meanwhile, perhaps: the numbers were read without a lock.
            request = service_requests.find_any(conn, number, lock=True)
            if request is not None:
                taken_up(core, conn, request, WORKER)
    return len(numbers)
