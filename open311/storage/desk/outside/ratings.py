"""What reporters say of how it ended: one link in the mail that closes a report, by digest; nobody's address."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select, update

from open311.model.access.secret_tokens import digest
from open311.storage.desk.scope import Scope
from open311.storage.tables import cases, ratings

# The link is in a mail that may be forwarded: it does not work for ever.
RATED_WITHIN = timedelta(days=30)

_g, _c = ratings.c, cases.c


@dataclass(frozen=True, slots=True)
class Rating:
    """Which report, and which end of it, a link asks about."""

    service_request_id: int
    event_id: int
    ends_datetime: datetime


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """How many were satisfied with reports of a service that a unit had, and how many were not."""

    jurisdiction_id: str
    service_code: str
    unit: str | None
    satisfied: int
    unsatisfied: int


def add(conn: Connection, token: str, service_request_id: int, event_id: int, now: datetime) -> None:
    """Remember the link of a mail that is about to be sent; a second try of the mail has a link of its own."""
    row = {"digest": digest(token), "service_request_id": service_request_id, "event_id": event_id}
    conn.execute(insert(ratings).values(**row, ends_datetime=now + RATED_WITHIN))


def find(conn: Connection, token: str, now: datetime) -> Rating | None:
    """What a link asks about, while nobody has answered by any link of the same mail."""
    other = ratings.alias("other").c
    answered = select(other.event_id).where(
        other.event_id == _g.event_id, other.answered_datetime.is_not(None)
    )
    query = select(_g.service_request_id, _g.event_id, _g.ends_datetime).where(
        _g.digest == digest(token), _g.ends_datetime > now, ~answered.exists()
    )
    row = conn.execute(query).one_or_none()
    return Rating(*row) if row else None


def answer(conn: Connection, token: str, satisfied: bool, text: str, now: datetime) -> None:
    """Keep an answer; the caller holds the report locked, and has found the link open."""
    values = {"satisfied": satisfied, "text": text, "answered_datetime": now}
    conn.execute(update(ratings).where(_g.digest == digest(token)).values(**values))


def forget(conn: Connection, now: datetime) -> None:
    """Delete links that have ended without an answer."""
    conn.execute(delete(ratings).where(_g.answered_datetime.is_(None), _g.ends_datetime <= now))


def figures(conn: Connection, scope: Scope, since: datetime) -> list[Satisfaction]:
    """How satisfied people were, by service and unit. Nothing here knows who of the staff had a case."""
    group = (_c.jurisdiction_id, _c.service_code, _c.unit)
    query = (
        select(*group, func.count().filter(_g.satisfied), func.count().filter(~_g.satisfied))
        .select_from(cases)
        .join(ratings, _g.service_request_id == _c.service_request_id)
        .where(scope.here, _g.answered_datetime >= since)
        .group_by(*group)
        .order_by(*group)
    )
    return [Satisfaction(*row) for row in conn.execute(scope.join(query))]
