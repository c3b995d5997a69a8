"""Answers in the format the client chose, errors included.

The format is chosen once, after the work is done.
"""

from collections.abc import Mapping

from flask import Response, request

from open311.base.errors import Problem
from open311.formats import documents, encode
from open311.formats.encode import Document
from open311.http import current
from open311.http.errors import in_words
from open311.web.rendered_lists import WrittenBody

JSON = "application/json; charset=utf-8"
XML = "text/xml; charset=utf-8"
# Caches may store it but have to revalidate each time: a report may have been hidden meanwhile.
CHANGES_ANY_TIME = "public, no-cache"
VARY = ("Accept", "Accept-Language")


def wants_json() -> bool:
    """Whether to answer in JSON: the suffix decides, then `Accept`; XML is what GeoReport demands of everybody."""
    if request.path.endswith((".json", ".xml")):
        return request.path.endswith(".json")
    # XML for clients that want both alike, such as browsers.
    return _wish("application/json") > _wish("text/xml", "application/xml")


def _wish(*content_types: str) -> float:
    """The highest quality that `Accept` gives to one of these; parameters and letter case do not matter."""
    named = (
        (accepted.partition(";")[0].strip().lower(), wish) for accepted, wish in request.accept_mimetypes
    )
    return max((wish for content_type, wish in named if content_type in content_types), default=0.0)


def answer(
    document: Document,
    *,
    status: int = 200,
    cache: str = "no-store",
    headers: Mapping[str, str] | None = None,
    in_ascii: bool = False,
) -> Response:
    """The document as an HTTP response; `in_ascii` writes other letters of XML as references."""
    body = encode.to_json(document) if wants_json() else encode.to_xml(document)
    if in_ascii and not wants_json():
        body = body.decode().encode("ascii", "xmlcharrefreplace")
    return _response(body, status, cache, headers)


def answer_written(written: WrittenBody, *, cache: str) -> Response:
    """A response of bytes that are already in the format the client chose."""
    response = _response(written.body, 200, cache, written.headers)
    if written.tag:
        response.set_etag(written.tag, weak=True)
    return response


def _response(body: bytes, status: int, cache: str, headers: Mapping[str, str] | None) -> Response:
    response = Response(body, status, headers, content_type=JSON if wants_json() else XML)
    response.headers.setdefault("Cache-Control", cache)
    response.headers["Content-Language"] = current.language()
    response.vary.update(VARY)
    return response


def error_answer(status: int, *problems: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """An error in the shape of GeoReport: a list of code and description (R-186)."""
    described = [(status, in_words(problem)) for problem in problems]
    return answer(documents.errors(described), status=status, headers=headers)
