"""The methods of GeoReport v2: parse, call one function, answer."""

from collections.abc import Hashable
from typing import Any, cast

from flask import Response, request

from open311 import web
from open311.actions import access, report
from open311.errors import NotFound, problem
from open311.formats import documents, encode
from open311.formats.documents import Endpoint
from open311.georeport.arguments import ServicesQuery
from open311.georeport.blueprint import GeoReport
from open311.georeport.responses import answer, answer_list, wants_json
from open311.georeport.schemas import (
    DiscoverySchema,
    ReceiptSchema,
    ServiceDefinitionSchema,
    ServiceRequestSchema,
    ServiceSchema,
    TokenSchema,
)
from open311.model.keys import Scope
from open311.model.search import RequestSearch
from open311.model.service_request import Location, ServiceRequest, Visibility
from open311.model.submission import Submission
from open311.storage import search, service_requests, tokens
from open311.web import lists, pages, parameters, queries
from open311.web.keys import key
from open311.web.queries import Arguments, ServiceRequestQuery, ServiceRequestsQuery
from open311.web.requests import LenientRequest
from open311.web.submissions import SubmissionForm

CHANGES_SELDOM = "public, max-age=300"
CHANGES_ANY_TIME = "public, no-cache"
FOR_ONE_READER = "private, no-store"
NEVER_KEPT = "no-store"

blueprint = GeoReport("georeport", __name__, url_prefix="/open311/v2", description="Open311 GeoReport v2")
discovery = GeoReport("discovery", __name__, url_prefix="/open311", description="Service discovery")


def settle_who_and_where() -> None:
    """A body that can be read comes first, then the key, then the jurisdiction (georeport.md 4.1)."""
    if request.method == "POST":
        parameters.from_post(cast(LenientRequest, request))
        access.require(key(), Scope.REPORT)
    queries.find_catalogue()


blueprint.before_request(settle_who_and_where)


@discovery.both_formats(
    "/discovery", takes=Arguments, returns=DiscoverySchema, access="public", aliases=("/v2/discovery",)
)
def get_discovery(query: dict[str, Any]) -> Response:
    """Where the endpoints are and how to get a key."""
    in_force = web.core().catalogues.in_force
    changeset = web.core().catalogues.changeset
    endpoints = [Endpoint(f"{web.base_url()}/open311/v2", changeset)]
    if web.core().settings.test_endpoint:
        endpoints.append(Endpoint(f"{web.base_url()}/open311/test/v2", changeset, "test"))
    jurisdiction, language = in_force[0].jurisdiction, web.language()
    contact, key_service = (
        each.in_language(language) for each in (jurisdiction.contact, jurisdiction.key_service)
    )
    return answer(documents.discovery(endpoints, contact, key_service, changeset), cache=CHANGES_SELDOM)


@blueprint.both_formats("/services", takes=ServicesQuery, returns=ServiceSchema(many=True), access="public")
def get_services(place: Location | None) -> Response:
    """The services on offer; with `lat` and `long`, none outside the jurisdiction."""
    catalogue = web.catalogue()
    outside = place is not None and not catalogue.jurisdiction.contains(place.lat, place.long)
    document = documents.services(catalogue, web.language(catalogue), only=() if outside else None)
    return answer(document, cache=CHANGES_SELDOM)


@blueprint.both_formats(
    "/services/<service_code>",
    takes=Arguments,
    returns=ServiceDefinitionSchema,
    access="public",
    aliases=("/service/<service_code>",),
)
def get_service_definition(query: dict[str, Any], service_code: str) -> Response:
    """The attributes of a service."""
    service = web.catalogue().find_service(service_code)
    if service is None:
        raise NotFound(problem("error.service_code.unknown", service_code=service_code))
    document = documents.service_definition(service, web.language(web.catalogue()))
    return answer(document, cache=CHANGES_SELDOM)


@blueprint.both_formats(
    "/requests",
    method="POST",
    takes=SubmissionForm,
    returns=ReceiptSchema(many=True),
    access=Scope.REPORT,
)
def post_service_request(sent: tuple[Submission, tuple[Any, ...]]) -> Response:
    """Hand in a report. Answers with an id, a token, or neither, by the type of the service."""
    sender = access.require(key(), Scope.REPORT)
    submission, found = sent
    receipt = report.submit(web.core(), web.catalogue(), submission, sender, found)
    notice = receipt.service_notice.in_language(web.language(web.catalogue()))
    document = documents.receipt(receipt.service_request_id, receipt.token, notice)
    return answer(document, cache=NEVER_KEPT)


