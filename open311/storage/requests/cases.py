"""Cases: the internal row beside each report."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from operator import attrgetter

from sqlalchemy import Connection, exists, func, literal, literal_column, select, union_all, update
from sqlalchemy import case as when
from sqlalchemy.dialects.postgresql import insert as upsert

from open311.model.casework.cases import REOPEN_WISH, Awaits, Case, Stage
from open311.model.events.event_kinds import EventKind
from open311.model.media import MediaVisibility
from open311.model.service_request import Status, Visibility
from open311.storage.requests.copy_ids import array_text, copy_rows, json_text
from open311.storage.tables import cases, events, media, service_requests

_c, _e, _m, _r = cases.c, events.c, media.c, service_requests.c
COLUMNS = tuple(cases.c)
# What a new case says; the rest has its usual value.
NEW = (
    "jurisdiction_id",
    "service_code",
    "stage",
    "unit",
    "received_datetime",
    "touched_datetime",
    "checked_datetime",
    "accepted_datetime",
    "check_by",
    "accept_by",
    "due_datetime",
    "areas",
    "priority",
    "route",
    "taken_in_by",
)
# Those of them that COPY stores as they are; what was taken in at the desk comes one by one.
PLAIN = tuple(name for name in NEW if name not in ("areas", "priority", "route", "taken_in_by"))
_plain = attrgetter(*PLAIN)
# So long the clock stands still for an answer of the reporter, and so long the link to it works.
ANSWER_WITHIN = timedelta(days=30)
# What somebody outside has written, and staff decide about.
AWAITING = (EventKind.CLAIMED, EventKind.REPLY_RECEIVED, EventKind.OBJECTED)
# Claims that say of a finished report that it is not.
REOPENING = ("open", "confirmed", "investigating", "in_progress", REOPEN_WISH)


def find(conn: Connection, service_request_id: int) -> Case | None:
    row = conn.execute(select(*COLUMNS).where(_c.service_request_id == service_request_id)).one_or_none()
    return Case.from_row(dict(row._mapping)) if row else None


def ensure(conn: Connection, case: Case) -> Case:
    """The stored case of a report whose row is locked; `case`, now stored, where a former release made none."""
    stored = find(conn, case.service_request_id)
    if stored is None:
        conn.execute(upsert(cases).values(case.row()).on_conflict_do_nothing())
    return stored or case


def write(conn: Connection, before: Case, after: Case) -> None:
    """Store what differs between two states of a case."""
    old, new = before.row(), after.row()
    changed = {name: value for name, value in new.items() if value != old[name]}
    if changed:
        conn.execute(update(cases).where(_c.service_request_id == after.service_request_id).values(**changed))


def leave_to_the_unit(conn: Connection, account_id: int) -> None:
    """Take somebody who has left off the cases that were theirs, and off those that they took in."""
    theirs = update(cases).where(_c.assignee_id == account_id)
    conn.execute(theirs.values(assignee_id=None, revision=_c.revision + 1))
    # No index of its own: an operator who leaves is rare, and only open cases name one.
    taken_in = update(cases).where(_c.taken_in_by == account_id, literal_column("stage <> 'done'"))
    conn.execute(taken_in.values(taken_in_by=None))


def copy(conn: Connection, numbered: Iterable[tuple[int, Case]]) -> None:
    """Store many new cases by COPY, each under the number of its report."""
    copy_rows(
        conn,
        "cases",
        ("service_request_id", *PLAIN, "areas", "priority", "route"),
        (
            (number, *_plain(case), array_text(case.areas), int(case.priority), json_text(case.route))
            for number, case in numbered
        ),
    )


def awaits(conn: Connection, service_request_id: int, checked: datetime | None) -> frozenset[str]:
    """What waits for a decision beside the report itself, as events and photos say.

    Photos count that came after the report was `checked`; those before were looked at with it.
    """
    mine = _e.service_request_id == service_request_id
    later = events.alias("later").c
    decided = exists().where(later.service_request_id == service_request_id, later.claim_id == _e.id)
    closed = select(_r.status == Status.CLOSED).where(_r.id == service_request_id).scalar_subquery()
    reopening = closed & _e.data["claimed_status"].astext.in_(REOPENING)
    kind = when(
        (_e.kind == EventKind.REPLY_RECEIVED, literal(Awaits.REPLY.value)),
        (_e.kind == EventKind.OBJECTED, literal(Awaits.OBJECTION.value)),
        (reopening, literal(Awaits.REOPEN.value)),
        else_=literal(Awaits.CLAIM.value),
    )
    claims = select(kind).where(mine, _e.kind.in_(AWAITING), ~decided)
    photos = (
        select(literal(Awaits.PHOTO.value))
        .select_from(media.join(service_requests, _r.id == _m.service_request_id))
        .where(
            _m.service_request_id == service_request_id,
            _m.visibility == MediaVisibility.HELD,
            _m.update_id.is_(None),
            _m.created_datetime > (checked or _r.requested_datetime),
            _r.visibility.in_((Visibility.PUBLISHED, Visibility.WITHHELD)),
        )
    )
    return frozenset(conn.execute(union_all(claims, photos)).scalars())


def to_resume(conn: Connection, now: datetime, limit: int) -> Sequence[int]:
    """Cases that may have to be taken up again: laid aside until today, or asked about so long ago that nobody answers.

    Where it is still yesterday is for the caller to say.
    """
    # It is tomorrow first in the zone that is farthest ahead (UTC+14).
    today = (now + timedelta(hours=14)).date()
    # Two queries: joined by OR, the index of the days would not be used.
    aside = select(_c.service_request_id).where(
        _c.resume_date <= today, _c.stage == Stage.WAITING, _c.paused_since.is_(None)
    )
    query = select(_c.service_request_id).where(
        _c.stage == Stage.WAITING, _c.paused_since <= now - ANSWER_WITHIN
    )
    return list(conn.execute(union_all(aside.limit(limit), query.limit(limit))).scalars())


def to_route(conn: Connection, jurisdiction_id: str, desk: str, behind: int, limit: int) -> Sequence[int]:
    """Open cases with higher numbers about which the rules and areas of this desk were not asked."""
    query = select(_c.service_request_id).where(
        _c.jurisdiction_id == jurisdiction_id,
        _c.stage != Stage.DONE,
        _c.service_request_id > behind,
        _c.route["desk"].astext.is_distinct_from(desk),
    )
    return list(conn.execute(query.order_by(_c.service_request_id).limit(limit)).scalars())


def note_route(conn: Connection, case: Case) -> None:
    """Store the areas of a case, and which rules were asked about it, where nothing else came of it."""
    statement = update(cases).where(_c.service_request_id == case.service_request_id)
    conn.execute(statement.values(route=dict(case.route), areas=list(case.areas)))


def without_case(conn: Connection, behind: int, limit: int) -> Sequence[int]:
    """Reports that a process of a former release has stored without a case, of those with higher numbers."""
    query = (
        select(_r.id)
        .outerjoin(cases, _c.service_request_id == _r.id)
        .where(_r.id > behind, _c.service_request_id.is_(None))
    )
    return list(conn.execute(query.order_by(_r.id).limit(limit)).scalars())


def newest(conn: Connection) -> int:
    """The highest number that has a case."""
    return int(conn.execute(select(func.coalesce(func.max(_c.service_request_id), 0))).scalar_one())
