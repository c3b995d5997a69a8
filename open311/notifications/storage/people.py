"""What is known about people: for themselves, and to be forgotten."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, or_, select

from open311.model.mailbox import mailbox
from open311.notifications.storage import alerts, mail_links, mail_requests
from open311.storage.mails import inbox, sent_mails
from open311.storage.tables import (
    case_notes,
    draft_photos,
    drafts,
    events,
    followers,
    reporters,
    service_requests,
    updaters,
)
from open311.storage.upkeep import unpublished

_r, _p, _u, _e, _d = service_requests.c, reporters.c, updaters.c, events.c, drafts.c
_n = case_notes.c
NAMED = (reporters, followers, updaters)


def reported_by(conn: Connection, owners: Sequence[str], email: str) -> list[Mapping[str, Any]]:
    """What is kept about somebody as a reporter, per report."""
    mine = (func.lower(_p.email) == email.lower(), _r.jurisdiction_id.in_(owners))
    about = (_r.requested_datetime, _r.service_code, _r.address, _r.description, _r.visibility)
    query = select(*reporters.c, *about).join(service_requests, _r.id == _p.service_request_id)
    return [_by_name(row) for row in conn.execute(query.where(*mine).order_by(_r.id))]


def updated_by(conn: Connection, owners: Sequence[str], email: str) -> list[Mapping[str, Any]]:
    """What is kept about somebody as the sender of updates, per update."""
    mine = (func.lower(_u.email) == email.lower(), _r.jurisdiction_id.in_(owners))
    query = select(*updaters.c, _e.datetime, _e.data["status_notes"].astext.label("description"))
    whole = query.join(events, _e.id == _u.event_id).join(service_requests, _r.id == _u.service_request_id)
    return [_by_name(row) for row in conn.execute(whole.where(*mine).order_by(_u.event_id))]


def _by_name(row: Row[*tuple[Any, ...]]) -> Mapping[str, Any]:
    return {str(name): value for name, value in row._mapping.items()}


def notes_about(conn: Connection, owners: Sequence[str], email: str) -> list[Mapping[str, Any]]:
    """What staff wrote about somebody beside their reports."""
    mine = (func.lower(_p.email) == email.lower(), _r.jurisdiction_id.in_(owners), _n.about_person)
    query = select(_n.service_request_id, _n.created_datetime, _n.text)
    whole = query.join(service_requests, _r.id == _n.service_request_id)
    whole = whole.join(reporters, _p.service_request_id == _r.id).where(*mine).order_by(_n.id)
    return [_by_name(row) for row in conn.execute(whole)]


def hidden_reports_of(conn: Connection, owners: Sequence[str], email: str) -> list[int]:
    """The reports of somebody that nobody but staff can see, and that nobody works on."""
    mine = (func.lower(_p.email) == email.lower(), _r.jurisdiction_id.in_(owners))
    refused = and_(_r.visibility == "withheld", _r.status == "closed")
    # Others are still needed: published ones by everybody, withheld open ones by those who work on them.
    unseen = or_(_r.visibility == "hidden", refused)
    query = select(_r.id).join(reporters, _p.service_request_id == _r.id).where(*mine, unseen)
    return list(conn.execute(query.order_by(_r.id)).scalars())


def forget(conn: Connection, owners: Sequence[str], email: str) -> tuple[list[tuple[int, str]], list[str]]:
    """Delete all that is kept about somebody.

    Returns id and jurisdiction of the requests it concerned, and the names of files that nobody needs any more.
    """
    ids = select(_r.id).where(_r.jurisdiction_id.in_(owners))
    # First: what was sent is found by the rows that name somebody, which go next.
    files = _forget_sent(conn, owners, email)
    named: set[int] = set()
    for table in NAMED:
        mine = (func.lower(table.c.email) == email.lower(), table.c.service_request_id.in_(ids))
        gone = conn.execute(delete(table).where(*mine).returning(table.c.service_request_id))
        named |= set(gone.scalars())
    files += _forget_drafts(conn, owners, email)
    named |= _forget_contacts(conn, owners, email)
    files += inbox.forget_of_mailbox(conn, owners, email)
    sent_mails.forget_mailbox(conn, owners, email)
    alerts.remove_of_mailbox(conn, owners, email)
    mail_links.remove_of_mailbox(conn, email)
    mail_requests.remove_of_mailbox(conn, email)
    concerned = select(_r.id, _r.jurisdiction_id).where(_r.id.in_(named)).order_by(_r.id)
    return [(row.id, row.jurisdiction_id) for row in conn.execute(concerned)], files


def _forget_sent(conn: Connection, owners: Sequence[str], email: str) -> list[str]:
    """What somebody sent that is not public: answers nobody asked for, updates nobody published, photos held back."""
    mine = (func.lower(_p.email) == email.lower(), _r.jurisdiction_id.in_(owners))
    reports = list(
        conn.execute(select(_r.id).join(reporters, _p.service_request_id == _r.id).where(*mine)).scalars()
    )
    mine = (func.lower(_u.email) == email.lower(), _r.jurisdiction_id.in_(owners))
    sent = select(_u.event_id).join(service_requests, _r.id == _u.service_request_id).where(*mine)
    claims = list(conn.execute(sent).scalars())
    return unpublished.forget_of_requests(conn, reports) + unpublished.forget_of_claims(conn, claims)


def _forget_contacts(conn: Connection, owners: Sequence[str], email: str) -> set[int]:
    """Notes about somebody who said the same as a report that was there, and left this address."""
    ids = select(_r.id).where(_r.jurisdiction_id.in_(owners))
    # Such notes have no column for the address: it is in their text.
    named = func.strpos(func.lower(_n.text), email.lower()) > 0
    mine = (_n.about_person, _n.service_request_id.in_(ids), named)
    gone = conn.execute(delete(case_notes).where(*mine).returning(_n.service_request_id))
    return set(gone.scalars())


def _forget_drafts(conn: Connection, owners: Sequence[str], email: str) -> list[str]:
    """Reports that somebody is writing; their mailbox is there as it was typed."""
    typed = _d.state["email"].astext
    # Compared in Python: SQL cannot bring what was typed into the one spelling of a mailbox. Drafts are few.
    written = select(_d.digest, typed.label("email")).where(_d.jurisdiction_id.in_(owners), typed.like("%@%"))
    mine = [row.digest for row in conn.execute(written) if _same(row.email, email)]
    photos = select(draft_photos.c.key).where(draft_photos.c.digest.in_(mine))
    files = list(conn.execute(photos).scalars())
    conn.execute(delete(drafts).where(_d.digest.in_(mine)))
    return files


def _same(typed: str, email: str) -> bool:
    return (mailbox(typed) or typed).lower() == email.lower()
