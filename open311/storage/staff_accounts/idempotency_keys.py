"""What programs of the staff were answered under an Idempotency-Key, so that nothing is done twice."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, null, select, update
from sqlalchemy.dialects.postgresql import insert

from open311.storage.tables import idempotency_keys

_k = idempotency_keys.c


class StoredResponse(NamedTuple):
    """`answer` is None while the first request with the key is at work, or when its server died over it."""

    request_digest: str
    answer: Mapping[str, Any] | None


def claim(
    conn: Connection, account_id: int, key: str, request_digest: str, now: datetime, *, patience: timedelta
) -> StoredResponse | None:
    """Take a key for a request; what is under it when somebody was first.

    A claim older than `patience` that was never answered is taken over: its server has died.
    """
    values = {"request_digest": request_digest, "created_datetime": now, "answer": null()}
    new = insert(idempotency_keys).values(account_id=account_id, key=key, **values)
    abandoned = _k.answer.is_(None) & (_k.created_datetime < now - patience)
    taken = new.on_conflict_do_update(index_elements=[_k.account_id, _k.key], set_=values, where=abandoned)
    if conn.execute(taken.returning(_k.key)).one_or_none():
        return None
    query = select(_k.request_digest, _k.answer).where(_k.account_id == account_id, _k.key == key)
    row = conn.execute(query).one_or_none()
    # Given back between the two statements: a request that is repeated in a moment finds it free.
    return StoredResponse(row.request_digest, row.answer) if row else StoredResponse(request_digest, None)


def keep(conn: Connection, account_id: int, key: str, answer: Mapping[str, Any]) -> None:
    mine = update(idempotency_keys).where(_k.account_id == account_id, _k.key == key)
    conn.execute(mine.values(answer=dict(answer)))


def release(conn: Connection, account_id: int, key: str) -> None:
    """Give a key back under which nothing was done."""
    conn.execute(
        delete(idempotency_keys).where(_k.account_id == account_id, _k.key == key, _k.answer.is_(None))
    )


def prune(conn: Connection, before: datetime) -> None:
    conn.execute(delete(idempotency_keys).where(_k.created_datetime < before))
