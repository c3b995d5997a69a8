"""The answer about a single request, shared by the view and the fast path."""

from typing import Any

from open311.formats import documents, encode
from open311.model.access.visibility import View
from open311.web import single_request
from open311.web.rendered_lists import WrittenBody
from open311.web.request_context import RequestContext


def one(
    context: RequestContext, parameters: dict[str, Any], service_request_id: str, *, in_json: bool
) -> WrittenBody:
    """A request, as a list of one; raises `NotFound`.

    One that is not, or not yet, for the public is answered with its kind and its state.
    """
    extensions = parameters.get("extensions", False)
    seen = single_request.find(
        context.core,
        context.catalogue,
        service_request_id,
        context.actor,
        # Apps ask at once for the id that they were given, and GeoReporter on iOS shows an alert at 404.
        least=View.REDACTED,
        with_notes=extensions,
    )
    document = documents.service_requests(
        [seen.request], context.catalogue, context.language, extensions=extensions, base_url=context.base_url
    )
    return WrittenBody(encode.to_json(document) if in_json else encode.to_xml(document))
