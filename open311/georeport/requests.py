"""What is answered about requests, one or a list of them, whoever reads: the same with and without a framework."""

from typing import Any

from open311.formats import documents, encode, entries
from open311.model.access.visibility import View
from open311.web import rendered_lists, single_request
from open311.web.rendered_lists import Asked, Written
from open311.web.request_context import Reader


def listed(reader: Reader, asked: Asked, *, in_json: bool) -> Written:
    """The list that is asked for."""
    written = rendered_lists.written(reader, asked, entries.JSON if in_json else entries.XML)
    return written._replace(tag=written.tag and f"{written.tag}{'j' if in_json else 'x'}")


def found(reader: Reader, query: dict[str, Any], service_request_id: str, *, in_json: bool) -> Written:
    """The one request, as a list of one; raises `NotFound`.

    One that is not, or not yet, for the public is answered with its kind and its state.
    """
    extensions = query.get("extensions", False)
    seen = single_request.find(
        reader.core,
        reader.catalogue,
        service_request_id,
        reader.actor,
        least=View.REDACTED,
        with_notes=extensions,
    )
    document = documents.service_requests(
        [seen.request], reader.catalogue, reader.language, extensions=extensions, base_url=reader.base_url
    )
    return Written(encode.to_json(document) if in_json else encode.to_xml(document))
