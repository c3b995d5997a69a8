"""Take in a report (GeoReport v2, POST service request)."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from open311.actions.photos import media, media_fetching
from open311.actions.photos.media import Files
from open311.actions.staff_mail import arrivals
from open311.base.errors import Invalid, NotFound, Problem, problem
from open311.core import Core
from open311.model.access.actor import Actor, ActorKind, Right
from open311.model.casework.cases import new_case
from open311.model.catalogue import Catalogue, Service, ServiceType, attributes
from open311.model.catalogue.attributes import Answers
from open311.model.desk.routing import Route
from open311.model.events.event_kinds import EventKind
from open311.model.fields import Role
from open311.model.intake.submission import REPORT_BYTES, Receipt, Submission
from open311.model.service_request import Status, Visibility, fields_with
from open311.model.task_names import TaskName
from open311.storage import jobs
from open311.storage.database import Connection
from open311.storage.mails import blocked_senders
from open311.storage.requests import reports, service_requests, tokens

# A client that repeats itself within this time meant one report (georeport.md 5.15).
REPEAT_WITHIN = timedelta(hours=24)
Also = Callable[[Connection, int], None]
# Of blocked senders; with more of them, each report asks the database.
MOST_IN_MEMORY = 5000


class Accepted(NamedTuple):
    """A validated report: its city and service, what was sent, and the answers in the form they are stored."""

    catalogue: Catalogue
    service: Service
    submission: Submission
    answers: Answers


def submit(
    core: Core,
    catalogue: Catalogue,
    submission: Submission,
    actor: Actor,
    parse_problems: tuple[Problem, ...] = (),
    also: Also = lambda conn, number: None,
) -> Receipt:
    """Store a report, as a whole or not at all, and return its receipt.

    `parse_problems` come from parsing the submission; all problems are raised together as one `Invalid`. An unknown
    service is `NotFound`. `also` is called with the id, in the same transaction; not for a report that was sent before.
    """
    actor.require(Right.INTAKE, catalogue.jurisdiction.jurisdiction_id)
    accepted, problems = _checked(core, catalogue, submission, parse_problems)
    pictures, photo_problems = media.read(core, submission.photos)
    Invalid.unless_empty([*problems, *photo_problems])
    # Files first: an orphaned file is swept away, but a row without its file would stay broken for good.
    with media.in_store(core, pictures, submission.kept) as files, core.database.begin() as conn:
        # In the transaction that stores the report, so that its lock lasts until the first report is visible.
        repeated = _repeated(core, conn, accepted, actor)
        if repeated is not None:
            return repeated
        number = _store(core, conn, accepted, actor, files)
        is_batch = accepted.service.type is ServiceType.BATCH
        token = _issue_token(conn, catalogue, number) if is_batch else None
        also(conn, number)
    return _receipt(accepted.service, number, token)


def check(
    core: Core, catalogue: Catalogue, submission: Submission, parse_problems: tuple[Problem, ...] = ()
) -> list[Problem]:
    """All problems that `submit` would raise, except those of photos; nothing is stored."""
    try:
        return _checked(core, catalogue, submission, parse_problems)[1]
    except (Invalid, NotFound) as refused:
        return [*refused.problems]


def _checked(
    core: Core, catalogue: Catalogue, submission: Submission, parse_problems: tuple[Problem, ...]
) -> tuple[Accepted, list[Problem]]:
    """The report, and its problems; raises those that leave nothing else to be checked."""
    if catalogue.jurisdiction.harvested_from:
        raise Invalid(problem("error.jurisdiction.elsewhere", url=catalogue.jurisdiction.harvested_from))
    # A place that could not be parsed is not reported as missing, too.
    unreadable = [problem for problem in parse_problems if problem.key.startswith("error.location")]
    rest = [problem for problem in parse_problems if problem not in unreadable]
    misplaced = unreadable or [*_misplaced(core, catalogue, submission)]
    if submission.service_code is None:
        raise Invalid(problem("error.service_code.required"), *misplaced, *rest)
    service = catalogue.find_service(submission.service_code)
    if service is None:
        raise NotFound(problem("error.service_code.unknown", service_code=submission.service_code))
    answers = attributes.check(service, submission.answers)
    problems = [*misplaced, *answers.problems, *rest, *_oversized(submission)]
    return Accepted(catalogue, service, submission, answers), problems


def _oversized(submission: Submission) -> Iterator[Problem]:
    if submission.text_bytes > REPORT_BYTES:
        yield problem("error.report.too_large", most=REPORT_BYTES // 1024)


def _misplaced(core: Core, catalogue: Catalogue, submission: Submission) -> Iterator[Problem]:
    place = submission.location
    if not (place or submission.address or submission.address_id):
        yield problem("error.location.required")
    if place and core.settings.check_boundary and not catalogue.jurisdiction.contains(place.lat, place.long):
        yield problem("error.location.outside", jurisdiction=catalogue.jurisdiction.name)


def _repeated(core: Core, conn: Connection, accepted: Accepted, actor: Actor) -> Receipt | None:
    """The first answer, when this client has sent this report before."""
    catalogue, service, submission, _ = accepted
    if submission.client_request_id is None:
        return None
    service_requests.lock_client_request(conn, actor.key_id, submission.client_request_id)
    owner, since = catalogue.jurisdiction.jurisdiction_id, core.now() - REPEAT_WITHIN
    first = service_requests.find_by_client_request(
        conn, actor.key_id, submission.client_request_id, owner, since
    )
    if first is None:
        return None
    number, service_code = first
    return _receipt(catalogue.services.get(service_code, service), number, tokens.of_request(conn, number))


def _store(core: Core, conn: Connection, accepted: Accepted, actor: Actor, files: Files) -> int:
    """The request, where it came from, who sent it and the event, all in the caller's transaction."""
    catalogue, service, submission, answers = accepted
    now, place, owner = core.now(), submission.location, catalogue.jurisdiction.jurisdiction_id
    areas = catalogue.desk.areas.at(place)
    route = catalogue.route(service.service_code, now, place, answers.every, areas=areas)
    held = service.moderated or _is_blocked(core, conn, owner, submission, actor)
    shown = service.type is ServiceType.REALTIME and not held
    media_urls = [] if files.all else list(submission.media_urls)
    request = {
        **_columns(accepted, now),
        "visibility": Visibility.PUBLISHED if shown else Visibility.HELD,
        "agency_responsible": catalogue.desk.agency_of(route.unit) if route.unit else None,
        "media_urls": media_urls,
        "photos": files.paths if shown else [],
    }
    case = new_case(request, catalogue, route=route, areas=areas, taken_in_by=actor.account_id)
    number = reports.add(
        conn,
        request=request,
        location=place,
        submission=_origin(accepted, actor, now),
        reporter=submission.reporter,
        answers=answers.private,
        events=[
            event | {"jurisdiction_id": owner, "datetime": now, "actor": str(actor)}
            for event in _events(catalogue, route, shown=shown)
        ],
        case=case.row(),
    )
    arrivals.tell(core, conn, None, replace(case, service_request_id=number), actor)
    media.attach(core, conn, number, files, shown=shown)
    if submission.address and not place and core.settings.geocoder != "none":
        jobs.defer(conn, TaskName.FIND_PLACE, service_request_id=number)
    if media_fetching.has_fetchable(core, media_urls):
        jobs.defer(conn, TaskName.FETCH_MEDIA, service_request_id=number)
    return number


