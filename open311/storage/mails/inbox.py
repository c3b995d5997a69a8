"""Mails that came in, and how far their mailboxes have been read."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from open311.model.inbox import InboxMail, InboxState
from open311.model.media import StoredFile
from open311.storage.database.freshness import announce_internal
from open311.storage.tables import inbox, inbox_photos, mailboxes

_i, _p, _b = inbox.c, inbox_photos.c, mailboxes.c
PAGE, LONGEST_PROBLEM = 50, 500
NO_PLACE = {"lat": None, "long": None}
EMPTY: dict[str, Any] = NO_PLACE | {
    "from_address": "",
    "from_name": "",
    "subject": "",
    "text": "",
    "rest": "",
    "left_out": [],
}
_COLUMNS = [column for column in inbox.c if column.name in InboxMail.__slots__]


def position(conn: Connection, name: str, uidvalidity: int) -> int:
    """The uid of the last mail that was taken in; 0 when none was, or the uids have lost their meaning."""
    # A server that has renumbered its mails says so by another `uidvalidity` (RFC 9051, 2.3.1.1).
    reached = select(_b.uid).where(_b.name == name, _b.uidvalidity == uidvalidity)
    return conn.execute(reached).scalar_one_or_none() or 0


def advance(conn: Connection, name: str, uidvalidity: int, uid: int) -> None:
    """Remember, in the transaction that stores a mail, that it needs no fetching any more."""
    row = {"name": name, "uidvalidity": uidvalidity, "uid": uid}
    statement = insert(mailboxes).values(row)
    conn.execute(statement.on_conflict_do_update(index_elements=[_b.name], set_=row))


def note_reading(conn: Connection, name: str, now: datetime, problem: str | None = None) -> bool:
    """Note that a mailbox was read, or why it could not be; whether that is news."""
    failed = problem is not None
    before = conn.execute(select(_b.failing_since).where(_b.name == name)).one_or_none()
    failing = before.failing_since if before else None
    values: dict[str, Any] = (
        {"failing_since": failing or now, "problem": problem[:LONGEST_PROBLEM]}
        if problem is not None
        else {"failing_since": None, "problem": None, "read_datetime": now}
    )
    # A server hands out no `uidvalidity` of 0 (RFC 9051, 2.3.1.1), so the first reading begins at the first mail.
    row = {"name": name, "uidvalidity": 0, "uid": 0} | values
    statement = insert(mailboxes).values(row).on_conflict_do_update(index_elements=[_b.name], set_=values)
    conn.execute(statement)
    return failed != (failing is not None)


def is_known(conn: Connection, jurisdiction_id: str, digest: str) -> bool:
    """Whether a mail was taken in before."""
    mine = (_i.jurisdiction_id == jurisdiction_id, _i.digest == digest)
    return conn.execute(select(exists().where(*mine))).scalar_one()


def add(conn: Connection, values: dict[str, Any], files: Iterable[StoredFile] = ()) -> int | None:
    """Store a mail; its id, or None when it is there."""
    announce_internal(conn)
    # A turn that broke off, or a renumbered mailbox, brings mails again; their digest tells.
    added = insert(inbox).values(values).on_conflict_do_nothing().returning(_i.id)
    number = conn.execute(added).scalar_one_or_none()
    if number is not None:
        for file in files:
            conn.execute(insert(inbox_photos).values(asdict(file) | {"inbox_id": number}))
    return number


def find(conn: Connection, mail_id: int, owners: Sequence[str], *, lock: bool = False) -> InboxMail | None:
    """The mail with this id, if it came to one of these jurisdictions."""
    query = select(*_COLUMNS).where(_i.id == mail_id, _i.jurisdiction_id.in_(owners))
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    return _mail(row, _photos(conn, mail_id)) if row else None


def _photos(conn: Connection, mail_id: int) -> tuple[StoredFile, ...]:
    rows = conn.execute(
        select(*(_p[name] for name in StoredFile.__slots__)).where(_p.inbox_id == mail_id).order_by(_p.id)
    )
    return tuple(StoredFile(*row) for row in rows)


def _mail(row: Any, photos: tuple[StoredFile, ...] = ()) -> InboxMail:
    values = dict(row._mapping)
    values |= {"state": InboxState(row.state), "left_out": tuple(row.left_out)}
    return InboxMail(**values, photos=photos)


def page(
    conn: Connection, owners: Sequence[str], state: InboxState, after: int | None, limit: int = PAGE
) -> list[InboxMail]:
    """Mails of a state: those that wait with the oldest first, others with the newest first."""
    waiting = state is InboxState.NEW
    query = select(*_COLUMNS).where(_i.jurisdiction_id.in_(owners), _i.state == state)
    if after is not None:
        query = query.where(_i.id > after if waiting else _i.id < after)
    ordered = query.order_by(_i.id if waiting else _i.id.desc()).limit(limit)
    return [_mail(row) for row in conn.execute(ordered)]


def count_new(conn: Connection, owners: Sequence[str]) -> int:
    """How many wait for somebody."""
    waiting = (_i.jurisdiction_id.in_(owners), _i.state == InboxState.NEW)
    return conn.execute(select(func.count()).where(*waiting)).scalar_one()


def sent_lately(conn: Connection, jurisdiction_id: str, address: str, since: datetime, most: int) -> int:
    """How many mails somebody has sent since then; not counted beyond `most`."""
    mine = (_i.jurisdiction_id == jurisdiction_id, func.lower(_i.from_address) == address.lower())
    # Counted up to the limit alone: a flood would make each of its mails dearer than the one before.
    few = select(_i.id).where(*mine, _i.received_datetime > since).limit(most).subquery()
    return conn.execute(select(func.count()).select_from(few)).scalar_one()


def skip(conn: Connection, name: str, uidvalidity: int, uid: int, now: datetime) -> None:
    """Leave a mail lying, and count it."""
    advance(conn, name, uidvalidity, uid)
    counted = {"skipped": _b.skipped + 1, "skipped_since": func.coalesce(_b.skipped_since, now)}
    conn.execute(update(mailboxes).where(_b.name == name).values(counted))


def skipped(conn: Connection, names: Sequence[str]) -> int:
    """How many mails were left lying lately in these mailboxes."""
    query = select(func.coalesce(func.sum(_b.skipped), 0)).where(_b.name.in_(names))
    return int(conn.execute(query).scalar_one())


def count_skipped_anew(conn: Connection, before: datetime) -> None:
    """Forget how many were left lying, once that has been told for long enough."""
    statement = update(mailboxes).where(_b.skipped_since < before)
    conn.execute(statement.values(skipped=0, skipped_since=None))


def decide(
    conn: Connection, mail_id: int, state: InboxState, now: datetime, service_request_id: int | None = None
) -> None:
    announce_internal(conn)
    values = {"state": state, "decided_datetime": now, "service_request_id": service_request_id, **NO_PLACE}
    conn.execute(update(inbox).where(_i.id == mail_id).values(values))


def reopen(conn: Connection, mail_id: int) -> None:
    """Let a mail wait for a decision again."""
    announce_internal(conn)
    values = {"state": InboxState.NEW, "decided_datetime": None}
    conn.execute(update(inbox).where(_i.id == mail_id).values(values))


def release_photos(conn: Connection, mail_id: int) -> None:
    """Let go of the photos of a mail: a report has them now."""
    conn.execute(delete(inbox_photos).where(_p.inbox_id == mail_id))


def forget(conn: Connection, words_before: datetime, seen_before: datetime) -> list[str]:
    """Empty what was decided about some time ago, delete it later; names of files that nobody needs any more."""
    old = select(_i.id).where(_i.decided_datetime < words_before)
    files = _take_photos(conn, old)
    conn.execute(update(inbox).where(_i.id.in_(old), _i.from_address != "").values(EMPTY))
    conn.execute(delete(inbox).where(_i.decided_datetime < seen_before))
    return files


def forget_of_mailbox(conn: Connection, owners: Sequence[str], address: str) -> list[str]:
    """Empty all mails of somebody; that they were seen stays, so that they are not fetched again."""
    mine = select(_i.id).where(_i.jurisdiction_id.in_(owners), func.lower(_i.from_address) == address.lower())
    files = _take_photos(conn, mine)
    emptied = EMPTY | {
        "state": InboxState.LINKED,
        "decided_datetime": func.coalesce(_i.decided_datetime, func.now()),
    }
    conn.execute(update(inbox).where(_i.id.in_(mine)).values(emptied))
    return files


def forget_of_requests(conn: Connection, requests: Sequence[int]) -> list[str]:
    """Empty the mails that belong to reports whose people are forgotten."""
    belonging = select(_i.id).where(
        # What nobody has looked at yet may be another matter, and is decided about first.
        or_(_i.service_request_id.in_(requests), _i.about_id.in_(requests)),
        _i.state != InboxState.NEW,
    )
    files = _take_photos(conn, belonging)
    conn.execute(update(inbox).where(_i.id.in_(belonging)).values(EMPTY))
    return files


def _take_photos(conn: Connection, ids: Any) -> list[str]:
    return list(conn.execute(delete(inbox_photos).where(_p.inbox_id.in_(ids)).returning(_p.key)).scalars())


def by_email(conn: Connection, owners: Sequence[str], address: str) -> list[dict[str, Any]]:
    """What somebody has written to us."""
    mine = (_i.jurisdiction_id.in_(owners), func.lower(_i.from_address) == address.lower())
    columns = (_i.received_datetime, _i.subject, _i.text, _i.lat, _i.long, _i.service_request_id)
    rows = conn.execute(select(*columns).where(*mine).order_by(_i.id))
    return [{str(name): value for name, value in row._mapping.items()} for row in rows]
