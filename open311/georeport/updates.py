"""servicerequestupdates, as FixMyStreet speaks it (georeport.md 5.8): what became of requests, told and taken in."""

from dataclasses import replace
from typing import IO, Any, cast
from urllib.parse import urlencode

from flask import Response, request
from marshmallow import ValidationError

from open311.actions import keys
from open311.actions.photos import media
from open311.actions.reporting import updates
from open311.base.datetimes import write_utc
from open311.base.errors import Invalid, NotFound, Problem, problem
from open311.formats import documents
from open311.georeport.blueprint import GeoReport
from open311.georeport.responses import answer
from open311.georeport.schemas import UpdateReceiptSchema, UpdateSchema
from open311.http import current, urls
from open311.http.keys import key
from open311.http.parsing.normalise import LenientRequest
from open311.model.access.actor import Actor
from open311.model.access.keys import Scope
from open311.model.intake.submission import DESCRIPTION_LENGTH
from open311.model.search import PAGE_SIZE, Span, window
from open311.model.service_request import Reporter
from open311.model.updates import Update, UpdateCursor, UpdateSearch, UpdateSubmission, known_words, tidy_word
from open311.storage.database import Connection
from open311.storage.events import updates as stored
from open311.web import jurisdictions, pagination, parameters, request_context
from open311.web.fields import Count, Email, Moment, WebAddresses, Word, Words, problems_of
from open311.web.photos import photos_field
from open311.web.queries import REQUEST_ID, Arguments

NEEDED = ("service_request_id", "update_id", "status", "updated_datetime", "description")
# FixMyStreet sends it empty where somebody only changed the state.
MAY_BE_EMPTY = ("description",)
# Paging by the links gives any number.
MOST_SKIPPED = 100_000
PAGING = ("page", "page_size", "cursor")
Sent = tuple[UpdateSubmission | None, tuple[IO[bytes], ...], tuple[Problem, ...]]

blueprint = GeoReport(
    "updates", __name__, url_prefix=urls.GEOREPORT_V2, description="Updates of service requests"
)


def settle_who_and_where() -> None:
    """A body that can be read comes first, then the key, then the jurisdiction (georeport.md 4.1)."""
    if request.method == "POST":
        jurisdictions.read_post()
        _sender()
    jurisdictions.find_catalogue()
    if request.method == "POST":
        keys.require_here(key(), current.catalogue().jurisdiction.jurisdiction_id)


def _sender() -> Actor:
    """Actors who may send updates."""
    return keys.require(key(), Scope.REPORT, Scope.CHANGE_STATUS)


blueprint.before_request(settle_who_and_where)


class UpdatesQuery(Arguments):
    """GET service request updates."""

    service_request_id = Words(metadata={"description": "Only updates of these requests."})
    start_date = Moment(metadata={"description": "Earliest `updated_datetime`, inclusive."})
    end_date = Moment(end_of_day=True, metadata={"description": "Latest `updated_datetime`, inclusive."})
    page = Count(0, 10**9, metadata={"description": "Page number, from 1."})
    page_size = Count(1, PAGE_SIZE, metadata={"description": "Rows a page; more than 1000 count as 1000."})
    cursor = Word(metadata={"description": "Where the page before ended; from its `Link` header."})


class UpdateForm(Arguments):
    """POST service request update. Loading never fails: all problems are told at once."""

    api_key = Word(1000, metadata={"description": "Or as `Authorization: Bearer`."})
    service_request_id = Word(metadata={"description": "Our id of the request."})
    update_id = Word(metadata={"description": "The sender's own id; repeating it repeats the answer."})
    status = Word(metadata={"description": "The state after the update, such as `IN_PROGRESS` or `FIXED`."})
    updated_datetime = Moment(metadata={"description": "When the sender took it down."})
    description = Word(DESCRIPTION_LENGTH, metadata={"description": "Up to 4000 characters; may be empty."})
    media_url = WebAddresses(metadata={"description": "Where pictures are; http or https."})
    media = photos_field()
    first_name = Word()
    last_name = Word(metadata={"description": "`-` when it is not known."})
    email = Email(254)
    phone = Word(50)
    account_id = Word()

    def load(self, data: Any, **kwargs: Any) -> Any:
        """What could be read as an `UpdateSubmission`, None when it is too little; the photos; and the problems."""
        try:
            fields, invalid = cast(dict[str, Any], super().load(data, **kwargs)), tuple[Problem, ...]()
        except ValidationError as error:
            fields, invalid = cast(dict[str, Any], error.valid_data), problems_of(error)
        sent = cast(LenientRequest, request)
        empty = [name for name in MAY_BE_EMPTY if parameters.is_sent(sent, name)]
        lacking = (name for name in NEEDED if name not in data and name not in empty)
        missing = [problem("error.update.required", parameter=name) for name in lacking]
        problems_found = (*missing, *invalid, *_unknown_word(fields))
        return None if problems_found else _submission(fields), fields.get("media", ()), problems_found


