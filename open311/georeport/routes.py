"""The methods of GeoReport v2: parse, call one function, answer."""

from typing import Any

from flask import Response, request

from open311.actions import keys
from open311.actions.reporting import report
from open311.base.errors import NotFound, problem
from open311.formats import documents, entries
from open311.formats.documents import Endpoint
from open311.georeport import requests
from open311.georeport.arguments import ServicesQuery
from open311.georeport.blueprint import GeoReport
from open311.georeport.responses import CHANGES_ANY_TIME, answer, answer_written, wants_json
from open311.georeport.schemas import (
    DiscoverySchema,
    ReceiptSchema,
    ServiceDefinitionSchema,
    ServiceRequestSchema,
    ServiceSchema,
    TokenSchema,
)
from open311.http import current, urls
from open311.http.keys import key
from open311.model.access.actor import PUBLIC, Actor, Right, key_actor
from open311.model.access.keys import Scope
from open311.model.intake.submission import Submission
from open311.model.service_request import Location
from open311.storage.requests import tokens
from open311.web import jurisdictions, queries, rendered_lists, request_context
from open311.web.queries import Arguments, ServiceRequestQuery, ServiceRequestsQuery
from open311.web.request_context import RequestContext
from open311.web.submissions import SubmissionForm

CHANGES_SELDOM = "public, max-age=300"
FOR_ONE_READER = "private, no-store"
NEVER_KEPT = "no-store"

blueprint = GeoReport("georeport", __name__, url_prefix=urls.GEOREPORT_V2, description="Open311 GeoReport v2")
discovery = GeoReport("discovery", __name__, url_prefix=urls.GEOREPORT, description="Service discovery")


def settle_who_and_where() -> None:
    """A body that can be read comes first, then the key, then the jurisdiction (georeport.md 4.1)."""
    if request.method == "POST":
        jurisdictions.read_post()
        keys.require(key(), Scope.REPORT)
    jurisdictions.find_catalogue()
    if request.method == "POST":
        keys.require_here(key(), current.catalogue().jurisdiction.jurisdiction_id)


blueprint.before_request(settle_who_and_where)


@discovery.both_formats(
    "/discovery", takes=Arguments, returns=DiscoverySchema, access="public", aliases=("/v2/discovery",)
)
def get_discovery(query: dict[str, Any]) -> Response:
    """Where the endpoints are and how to get a key."""
    in_force = current.core().catalogues.in_force
    changeset = current.core().catalogues.changeset
    endpoints = [Endpoint(f"{current.base_url()}{urls.GEOREPORT_V2}", changeset)]
    if current.core().settings.test_endpoint:
        endpoints.append(Endpoint(f"{current.base_url()}{urls.SANDBOX_V2}", changeset, "test"))
    jurisdiction, language = in_force[0].jurisdiction, current.language()
    contact, key_service = (
        text.in_language(language) for text in (jurisdiction.contact, jurisdiction.key_service)
    )
    # Clients on Python 2 put it together with texts of theirs, and end at the first letter that is not in ASCII.
    document = documents.discovery(endpoints, contact, key_service, changeset)
    return answer(document, cache=CHANGES_SELDOM, in_ascii=True)


@blueprint.both_formats("/services", takes=ServicesQuery, returns=ServiceSchema(many=True), access="public")
def get_services(place: Location | None) -> Response:
    """The services on offer; with `lat` and `long`, none outside the jurisdiction."""
    catalogue = current.catalogue()
    outside = place is not None and not catalogue.jurisdiction.contains(place.lat, place.long)
    # an empty list, not an error.
    document = documents.services(catalogue, current.language(catalogue), only=() if outside else None)
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
    service = current.catalogue().find_service(service_code)
    if service is None:
        raise NotFound(problem("error.service_code.unknown", service_code=service_code))
    document = documents.service_definition(service, current.language(current.catalogue()))
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
    sender = keys.require(key(), Scope.REPORT)
    # Problems of parsing go along, so that the sender hears of all problems at once.
    submission, parse_problems = sent
    receipt = report.submit(current.core(), current.catalogue(), submission, sender, parse_problems)
    notice = receipt.service_notice.in_language(current.language(current.catalogue()))
    document = documents.receipt(receipt.service_request_id, receipt.token, notice)
    return answer(document, cache=NEVER_KEPT)


@blueprint.both_formats("/tokens/<token>", takes=Arguments, returns=TokenSchema(many=True), access="public")
def get_token(query: dict[str, Any], token: str) -> Response:
    """The id behind a token; missing as long as it is not known."""
    # R-147; and nothing that is no token goes to the database.
    if not queries.TOKEN.fullmatch(token):
        raise NotFound(problem("error.token.unknown"))
    owner = current.catalogue().jurisdiction.jurisdiction_id
    with current.core().database.read() as conn:
        row = tokens.find(conn, token, owner)
    if row is None:
        raise NotFound(problem("error.token.unknown"))
    number, given_out = row
    return answer(documents.token(token, number if given_out else None), cache=NEVER_KEPT)


@blueprint.both_formats(
    "/requests", takes=ServiceRequestsQuery, returns=ServiceRequestSchema(many=True), access="public"
)
def get_service_requests(query: dict[str, Any]) -> Response:
    """Requests, newest first, by default those of the last 90 days and at most 1000."""
    context = _context()
    form = entries.JSON if wants_json() else entries.XML
    written = rendered_lists.written(context, rendered_lists.list_query(context, query), form)
    return answer_written(written, cache=_cache())


@blueprint.both_formats(
    "/requests/<service_request_id>",
    takes=ServiceRequestQuery,
    returns=ServiceRequestSchema(many=True),
    access="public",
    aliases=("/request/<service_request_id>",),
)
def get_service_request(query: dict[str, Any], service_request_id: str) -> Response:
    """One request, as a list of one. One that awaits moderation is answered without its texts and pictures."""
    written = requests.one(_context(), query, service_request_id, in_json=wants_json())
    return answer_written(written, cache=_cache())


def _context() -> RequestContext:
    return request_context.of_request(_actor())


def _actor() -> Actor:
    api_key = key()
    return key_actor(api_key) if api_key else PUBLIC


def _cache() -> str:
    owner = current.catalogue().jurisdiction.jurisdiction_id
    # A cache in between would hand to everybody what only this key may see.
    return FOR_ONE_READER if _actor().may(Right.SEE_HELD, owner) else CHANGES_ANY_TIME
