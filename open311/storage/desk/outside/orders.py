"""Orders to contractors, and the links to them, by digest: nobody who reads the table can answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, or_, select, text, update

from open311.model.access.secret_tokens import digest
from open311.model.casework.orders import OPEN, REMINDED_AFTER, Order, OrderState
from open311.storage.desk.scope import Scope
from open311.storage.tables import cases, order_links, orders

_o, _l, _c = orders.c, order_links.c, cases.c


def add(conn: Connection, service_request_id: int, **values: Any) -> int:
    """Store a new order; returns its id."""
    written = insert(orders).values(service_request_id=service_request_id, **values)
    return int(conn.execute(written.returning(_o.id)).scalar_one())


def change(conn: Connection, order_id: int, **values: Any) -> None:
    """Write what is different about an order."""
    conn.execute(update(orders).where(_o.id == order_id).values(**values))


def find(conn: Connection, order_id: int) -> Order | None:
    row = conn.execute(select(orders).where(_o.id == order_id)).one_or_none()
    return _order(row) if row else None


def of_request(conn: Connection, service_request_id: int) -> list[Order]:
    """All orders about a report, the first first."""
    query = select(orders).where(_o.service_request_id == service_request_id).order_by(_o.id)
    return [_order(row) for row in conn.execute(query)]


def add_link(conn: Connection, order_id: int, token: str) -> None:
    """Remember the link of a mail that is about to be sent; those of earlier mails work on."""
    conn.execute(insert(order_links).values(order_id=order_id, digest=digest(token)))


def behind(conn: Connection, token: str) -> Order | None:
    """The order that a link leads to, whatever its state."""
    query = select(orders).join(order_links, _l.order_id == _o.id).where(_l.digest == digest(token))
    row = conn.execute(query).one_or_none()
    return _order(row) if row else None


def unanswered(conn: Connection, now: datetime, limit: int) -> Sequence[int]:
    """Open orders about which something is to be done: ended, overdue, or without an answer for too long."""
    never_reminded = _o.reminded_datetime.is_(None)
    silent = and_(_o.state == OrderState.SENT, never_reminded, _o.created_datetime <= now - REMINDED_AFTER)
    overdue = and_(_o.due_date < now.date(), ~_o.attention)
    due = or_(_o.ends_datetime <= now, silent, overdue)
    query = select(_o.id).where(_o.state.in_(sorted(OPEN)), due)
    return list(conn.execute(query.order_by(_o.created_datetime).limit(limit)).scalars())


def unsettled(conn: Connection, scope: Scope, limit: int) -> list[Order]:
    """Orders within a scope that are not over yet, the oldest first."""
    # As the partial index spells it.
    open_still = text("(orders.attention or orders.state in ('sent', 'accepted', 'done'))")
    query = select(orders).join(cases, _c.service_request_id == _o.service_request_id).where(open_still)
    statement = scope.join(query).where(scope.here).order_by(_o.id).limit(limit)
    return [_order(row) for row in conn.execute(statement)]


def _order(row: Row[*tuple[Any, ...]]) -> Order:
    values = dict(row._mapping)
    return Order(**values | {"state": OrderState(values["state"]), "photos": tuple(values["photos"])})
