"""The list of services and their definitions (georeport.md, 7.4)."""

from collections import Counter
from collections.abc import Iterator
from urllib.parse import quote

from open311.checker.answer import is_array_error
from open311.checker.requirement import BREAKS, EXT, MUST, SHOULD, Finding, LeftOpen, NotOffered, requires
from open311.checker.subject import Subject

Findings = Iterator[Finding]
FIELDS = ("service_code", "service_name", "description", "metadata", "type", "keywords", "group")
ATTRIBUTE = ("variable", "code", "datatype", "required", "datatype_description", "order", "description")
# Those of the standard: a further one of our own is to be found here, too.
DATATYPES = {"string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"}
LISTS = ("singlevaluelist", "multivaluelist")


@requires("R-071", MUST, "the list of services in both formats")
def listed(s: Subject) -> Findings:
    in_xml = s.get("services", "xml")
    if in_xml.status != 200:
        yield Finding(f"{in_xml.summary}; XML is the format that everybody must have")
    elif (in_xml.xml().tag, {element.tag for element in in_xml.elements()} - {"service"}) != (
        "services",
        set(),
    ):
        yield Finding("services.xml is not services/service")
    if s.get("services").status != 200:
        if in_xml.status == 200:
            raise LeftOpen(f"{s.get('services').summary}; JSON is optional by the text")
        yield Finding(s.get("services").summary)


@requires("R-072", MUST, "the fields of each service")
def fields(s: Subject) -> Findings:
    for service in s.services():
        missing = [name for name in FIELDS if name not in service]
        if missing:
            yield Finding(f"{service.get('service_code')!r} lacks {', '.join(missing)}")


@requires("R-073", MUST, "`service_code`: a text, not empty, unique")
def codes(s: Subject) -> Findings:
    service_codes = [service.get("service_code") for service in s.services()]
    for code in service_codes:
        if not isinstance(code, str):
            yield Finding(f"service_code is {code!r}", "P1")
        elif not code:
            yield Finding("service_code is empty")
    yield from (
        Finding(f"{code!r} is there {n} times")
        for code, n in Counter(map(str, service_codes)).items()
        if n > 1
    )


@requires("R-074", MUST, "`metadata`")
def metadata(s: Subject) -> Findings:
    for service in s.services():
        if not isinstance(service.get("metadata"), bool):
            yield Finding(f"{service.get('service_code')!r}: metadata is {service.get('metadata')!r}", "P2")
    if "xml" in s.formats:
        for element in s.get("services", "xml").elements():
            if element.findtext("metadata") not in ("true", "false"):
                yield Finding(f"services.xml: metadata is {element.findtext('metadata')!r}", "P2")


@requires("R-075", MUST, "`type` of services")
def types(s: Subject) -> Findings:
    for service in s.services():
        if service.get("type") not in ("realtime", "batch", "blackbox"):
            yield Finding(f"{service.get('service_code')!r}: type is {service.get('type')!r}")


# At null GeoReporter ends on iOS, and shows the word on Android.
@requires("R-076", BREAKS, "texts of services without a value")
def no_null(s: Subject) -> Findings:
    for service in s.services():
        for name in ("description", "keywords", "group"):
            if name in service and not isinstance(service[name], str):
                yield Finding(f"{service.get('service_code')!r}: {name} is {service[name]!r}", "P10")


@requires("R-077", SHOULD, "`keywords`: commas without blanks")
def keywords(s: Subject) -> Findings:
    for service in s.services():
        words = service.get("keywords")
        if isinstance(words, str) and ", " in words:
            yield Finding(f"{service.get('service_code')!r}: {words[:60]!r}")


@requires("R-080", SHOULD, "the order of two answers")
def order(s: Subject) -> Findings:
    s.services()
    again = s.ask_again("services").must_be_ok()
    if [row.get("service_code") for row in again.rows()] != [
        service.get("service_code") for service in s.services()
    ]:
        yield Finding("the order changes from one question to the next")


@requires("R-081", MUST, "a service definition in both formats")
def definition(s: Subject) -> Findings:
    for suffix in s.formats:
        answer = s.definition(suffix)
        if answer.status != 200:
            yield Finding(answer.summary)
        elif suffix == "xml" and answer.xml().tag != "service_definition":
            yield Finding(f"{answer.asked}: the root is <{answer.xml().tag}>")
        elif suffix == "json" and "attributes" not in (value := answer.json()):
            wrapped = isinstance(value, dict) and isinstance(value.get("service_definition"), dict)
            yield Finding(f"{answer.asked}: not an object with `attributes`", "P13" if wrapped else None)


@requires("R-082", MUST, "`service_code` and the container of a definition")
def right_definition(s: Subject) -> Findings:
    value = s.definition().must_be_ok().json()
    if not isinstance(value, dict) or value.get("service_code") != s.a_code():
        code = value.get("service_code") if isinstance(value, dict) else None
        yield Finding(f"asked for {s.a_code()!r}, got {code!r}")


