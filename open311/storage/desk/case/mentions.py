"""Who is named in a note and has not read it yet."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from open311.storage.desk.scope import Scope
from open311.storage.tables import case_mentions, case_notes, cases

_m, _n, _c = case_mentions.c, case_notes.c, cases.c
SHOWN = 20
SHOWN_LETTERS = 200


@dataclass(frozen=True, slots=True)
class Mention:
    """A note that names somebody: at which report, of whom, and how it begins."""

    service_request_id: int
    jurisdiction_id: str
    service_code: str
    author: str
    text: str
    created_datetime: datetime


def put(conn: Connection, note_id: int, account_ids: Collection[int]) -> frozenset[int]:
    """Remember whom a note names, and nobody else; who of them was not remembered before."""
    gone = delete(case_mentions).where(_m.note_id == note_id, _m.account_id.not_in(account_ids))
    conn.execute(gone)
    # In one order, or two who change the same note could wait for each other.
    rows = [{"note_id": note_id, "account_id": account_id} for account_id in sorted(account_ids)]
    if not rows:
        return frozenset()
    new = insert(case_mentions).values(rows).on_conflict_do_nothing().returning(_m.account_id)
    return frozenset(conn.execute(new).scalars())


def of_account(conn: Connection, scope: Scope, account_id: int) -> Sequence[Mention]:
    """The notes that name somebody at cases that they may see, the newest first."""
    text = func.left(_n.text, SHOWN_LETTERS)
    query: Any = (
        select(
            _n.service_request_id, _c.jurisdiction_id, _c.service_code, _n.author, text, _n.created_datetime
        )
        .select_from(case_mentions)
        .join(case_notes, _n.id == _m.note_id)
        .join(cases, _c.service_request_id == _n.service_request_id)
        .where(_m.account_id == account_id, scope.here)
    )
    newest = scope.join(query).order_by(_n.id.desc()).limit(SHOWN)
    return [Mention(*row) for row in conn.execute(newest)]


def names(conn: Connection, account_id: int, service_request_id: int) -> bool:
    """Whether a note of a case names somebody who has not read it."""
    notes = select(_n.id).where(_n.service_request_id == service_request_id)
    mine = select(_m.note_id).where(_m.account_id == account_id, _m.note_id.in_(notes)).limit(1)
    return conn.execute(mine).one_or_none() is not None


def unread(conn: Connection, account_id: int, numbers: Iterable[int]) -> frozenset[int]:
    """The cases among these whose notes name somebody who has not read them."""
    named = select(_n.service_request_id).join(case_mentions, _m.note_id == _n.id)
    mine = named.where(_m.account_id == account_id, _n.service_request_id.in_(list(numbers)))
    return frozenset(conn.execute(mine).scalars())


def read(conn: Connection, account_id: int, service_request_id: int) -> int:
    """Forget that the notes of a case name somebody, who has read them; how many did."""
    notes = select(_n.id).where(_n.service_request_id == service_request_id)
    gone = delete(case_mentions).where(_m.account_id == account_id, _m.note_id.in_(notes))
    return conn.execute(gone).rowcount
