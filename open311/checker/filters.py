"""The filters of the list of requests (georeport.md, 7.1, 7.7)."""

from collections.abc import Iterator
from datetime import timedelta

from open311.checker.answer import is_array_error
from open311.checker.requests import NOBODY, ids, moment
from open311.checker.requirement import BREAKS, MUST, SHOULD, Finding, LeftOpen, requires
from open311.checker.subject import Subject

Findings = Iterator[Finding]


@requires("R-158", MUST, "one id")
def by_id(s: Subject) -> Findings:
    number = s.an_id()
    numbers = ids(s.requests(service_request_id=number))
    if numbers != [number]:
        yield Finding(f"asked for {number}, got {numbers[:5]}")


@requires("R-159", MUST, "several ids, with and without blanks")
def by_ids(s: Subject) -> Findings:
    requested = sorted(set(ids(s.some_requests())[:3]))
    for comma in (",", ", "):
        numbers = sorted(ids(s.requests(service_request_id=comma.join(requested))))
        if numbers != requested:
            yield Finding(f"asked for {comma.join(requested)}, got {len(numbers)} requests: {numbers[:5]}")


@requires("R-160", MUST, "an id beside filters that contradict it")
def ids_override(s: Subject) -> Findings:
    first = s.some_requests()[0]
    other = "closed" if first.get("status") == "open" else "open"
    number = str(first.get("service_request_id"))
    if ids(s.requests(service_request_id=number, status=other)) != [number]:
        yield Finding(f"{number} is not found with status={other}, although ids override all else")


@requires("R-161", SHOULD, "ids that nobody knows")
def unknown_ids(s: Subject) -> Findings:
    answer = s.get("requests", service_request_id=NOBODY)
    if answer.status != 200 or answer.rows():
        yield Finding(answer.summary)


@requires("R-162", MUST, "`service_request_id=` empty")
def empty_ids(s: Subject) -> Findings:
    if ids(s.get("requests", service_request_id="").must_be_ok().rows()) != ids(s.requests()):
        yield Finding("not the same list as without the parameter")


@requires("R-028", MUST, "`status=`, `service_code=`, `start_date=` empty")
def empty_parameters(s: Subject) -> Findings:
    answer = s.get("requests", status="", service_code="", start_date="", end_date="")
    if answer.status != 200 or ids(answer.rows()) != ids(s.requests()):
        yield Finding(f"{answer.summary}, not the same list as without")


@requires("R-163", MUST, "`service_code`")
def by_service(s: Subject) -> Findings:
    code = str(s.some_requests()[0].get("service_code"))
    others = {str(request.get("service_code")) for request in s.requests(service_code=code)} - {code}
    if others:
        yield Finding(f"service_code={code} finds {sorted(others)[:5]} too")


@requires("R-164", SHOULD, "a service that there is not")
def by_unknown_service(s: Subject) -> Findings:
    answer = s.get("requests", service_code="no-such-service-311")
    if answer.status != 200 or answer.rows():
        yield Finding(f"{answer.summary}, {len(answer.rows()) if answer.status == 200 else 0} requests")


@requires("R-165", MUST, "`status=open`, `closed`, `open,closed`")
def by_status(s: Subject) -> Findings:
    s.some_requests()
    for word in ("open", "closed"):
        others = {str(request.get("status")) for request in s.requests(status=word)} - {word}
        if others:
            yield Finding(f"status={word} finds {sorted(others)}")
    both = s.get("requests", status="open,closed")
    if both.status != 200 or len(both.rows()) < len(s.requests()):
        yield Finding(f"{both.summary}, fewer than without the filter")


@requires("R-166", SHOULD, "`status=OPEN`")
def capital_status(s: Subject) -> Findings:
    answer = s.get("requests", status="OPEN")
    if answer.status != 200 or ids(answer.rows()) != ids(s.requests(status="open")):
        yield Finding(f"{answer.summary}, not as in small letters")


@requires("R-167", SHOULD, "`status=foo`")
def unknown_status(s: Subject) -> Findings:
    answer = s.get("requests", status="foo")
    if answer.status != 400:
        yield Finding(answer.summary)