@blueprint.both_formats("/tokens/<token>", takes=Arguments, returns=TokenSchema(many=True), access="public")
def get_token(query: dict[str, Any], token: str) -> Response:
    """The id behind a token; missing as long as it is not known."""
    if not queries.TOKEN.fullmatch(token):
        raise NotFound(problem("error.token.unknown"))
    owner = web.catalogue().jurisdiction.jurisdiction_id
    with web.core().database.read() as conn:
        found = tokens.find(conn, token, owner)
    if found is None:
        raise NotFound(problem("error.token.unknown"))
    number, given_out = found
    return answer(documents.token(token, number if given_out else None), cache=NEVER_KEPT)


@blueprint.both_formats(
    "/requests", takes=ServiceRequestsQuery, returns=ServiceRequestSchema(many=True), access="public"
)
def get_service_requests(query: dict[str, Any]) -> Response:
    """Requests, newest first, by default those of the last 90 days and at most 1000."""
    core, catalogue = web.core(), web.catalogue()
    wanted = queries.request_search(query, catalogue, core.now(), core.settings.max_span_days, _sees_held())
    with core.database.read_public() as conn:
        page = search.hits(conn, wanted)
        total = lists.total(conn, wanted, page) if queries.paged(query) else page.total
        pieces = lists.pieces(conn, wanted, page.items, *_rendering(wanted))
    headers = pages.headers(page, wanted, query, total)
    return answer_list("service_requests", pieces, cache=_cache(), headers=headers)


def _rendering(asked: RequestSearch) -> tuple[Hashable, lists.Render]:
    """What a rendered request depends on, and how it is rendered. A distance is different for each question."""
    catalogue, language, extensions = web.catalogue(), web.language(web.catalogue()), asked.with_notes
    base_url, distances = web.base_url(), bool(asked.circle and extensions)
    write = encode.item_to_json if wants_json() else encode.item_to_xml

    def render(request: ServiceRequest) -> bytes:
        if distances:
            [request] = lists.with_distances([request], asked)
        return write(
            "service_requests",
            documents.service_request(request, catalogue, language, extensions=extensions, base_url=base_url),
        )

    return (None if distances else (write, language, extensions)), render


@blueprint.both_formats(
    "/requests/<service_request_id>",
    takes=ServiceRequestQuery,
    returns=ServiceRequestSchema(many=True),
    access="public",
    aliases=("/request/<service_request_id>",),
)
def get_service_request(query: dict[str, Any], service_request_id: str) -> Response:
    """One request, as a list of one. One that awaits moderation is answered without its texts and pictures."""
    catalogue, extensions = web.catalogue(), query.get("extensions", False)
    found = _find(service_request_id, with_notes=extensions)
    redacted = found.visibility == Visibility.HELD and not _sees_held()
    if found.visibility == Visibility.HIDDEN or (redacted and not catalogue.jurisdiction.held_by_id):
        raise _unknown(service_request_id)
    document = documents.service_requests(
        [found],
        catalogue,
        web.language(catalogue),
        extensions=extensions,
        redacted=redacted,
        base_url=web.base_url(),
    )
    return answer(document, cache=_cache())


def _find(service_request_id: str, *, with_notes: bool) -> ServiceRequest:
    owner = web.catalogue().jurisdiction.jurisdiction_id
    if not queries.REQUEST_ID.fullmatch(service_request_id):
        raise _unknown(service_request_id)
    with web.core().database.read_public() as conn:
        found = service_requests.find(conn, int(service_request_id), owner, with_notes=with_notes)
    if found is None:
        raise _unknown(service_request_id)
    return found


def _unknown(service_request_id: str) -> NotFound:
    return NotFound(problem("error.service_request.unknown", service_request_id=service_request_id[:50]))


def _sees_held() -> bool:
    known = key()
    return known is not None and known.may(Scope.READ_HELD)


def _cache() -> str:
    return FOR_ONE_READER if _sees_held() else CHANGES_ANY_TIME
