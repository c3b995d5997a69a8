"""Formats, encoding, addresses, moments (georeport.md, 7.1)."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from open311.checker.answer import Answer, Unreadable, is_array_error
from open311.checker.requirement import BREAKS, MUST, SHOULD, Finding, NotSeen, requires
from open311.checker.subject import Subject
from open311.checker.values import same, walk

Findings = Iterator[Finding]

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
WITHOUT_ZONE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?")
WITH_FRACTION = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d+.*")


def _of(s: Subject, suffix: str) -> list[Answer]:
    if suffix not in s.formats:
        raise NotSeen(f"the server has no {suffix.upper()}")
    return [answer for answer in s.looked_at() if answer.suffix == suffix]


@requires("R-001", MUST, "the content type of XML answers and errors")
def xml_type(s: Subject) -> Findings:
    yield from _types(s, "xml", "text/xml")


@requires("R-002", MUST, "the content type of JSON answers and errors")
def json_type(s: Subject) -> Findings:
    yield from _types(s, "json", "application/json")


def _types(s: Subject, suffix: str, wanted: str) -> Findings:
    for answer in _of(s, suffix):
        kind, _, parameters = answer.content_type.lower().replace(" ", "").partition(";")
        if kind != wanted or "charset=utf-8" not in parameters:
            media_type = answer.content_type or "none"
            quirk = "P14" if answer.status >= 400 and "html" in kind else None
            yield Finding(f"{answer.summary}, content type {media_type}", quirk)


@requires("R-003", MUST, "the first bytes of XML answers")
def declaration(s: Subject) -> Findings:
    for answer in _of(s, "xml"):
        head = answer.body[:100].lower().replace(b"'", b'"')
        if not re.match(rb'<\?xml version="1\.0" encoding="utf-8"', head):
            yield Finding(f"{answer.summary}, begins with {answer.body[:40]!r}")


@requires("R-004", MUST, "the bytes of all answers")
def is_utf8(s: Subject) -> Findings:
    for answer in s.looked_at():
        try:
            answer.body.decode("utf-8")
        except UnicodeDecodeError as reason:
            yield Finding(f"{answer.summary}, not UTF-8: {reason}")


@requires("R-005", MUST, "the form of XML answers: well-formed, no name space, no document type")
def plain_xml(s: Subject) -> Findings:
    for answer in _of(s, "xml"):
        try:
            tags = [element.tag for element in answer.xml().iter()]
        except Unreadable as reason:
            yield Finding(str(reason), "P14" if answer.status >= 400 else None)
            continue
        if any("{" in tag for tag in tags):
            yield Finding(f"{answer.summary}, elements in a name space", "P7")


# Klarschiff's `type="array"` makes dictionaries of texts for whoever reads XML by xmltodict.
@requires("R-006", BREAKS, "attributes on XML elements")
def no_attributes(s: Subject) -> Findings:
    for answer in _of(s, "xml"):
        named = [element.tag for element in answer.xml().iter() if element.attrib]
        if named:
            yield Finding(f"{answer.summary}, attributes on <{named[0]}>", "P7")


@requires("R-009", MUST, "suffix .json against `Accept: text/xml`")
def json_suffix_wins(s: Subject) -> Findings:
    if "json" not in s.formats:
        raise NotSeen("the server has no JSON")
    answer = s.get("services", "json", {"Accept": "text/xml"})
    if answer.status != 200 or "json" not in answer.content_type:
        yield Finding(f"{answer.summary}, {answer.content_type}")


@requires("R-010", MUST, "suffix .xml against `Accept: application/json`")
def xml_suffix_wins(s: Subject) -> Findings:
    answer = s.get("services", "xml", {"Accept": "application/json"})
    if answer.status != 200 or "xml" not in answer.content_type:
        yield Finding(f"{answer.summary}, {answer.content_type}")


@requires("R-011", SHOULD, "no suffix, `Accept: application/json`")
def negotiated_json(s: Subject) -> Findings:
    answer = s.get("services", "", {"Accept": "application/json"})
    if answer.status != 200 or "json" not in answer.content_type:
        yield Finding(f"{answer.summary}, {answer.content_type}")
    elif "accept" not in (answer.headers.get("vary") or "").lower():
        yield Finding("`Vary` does not name Accept")


@requires("R-012", SHOULD, "no suffix, no preference")
def negotiated_xml(s: Subject) -> Findings:
    answer = s.get("services", "", {"Accept": "*/*"})
    if answer.status != 200 or "xml" not in answer.content_type:
        yield Finding(f"{answer.summary}, {answer.content_type}")


@requires("R-013", SHOULD, "a suffix that nobody knows")
def unknown_suffix(s: Subject) -> Findings:
    answer = s.get("services", "foo")
    if answer.status != 404:
        yield Finding(answer.summary)


@requires("R-014", SHOULD, "a suffix in capitals")
def capital_suffix(s: Subject) -> Findings:
    answer = s.get("services", s.speaks.upper())
    if answer.body != s.get("services", s.speaks).body:
        yield Finding(f"{answer.summary}, not as in small letters")


@requires("R-015", BREAKS, "two slashes, as the GeoReporter apps send them")
def double_slash(s: Subject) -> Findings:
    answer = s.get("/services", s.speaks)
    if answer.status != 200:
        yield Finding(answer.summary, "redirect" if 300 <= answer.status < 400 else None)


@requires("R-017", SHOULD, "a slash at the end")
def slash_at_the_end(s: Subject) -> Findings:
    answer = s.get(f"services.{s.speaks}/", "")
    if answer.status != 200:
        yield Finding(answer.summary)


@requires("R-018", BREAKS, "a GET with a Content-Type and no body, as open311_java sends it")
def get_with_type(s: Subject) -> Findings:
    answer = s.get("services", s.speaks, {"Content-Type": "application/json"})
    if answer.status != 200:
        yield Finding(answer.summary)


@requires("R-019", SHOULD, "parameters that nobody knows")
def unknown_parameters(s: Subject) -> Findings:
    answer = s.get("services", s.speaks, no_such_parameter="1")
    if answer.status != 200 or answer.body != s.get("services", s.speaks).body:
        yield Finding(answer.summary)


@requires("R-020", MUST, "every moment in the lists of requests")
def moments(s: Subject) -> Findings:
    for suffix in s.formats:
        for name, value in _moments(s.get("requests", suffix).must_be_ok()):
            if MOMENT.fullmatch(value):
                continue
            quirk = "no-zone" if WITHOUT_ZONE.fullmatch(value) else None
            quirk = "fraction" if quirk is None and WITH_FRACTION.fullmatch(value) else quirk
            yield Finding(f"requests.{suffix}: {name} is {value!r}", quirk)


def _moments(answer: Answer) -> Iterator[tuple[str, str]]:
    if answer.suffix == "xml":
        for element in answer.xml().iter():
            if element.tag.endswith("datetime") and (element.text or "").strip():
                yield element.tag, element.text or ""
        return
    for name, value in walk(answer.json()):
        if name.endswith("datetime") and value not in (None, ""):
            yield name, str(value)


@requires("R-030", SHOULD, "HEAD")
def head(s: Subject) -> Findings:
    answer = s.get("services", s.speaks, method="HEAD")
    if answer.status != 200 or answer.body:
        yield Finding(f"{answer.summary}, {len(answer.body)} bytes")


@requires("R-031", SHOULD, "DELETE on the service list, with no body and no key")
def wrong_method(s: Subject) -> Findings:
    if not s.options.post:
        raise NotSeen("only looked at with --post, since a broken server might obey")
    answer = s.get("services", s.speaks, method="DELETE")
    if answer.status != 405 or not answer.headers.get("allow"):
        yield Finding(f"{answer.summary}, Allow: {answer.headers.get('allow')}")
    elif fault := is_array_error(answer):
        yield Finding(fault, "P14")


@requires("R-032", SHOULD, "whether the address is https")
def https(s: Subject) -> Findings:
    if s.base.startswith("http://"):
        if re.match(r"http://(127\.|localhost|\[::1\])", s.base):
            raise NotSeen("an address of this machine")
        yield Finding("the API is served over plain http")


@requires("R-033", BREAKS, "optional fields without a value: left out")
def optional_fields(s: Subject) -> Findings:
    for name in ("status_notes", "agency_responsible", "service_notice", "expected_datetime"):
        empty = [request for request in s.some_requests() if name in request and request[name] in (None, "")]
        if empty:
            yield Finding(f"requests.json: {name} is {empty[0][name]!r} in {len(empty)} requests")


@requires("R-034", MUST, "fields that are always there, without a value")
def standing_fields(s: Subject) -> Findings:
    for name in ("address_id", "zipcode", "lat", "long", "media_url"):
        absent = sum(name not in request for request in s.some_requests())
        if absent:
            yield Finding(f"requests.json: {absent} requests without {name}")


# At an empty text open311_java fails on the whole list.
@requires("R-035", BREAKS, "numbers and moments in JSON without a value")
def no_empty_text(s: Subject) -> Findings:
    for request in s.some_requests():
        for name, value in request.items():
            if value == "" and (name in ("lat", "long") or name.endswith("datetime")):
                yield Finding(f'requests.json: {name} is ""', "empty-string")


@requires("R-036", MUST, "the same services and requests in XML and in JSON")
def both_formats_agree(s: Subject) -> Findings:
    if len(s.formats) < 2:
        raise NotSeen("the server has one format")
    for path, mark in (("services", "service_code"), ("requests", "service_request_id")):
        in_json = {str(row.get(mark)): row for row in s.get(path, "json").must_be_ok().rows()}
        for element in s.get(path, "xml").must_be_ok().elements():
            twin = in_json.get((element.findtext(mark) or "").strip())
            yield from _differences(path, element, twin) if twin else ()


def _differences(path: str, element: Element, twin: dict[str, object]) -> Findings:
    for child in element:
        text = child.text or ""
        if len(child) or isinstance(twin.get(child.tag), (list, dict)):
            continue
        if text != text.strip() and text.strip() and twin.get(child.tag) != text:
            yield Finding(f"{path}.xml: <{child.tag}> is padded: {text[:40]!r}", "P11")
        elif child.tag not in twin and text.strip():
            yield Finding(f"{path}.json lacks {child.tag}, which XML has")
        elif not same(text, twin.get(child.tag)):
            yield Finding(f"{path}: {child.tag} is {text[:40]!r} in XML, {twin.get(child.tag)!r:.60} in JSON")


@requires("R-037", MUST, "lists in JSON are arrays")
def arrays(s: Subject) -> Findings:
    lists = [s.get("services"), s.get("requests"), s.get("requests", service_request_id=_no_id())]
    for answer in lists:
        if answer.status != 200:
            continue
        value = answer.json()
        if isinstance(value, dict):
            wrapped = any(isinstance(inner, (list, dict)) for inner in value.values())
            yield Finding(f"{answer.asked}: an object with {sorted(value)[:5]}", "P13" if wrapped else "P4")
        elif not isinstance(value, list):
            yield Finding(f"{answer.asked}: {value!r:.60}", "P4")


def _no_id() -> str:
    return "999999999999999"


@requires("R-038", SHOULD, "compression")
def compression(s: Subject) -> Findings:
    plain = s.get("services", s.speaks, {"Accept-Encoding": "identity"}).must_be_ok()
    packed = s.get("services", s.speaks, {"Accept-Encoding": "gzip"}).must_be_ok()
    if plain.headers.get("content-encoding", "identity") != "identity":
        yield Finding("compressed although `identity` was asked for")
    if plain.body != packed.body:
        yield Finding("another list when gzip is asked for")
    if packed.headers.get("content-encoding") != "gzip" and len(plain.body) > 2000:
        yield Finding(f"{len(plain.body)} bytes are sent uncompressed")
