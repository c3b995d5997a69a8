"""Views of the list that somebody keeps: their own, and those of a unit."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, false, insert, or_, select, update

from open311.storage.tables import views

_v = views.c
_COLUMNS = (_v.id, _v.account_id, _v.jurisdiction_id, _v.unit, _v.name, _v.query, _v.counted)


@dataclass(frozen=True, slots=True)
class View:
    """Filters by name, as in the address of the list. One's own has an account; a shared one a city and a unit.

    `counted`: whether the list says how many cases are in it.
    """

    id: int
    account_id: int | None
    jurisdiction_id: str | None
    unit: str | None
    name: str
    query: Mapping[str, str]
    counted: bool = True


def offered(conn: Connection, account_id: int, units: Mapping[str, Collection[str] | None]) -> Sequence[View]:
    """One's own views and those of the units, which are by city: None means every unit there."""
    shared = [
        and_(_v.jurisdiction_id == owner, _v.unit.in_(codes) if codes is not None else _v.unit.is_not(None))
        for owner, codes in units.items()
    ]
    query = select(*_COLUMNS).where(or_(_v.account_id == account_id, *shared, false()))
    return [
        View(**row._mapping)
        for row in conn.execute(query.order_by(_v.unit.nulls_first(), _v.position, _v.name, _v.id))
    ]


def find(conn: Connection, view_id: int) -> View | None:
    row = conn.execute(select(*_COLUMNS).where(_v.id == view_id)).one_or_none()
    return View(**row._mapping) if row else None


def beside(conn: Connection, view: View) -> list[int]:
    """The ids of all views of the same owner, in their order."""
    mine: ColumnElement[bool] = _v.account_id == view.account_id
    if view.account_id is None:
        mine = and_(_v.jurisdiction_id == view.jurisdiction_id, _v.unit == view.unit)
    return list(conn.execute(select(_v.id).where(mine).order_by(_v.position, _v.name, _v.id)).scalars())


def add(conn: Connection, view: View, now: datetime) -> int:
    """Store a view behind the others; returns its id."""
    values = {name: getattr(view, name) for name in ("account_id", "jurisdiction_id", "unit", "name")}
    stored = insert(views).values(**values, query=dict(view.query), created_datetime=now)
    view_id = int(conn.execute(stored.returning(_v.id)).scalar_one())
    others = [other for other in beside(conn, view) if other != view_id]
    put_in_order(conn, [*others, view_id])
    return view_id


def put_in_order(conn: Connection, ids: Sequence[int]) -> None:
    for position, view_id in enumerate(ids):
        conn.execute(update(views).where(_v.id == view_id).values(position=position))


def change(conn: Connection, view_id: int, name: str, *, counted: bool) -> None:
    conn.execute(update(views).where(_v.id == view_id).values(name=name, counted=counted))


def remove(conn: Connection, view_id: int) -> None:
    conn.execute(delete(views).where(_v.id == view_id))


def remove_own(conn: Connection, account_id: int) -> None:
    """Forget the views of somebody who has left."""
    conn.execute(delete(views).where(_v.account_id == account_id))