def _unknown_word(fields: dict[str, Any]) -> list[Problem]:
    statuses = known_words(current.catalogue())
    if "status" not in fields or tidy_word(fields["status"]) in statuses:
        return []
    return [problem("error.update.status", status=fields["status"][:50], known=", ".join(statuses))]


def _submission(fields: dict[str, Any]) -> UpdateSubmission:
    number = fields["service_request_id"].strip()
    if not REQUEST_ID.fullmatch(number):
        raise NotFound(problem("error.service_request.unknown", service_request_id=number[:50]))
    personal = ("email", "phone", "first_name", "last_name", "account_id")
    # `-` is what FixMyStreet sends for a name that it must send and does not know.
    personal_values = {name: fields.get(name) for name in personal if fields.get(name) != "-"}
    return UpdateSubmission(
        service_request_id=int(number),
        update_id=fields["update_id"].strip(),
        # FixMyStreet sends it in capitals.
        update_status=tidy_word(fields["status"]),
        sent_datetime=fields["updated_datetime"],
        description=fields.get("description", ""),
        media_urls=fields.get("media_url", ()),
        updater=Reporter(**personal_values),
    )


@blueprint.both_formats(
    "/servicerequestupdates", takes=UpdatesQuery, returns=UpdateSchema(many=True), access="public"
)
def get_service_request_updates(query: dict[str, Any]) -> Response:
    """What happened to public requests, the oldest first, by default in the last 90 days and at most 1000."""
    search = _search(query)
    with current.core().database.read_public() as conn:
        rows, more = _page(conn, search)
    document = documents.service_request_updates(rows, current.catalogue(), base_url=current.base_url())
    return answer(document, cache="public, no-cache", headers=_links(query, search, rows, more))


def _page(conn: Connection, search: UpdateSearch) -> tuple[list[Update], bool]:
    """A page, unless it is too far to be counted off; then `Invalid`, or nothing where everything has ended before."""
    if search.skip <= MOST_SKIPPED:
        return stored.search(conn, search)
    if stored.search(conn, replace(search, skip=MOST_SKIPPED, page_size=1))[0]:
        raise Invalid(problem("error.page.deep", most=MOST_SKIPPED))
    return [], False


def _search(query: dict[str, Any]) -> UpdateSearch:
    core, ids = current.core(), query.get("service_request_id")
    # Paging, or naming requests, limits the answer already; only then may the span be open.
    bounded = ids is not None or any(name in query for name in PAGING)
    span, zone = Span(query.get("start_date"), query.get("end_date")), current.time_zone()
    size = query.get("page_size", PAGE_SIZE)
    after = UpdateCursor.read(query["cursor"].strip()) if "cursor" in query else None
    return UpdateSearch(
        jurisdiction_id=current.catalogue().jurisdiction.jurisdiction_id,
        ids=None if ids is None else tuple(int(number) for number in ids if REQUEST_ID.fullmatch(number)),
        span=window(span, core.now(), core.settings.max_span_days, zone, bounded=bounded),
        skip=0 if after else (max(1, query.get("page", 1)) - 1) * size,
        page_size=size,
        after=after,
    )


def _links(query: dict[str, Any], search: UpdateSearch, rows: list[Update], more: bool) -> dict[str, str]:
    """`Link` to the pages around this one."""
    number = max(1, query.get("page", 1))
    places: dict[str, dict[str, Any]] = {}
    if more:
        places["next"] = {"page": number + 1, "cursor": UpdateCursor.after(rows[-1]).write()}
    if number > 1:
        places |= {"prev": {"page": number - 1}, "first": {"page": 1}}
    return pagination.header({relation: _address(search, place) for relation, place in places.items()})


def _address(search: UpdateSearch, place: dict[str, Any]) -> str:
    """This request's own address at another place, the span written out so that it does not move meanwhile."""
    ends = {"start_date": search.span.start, "end_date": search.span.end}
    span = {name: write_utc(end) for name, end in ends.items() if end}
    left_out = {"page", "cursor", "api_key", *span}
    args = request_context.known_args(request.args.items(multi=True))
    kept = [(name, value) for name, value in args if name not in left_out]
    return f"{current.base_url()}{current.as_asked(request.path)}?{urlencode([*kept, *span.items(), *place.items()])}"


@blueprint.both_formats(
    "/servicerequestupdates",
    method="POST",
    takes=UpdateForm,
    returns=UpdateReceiptSchema(many=True),
    access=Scope.REPORT,
)
def post_service_request_update(sent: Sent) -> Response:
    """Tell something about a public request. A key that may change the status moves it; others are checked first."""
    submission, photos, invalid = sent
    pictures, about_photos = media.read(current.core(), photos)
    Invalid.unless_empty([*invalid, *about_photos])
    update = cast(UpdateSubmission, submission)
    update_id = updates.post(current.core(), current.catalogue(), update, _sender(), pictures)
    return answer(documents.update_receipt(update_id))
