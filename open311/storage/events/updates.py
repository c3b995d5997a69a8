"""Updates: a view of the stream of events, and who sent which."""

from dataclasses import asdict
from datetime import UTC
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    func,
    insert,
    literal_column,
    select,
    tuple_,
)

from open311.model.service_request import Reporter, Status
from open311.model.updates import Update, UpdateSearch, UpdateSubmission
from open311.storage.requests.visible import is_everybodys
from open311.storage.tables import events, service_requests, submissions, updaters, updates

_e, _r, _u = events.c, service_requests.c, updates.c
_update_id: ColumnElement[int] = func.coalesce(_e.claim_id, _e.id)
_fixmystreet_id = submissions.c.attributes["fixmystreet_id"][0].astext


def search(conn: Connection, update_search: UpdateSearch) -> tuple[list[Update], bool]:
    """One page of updates of published requests, the oldest first, and whether more follow; one statement."""
    rows = conn.execute(statement(update_search)).all()
    return [_update(row) for row in rows[: update_search.page_size]], len(rows) > update_search.page_size


def statement(update_search: UpdateSearch) -> Select[Any]:
    """The SELECT behind `search`; one row more than a page."""
    # The page first, by its index; what is shown of it is joined to the rows of the page alone.
    page = (
        select(_e.id)
        .join(service_requests, _r.id == _e.service_request_id)
        .where(*_conditions(update_search))
        .order_by(_e.datetime, _update_id)
        .limit(update_search.page_size + 1)
        .offset(update_search.skip or None)
        .subquery("page")
    )
    query = select(
        _update_id.label("update_id"),
        _e.service_request_id,
        # A line that was bared keeps no status; that of the request is the nearest to it.
        func.coalesce(_e.data["status"].astext, _r.status).label("status"),
        func.coalesce(_e.data["detailed_status"].astext, _r.detailed_status).label("detailed_status"),
        _e.datetime,
        _e.data,
        _fixmystreet_id.label("fixmystreet_id"),
    )
    return (
        query.select_from(events)
        .join(page, page.c.id == _e.id)
        .join(service_requests, _r.id == _e.service_request_id)
        .outerjoin(submissions, submissions.c.service_request_id == _e.service_request_id)
        .order_by(_e.datetime, _update_id)
    )


def _conditions(update_search: UpdateSearch) -> list[ColumnElement[bool]]:
    # Written out, so that the planner can match them with the partial indexes.
    where: list[ColumnElement[bool]] = [
        _e.jurisdiction_id == update_search.jurisdiction_id,
        literal_column("events.is_update and events.public"),
        is_everybodys,
    ]
    if update_search.ids is not None:
        where.append(_e.service_request_id.in_(update_search.ids))
    if update_search.span.start:
        where.append(_e.datetime >= update_search.span.start)
    if update_search.span.end:
        where.append(_e.datetime <= update_search.span.end)
    if update_search.after:
        behind = (update_search.after.updated_datetime, update_search.after.update_id)
        where.append(tuple_(_e.datetime, _update_id) > behind)
    return where


def _update(row: Row[*tuple[Any, ...]]) -> Update:
    return Update(
        update_id=row.update_id,
        service_request_id=row.service_request_id,
        status=Status(row.status),
        detailed_status=row.detailed_status,
        updated_datetime=row.datetime.astimezone(UTC),
        description=row.data.get("status_notes") or "",
        media_urls=(*(row.data.get("photos") or ()), *(row.data.get("media_urls") or ())),
        fixmystreet_id=row.fixmystreet_id,
    )


def lock_sender(conn: Connection, key_id: int, sender_update_id: str) -> None:
    """Let the same sender repeat itself only one call at a time, until the transaction ends."""
    # Ids with the same hash merely wait for each other.
    conn.execute(select(func.pg_advisory_xact_lock(key_id, func.hashtext(f"update {sender_update_id}"))))


def find_sent(conn: Connection, key_id: int, jurisdiction_id: str, sender_update_id: str) -> int | None:
    """Our id of an update that this key has sent before."""
    query = select(_u.event_id).where(
        _u.key_id == key_id, _u.jurisdiction_id == jurisdiction_id, _u.sender_update_id == sender_update_id
    )
    event_id: int | None = conn.execute(query).scalar_one_or_none()
    return event_id


def add(conn: Connection, event_id: int, key_id: int, jurisdiction_id: str, sent: UpdateSubmission) -> None:
    """Remember who sent an update, personal data apart from the rest."""
    about = {"event_id": event_id, "service_request_id": sent.service_request_id}
    sender = {"key_id": key_id, "jurisdiction_id": jurisdiction_id, "sender_update_id": sent.update_id}
    conn.execute(insert(updates).values(**about, **sender))
    personal = asdict(sent.updater)
    if any(personal.values()):
        conn.execute(insert(updaters).values(**about, **personal))


def find_updater(conn: Connection, event_id: int) -> Reporter:
    """Who sent an update, for staff only."""
    names = [column for column in updaters.c if column.name not in ("event_id", "service_request_id")]
    row = conn.execute(select(*names).where(updaters.c.event_id == event_id)).one_or_none()
    return Reporter(**row._mapping) if row else Reporter()


def find_updaters(conn: Connection, service_request_id: int) -> dict[int, Reporter]:
    """Who sent the updates of a request, by the id of each; for staff only."""
    names = [column for column in updaters.c if column.name != "service_request_id"]
    rows = conn.execute(select(*names).where(updaters.c.service_request_id == service_request_id))
    senders = (dict(row._mapping) for row in rows)
    return {sender.pop("event_id"): Reporter(**sender) for sender in senders}