@requires("R-083", MUST, "the fields of each attribute")
def attribute_fields(s: Subject) -> Findings:
    for attribute in s.attributes():
        missing = [name for name in ATTRIBUTE if name not in attribute]
        if missing:
            yield Finding(f"{attribute.get('code')!r} lacks {', '.join(missing)}")


@requires("R-084", MUST, "`datatype`")
def datatypes(s: Subject) -> Findings:
    for attribute in s.attributes():
        if attribute.get("datatype") not in DATATYPES:
            yield Finding(f"{attribute.get('code')!r}: datatype is {attribute.get('datatype')!r}")


@requires("R-085", MUST, "`variable`, `required`")
def booleans(s: Subject) -> Findings:
    for attribute in s.attributes():
        for name in ("variable", "required"):
            if name in attribute and not isinstance(attribute[name], bool):
                yield Finding(f"{attribute.get('code')!r}: {name} is {attribute[name]!r}", "P2")


@requires("R-086", MUST, "`order`: whole numbers from 1, each once")
def orders(s: Subject) -> Findings:
    numbers = [attribute.get("order") for attribute in s.attributes()]
    for value in numbers:
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            yield Finding(f"order is {value!r}")
    if len(set(map(str, numbers))) < len(numbers):
        yield Finding(f"orders are {numbers}")


@requires("R-087", MUST, "`values` of lists")
def values(s: Subject) -> Findings:
    for attribute in s.attributes():
        if attribute.get("datatype") not in LISTS:
            continue
        choices = attribute.get("values")
        if not isinstance(choices, list) or not choices:
            yield Finding(f"{attribute.get('code')!r}: values are {choices!r:.60}")
            continue
        keys = [value.get("key") if isinstance(value, dict) else None for value in choices]
        if not all(isinstance(key, str) for key in keys):
            yield Finding(f"{attribute.get('code')!r}: keys are {keys[:5]}", "P1")
        elif len(set(keys)) < len(keys):
            yield Finding(f"{attribute.get('code')!r}: a key is there twice")


@requires("R-088", MUST, "containers of a definition in XML")
def containers(s: Subject) -> Findings:
    s.attributes()
    root = s.definition("xml").must_be_ok().xml()
    if root.find("attributes/attribute") is None:
        yield Finding("there is no attributes/attribute")
    for element in root.iter("values"):
        if any(child.tag != "value" for child in element):
            yield Finding("<values> holds something else than <value>")


# open311_java reads the first descendant called `code` or `description`, and `values` has such names as well.
@requires("R-089", BREAKS, "`values` last in an XML attribute")
def values_last(s: Subject) -> Findings:
    for attribute in s.definition("xml").must_be_ok().xml().iter("attribute"):
        tags = [child.tag for child in attribute]
        if "values" in tags[:-1]:
            yield Finding(f"{attribute.findtext('code')!r}: {', '.join(tags)}", "P5")


# GeoReporter on iOS puts it into a dictionary, which takes no nil.
@requires("R-090", BREAKS, "`description` of an attribute")
def described(s: Subject) -> Findings:
    for attribute in s.attributes():
        if not isinstance(attribute.get("description"), str) or not attribute["description"].strip():
            yield Finding(
                f"{attribute.get('code')!r}: description is {attribute.get('description')!r}", "P10"
            )


@requires("R-091", MUST, "the definition of a service without attributes")
def bare_definition(s: Subject) -> Findings:
    answer = s.get(f"services/{quote(s.plain_code(), safe='')}")
    if answer.status != 200:
        yield Finding(answer.summary)
    elif not isinstance(answer.json(), dict) or answer.json().get("attributes") != []:
        yield Finding(f"{answer.asked}: no empty `attributes`")


@requires("R-092", MUST, "the definition of a service that there is not")
def unknown_service(s: Subject) -> Findings:
    for suffix in s.formats:
        answer = s.errors(suffix)[0]
        if answer.status != 404:
            yield Finding(answer.summary)


@requires("R-093", SHOULD, "the definition of nothing")
def empty_code(s: Subject) -> Findings:
    answer = s.get("services/", s.speaks)
    if answer.status not in (400, 404):
        yield Finding(answer.summary)
    elif fault := is_array_error(answer):
        yield Finding(fault, "P14")


@requires("R-094", EXT, "services by point: none in the middle of the ocean")
def by_point(s: Subject) -> Findings:
    if s.get("services", lat=0, long=-30).must_be_ok().rows():
        raise NotOffered("`lat` and `long` are ignored")
    yield from ()


@requires("R-095", EXT, "other languages")
def languages(s: Subject) -> Findings:
    one, other = (s.get("services", s.speaks, {"Accept-Language": word}) for word in ("de", "en"))
    if one.must_be_ok().body == other.must_be_ok().body:
        raise NotOffered("the same list in German and English")
    if not other.headers.get("content-language"):
        yield Finding("without `Content-Language`")
