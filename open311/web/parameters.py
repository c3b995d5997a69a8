"""What a client sent, whatever way it chose: one mapping from name to clean values.

georeport.md 2.3 (empty is absent, spellings of multiple values), 3.5 (encoding), 5.15 (JSON, aliases).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from open311.base.errors import Invalid, problem
from open311.base.text import trimmed
from open311.http.parsing.normalise import MAX_FIELDS, LenientRequest

Parameters = dict[str, list[str]]
Posted = tuple[Parameters, dict[str, list[str]]]

# `[]` is the standard's, `[0]` that of open311_java and node, a name alone several times that of Python and Perl.
ATTRIBUTE = re.compile(r"^attribute\[([^\]]+)\](?:\[\d*\])?$")
# PHP and node number the values of any list.
NUMBERED = re.compile(r"\[[0-9]*\]$")
# `deviceid` is FixMyStreet's; the others are names that other servers have taught their clients.
ALIASES = {
    "lon": "long",
    "lng": "long",
    "per_page": "page_size",
    "limit": "page_size",
    "max_requests": "page_size",
    "search": "q",
    "order_by": "sort",
    "updated": "updated_after",
    "deviceid": "device_id",
}
POSTED = "open311.posted"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
# What Java (CUTR's app), JavaScript and Objective-C write for nothing.
NOTHING = ("null", "undefined", "(null)")


def bare(name: str) -> str:
    """A name without the brackets by which some clients mark a list."""
    return NUMBERED.sub("", name) if name.endswith("]") else name


def from_query(request: LenientRequest) -> Parameters:
    return collected(request.args.items(multi=True))


def from_post(request: LenientRequest) -> Posted:
    """The parameters of a POST and its attribute answers, code → values; the body wins over the query.

    Looked for once a request. Raises `Invalid` for a body in a form we do not read.
    """
    if POSTED not in request.environ:
        request.environ[POSTED] = _posted(request)
    posted: Posted = request.environ[POSTED]
    return posted


def is_sent(request: LenientRequest, name: str) -> bool:
    """Whether a POST names a parameter, be it without a value."""
    if request.mimetype in FORMS and name in request.form:
        return True
    return name in request.args or (request.is_json and name in request.posted_object)


def _posted(request: LenientRequest) -> Posted:
    # open311_python puts the key and the jurisdiction of a POST into the query, node-open311 the jurisdiction alone.
    query = list(request.args.items(multi=True))
    body = list(_body(request))
    parameters = collected(query) | collected(pair for pair in body if pair[1].strip() not in NOTHING)
    return parameters, _answers(query) | _answers(body)


def _body(request: LenientRequest) -> Iterable[tuple[str, str]]:
    if request.mimetype in FORMS:
        return request.form.items(multi=True)
    if request.is_json:
        return _no_more_than_a_form(_json_pairs(request.posted_object))
    # A POST whose parameters are all in the query has no body, and then its type does not matter.
    #
    if request.content_length or request.headers.get("Transfer-Encoding"):
        raise Invalid(problem("error.body.media_type"))
    return ()


def _no_more_than_a_form(pairs: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    for number, pair in enumerate(pairs, 1):
        if number > MAX_FIELDS:
            raise Invalid(problem("error.body.too_many_fields", most=MAX_FIELDS))
        yield pair


def _json_pairs(posted: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """A flat object, with `attribute` as an object of its own, as if it had been sent as a form."""
    for name, value in posted.items():
        if name == "attribute" and isinstance(value, dict):
            yield from (
                (f"attribute[{code}]", text) for code, answer in value.items() for text in _texts(answer)
            )
        else:
            yield from ((name, text) for text in _texts(value))


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for item in value if not isinstance(item, list) for text in _texts(item)]
    if value is None or isinstance(value, Mapping):
        return []
    if isinstance(value, bool):
        # As JSON writes it, not as Python does.
        return ["true" if value else "false"]
    return [str(value)]


def collected(pairs: Iterable[tuple[str, str]]) -> Parameters:
    """Name → values in the order sent; blank values count as not sent, an alias only stands in."""
    by_name: Parameters = {}
    aliases: Parameters = {}
    for name, raw in pairs:
        # A picture of some megabytes is not worth being looked through for odd characters.
        value = raw if raw.startswith("data:image/") else trimmed(raw)
        if not value or ATTRIBUTE.match(name):
            continue
        name = bare(name)
        target = aliases if name in ALIASES else by_name
        target.setdefault(ALIASES.get(name, name), []).append(value)
    # A client that sends both means the name of the standard.
    return aliases | by_name


def _answers(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    answers: dict[str, list[str]] = {}
    for name, raw in pairs:
        attribute = ATTRIBUTE.match(name)
        value = trimmed(raw)
        if attribute and value:
            answers.setdefault(trimmed(attribute[1]), []).append(value)
    return answers
