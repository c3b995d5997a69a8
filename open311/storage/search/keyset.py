"""The orders of the list, each that of an index, and the rows behind a cursor (keyset pagination)."""

from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, or_

from open311.model.search import ANY_ORDER, Sort
from open311.storage.tables import service_requests

_r = service_requests.c
Condition = ColumnElement[bool]
# A column of an order, and whether it descends.
Direction = tuple[ColumnElement[Any], bool]

# Each sort names the columns of an index; the flag says that the index holds that column descending.
ORDERS: dict[str, tuple[Direction, ...]] = {
    "requested_datetime": ((_r.requested_datetime, False), (_r.id, False)),
    "updated_datetime": ((_r.updated_datetime, False), (_r.id, False)),
    "service_request_id": ((_r.id, False),),
    "status": ((_r.status, False), (_r.requested_datetime, True), (_r.id, True)),
    "service_code": ((_r.service_code, False), (_r.requested_datetime, True), (_r.id, True)),
    ANY_ORDER.name: (),
}


def order_by(sort: Sort, keys: Any = None) -> list[ColumnElement[Any]]:
    """The ORDER BY, over the columns of the table or over those of a subquery that has named them `key_N`."""
    directions = [
        (column if keys is None else keys[f"key_{position}"], descending)
        for position, (column, descending) in enumerate(_directions(sort))
    ]
    return [column.desc() if descending else column.asc() for column, descending in directions]


def behind(sort: Sort) -> list[Condition]:
    """Rows behind the cursor, as stretches of the index: the rest of the cursor's own status or service, then others.

    One condition for both would be answered by reading everything from the beginning of that status.
    """
    columns = list(enumerate(_directions(sort)))
    if len(columns) < 3:
        return [_beyond(columns)]
    position, (group, _) = columns[0]
    rest = and_(group == bindparam(f"after_{position}", type_=group.type), _beyond(columns[1:]))
    return [rest, _beyond(columns[:1])]


def _directions(sort: Sort) -> list[Direction]:
    return [(column, descending != sort.reverse) for column, descending in ORDERS[sort.name]]


def _beyond(columns: list[tuple[int, Direction]]) -> Condition:
    """Equal in the first columns and beyond in the next, for each prefix of them."""
    condition: Condition | None = None
    for position, (column, descending) in reversed(columns):
        value = bindparam(f"after_{position}", type_=column.type)
        beyond = column < value if descending else column > value
        # The looser bound is implied, yet it is what lets an index scan start at the right row.
        bound = column <= value if descending else column >= value
        condition = (
            beyond if condition is None else and_(bound, or_(beyond, and_(column == value, condition)))
        )
    assert condition is not None
    return condition
