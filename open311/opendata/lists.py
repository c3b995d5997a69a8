"""The list of requests in the forms of GIS programs, spreadsheets and feed readers, and one request's history."""

from typing import Any

from flask import Response

from open311.formats import atom, csv, entries, geojson
from open311.formats.entries import Form
from open311.http import current, urls
from open311.model.search import RequestSearch, Sort
from open311.model.service_request import ServiceRequest
from open311.opendata import feeds, shapes
from open311.opendata.answers import answer
from open311.opendata.blueprint import OpenData
from open311.storage import search
from open311.web import jurisdictions, pagination, queries, rendered_lists, request_context, single_request
from open311.web.queries import Arguments, ServiceRequestsQuery
from open311.web.rendered_lists import WrittenBody

blueprint = OpenData("lists", __name__, url_prefix=urls.GEOREPORT_V2, description="Open data")
blueprint.before_request(jurisdictions.find_catalogue)

LAST_CHANGED_FIRST = Sort("updated_datetime", reverse=True)
ENTRIES = 100


@blueprint.read(
    "/requests.geojson",
    takes=ServiceRequestsQuery,
    content_type=geojson.MEDIA_TYPE,
    shape=shapes.FEATURES,
)
def get_requests_geojson(query: dict[str, Any]) -> Response:
    """The requests of `requests.json`, with the same parameters, as a GeoJSON FeatureCollection."""
    written = _written(query, entries.GEOJSON)
    return answer(written.body, geojson.MEDIA_TYPE, headers=written.headers)


@blueprint.read("/requests.csv", takes=ServiceRequestsQuery, content_type="text/csv")
def get_requests_csv(query: dict[str, Any]) -> Response:
    """The requests of `requests.json`, with the same parameters, as CSV with a header row."""
    written = _written(query, entries.CSV)
    return answer(written.body, csv.MEDIA_TYPE, headers=written.headers)


def _written(query: dict[str, Any], form: Form) -> WrittenBody:
    context = request_context.of_request()
    return rendered_lists.written(context, rendered_lists.list_query(context, query), form)


@blueprint.read("/feed.atom", takes=ServiceRequestsQuery, content_type="application/atom+xml")
def get_feed(query: dict[str, Any]) -> Response:
    """The requests that changed last as an Atom feed with GeoRSS; takes the filters of `requests.json`."""
    # A feed is bounded by its length, so it needs no window of dates.
    request_search = _search({"sort": LAST_CHANGED_FIRST, "page_size": ENTRIES} | query)
    with current.core().database.read_public() as conn:
        hits = search.search(conn, request_search, current.core().landmarks)
    feed, lines = feeds.requests_feed(
        hits.items, pagination.links(request_context.of_request(), hits, request_search, query, None)
    )
    return answer(atom.write(feed, lines), atom.MEDIA_TYPE)


@blueprint.read("/requests/<service_request_id>.atom", takes=Arguments, content_type="application/atom+xml")
def get_history(query: dict[str, Any], service_request_id: str) -> Response:
    """The public history of one request as an Atom feed, the last change first."""
    feed, lines = feeds.history_feed(published(service_request_id))
    return answer(atom.write(feed, lines), atom.MEDIA_TYPE)


def _search(query: dict[str, Any]) -> RequestSearch:
    core = current.core()
    span = core.settings.max_span_days
    return queries.request_search(query, current.catalogue(), core.now(), span)


def published(service_request_id: str) -> ServiceRequest:
    """The request of this jurisdiction with this id, if everybody may see it; raises `NotFound`."""
    core, catalogue = current.core(), current.catalogue()
    return single_request.find(core, catalogue, service_request_id, with_notes=True).request
