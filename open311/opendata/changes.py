"""The change feed: what a copy of the public reports needs to stay equal to them (docs/changes.md)."""

from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from marshmallow import pre_load

from open311.formats import changes
from open311.http import current, urls
from open311.model.events.changes import LIMIT, ChangesPage, Position, Source
from open311.opendata import shapes
from open311.opendata.answers import CHANGES_ANY_TIME, answer
from open311.opendata.blueprint import OpenData
from open311.storage.events import changes as stored
from open311.web import jurisdictions
from open311.web.fields import Count, Word
from open311.web.queries import Arguments

# An open transaction may hold events back, and when it ends without a public change, nobody says so.
CHANGES_UNNOTICED = "no-cache"
WRITERS = {"json": (changes.JSON, changes.in_json), "ndjson": (changes.NDJSON, changes.in_lines)}

blueprint = OpenData("changes", __name__, url_prefix=urls.GEOREPORT_V2, description="Change feed")
blueprint.before_request(jurisdictions.find_catalogue)


class ChangesQuery(Arguments):
    """GET changes."""

    since = Word(metadata={"description": "`next` of the page before; without it a full copy begins."})
    limit = Count(1, LIMIT, metadata={"description": "Entries a page; more than 1000 count as 1000."})

    @pre_load
    def _own_name(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        # Elsewhere `limit` is another name for `page_size`.
        return {"limit": data["page_size"], **data} if "page_size" in data else data


@blueprint.read("/changes.json", takes=ChangesQuery, content_type="application/json", shape=shapes.CHANGES)
def get_changes_json(query: dict[str, Any]) -> Response:
    """All public reports first, then every creation, change and disappearance, as one object a page."""
    return _changes(query, "json")


@blueprint.read("/changes.ndjson", takes=ChangesQuery, content_type="application/x-ndjson")
def get_changes_ndjson(query: dict[str, Any]) -> Response:
    """The same as one line of JSON an entry; the last line holds `next`."""
    return _changes(query, "ndjson")


def _changes(query: dict[str, Any], suffix: str) -> Response:
    catalogue = current.catalogue()
    source, page = _page(catalogue.jurisdiction.jurisdiction_id, query)
    written = changes.entries(page.changes, catalogue, current.language(catalogue), current.base_url())
    cursor = page.end.write(source)
    content_type, write = WRITERS[suffix]
    body = write(written, cursor, page.more)
    cache = CHANGES_ANY_TIME if source.is_settled else CHANGES_UNNOTICED
    return answer(body, content_type, cache=cache, headers={"Link": f'<{_address(cursor)}>; rel="next"'})


def _page(owner: str, query: dict[str, Any]) -> tuple[Source, ChangesPage]:
    with current.core().database.read() as conn:
        source = stored.source(conn, owner)
        since = query.get("since")
        position = stored.position(conn, source, since.strip()) if since else Position.beginning(source)
        return source, stored.read(conn, owner, position, query.get("limit", LIMIT))


def _address(cursor: str) -> str:
    kept = [
        (name, value) for name, value in request.args.items(multi=True) if name not in ("since", "api_key")
    ]
    return f"{current.base_url()}{current.as_asked(request.path)}?{urlencode([*kept, ('since', cursor)])}"
