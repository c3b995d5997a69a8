"""What else was reported near a case, for the pages of one."""

from datetime import timedelta

from open311.http import current
from open311.model.access.actor import Right
from open311.staff.blueprint import staff
from open311.staff.seen_case import SeenCase
from open311.storage.desk.case import neighbours
from open311.storage.desk.case.neighbours import Neighbour
from open311.storage.desk.scope import scope_of

FEW = 8
# What was reported at a place before says more about it than whether this is a duplicate.
EARLIER = timedelta(days=730)
LEAST_METRES = 50


def alike(seen: SeenCase) -> list[Neighbour]:
    """Reports that may be about the same thing."""
    report, desk = seen.whole.request, seen.catalogue.desk
    return _near(seen, desk.radius(report.service_code), desk.closed_lately, desk.alike(report.service_code))


def at_its_place(seen: SeenCase) -> list[Neighbour]:
    """Reports of any service at the place of the case, also what has long been settled there; the nearest first."""
    return _near(
        seen, max(LEAST_METRES, seen.catalogue.desk.radius(seen.whole.request.service_code)), EARLIER
    )


def _near(
    seen: SeenCase, metres: int, closed_for: timedelta, services: tuple[str, ...] = ()
) -> list[Neighbour]:
    report, core = seen.whole.request, current.core()
    if report.location is None:
        return []
    with core.database.read() as conn:
        return neighbours.find(
            conn,
            scope_of(staff(), Right.SEE_REPORTS),
            report.location,
            metres=metres,
            closed_since=core.now() - closed_for,
            words=report.description,
            services=services,
            hashes=[photo.dhash for photo in seen.whole.photos if photo.dhash is not None],
            without=report.service_request_id,
            limit=FEW,
        )
