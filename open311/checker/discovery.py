"""Service discovery (georeport.md, 7.3)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from open311.checker.answer import Answer
from open311.checker.requirement import BREAKS, MUST, SHOULD, Finding, NotSeen, requires
from open311.checker.subject import Subject
from open311.checker.transport import MOMENT

Findings = Iterator[Finding]
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
FIELDS = ("changeset", "contact", "key_service", "endpoints")
SUFFIXES = {"text/xml": "xml", "application/xml": "xml", "application/json": "json"}


def _places(s: Subject, suffix: str) -> list[Answer]:
    above = s.base.rpartition("/")[0]
    return [s.absolute(f"{place}/discovery.{suffix}", suffix) for place in (s.base, above)]


def _discovery(s: Subject, suffix: str) -> Answer:
    for place in _places(s, suffix):
        if place.status == 200:
            return place
    raise NotSeen(f"no discovery.{suffix} below or beside the base URL; it may be elsewhere")


def _document(s: Subject) -> dict[str, Any]:
    value = _discovery(s, "json").json()
    if not isinstance(value, dict):
        raise NotSeen("discovery.json is not an object")
    inner = value.get("discovery")
    return inner if isinstance(inner, dict) else value


def _endpoints(s: Subject) -> list[dict[str, Any]]:
    endpoints = _document(s).get("endpoints")
    if isinstance(endpoints, dict):
        endpoints = endpoints.get("endpoint", [endpoints])
    endpoints = (
        [endpoint for endpoint in endpoints if isinstance(endpoint, dict)]
        if isinstance(endpoints, list)
        else []
    )
    if not endpoints:
        raise NotSeen("discovery names no endpoint")
    return endpoints


def _georeport(s: Subject) -> list[dict[str, Any]]:
    return [
        endpoint
        for endpoint in _endpoints(s)
        if "georeport" in str(endpoint.get("specification", "")).lower()
    ]


@requires("R-057", MUST, "discovery in both formats")
def both(s: Subject) -> Findings:
    missing = [
        suffix for suffix in ("xml", "json") if all(answer.status != 200 for answer in _places(s, suffix))
    ]
    if len(missing) == 2:
        raise NotSeen("not found below or beside the base URL; the standard lets it be elsewhere")
    for suffix in missing:
        yield Finding(f"there is no discovery.{suffix}")


@requires("R-058", SHOULD, "discovery below the base URL and one level above")
def two_places(s: Subject) -> Findings:
    _discovery(s, "json")
    below, above = _places(s, "json")
    if (below.status, above.status) != (200, 200):
        yield Finding(f"{below.summary}; {above.summary}")
    elif below.body != above.body:
        yield Finding("the two documents differ")


@requires("R-059", MUST, "discovery.xml")
def in_xml(s: Subject) -> Findings:
    root = _discovery(s, "xml").xml()
    if root.tag != "discovery":
        yield Finding(f"the root is <{root.tag}>")
    for name in FIELDS:
        element = root.find(name)
        if element is None or not ("".join(element.itertext())).strip():
            yield Finding(f"<{name}> is missing or empty")


@requires("R-060", MUST, "discovery.json")
def in_json(s: Subject) -> Findings:
    value = _discovery(s, "json").json()
    if not isinstance(value, dict) or "endpoints" not in value:
        yield Finding("not an object with `endpoints`", "P13" if isinstance(value, dict) else None)
        return
    endpoints = value["endpoints"]
    if not isinstance(endpoints, list) or not all(isinstance(endpoint, dict) for endpoint in endpoints):
        yield Finding("`endpoints` is not an array of objects", "P13")
        return
    for endpoint in endpoints:
        formats = endpoint.get("formats")
        if not isinstance(formats, list) or not all(isinstance(word, str) for word in formats):
            yield Finding("`formats` is not an array of texts", "P13")


@requires("R-061", MUST, "the fields of each endpoint")
def fields(s: Subject) -> Findings:
    for place, endpoint in enumerate(_endpoints(s)):
        for name in ("specification", "url", "changeset", "type", "formats"):
            if not endpoint.get(name):
                yield Finding(f"endpoint {place} lacks {name}")


@requires("R-062", MUST, "`specification` of GeoReport endpoints")
def specification(s: Subject) -> Findings:
    for endpoint in _georeport(s):
        if endpoint["specification"] != SPECIFICATION:
            yield Finding(f"{endpoint['specification']!r} instead of {SPECIFICATION!r}")


@requires("R-063", MUST, "`type` of endpoints")
def types(s: Subject) -> Findings:
    for endpoint in _endpoints(s):
        if endpoint.get("type") not in ("production", "test"):
            yield Finding(f"type is {endpoint.get('type')!r}")


@requires("R-064", MUST, "`formats` of endpoints")
def formats(s: Subject) -> Findings:
    for endpoint in _georeport(s):
        named = [str(word) for word in endpoint.get("formats") or ()]
        if "text/xml" not in named and "xml" in s.formats:
            yield Finding(f"text/xml is not among {named}")
        if "application/json" not in named and "json" in s.formats:
            yield Finding(f"application/json is not among {named}, yet served")
        yield from (Finding(f"{word!r} has a parameter") for word in named if ";" in word)


@requires("R-065", MUST, "each address and format that discovery names, on this host")
def addresses(s: Subject) -> Findings:
    host = s.base.split("/")[2]
    for endpoint in _georeport(s):
        url = str(endpoint.get("url", "")).rstrip("/")
        if url.split("/")[2:3] != [host]:
            continue
        for word in endpoint.get("formats") or ():
            suffix = SUFFIXES.get(str(word).partition(";")[0])
            who = f"?jurisdiction_id={s.options.jurisdiction_id}" if s.options.jurisdiction_id else ""
            answer = s.absolute(f"{url}/services.{suffix}{who}", suffix or "")
            if suffix and (answer.status != 200 or suffix not in answer.content_type):
                yield Finding(f"{answer.summary}, {answer.content_type}")


@requires("R-066", BREAKS, "`changeset`: ISO 8601 with a zone, whole seconds, not in the future")
def changesets(s: Subject) -> Findings:
    for value in (_document(s).get("changeset"), *(endpoint.get("changeset") for endpoint in _endpoints(s))):
        if not isinstance(value, str) or not MOMENT.fullmatch(value):
            yield Finding(f"changeset is {value!r}")
        elif datetime.fromisoformat(value.replace("Z", "+00:00")) > datetime.now(UTC):
            yield Finding(f"changeset {value} lies in the future")


@requires("R-068", SHOULD, "`changeset` when nothing has changed")
def stays(s: Subject) -> Findings:
    first = _document(s).get("changeset")
    place = next(place for place in _places(s, "json") if place.status == 200)
    key = next(key for key, value in s.answers.items() if value is place)
    del s.answers[key]
    if _document(s).get("changeset") != first:
        yield Finding("it changes from one question to the next")


@requires("R-069", SHOULD, "production and test, two formats each")
def enough(s: Subject) -> Findings:
    types = [endpoint.get("type") for endpoint in _georeport(s)]
    if len(types) < 2 or types[0] != "production":
        yield Finding(f"endpoints are {types}; validators built on HTTParty expect two, production first")
    for endpoint in _georeport(s):
        if len(endpoint.get("formats") or ()) < 2:
            yield Finding("an endpoint with fewer than two formats")


@requires("R-070", SHOULD, "`url`: no slash at the end, with v2 in it")
def url(s: Subject) -> Findings:
    for endpoint in _georeport(s):
        place = str(endpoint.get("url", ""))
        if place.endswith("/") or "v2" not in place:
            yield Finding(place)
