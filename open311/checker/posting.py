"""Handing in reports (georeport.md, 7.5): only looked at with a key and the word to do so."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from open311.checker.answer import Answer, is_array_error
from open311.checker.requirement import BREAKS, EXT, MUST, SHOULD, Finding, NotOffered, NotSeen, requires
from open311.checker.subject import Subject
from open311.checker.values import as_number

Findings = Iterator[Finding]
TEXT = 'Test of the interface, please ignore (open311 check): <b>&" Müll\nzweite Zeile'


def _form(s: Subject, **more: Any) -> dict[str, str]:
    """A right report; None takes a field out."""
    lat, long = _place(s)
    fields = {
        "api_key": s.options.key,
        "jurisdiction_id": s.options.jurisdiction_id,
        "service_code": s.options.service_code or s.plain_code(),
        "lat": lat,
        "long": long,
        "description": TEXT,
    } | more
    return {name: str(value) for name, value in fields.items() if value is not None}


def _place(s: Subject) -> tuple[float, float]:
    if s.options.lat is not None and s.options.long is not None:
        return s.options.lat, s.options.long
    for request in s.requests():
        lat, long = as_number(request.get("lat")), as_number(request.get("long"))
        if lat and long:
            return lat, long
    raise NotSeen("say where with --lat and --long")


def _answer_to(s: Subject, suffix: str = "json", **more: Any) -> Answer:
    return s.post("requests", suffix, data=_form(s, **more))


def _report(s: Subject) -> Answer:
    """One right report, sent once and looked at by many checks."""
    answer = s.answers.get("report")
    if answer is None:
        answer = s.answers["report"] = _answer_to(s, s.speaks)
    return answer.must_be_ok()


def _number(answer: Answer) -> str | None:
    if answer.suffix == "xml":
        return (answer.xml().findtext("request/service_request_id") or "").strip() or None
    rows = answer.rows()
    number = rows[0].get("service_request_id") if rows else None
    return None if number in (None, "") else str(number)


def _refused(answer: Answer, *statuses: int) -> Findings:
    if answer.status not in statuses:
        yield Finding(answer.summary, "401" if answer.status == 401 else None)
    elif fault := is_array_error(answer):
        yield Finding(fault, "P14")


@requires("R-096", MUST, "a report with coordinates", posts=True)
def accepted(s: Subject) -> Findings:
    try:
        answer = _report(s)
    except NotSeen as reason:
        yield Finding(f"{reason} {s.answers['report'].body[:200]!r}")
        return
    kind = next(
        (
            service.get("type")
            for service in s.services()
            if service.get("service_code") == _form(s)["service_code"]
        ),
        "",
    )
    if kind == "realtime" and not _number(answer):
        yield Finding("a realtime service without an id in the answer")


@requires("R-097", MUST, "the JSON answer to a report", posts=True)
def answered(s: Subject) -> Findings:
    answer = _report(s)
    if answer.suffix != "json":
        raise NotSeen("the server has no JSON")
    value = answer.json()
    if not isinstance(value, list) or len(value) != 1:
        yield Finding(f"not an array of one: {value!r:.80}", "P13" if isinstance(value, dict) else "P4")
    elif not isinstance(value[0].get("service_request_id", ""), str):
        yield Finding(f"service_request_id is {value[0]['service_request_id']!r}", "P1")


@requires("R-099", MUST, "id and token", posts=True)
def one_of_both(s: Subject) -> Findings:
    for row in _report(s).rows() if s.speaks == "json" else ():
        if row.get("token") and row.get("service_request_id"):
            yield Finding("both a token and an id")


@requires("R-102", BREAKS, "the status of success", posts=True)
def is_200(s: Subject) -> Findings:
    answer = s.answers.get("report") or _answer_to(s, s.speaks)
    if answer.status in (201, 202):
        yield Finding(f"{answer.summary}; CUTR's and Helsinki's clients take only 200 for success")


@requires("R-103", MUST, "the report by its id", posts=True)
def found_again(s: Subject) -> Findings:
    number = _number(_report(s))
    if number is None:
        raise NotSeen("there is no id")
    answer = s.get(f"requests/{quote(number, safe='')}", "json")
    if answer.status == 404:
        raise NotSeen("not shown, as where reports are checked first")
    row = answer.must_be_ok().rows()[0]
    sent = _form(s)
    if not any(row.get(name) for name in ("description", "lat", "long")):
        raise NotSeen("shown without text and place, as where reports are checked first")
    if row.get("status") != "open" or row.get("service_code") != sent["service_code"]:
        yield Finding(f"status {row.get('status')!r}, service {row.get('service_code')!r}")
    if row.get("description") not in ("", TEXT):
        yield Finding(f"another description: {row.get('description')!r:.120}")
    for name in ("lat", "long"):
        if abs((as_number(row.get(name)) or 0) - float(sent[name])) > 1e-5:
            yield Finding(f"{name} was {sent[name]}, is {row.get(name)}")


@requires("R-048", MUST, "a report without a key", posts=True)
def no_key(s: Subject) -> Findings:
    yield from _refused(_answer_to(s, s.speaks, api_key=None), 403)


@requires("R-049", MUST, "a report with an empty or unknown key", posts=True)
def wrong_key(s: Subject) -> Findings:
    for key in ("", "no-such-key"):
        yield from _refused(_answer_to(s, s.speaks, api_key=key), 403)


@requires("R-114", MUST, "a report without a service", posts=True)
def no_service(s: Subject) -> Findings:
    for code in (None, ""):
        yield from _refused(_answer_to(s, s.speaks, service_code=code), 400)


@requires("R-115", MUST, "a report for a service that there is not", posts=True)
def unknown_service(s: Subject) -> Findings:
    yield from _refused(_answer_to(s, s.speaks, service_code="no-such-service-311"), 404)


@requires("R-106", MUST, "a report without a place", posts=True)
def no_place(s: Subject) -> Findings:
    yield from _refused(_answer_to(s, s.speaks, lat=None, long=None), 400)


@requires("R-107", MUST, "a report with half a place", posts=True)
def half_a_place(s: Subject) -> Findings:
    for name in ("lat", "long"):
        yield from _refused(_answer_to(s, s.speaks, **{name: None}), 400)


@requires("R-109", MUST, "coordinates that there are not", posts=True)
def impossible_places(s: Subject) -> Findings:
    for place in ({"lat": 91}, {"long": 181}, {"lat": "abc"}, {"lat": "NaN"}):
        yield from _refused(_answer_to(s, s.speaks, **place), 400)


@requires("R-116", MUST, "a report without a required answer", posts=True)
def no_answer(s: Subject) -> Findings:
    required = [
        attribute
        for attribute in s.attributes()
        if attribute.get("required") is True and attribute.get("variable") is True
    ]
    if not required:
        raise NotSeen("no required attribute was seen")
    answer = _answer_to(s, s.speaks, service_code=s.a_code())
    yield from _refused(answer, 400)
    if answer.status == 400 and f"{required[0].get('code')} required" not in answer.body.decode(
        errors="replace"
    ):
        yield Finding(f"the words lack `{required[0].get('code')} required`")


@requires("R-130", MUST, "a description of 4001 characters", posts=True)
def too_long(s: Subject) -> Findings:
    yield from _refused(_answer_to(s, s.speaks, description="ü" * 4001), 400)


@requires("R-139", SHOULD, "a report as plain text", posts=True)
def plain_text(s: Subject) -> Findings:
    content = urlencode(_form(s)).encode()
    answer = s.post("requests", s.speaks, content=content, headers={"Content-Type": "text/plain"})
    yield from _refused(answer, 400)


# CUTR's app sends every report so.
@requires("R-140", BREAKS, "multipart/form-data without files", posts=True)
def multipart(s: Subject) -> Findings:
    parts = [(name, (None, value)) for name, value in _form(s).items()]
    answer = s.post("requests", s.speaks, files=parts)
    if answer.status != 200:
        yield Finding(answer.summary)


# As open311_python sends it.
@requires("R-051", BREAKS, "the key in the query", posts=True)
def key_in_query(s: Subject) -> Findings:
    answer = s.post("requests", s.speaks, data=_form(s, api_key=None), params={"api_key": s.options.key})
    if answer.status != 200:
        yield Finding(answer.summary)


@requires("R-016", BREAKS, "two slashes in a POST", posts=True)
def double_slash(s: Subject) -> Findings:
    answer = s.post("/requests", s.speaks, data=_form(s))
    if answer.status != 200:
        yield Finding(answer.summary, "redirect" if 300 <= answer.status < 400 else None)


@requires("R-052", EXT, "the key in a header", posts=True)
def key_in_header(s: Subject) -> Findings:
    head = {"Authorization": f"Bearer {s.options.key}"}
    answer = s.post("requests", s.speaks, data=_form(s, api_key=None), headers=head)
    if answer.status != 200:
        raise NotOffered(answer.summary)
    yield from ()


@requires("R-142", EXT, "a report as JSON", posts=True)
def as_json(s: Subject) -> Findings:
    answer = s.post("requests", s.speaks, json=_form(s))
    if answer.status != 200:
        raise NotOffered(answer.summary)
    yield from ()


# CUTR's app reads the words of an error only behind a 400.
@requires("R-188", BREAKS, "the statuses of all refusals so far", posts=True)
def known_refusals(s: Subject) -> Findings:
    for answer in s.posted:
        if 400 <= answer.status < 500 and answer.status not in (400, 403, 404, 429):
            yield Finding(f"{answer.summary}; CUTR reads the words only under 400")
