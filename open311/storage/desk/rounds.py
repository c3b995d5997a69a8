"""Rounds and their stops, and the ids under which devices have said something already."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from open311.model.casework.rounds import ACTIONS_KEPT_FOR, KEPT_FOR, OPEN, FieldAct, FieldOutcome, Round
from open311.storage.desk.lists.case_rows import CaseRow, row_from, rows_of
from open311.storage.desk.scope import Scope
from open311.storage.tables import cases, field_actions, rounds, stops

_o, _s, _a, _c = rounds.c, stops.c, field_actions.c, cases.c


@dataclass(frozen=True, slots=True)
class Stop:
    """A place to go to: the case, and what was said there."""

    row: CaseRow
    state: str


def add(
    conn: Connection, jurisdiction_id: str, name: str, day: date, numbers: Sequence[int], now: datetime
) -> int:
    """Store a round with its stops in their order; returns its id."""
    row = {"jurisdiction_id": jurisdiction_id, "name": name, "day": day, "created_datetime": now}
    round_id = int(conn.execute(insert(rounds).values(**row).returning(_o.id)).scalar_one())
    places = [
        {"round_id": round_id, "service_request_id": number, "position": place}
        for place, number in enumerate(numbers)
    ]
    conn.execute(insert(stops), places)
    return round_id


def find(conn: Connection, round_id: int, scope: Scope) -> Round | None:
    """A round, if somebody may see at least one of its stops."""
    # By its stops, not by its own row: who may see none of them learns nothing of the round.
    rounds_found = _rounds(conn, scope, _o.id == round_id)
    return rounds_found[0] if rounds_found else None


def since(conn: Connection, day: date, scope: Scope) -> list[Round]:
    """The rounds from a day on with stops that somebody may see."""
    return _rounds(conn, scope, _o.day >= day)


def _rounds(conn: Connection, scope: Scope, condition: ColumnElement[bool]) -> list[Round]:
    settled = func.count().filter(_s.state != OPEN)
    query = (
        select(
            _o.id, _o.jurisdiction_id, _o.name, _o.day, func.count().label("stops"), settled.label("settled")
        )
        .select_from(cases)
        .join(stops, _s.service_request_id == _c.service_request_id)
        .join(rounds, _o.id == _s.round_id)
        .where(scope.here, condition)
        .group_by(_o.id)
        .order_by(_o.day, _o.id)
        .limit(200)
    )
    return [Round(**row._mapping) for row in conn.execute(scope.join(query))]


def stops_of(
    conn: Connection, round_id: int, scope: Scope, now: datetime, *, whole: bool = False
) -> list[Stop]:
    """The stops of a round that somebody may see, in their order; one statement."""
    keys = (
        select(_c.service_request_id, _s.position.label("key_0"), _s.state.label("key_1"))
        .select_from(cases)
        .join(stops, _s.service_request_id == _c.service_request_id)
        .where(_s.round_id == round_id, scope.here)
    )
    hits = scope.join(keys).subquery("hits")
    rows = conn.execute(rows_of(hits, now, whole=whole).order_by(hits.c.key_0))
    return [Stop(row_from(row), row.key_1) for row in rows]


def numbers_of(conn: Connection, round_id: int) -> list[int]:
    query = select(_s.service_request_id).where(_s.round_id == round_id).order_by(_s.position)
    return list(conn.execute(query).scalars())


def reorder(conn: Connection, round_id: int, numbers: Sequence[int]) -> None:
    """Write another order of the same stops."""
    for place, number in enumerate(numbers):
        mine = (_s.round_id == round_id, _s.service_request_id == number)
        conn.execute(update(stops).where(*mine).values(position=place))


def set_state(conn: Connection, round_id: int, number: int, act: FieldAct) -> None:
    """Note what was said at a stop."""
    mine = (_s.round_id == round_id, _s.service_request_id == number)
    conn.execute(update(stops).where(*mine).values(state=act.value))


def outcome_of(conn: Connection, client_id: str, number: int) -> FieldOutcome | None:
    """What became of an action that a device has sent before."""
    mine = (_a.client_id == client_id, _a.service_request_id == number)
    outcome = conn.execute(select(_a.outcome).where(*mine)).scalar_one_or_none()
    return FieldOutcome(outcome) if outcome else None


def remember(conn: Connection, client_id: str, number: int, outcome: FieldOutcome, now: datetime) -> None:
    """Note that an action was taken in; raises nothing for one that is known."""
    row = {"client_id": client_id, "service_request_id": number, "outcome": outcome.value}
    conn.execute(upsert(field_actions).values(**row, created_datetime=now).on_conflict_do_nothing())


def prune(conn: Connection, now: datetime) -> None:
    """Forget rounds and ids of devices whose time is over."""
    conn.execute(delete(rounds).where(_o.day < (now - KEPT_FOR).date()))
    conn.execute(delete(field_actions).where(_a.created_datetime < now - ACTIONS_KEPT_FOR))