@requires("R-168", MUST, "`start_date` and `end_date`, both ends included")
def window(s: Subject) -> Findings:
    rows = s.some_requests()
    edge = moment(rows[len(rows) // 2], "requested_datetime").replace(microsecond=0)
    span = {"start_date": (edge - timedelta(days=1)).isoformat(), "end_date": edge.isoformat()}
    requests = s.requests(**span)
    number = str(rows[len(rows) // 2].get("service_request_id"))
    if number not in ids(requests) and len(requests) < 50:
        yield Finding(f"{number} of {edge.isoformat()} is not in a span that ends then", "end-exclusive")
    for request in requests:
        if (
            not edge - timedelta(days=1)
            <= moment(request, "requested_datetime")
            <= edge + timedelta(seconds=1)
        ):
            yield Finding(
                f"{request.get('service_request_id')!r} of {request['requested_datetime']} is outside"
            )


@requires("R-171", MUST, "a span of a year")
def long_span(s: Subject) -> Findings:
    answer = s.get("requests", start_date="2025-01-01T00:00:00Z", end_date="2025-12-31T00:00:00Z")
    if answer.status == 200:
        raise LeftOpen("allowed here; most servers have dropped the rule of 90 days")
    if answer.status != 400:
        yield Finding(answer.summary)
    elif fault := is_array_error(answer):
        yield Finding(fault, "P14")


@requires("R-172", SHOULD, "`start_date` after `end_date`")
def reversed_span(s: Subject) -> Findings:
    answer = s.get("requests", start_date="2026-03-02T00:00:00Z", end_date="2026-03-01T00:00:00Z")
    if answer.status != 400:
        yield Finding(answer.summary)


@requires("R-173", MUST, "`status` and `service_code` together")
def combined(s: Subject) -> Findings:
    first = s.some_requests()[0]
    expected = (first.get("status"), first.get("service_code"))
    requests = s.requests(status=expected[0], service_code=expected[1])
    if not requests:
        yield Finding(f"nothing is found for {expected}, although there is such a request")
    if any((request.get("status"), request.get("service_code")) != expected for request in requests):
        yield Finding(f"{expected} finds others too")


@requires("R-022", MUST, "the same moment in two zones")
def two_zones(s: Subject) -> Findings:
    edge = moment(s.some_requests()[-1], "requested_datetime").replace(microsecond=0)
    shown = edge.utctimetuple()
    utc = f"{shown.tm_year:04}-{shown.tm_mon:02}-{shown.tm_mday:02}T12:00:00Z"
    other = utc.replace("T12:00:00Z", "T14:00:00+02:00")
    if ids(s.requests(start_date=utc)) != ids(s.requests(start_date=other)):
        yield Finding(f"start_date={utc} and {other} find different requests")


@requires("R-023", BREAKS, "a plus sign that was not encoded, as open311_java sends it")
def raw_plus(s: Subject) -> Findings:
    answer = s.get("requests", s.speaks, raw="start_date=2026-03-01T00:00:00+01:00")
    if answer.status != 200:
        yield Finding(answer.summary)


@requires("R-024", SHOULD, "a moment with a fraction")
def fraction(s: Subject) -> Findings:
    answer = s.get("requests", s.speaks, start_date="2026-03-01T00:00:00.123456Z")
    if answer.status != 200:
        yield Finding(answer.summary)


@requires("R-025", SHOULD, "a moment without a zone")
def no_zone(s: Subject) -> Findings:
    answer = s.get("requests", s.speaks, start_date="2026-03-01T00:00:00")
    if answer.status != 200:
        yield Finding(answer.summary)


@requires("R-026", SHOULD, "a day alone")
def day(s: Subject) -> Findings:
    answer = s.get("requests", s.speaks, start_date="2026-03-01", end_date="2026-03-01")
    if answer.status != 200:
        yield Finding(answer.summary)


@requires("R-027", MUST, "what is no moment")
def no_moment(s: Subject) -> Findings:
    for word in ("gestern", "2026-13-45"):
        answer = s.get("requests", s.speaks, start_date=word)
        if answer.status != 400:
            yield Finding(answer.summary)
        elif fault := is_array_error(answer):
            yield Finding(fault, "P14")