def _origin(accepted: Accepted, actor: Actor, now: datetime) -> dict[str, Any]:
    """By whose program the report came, and what of it the service has no use for."""
    submission = accepted.submission
    return {
        "key_id": actor.key_id,
        "client_request_id": submission.client_request_id,
        "address_unchecked": bool(submission.address_id and not submission.location),
        "attributes": dict(accepted.answers.unknown),
        "received_datetime": now,
    }


def _columns(accepted: Accepted, now: datetime) -> dict[str, Any]:
    """What every request begins with, public or not, whichever unit it goes to."""
    catalogue, service, submission, answers = accepted
    return {
        "jurisdiction_id": catalogue.jurisdiction.jurisdiction_id,
        "service_code": service.service_code,
        "status": Status.OPEN,
        "detailed_status": catalogue.initial_status.code,
        "requested_datetime": now,
        "updated_datetime": now,
        "expected_datetime": catalogue.promise(service.service_code, now),
        "description": submission.description,
        "address": submission.address,
        "address_id": submission.address_id,
        "zipcode": submission.zipcode,
        "channel": submission.channel,
        "attributes": dict(answers.public),
        **{name: submission.texts.get(name) for name in fields_with(Role.SENT)},
    }


def _events(catalogue: Catalogue, route: Route, *, shown: bool) -> Iterator[dict[str, Any]]:
    """What happens to a report as it comes in: kind, who hears of it, and what more is known."""
    begun = {"status": Status.OPEN, "detailed_status": catalogue.initial_status.code}
    yield {"kind": EventKind.SUBMITTED, "public": shown, "in_feed": shown, "data": begun}
    if route.rule is not None:
        data = {"to": route.unit, **route.for_history}
        yield {"kind": EventKind.ROUTED, "public": False, "in_feed": False, "data": data}


def _is_blocked(core: Core, conn: Connection, owner: str, submission: Submission, actor: Actor) -> bool:
    """Whether staff look at everything that this sender sends; who says nothing of themselves cannot be known."""
    email, phone, now = submission.reporter.email, submission.reporter.phone, core.now()
    key = actor.id if actor.kind is ActorKind.KEY else None
    if not (email or phone or key):
        return False
    stamp = core.database.freshness.senders_stamp
    everybody = core.senders.get(
        "blocked", stamp, lambda: blocked_senders.all_blocked(conn, MOST_IN_MEMORY) if stamp else None
    )
    if everybody is None:
        return blocked_senders.is_blocked(conn, owner, now, email=email, phone=phone, key=key)
    return everybody.has(owner, now, email=email, phone=phone, key=key)


def _issue_token(conn: Connection, catalogue: Catalogue, number: int) -> str:
    # Whoever can guess a token learns the id of somebody's report before it is public.
    token = secrets.token_hex(16)
    tokens.add(conn, token, catalogue.jurisdiction.jurisdiction_id, number)
    jobs.defer(conn, TaskName.ACCEPT_TOKEN, token=token)
    return token


def _receipt(service: Service, number: int, token: str | None) -> Receipt:
    """An id, a token or neither: what the type of the service promises."""
    given_out = number if service.type is ServiceType.REALTIME else None
    return Receipt(service_request_id=given_out, token=token, service_notice=service.service_notice)
