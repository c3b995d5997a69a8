"""Who wants to hear of new reports, and of which."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, exists, func, insert, or_, select, update

from open311.model.events.event_kinds import APPEARANCES
from open311.model.maps.geography import Circle
from open311.model.service_request import Location
from open311.notifications.model.alert import Alert
from open311.storage.maps.circles import lies_in
from open311.storage.requests.visible import is_everybodys
from open311.storage.tables import alerts, cases, events, service_requests

_a, _c, _e, _r = alerts.c, cases.c, events.c, service_requests.c
# So long before it becomes public a report may have come in.
CHECKED_WITHIN = timedelta(days=30)


def add(conn: Connection, alert: Alert) -> int:
    """Keep somebody's wish."""
    row = {name: value for name, value in asdict(alert).items() if name != "id"}
    return int(conn.execute(insert(alerts).values(**row).returning(_a.id)).scalar_one())


def find(conn: Connection, alert_id: int) -> Alert | None:
    row = conn.execute(select(alerts).where(_a.id == alert_id)).one_or_none()
    return Alert(**row._mapping) if row else None


def count(conn: Connection, jurisdiction_id: str, email: str) -> int:
    mine = (_a.jurisdiction_id == jurisdiction_id, func.lower(_a.email) == email.lower())
    return int(conn.execute(select(func.count()).where(*mine)).scalar_one())


def by_email(conn: Connection, owners: Sequence[str], email: str) -> list[Alert]:
    """What somebody wants to hear of."""
    mine = (_a.jurisdiction_id.in_(owners), func.lower(_a.email) == email.lower())
    return [Alert(**row._mapping) for row in conn.execute(select(alerts).where(*mine).order_by(_a.id))]


def confirm(conn: Connection, alert_id: int, now: datetime) -> None:
    """Write from now on, of what comes from now on."""
    mine = update(alerts).where(_a.id == alert_id, _a.confirmed_datetime.is_(None))
    conn.execute(mine.values(confirmed_datetime=now, sent_datetime=now))


def remove(conn: Connection, alert_id: int) -> None:
    """Write no more, and forget the mailbox."""
    conn.execute(delete(alerts).where(_a.id == alert_id))


def remove_of_mailbox(conn: Connection, owners: Sequence[str], email: str) -> None:
    """Forget all that somebody wanted to hear of."""
    conn.execute(delete(alerts).where(_a.jurisdiction_id.in_(owners), func.lower(_a.email) == email.lower()))


def forget_unconfirmed(conn: Connection, before: datetime) -> None:
    """Delete those that nobody confirmed."""
    conn.execute(delete(alerts).where(_a.confirmed_datetime.is_(None), _a.created_datetime < before))


def due(conn: Connection, now: datetime, limit: int) -> list[int]:
    """Those whose day, or week, is over, the longest over first."""
    over = or_(
        _a.weekly.is_(False) & (_a.sent_datetime <= now - timedelta(days=1)),
        _a.sent_datetime <= now - timedelta(days=7),
    )
    query = select(_a.id).where(_a.confirmed_datetime.is_not(None), over)
    return list(conn.execute(query.order_by(_a.sent_datetime, _a.id).limit(limit)).scalars())


def mark_sent(conn: Connection, alert_id: int, now: datetime) -> None:
    """Remember up to when somebody was told."""
    conn.execute(update(alerts).where(_a.id == alert_id).values(sent_datetime=now))


def news(conn: Connection, alert: Alert, now: datetime, limit: int) -> list[tuple[int, str, str]]:
    """Number, service and address of what has become public since somebody was last told, the newest first."""
    since = alert.sent_datetime or now
    appeared = exists().where(
        _e.service_request_id == _r.id,
        _e.kind.in_(APPEARANCES),
        _e.public,
        _e.datetime > since,
        _e.datetime <= now,
    )
    where: list[Any] = [
        _r.jurisdiction_id == alert.jurisdiction_id,
        is_everybodys,
        _r.parent_id.is_(None),
        _r.requested_datetime > since - CHECKED_WITHIN,
        appeared,
    ]
    if alert.service_code:
        where.append(_r.service_code == alert.service_code)
    if alert.lat is not None and alert.long is not None and alert.radius:
        circle = Circle(Location(alert.lat, alert.long), alert.radius)
        where.append(lies_in(circle, _r.geom))
    query = select(_r.id, _r.service_code, _r.address)
    if alert.area:
        query = query.join(cases, _c.service_request_id == _r.id)
        where.append(_c.areas.contains([alert.area]))
    rows = conn.execute(query.where(*where).order_by(_r.requested_datetime.desc(), _r.id.desc()).limit(limit))
    return [(row.id, row.service_code, row.address) for row in rows]
