"""How long something waits, in words."""

from datetime import datetime, timedelta

from open311.base.datetimes import local
from open311.http import current
from open311.model.casework.cases import Case
from open311.site.words import counted

HOUR, TWO_DAYS = timedelta(hours=1), timedelta(days=2)
# Of more nobody counts the working days; to add up those of a thousand years takes a second.
TEN_YEARS = timedelta(days=3_650)


def waits(since: datetime, case: Case | None = None) -> str:
    """In minutes, hours or days; those of a case also in the working days of its city."""
    core = current.core()
    now = core.now()
    passed = now - since
    if passed < HOUR:
        return counted("desk.since.minutes", passed // timedelta(minutes=1))
    if passed < TWO_DAYS:
        return counted("desk.since.hours", passed // HOUR)
    days = counted("desk.since.days", passed.days)
    if case is None or passed > TEN_YEARS:
        return days
    catalogue = core.catalogues.owner(case.jurisdiction_id)
    zone = catalogue.jurisdiction.time_zone
    worked = catalogue.desk.days_between(local(since, zone).date(), local(now, zone).date())
    return f"{days}, {counted('desk.since.working_days', worked)}"
