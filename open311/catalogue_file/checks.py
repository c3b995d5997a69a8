"""What must hold between the entries of a catalogue, beyond what its schema can say.

Each check walks by cursors, so that it also finds what it can in a document that the schema refuses.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from open311.base.datetimes import time_zone
from open311.catalogue_file import desk, routing
from open311.catalogue_file.boundary import boundary_problem
from open311.catalogue_file.document import Cursor, Document, Problems
from open311.model.catalogue import Datatype
from open311.model.catalogue.attributes import LISTS
from open311.model.jurisdiction import SANDBOX_PREFIX, leads_elsewhere

# FixMyStreet takes these for orders: to leave a service out, to keep its reports private (georeport.md 2.1).
RESERVED_KEYWORDS = {"private", "inactive", "staff", "waste_only"}
CODES = {"statuses": "code", "agencies": "code", "groups": "code", "services": "service_code"}
OTHERS = tuple(datatype for datatype in Datatype if datatype not in LISTS)
TEXTS = {
    "label",
    "name",
    "service_name",
    "description",
    "datatype_description",
    "service_notice",
    "stop_text",
    "contact",
    "key_service",
    "emergency_notice",
    "intro",
    "imprint",
    "privacy",
    "accessibility",
    "help",
    "easy",
    "to_reporter",
}


def check(document: Document) -> None:
    """Report everything that does not fit together."""
    for rule in CHECKS:
        for steps, message in rule(document.root):
            document.report(steps, message)
    areas = {*document.areas.by_code}
    for steps, message in (*desk.check(document.root, areas), *routing.check(document.root, areas)):
        document.report(steps, message)


def _jurisdiction(root: Cursor) -> Problems:
    jurisdiction = root["jurisdiction"]
    own_id = jurisdiction["jurisdiction_id"]
    if own_id.word.casefold().startswith(SANDBOX_PREFIX):
        yield own_id.steps, f"must not begin with {SANDBOX_PREFIX!r}: that names the test endpoint"
    for name in (own_id, *jurisdiction["aliases"]):
        if name.word and leads_elsewhere(name.word):
            yield (
                name.steps,
                f"{name.word!r} begins addresses that lead elsewhere; by custom it is the city's domain",
            )
    zone = jurisdiction["time_zone"]
    if isinstance(zone.value, str) and time_zone(zone.word) is None:
        yield zone.steps, f"{zone.word!r} is not a known time zone; one is Europe/Berlin"
    pattern = jurisdiction["zipcode_pattern"]
    fault = _pattern_fault(pattern.word)
    if fault:
        yield pattern.steps, f"{pattern.word!r} is no regular expression ({fault}); one is 67[0-9]{{3}}"
    yield from _repeated([own_id, *jurisdiction["aliases"]], str.casefold)


def _pattern_fault(text: str) -> str | None:
    try:
        re.compile(text)
    except (re.error, RecursionError) as reason:
        return str(reason)
    return None


def _repeated(places: Iterable[Cursor], alike: Callable[[str], str] = str) -> Problems:
    """Words that were given before, exactly or in other letters."""
    seen: set[str] = set()
    for place in places:
        word = alike(place.word)
        if word and word in seen:
            yield place.steps, f"{place.word!r} is given twice"
        seen.add(word)


def _codes(root: Cursor) -> Problems:
    for section, name in CODES.items():
        yield from _repeated(entry[name] for entry in root[section])
    for service in root["services"]:
        code = service["service_code"]
        # Spreadsheets, and clients that make numbers of codes, lose the zero.
        if len(code.word) > 1 and code.word.isdigit() and code.word.startswith("0"):
            yield code.steps, f"{code.word!r} is a number with a leading zero, which clients lose"
        yield from _repeated(attribute["code"] for attribute in service["attributes"])
        for attribute in service["attributes"]:
            yield from _repeated(value["key"] for value in attribute["values"])


def _references(root: Cursor) -> Problems:
    for section, field in (("agencies", "agency"), ("groups", "group")):
        known = {entry["code"].word for entry in root[section]}
        for service in root["services"]:
            named = service[field]
            if named.word and named.word not in known:
                yield named.steps, f"{named.word!r} is not among the {section}"


def _languages(root: Cursor) -> Problems:
    languages = [language.word for language in root["jurisdiction"]["languages"]]
    if not languages:
        return
    for place, is_text in _all_texts(root):
        for entry in place.entries():
            if entry.key not in languages:
                yield entry.steps, f"{entry.key!r} is not among the languages of the jurisdiction"
        if is_text and isinstance(place.value, dict) and languages[0] not in place.value:
            yield place.steps, f"lacks the default language {languages[0]}"


def _all_texts(place: Cursor) -> Iterator[tuple[Cursor, bool]]:
    """Everything that is given per language, and whether it is a text, which must have the default one."""
    for entry in (*place.entries(), *place):
        if entry.key in TEXTS or entry.key == "keywords":
            yield entry, entry.key in TEXTS
        # Thousands of coordinates, among which no text is.
        elif entry.key != "boundary":
            yield from _all_texts(entry)


def _service_names(root: Cursor) -> Problems:
    languages = [language.word for language in root["jurisdiction"]["languages"]] or [""]
    for language in languages:
        offered = [
            service["service_name"] for service in root["services"] if service["active"].value is not False
        ]
        shown = [_text_shown(name, language, languages[0]) for name in offered]
        for steps, message in _repeated(shown, str.casefold):
            yield steps, f"{message}; each language needs one name a service"


def _text_shown(name: Cursor, language: str, default: str) -> Cursor:
    if name.word:
        return name
    return name[language] if name[language].word else name[default]


def _statuses(root: Cursor) -> Problems:
    statuses = root["statuses"]
    for word in ("open", "closed"):
        if not any(status["status"].word == word for status in statuses):
            yield statuses.steps, f"needs at least one status that is {word}"
    initial = [status["initial"] for status in statuses if status["initial"].value is True]
    if not initial:
        yield statuses.steps, "needs one open status with initial: true"
    published = [status["published"] for status in statuses if status["published"].value is True]
    for mark in (*initial, *published):
        if _beside(root, mark, "status") == "closed":
            yield mark.steps, f"a closed status cannot be {mark.key}"
    default = [status["default"] for status in statuses if status["default"].value is True]
    for marks in (initial, published):
        yield from ((mark.steps, f"only one status can be {mark.key}") for mark in marks[1:])
    counted = Counter(_beside(root, mark, "status") for mark in default)
    for word in (word for word, count in counted.items() if count > 1):
        yield statuses.steps, f"only one {word} status can be the default"


def _beside(root: Cursor, mark: Cursor, field: str) -> str:
    return Cursor(root["statuses"].value[mark.steps[1]])[field].word


def _shapes(root: Cursor) -> Problems:
    # Whoever cannot tell two colours apart reads a map by its shapes.
    colours: dict[str, str] = {}
    for status in root["statuses"]:
        shape, colour = status["shape"], status["colour"].word.lower()
        if shape.word and colours.setdefault(shape.word, colour) != colour:
            yield shape.steps, f"{shape.word!r} is also the shape of another colour; each needs its own"


def _keywords(root: Cursor) -> Problems:
    for service in root["services"]:
        for words in service["keywords"].entries():
            for word in words:
                if word.word.casefold() in RESERVED_KEYWORDS:
                    yield word.steps, f"{word.word!r} is an order to other programs and cannot be a keyword"


def _notices(root: Cursor) -> Problems:
    for service in root["services"]:
        if service["type"].word == "blackbox" and service["service_notice"].value is None:
            yield service.steps, "a blackbox service answers with its service_notice and needs one"


def _attributes(root: Cursor) -> Problems:
    for service in root["services"]:
        yield from _orders(service)
        for attribute in service["attributes"]:
            yield from _values(attribute)
            if attribute["variable"].value is False and attribute["required"].value is True:
                yield attribute["required"].steps, "with variable: false there is nothing to answer"


def _order(attribute: Cursor) -> int:
    stated = attribute["order"].value
    return stated if type(stated) is int else int(attribute.key) + 1


def _orders(service: Cursor) -> Problems:
    earlier: dict[str, Cursor] = {}
    taken: dict[int, str] = {}
    for attribute in sorted(service["attributes"], key=_order):
        order = _order(attribute)
        if order in taken:
            yield attribute.steps, f"has order {order}, as {taken[order]} has"
        yield from _condition(attribute, earlier)
        taken[order] = earlier_name = attribute["code"].word
        earlier[earlier_name] = attribute


def _values(attribute: Cursor) -> Problems:
    datatype, values = attribute["datatype"].word, attribute["values"]
    if datatype in LISTS and values.value is None:
        yield attribute.steps, f"a {datatype} needs values"
    if datatype in OTHERS and values.value is not None:
        yield values.steps, f"a {datatype} has no values"


def _condition(attribute: Cursor, earlier: dict[str, Cursor]) -> Problems:
    condition = attribute["only_if"]
    code = condition["code"]
    if not code.word:
        return
    if code.word not in earlier:
        yield code.steps, f"{code.word!r} is not an earlier attribute of this service"
        return
    earlier_attribute = earlier[code.word]
    keys = {value["key"].word for value in earlier_attribute["values"]}
    if earlier_attribute["variable"].value is False or earlier_attribute["datatype"].word in OTHERS:
        yield code.steps, f"{code.word!r} is not a list to choose from"
    else:
        unknown = [value for value in condition["values"] if value.word and value.word not in keys]
        yield from ((value.steps, f"{value.word!r} is not a value of {code.word}") for value in unknown)


def _boundary(root: Cursor) -> Problems:
    if root["boundary"]["type"].word in ("FeatureCollection", "Feature"):
        yield (
            root["boundary"]["type"].steps,
            f"{root['boundary']['type'].word} is read from a file beside the catalogue; save it there and write "
            "boundary: {file: boundary.geojson}",
        )
    elif isinstance(root["boundary"].value, dict):
        fault = boundary_problem(root["boundary"].value)
        if fault:
            yield root["boundary"].steps, fault


CHECKS = (
    _jurisdiction,
    _codes,
    _references,
    _languages,
    _service_names,
    _statuses,
    _shapes,
    _keywords,
    _notices,
    _attributes,
    _boundary,
)
