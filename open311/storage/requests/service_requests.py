"""Service requests: adding, finding, changing."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    Text,
    bindparam,
    cast,
    delete,
    func,
    select,
    type_coerce,
    union,
    update,
)

from open311.model.service_request import Location, ServiceRequest, Visibility
from open311.storage.database.freshness import announce
from open311.storage.database.statement import Statement
from open311.storage.requests.rows import COLUMNS, PLAIN_COLUMNS, notes_column, request_from
from open311.storage.tables import followers, reporters, service_requests, submissions

_r = service_requests.c


def find_reporter(conn: Connection, service_request_id: int) -> dict[str, Any]:
    """What is known about the reporter, for staff only; empty when nothing is."""
    row = conn.execute(
        select(reporters).where(reporters.c.service_request_id == service_request_id)
    ).one_or_none()
    return {str(name): value for name, value in row._mapping.items() if value} if row else {}


def find(
    conn: Connection, service_request_id: int, jurisdiction_id: str, *, with_notes: bool = False
) -> ServiceRequest | None:
    """The request of a jurisdiction with this id, whatever its visibility."""
    rows = _one[with_notes].fetch(conn, id=service_request_id, jurisdiction_id=jurisdiction_id)
    return request_from(rows[0]) if rows else None


def _one_statement(*columns: Any) -> Statement:
    mine = _r.jurisdiction_id == bindparam("jurisdiction_id", type_=Text)
    query = select(*columns).where(_r.id == bindparam("id", type_=BigInteger), mine)
    # Its one plan is the primary key, whatever the id.
    return Statement(query, planned_once=True)


_one = {False: _one_statement(*PLAIN_COLUMNS), True: _one_statement(*COLUMNS, notes_column())}


def find_any(conn: Connection, service_request_id: int, *, lock: bool = False) -> ServiceRequest | None:
    """The request with this id in any jurisdiction; `lock` keeps others from changing it meanwhile."""
    if lock:
        return locked(conn, [service_request_id]).get(service_request_id)
    row = conn.execute(select(*COLUMNS).where(_r.id == service_request_id)).one_or_none()
    return request_from(tuple(row)) if row else None


def locked(conn: Connection, service_request_ids: Collection[int]) -> dict[int, ServiceRequest]:
    """These requests as they are once nobody else changes them, by number; those that are gone are missing.

    Locked with them are the originals that they are duplicates of, which an act that separates them changes too, and
    their own duplicates, which move along or name them. All in one statement and in the order of their numbers: two
    acts that each locked their own request first would wait for the other's.
    """
    numbers = list(service_request_ids)
    child = service_requests.alias()
    # One list of numbers, so that the rows are read by their key: of conditions that are joined by OR, none would be.
    ids = [
        select(func.unnest(cast(numbers, ARRAY(BigInteger)))),
        select(child.c.parent_id).where(child.c.id.in_(numbers)),
        select(child.c.id).where(child.c.parent_id.in_(numbers)),
    ]
    query = select(*COLUMNS).where(_r.id.in_(union(*ids))).order_by(_r.id)
    rows = conn.execute(query.with_for_update(of=service_requests)).all()
    requests = (request_from(tuple(row)) for row in rows)
    return {
        request.service_request_id: request for request in requests if request.service_request_id in numbers
    }


def change(conn: Connection, request: ServiceRequest, at: datetime, **values: Any) -> None:
    """Write a public change of `request`: new values, version and `updated_datetime`."""
    announce(conn)
    # A clock may be set back; searches rely on it that nothing is updated before it is made.
    moment = max(at, request.requested_datetime)
    if "location" in values:
        place: Location | None = values.pop("location")
        values["geom"] = place and func.ST_SetSRID(func.ST_MakePoint(place.long, place.lat), 4326)
    conn.execute(
        update(service_requests)
        .where(_r.id == request.service_request_id)
        .values(**values, version=_r.version + 1, updated_datetime=moment)
    )


def erase(conn: Connection, service_request_id: int) -> None:
    """Delete a request with its submission, reporter, updaters and token."""
    announce(conn)
    conn.execute(delete(service_requests).where(_r.id == service_request_id))


def duplicates_of(conn: Connection, service_request_id: int) -> list[int]:
    children = select(_r.id).where(_r.parent_id == service_request_id).order_by(_r.id)
    return list(conn.execute(children).scalars())


def renew_duplicates(conn: Connection, service_request_id: int, at: datetime) -> list[ServiceRequest]:
    """Have the duplicates of a request written again wherever they are kept; returns them."""
    moment = func.greatest(at, _r.requested_datetime)
    renewed = update(service_requests).where(_r.parent_id == service_request_id)
    rows = conn.execute(
        renewed.values(version=_r.version + 1, updated_datetime=moment).returning(*COLUMNS)
    ).all()
    if rows:
        announce(conn)
    return [request_from(tuple(row)) for row in rows]


def find_address(conn: Connection, service_request_id: int) -> str | None:
    """Where the reporter can be written to: the address they gave, else one they have confirmed."""
    query = select(reporters.c.email).where(reporters.c.service_request_id == service_request_id)
    address: str | None = conn.execute(query).scalar_one_or_none()
    if address:
        return address
    f = followers.c
    confirmed = select(f.email).where(
        f.service_request_id == service_request_id, f.is_reporter, f.confirmed_datetime.is_not(None)
    )
    return conn.execute(confirmed.order_by(f.id).limit(1)).scalar_one_or_none()


def all_answers(conn: Connection, request: ServiceRequest) -> dict[str, Sequence[str]]:
    """What a report answers to the questions of its service, public or not, for staff only."""
    private, kept = reporters.c, submissions.c
    query = select(private.attributes, kept.attributes).select_from(
        submissions.outerjoin(reporters, private.service_request_id == kept.service_request_id)
    )
    row = conn.execute(query.where(kept.service_request_id == request.service_request_id)).one_or_none()
    return {**(row[1] or {}), **(row[0] or {}), **request.attributes} if row else dict(request.attributes)


def keep_internal_answers(
    conn: Connection, service_request_id: int, answers: Mapping[str, Sequence[str]]
) -> None:
    """Keep answers that no definition names any more beside how the request came in."""
    s = submissions.c
    more: Any = s.attributes.concat(type_coerce(dict(answers), s.attributes.type))
    conn.execute(
        update(submissions).where(s.service_request_id == service_request_id).values(attributes=more)
    )


def lock_client_request(conn: Connection, key_id: int, client_request_id: str) -> None:
    """Let the same client repeat itself only one call at a time, until the transaction ends."""
    # There is no row yet to lock: of two that come at once, each would find nothing and store the report.
    conn.execute(select(func.pg_advisory_xact_lock(key_id, func.hashtext(client_request_id))))


def find_by_client_request(
    conn: Connection, key_id: int, client_request_id: str, jurisdiction_id: str, since: datetime
) -> tuple[int, str] | None:
    """Id and service_code of what this key sent to a jurisdiction under this `client_request_id` after `since`."""
    sent = submissions.c
    query = (
        select(_r.id, _r.service_code)
        .join(submissions, sent.service_request_id == _r.id)
        .where(
            sent.key_id == key_id,
            sent.client_request_id == client_request_id,
            sent.received_datetime > since,
            _r.jurisdiction_id == jurisdiction_id,
        )
    )
    row = conn.execute(query.order_by(sent.received_datetime).limit(1)).one_or_none()
    return (row.id, row.service_code) if row else None


def any_stored(conn: Connection) -> bool:
    return conn.execute(select(_r.id).limit(1)).first() is not None


def held(conn: Connection, jurisdiction_id: str, limit: int) -> list[ServiceRequest]:
    """Requests that await moderation, the oldest first."""
    query = select(*COLUMNS).where(_r.jurisdiction_id == jurisdiction_id, _r.visibility == Visibility.HELD)
    rows = conn.execute(query.order_by(_r.requested_datetime, _r.id).limit(limit)).all()
    return [request_from(tuple(row)) for row in rows]
