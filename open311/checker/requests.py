"""Lists of requests, single requests, errors (georeport.md, 7.6, 7.7, 7.8, 7.9)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

from open311.checker.answer import is_array_error
from open311.checker.requirement import BREAKS, MUST, SHOULD, Finding, NotSeen, requires
from open311.checker.subject import Subject
from open311.checker.values import as_number

Findings = Iterator[Finding]

STANDARD = (
    "service_request_id",
    "status",
    "service_name",
    "service_code",
    "description",
    "requested_datetime",
    "updated_datetime",
    "address",
    "address_id",
    "zipcode",
    "lat",
    "long",
    "media_url",
)
OPTIONAL = {"status_notes", "agency_responsible", "service_notice", "expected_datetime"}
TEXTS = ("service_request_id", "service_code", "service_name", "description", "address")
NOBODY = "999999999999999"


def moment(request: dict[str, Any], name: str) -> datetime:
    """The moment of a request; raises `NotSeen` when it cannot be read, which R-020 tells of."""
    try:
        instant = datetime.fromisoformat(str(request.get(name)).replace("Z", "+00:00"))
    except ValueError:
        raise NotSeen(f"{name} is {request.get(name)!r}") from None
    if instant.tzinfo is None:
        raise NotSeen(f"{name} has no zone")
    return instant


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [str(row.get("service_request_id")) for row in rows]


@requires("R-150", MUST, "the list of requests in both formats")
def listed(s: Subject) -> Findings:
    for suffix in s.formats:
        answer = s.get("requests", suffix)
        if answer.status != 200:
            yield Finding(answer.summary)
        elif suffix == "xml" and answer.xml().tag != "service_requests":
            yield Finding(f"the root of requests.xml is <{answer.xml().tag}>")


@requires("R-151", MUST, "the length of the list")
def bounded(s: Subject) -> Findings:
    if len(s.requests()) > 1000:
        yield Finding(f"{len(s.requests())} requests")


@requires("R-153", SHOULD, "the order of the list: newest first")
def newest_first(s: Subject) -> Findings:
    moments = [moment(request, "requested_datetime") for request in s.some_requests()]
    if moments != sorted(moments, reverse=True):
        yield Finding("not by requested_datetime descending")


@requires("R-154", MUST, "an empty list")
def empty(s: Subject) -> Findings:
    for suffix in s.formats:
        answer = s.get("requests", suffix, service_request_id=NOBODY)
        if answer.status != 200:
            yield Finding(f"{answer.summary}; nothing found is an empty list")
        elif suffix == "json" and answer.rows() and answer.json() not in ([], {}):
            raise NotSeen("no question was found that has no answer")
        elif suffix == "xml" and not len(answer.xml()) and answer.xml().text:
            yield Finding(f"{answer.asked}: the root holds {answer.xml().text!r}", "blank-root")


@requires("R-155", MUST, "the children of the XML root")
def only_requests(s: Subject) -> Findings:
    others = {element.tag for element in s.get("requests", "xml").must_be_ok().elements()} - {"request"}
    if others:
        yield Finding(f"service_requests holds {sorted(others)[:5]}")


@requires("R-156", MUST, "the fields of each request and their types")
def fields(s: Subject) -> Findings:
    for request in s.some_requests():
        number = request.get("service_request_id")
        missing = [name for name in STANDARD if name not in request]
        if missing:
            yield Finding(f"{number!r} lacks {', '.join(missing)}")
        for name in TEXTS:
            if name in request and not isinstance(request[name], str):
                quirk = "P10" if request[name] is None else "P1"
                yield Finding(f"{number!r}: {name} is {request[name]!r:.60}", quirk)
        for name in ("zipcode", "address_id"):
            if not isinstance(request.get(name), (str, type(None))):
                yield Finding(f"{number!r}: {name} is {request[name]!r:.60}", "P9")
        for name in ("lat", "long"):
            if isinstance(request.get(name), (str, bool)) and request[name] != "":
                yield Finding(f"{number!r}: {name} is {request[name]!r:.60}", "P3")


@requires("R-157", MUST, "`status`")
def statuses(s: Subject) -> Findings:
    for request in s.some_requests():
        if request.get("status") not in ("open", "closed"):
            number = request.get("service_request_id")
            yield Finding(f"{number!r}: status is {request.get('status')!r}", "P8")


@requires("R-175", MUST, "fields that v2 does not have")
def nothing_else(s: Subject) -> Findings:
    more = {name for request in s.some_requests() for name in request} - {*STANDARD, *OPTIONAL}
    if more:
        yield Finding(f"{sorted(more)[:10]} without being asked for")


@requires("R-176", MUST, "`updated_datetime`")
def updated(s: Subject) -> Findings:
    for request in s.some_requests():
        if moment(request, "updated_datetime") < moment(request, "requested_datetime"):
            yield Finding(
                f"{request.get('service_request_id')!r} was updated before it was made", "early-update"
            )


@requires("R-177", MUST, "requests without coordinates")
def no_zero(s: Subject) -> Findings:
    for request in s.some_requests():
        number, place = request.get("service_request_id"), (request.get("lat"), request.get("long"))
        if tuple(map(as_number, place)) == (0.0, 0.0):
            yield Finding(f"{number!r} lies at 0/0", "zero-zero")
        elif (place[0] in (None, "")) != (place[1] in (None, "")):
            yield Finding(f"{number!r} has one coordinate: {place}")


# Java takes it for one address; Boston had to mend its app when a server sent arrays.
@requires("R-178", BREAKS, "`media_url`")
def one_picture(s: Subject) -> Findings:
    for request in s.some_requests():
        if not isinstance(request.get("media_url"), (str, type(None))):
            yield Finding(f"{request.get('service_request_id')!r}: {request['media_url']!r:.60}", "P12")


@requires("R-179", MUST, "`agency_responsible`")
def agency(s: Subject) -> Findings:
    for request in s.some_requests():
        if not isinstance(request.get("agency_responsible"), (str, type(None))):
            agency_told = f"{request['agency_responsible']!r:.60}"
            yield Finding(f"{request.get('service_request_id')!r}: {agency_told}", "agency-object")


@requires("R-180", MUST, "one request by its address, in both formats")
def single(s: Subject) -> Findings:
    for suffix in s.formats:
        answer = s.get(f"requests/{quote(s.an_id(), safe='')}", suffix)
        if answer.status != 200:
            yield Finding(answer.summary)
        elif suffix == "xml" and (answer.xml().tag, len(answer.xml())) != ("service_requests", 1):
            yield Finding(f"{answer.asked}: not service_requests with one request")
        elif suffix == "json" and not (isinstance(answer.json(), list) and len(answer.json()) == 1):
            wrapped = isinstance(answer.json(), dict) and "service_requests" in answer.json()
            yield Finding(f"{answer.asked}: not an array of one", "P13" if wrapped else "P4")


@requires("R-181", MUST, "the same request in the list and alone")
def same_alone(s: Subject) -> Findings:
    number = s.an_id()
    alone = s.get(f"requests/{quote(number, safe='')}").must_be_ok().rows()
    listed = [request for request in s.some_requests() if str(request.get("service_request_id")) == number]
    if alone and listed and alone[0] != listed[0]:
        names = [name for name in listed[0] if listed[0].get(name) != alone[0].get(name)]
        yield Finding(f"{number} differs in {names or sorted(set(alone[0]) - set(listed[0]))}")


@requires("R-182", MUST, "a request that there is not")
def unknown(s: Subject) -> Findings:
    for suffix in s.formats:
        answer = s.errors(suffix)[1]
        if answer.status != 404:
            yield Finding(answer.summary, "empty-200" if answer.status == 200 else None)


@requires("R-147", MUST, "a token that there is not")
def unknown_token(s: Subject) -> Findings:
    for suffix in s.formats:
        answer = s.errors(suffix)[2]
        if answer.status != 404:
            yield Finding(answer.summary)


@requires("R-184", MUST, "errors in XML")
def xml_errors(s: Subject) -> Findings:
    yield from _errors(s, "xml")


# GeoReporter, Boston's web app and Chicago's tests read the first entry, and end at an object.
@requires("R-185", BREAKS, "errors in JSON: an array, `code` a number, `description` a text")
def json_errors(s: Subject) -> Findings:
    yield from _errors(s, "json")


def _errors(s: Subject, suffix: str) -> Findings:
    if suffix not in s.formats:
        raise NotSeen(f"the server has no {suffix.upper()}")
    for error in s.errors(suffix):
        if error.status >= 400 and (fault := is_array_error(error)):
            yield Finding(fault, "P14")


@requires("R-186", MUST, "errors of paths that there are not")
def no_html(s: Subject) -> Findings:
    for suffix in s.formats:
        answer = s.get("no-such-method-311", suffix)
        if answer.status < 400:
            yield Finding(answer.summary)
        elif fault := is_array_error(answer):
            yield Finding(fault, "P14")
