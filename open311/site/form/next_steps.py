"""What happens next to a report that was just sent, as far as that is known."""

from collections.abc import Iterator

from open311.http import current
from open311.model.catalogue import Catalogue
from open311.model.service_request import ServiceRequest, Status, Visibility
from open311.site.words import day, words


def next_steps(request: ServiceRequest, city: Catalogue, *, has_number: bool, mail: bool) -> Iterator[str]:
    """The steps in words: check, unit, end, and how one hears of them."""
    if request.status == Status.CLOSED:
        return
    if request.visibility == Visibility.HELD:
        yield _check(request, city)
    agency = request.agency_responsible if request.visibility == Visibility.PUBLISHED else None
    if agency in city.agencies:
        yield words("page.form.sent.next.unit", agency=city.agency_name(agency or "", current.language()))
    else:
        yield words("page.form.sent.next.unit_any")
    if request.expected_datetime:
        yield words("page.form.sent.next.expected", day=day(request.expected_datetime))
    if has_number:
        yield words("page.form.sent.next.look")
    if mail:
        yield words("page.form.sent.next.mail")


def _check(request: ServiceRequest, city: Catalogue) -> str:
    check, zone = city.desk.check, city.jurisdiction.time_zone
    if check is None:
        return words("page.form.sent.next.check")
    end = check.end(request.requested_datetime, city.desk.calendar, zone)
    return words("page.form.sent.next.check_by", day=day(end))
