"""What is answered about requests, one or a list of them, whoever reads: the same with and without a framework."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from open311.formats import documents, encode, entries
from open311.formats.entries import ROOT
from open311.model.visibility import View
from open311.storage import search
from open311.web import pagination, queries, rendered_lists, single_request
from open311.web.request_context import Reader


class Written(NamedTuple):
    """A finished body, the headers that go with just this one, and its tag if it is known without reading it all."""

    body: bytes
    headers: Mapping[str, str] = {}
    tag: str | None = None


def listed(reader: Reader, query: dict[str, Any], *, in_json: bool) -> Written:
    """The list that a query means; raises `Invalid`."""
    core = reader.core
    asked = queries.request_search(
        query, reader.catalogue, core.now(), core.settings.max_span_days, reader.actor
    )
    with core.database.read_public() as conn:
        page = search.hits(conn, asked, core.landmarks)
        total = rendered_lists.total(core, conn, asked, page) if queries.paged(query) else page.total
        pieces = rendered_lists.pieces(
            reader, conn, asked, page.items, entries.JSON if in_json else entries.XML
        )
    join = encode.join_json if in_json else encode.join_xml
    tag = pieces.tag and f"{pieces.tag}{'j' if in_json else 'x'}"
    return Written(join(ROOT, pieces.items), pagination.headers(reader, page, asked, query, total), tag)


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
