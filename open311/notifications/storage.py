"""Who follows which report, and what is known about people: for themselves, and to be forgotten."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from open311.notifications.followers import Follower
from open311.storage.tables import data_links, events, followers, reporters, service_requests, updaters

_f, _r, _p, _l = followers.c, service_requests.c, reporters.c, data_links.c
_u, _e = updaters.c, events.c
_whole = (*followers.c, _r.jurisdiction_id)


def add(
    conn: Connection, service_request_id: int, email: str, language: str, token: str, now: datetime
) -> tuple[Follower, bool]:
    """Somebody wants to follow a report; whoever does so already is found again. Says whether they are new."""
    row = {"service_request_id": service_request_id, "email": email, "language": language, "token": token}
    moments = {"created_datetime": now, "asked_datetime": now}
    added = conn.execute(upsert(followers).values(row | moments).on_conflict_do_nothing().returning(_f.id))
    new = added.first() is not None
    found = _one(conn, _f.service_request_id == service_request_id, _f.email == email)
    assert found is not None
    return found, new


def find(conn: Connection, token: str) -> Follower | None:
    """The follower who has this word."""
    return _one(conn, _f.token == token)


def find_by_id(conn: Connection, follower_id: int) -> Follower | None:
    """The follower with this id."""
    return _one(conn, _f.id == follower_id)


def _one(conn: Connection, *conditions: Any) -> Follower | None:
    row = conn.execute(_select().where(*conditions)).one_or_none()
    return Follower(**row._mapping) if row else None


def _select() -> Any:
    return select(*_whole).join(service_requests, _r.id == _f.service_request_id)


def asked(conn: Connection, follower_id: int, now: datetime) -> None:
    """Remember that a follower was asked to confirm."""
    conn.execute(update(followers).where(_f.id == follower_id).values(asked_datetime=now))


def confirm(conn: Connection, token: str, now: datetime) -> None:
    """Write to this follower from now on."""
    mine = (_f.token == token, _f.confirmed_datetime.is_(None))
    conn.execute(update(followers).where(*mine).values(confirmed_datetime=now))


def remove(conn: Connection, token: str) -> None:
    """Write to this follower no more, and forget the address."""
    conn.execute(delete(followers).where(_f.token == token))


def of_request(conn: Connection, service_request_id: int) -> list[int]:
    """The ids of those who are to hear of a report: its own followers, and those of its duplicates."""
    about = or_(_r.id == service_request_id, _r.parent_id == service_request_id)
    wanted = select(_f.id).join(service_requests, _r.id == _f.service_request_id)
    return list(
        conn.execute(wanted.where(about, _f.confirmed_datetime.is_not(None)).order_by(_f.id)).scalars()
    )


def by_email(conn: Connection, jurisdiction_id: str, email: str) -> list[Follower]:
    """What somebody follows."""
    mine = (func.lower(_f.email) == email.lower(), _r.jurisdiction_id == jurisdiction_id)
    return [Follower(**row._mapping) for row in conn.execute(_select().where(*mine).order_by(_f.id))]


def reported_by(conn: Connection, jurisdiction_id: str, email: str) -> list[Mapping[str, Any]]:
    """What is kept about somebody as a reporter, per report."""
    mine = (func.lower(_p.email) == email.lower(), _r.jurisdiction_id == jurisdiction_id)
    wanted = select(*reporters.c, _r.requested_datetime, _r.service_code, _r.address, _r.description)
    rows = conn.execute(
        wanted.join(service_requests, _r.id == _p.service_request_id).where(*mine).order_by(_r.id)
    )
    return [dict(row._mapping) for row in rows]


def updated_by(conn: Connection, jurisdiction_id: str, email: str) -> list[Mapping[str, Any]]:
    """What is kept about somebody as the sender of updates, per update."""
    mine = (func.lower(_u.email) == email.lower(), _r.jurisdiction_id == jurisdiction_id)
    wanted = select(*updaters.c, _e.datetime, _e.data["status_notes"].astext.label("description"))
    whole = wanted.join(events, _e.id == _u.event_id).join(service_requests, _r.id == _u.service_request_id)
    return [dict(row._mapping) for row in conn.execute(whole.where(*mine).order_by(_u.event_id))]


def forget_person(conn: Connection, jurisdiction_id: str, email: str) -> list[int]:
    """Delete all that is kept about somebody; returns the ids of the reports it concerned."""
    owned = select(_r.id).where(_r.jurisdiction_id == jurisdiction_id)
    named: set[int] = set()
    for table in (reporters, followers, updaters):
        mine = (func.lower(table.c.email) == email.lower(), table.c.service_request_id.in_(owned))
        gone = conn.execute(delete(table).where(*mine).returning(table.c.service_request_id))
        named |= set(gone.scalars())
    conn.execute(delete(data_links).where(_l.email == email, _l.jurisdiction_id == jurisdiction_id))
    return sorted(named)


def add_link(
    conn: Connection, token: str, jurisdiction_id: str, email: str, language: str, now: datetime
) -> None:
    """Keep a link to somebody's own data."""
    row = {"token": token, "jurisdiction_id": jurisdiction_id, "email": email, "language": language}
    conn.execute(insert(data_links).values(row | {"created_datetime": now}))


def link(conn: Connection, token: str, since: datetime) -> tuple[str, str, str] | None:
    """Whose data a link leads to: jurisdiction, address, language."""
    wanted = select(_l.jurisdiction_id, _l.email, _l.language)
    row = conn.execute(wanted.where(_l.token == token, _l.created_datetime > since)).one_or_none()
    return (row.jurisdiction_id, row.email, row.language) if row else None


def recent_links(conn: Connection, jurisdiction_id: str, email: str, since: datetime) -> int:
    """How many links somebody was sent since then."""
    mine = (_l.jurisdiction_id == jurisdiction_id, _l.email == email, _l.created_datetime > since)
    return int(conn.execute(select(func.count()).select_from(data_links).where(*mine)).scalar_one())


_CLOSED = "select id from service_requests where status = 'closed' and closed_datetime < :before"
_FORGET_CLOSED = [
    text(
        f"delete from {table} where ctid = any(array(select ctid from {table}"
        f" where service_request_id in ({_CLOSED}) limit :most))"
    )
    for table in ("reporters", "followers", "updaters")
]


def forget_closed(conn: Connection, before: datetime, most: int) -> int:
    """Delete what is kept about people whose reports were closed before, a part at a time; returns how many rows."""
    given = {"before": before, "most": most}
    return sum(conn.execute(each, given).rowcount for each in _FORGET_CLOSED)


def forget_unconfirmed(conn: Connection, before: datetime, links_before: datetime) -> None:
    """Delete followers who never confirmed, and links that have expired."""
    conn.execute(delete(followers).where(_f.confirmed_datetime.is_(None), _f.asked_datetime < before))
    conn.execute(delete(data_links).where(_l.created_datetime < links_before))
