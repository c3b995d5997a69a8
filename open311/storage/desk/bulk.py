"""Acts on many cases, with what became of each; kept for a day."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from open311.model.casework.bulk import BulkAct, BulkItem, BulkRun, BulkWish, ItemState
from open311.storage.desk.lists.case_rows import CaseRow, row_from, rows_of
from open311.storage.desk.scope import Scope
from open311.storage.tables import bulk_items, bulk_runs, cases

_r, _i, _c = bulk_runs.c, bulk_items.c, cases.c


def chosen(
    conn: Connection, scope: Scope, numbers: Sequence[int], now: datetime, *, whole: bool = False
) -> list[CaseRow]:
    """Those of some cases that the scope lets see, by number."""
    query = select(_c.service_request_id).where(_c.service_request_id.in_(numbers), scope.here)
    keys = scope.join(query).subquery("chosen")
    listed = rows_of(keys, now, whole=whole).order_by(_c.service_request_id)
    return [row_from(row) for row in conn.execute(listed)]


def add(
    conn: Connection, key: str, account_id: int, wish: BulkWish, revisions: Mapping[int, int], now: datetime
) -> tuple[int, bool]:
    """Store an act that is to be done; its id, and whether it is new: a form sent twice is one act."""
    values = {"act": wish.act.value, "value": wish.value, "text": wish.text}
    # The key comes out of a form: somebody else's would lead to an act of theirs.
    own_key = f"{account_id} {key}"
    new = upsert(bulk_runs).values(key=own_key, account_id=account_id, created_datetime=now, **values)
    stored = conn.execute(
        new.on_conflict_do_nothing(index_elements=[_r.key]).returning(_r.id)
    ).scalar_one_or_none()
    if stored is None:
        return int(conn.execute(select(_r.id).where(_r.key == own_key)).scalar_one()), False
    rows = [
        {
            "run_id": stored,
            "service_request_id": number,
            "revision": revision,
            "state": ItemState.WAITING.value,
        }
        for number, revision in revisions.items()
    ]
    if rows:
        conn.execute(insert(bulk_items), rows)
    return int(stored), True


def find(conn: Connection, run_id: int) -> BulkRun | None:
    row = conn.execute(select(bulk_runs).where(_r.id == run_id)).one_or_none()
    if row is None:
        return None
    return BulkRun(
        row.id, row.account_id, BulkWish(BulkAct(row.act), row.value, row.text), row.created_datetime
    )


def items(conn: Connection, run_id: int) -> list[BulkItem]:
    query = select(_i.service_request_id, _i.revision, _i.state, _i.problems)
    rows = conn.execute(query.where(_i.run_id == run_id).order_by(_i.service_request_id))
    return [BulkItem(row[0], row[1], ItemState(row.state), row.problems) for row in rows]


def settle(
    conn: Connection, run_id: int, number: int, state: ItemState, problems: Sequence[Mapping[str, Any]] = ()
) -> None:
    """Note what became of one case."""
    mine = (_i.run_id == run_id, _i.service_request_id == number)
    conn.execute(update(bulk_items).where(*mine).values(state=state.value, problems=list(problems)))


def count_waiting(conn: Connection, account_id: int) -> int:
    """How many cases still wait for acts of somebody."""
    waiting = select(func.count()).select_from(bulk_items.join(bulk_runs, _r.id == _i.run_id))
    mine = (_r.account_id == account_id, _i.state == ItemState.WAITING.value)
    return int(conn.execute(waiting.where(*mine)).scalar_one())


def prune(conn: Connection, before: datetime) -> None:
    """Forget old acts; the history of each case keeps what was done."""
    conn.execute(delete(bulk_runs).where(_r.created_datetime < before))
