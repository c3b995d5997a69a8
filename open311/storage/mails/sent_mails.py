"""Sent mails about reports: to whom each went, and whether it arrived."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, literal, null, or_, select, union_all, update
from sqlalchemy.types import Text

from open311.model.access.secret_tokens import digest
from open311.storage.database.freshness import announce_internal
from open311.storage.tables import followers, mail_messages, sent_mails, service_requests

_s, _f, _m, _r = sent_mails.c, followers.c, mail_messages.c, service_requests.c


class MailState(StrEnum):
    """What became of a mail: it waits, the mail server took it, refused it, or sent it back later."""

    QUEUED = "queued"
    SENT = "sent"
    REFUSED = "refused"
    BOUNCED = "bounced"


class SentKind(StrEnum):
    """What a mail is, and so to whom: news and receipts go to citizens, orders to contractors."""

    NEWS = "news"
    CONFIRM = "confirm"
    RECEIPT = "receipt"
    ORDER = "order"
    OBJECTION = "objection"


@dataclass(frozen=True, slots=True)
class MailLine:
    """How many mails of a kind are in a state; to the reporter, or to others who follow it.

    Those that ask for a confirmation, and receipts, are about no event.
    """

    event_id: int | None
    kind: SentKind
    to_reporter: bool
    state: MailState
    problem: str | None
    count: int
    moment: datetime


class SentMail(NamedTuple):
    """A mail that the server was asked to take: its Message-ID, to whom, and why it was refused for good, if it was.

    `token` is in the address that answers to it go to.
    """

    id: str
    to: str
    refused: str | None = None
    token: str = ""


@dataclass(frozen=True, slots=True)
class AnsweredMail:
    """A mail of ours that somebody else names; whom it went to, only `is_to` knows."""

    service_request_id: int
    event_id: int | None
    kind: SentKind
    message_id: str
    address_digest: str | None

    def is_to(self, address: str) -> bool:
        # By digest: who may answer can be checked, and nobody who reads the table learns to whom the city writes.
        return self.address_digest == _address_digest(address)


def _address_digest(address: str) -> str:
    return digest(address.strip().lower())


def add(
    conn: Connection,
    service_request_id: int,
    event_id: int | None,
    sent: SentMail,
    now: datetime,
    *,
    kind: SentKind = SentKind.NEWS,
    follower_id: int | None = None,
) -> None:
    """Remember a mail that was handed to the mail server; without a follower it went to the reporter."""
    state = MailState.SENT if sent.refused is None else MailState.REFUSED
    row: dict[str, Any] = {"service_request_id": service_request_id, "event_id": event_id, "kind": kind}
    row["follower_id"] = follower_id
    data = {"message_id": sent.id, "state": state.value, "problem": sent.refused, "sent_datetime": now}
    data |= {
        "address_digest": _address_digest(sent.to),
        "token_digest": digest(sent.token) if sent.token else None,
    }
    conn.execute(insert(sent_mails).values(row | data))


def record_bounce(conn: Connection, message_id: str, problem: str) -> int | None:
    """Note that a mail came back; the number of its report, None for a mail that is not ours."""
    announce_internal(conn)
    # By the id alone: who writes that a mail came back is a mail server, which knows nothing else of ours.
    came_back = update(sent_mails).where(_s.message_id == message_id)
    values = {"state": MailState.BOUNCED.value, "problem": problem}
    return conn.execute(came_back.values(values).returning(_s.service_request_id)).scalar_one_or_none()


def find(conn: Connection, message_ids: Sequence[str], tokens: Sequence[str] = ()) -> AnsweredMail | None:
    """The last mail of ours with one of these ids, or tokens."""
    named = or_(_s.message_id.in_(message_ids), _s.token_digest.in_([digest(token) for token in tokens]))
    columns = (_s.service_request_id, _s.event_id, _s.kind, _s.message_id, _s.address_digest)
    row = conn.execute(select(*columns).where(named).order_by(_s.id.desc()).limit(1)).one_or_none()
    return AnsweredMail(row[0], row[1], SentKind(row[2]), row[3], row[4]) if row else None


def of_request(conn: Connection, service_request_id: int) -> list[MailLine]:
    """What became of the mails about a report, by event and by kind of recipient; those that wait too."""
    about = or_(_r.id == service_request_id, _r.parent_id == service_request_id)
    to_reporter = func.coalesce(_f.is_reporter, _s.follower_id.is_(None))
    left = (
        select(
            _s.event_id,
            _s.kind,
            to_reporter.label("to_reporter"),
            _s.state,
            _s.problem,
            _s.sent_datetime.label("at"),
        )
        .outerjoin(followers, _f.id == _s.follower_id)
        .where(_s.service_request_id == service_request_id)
    )
    waiting = (
        select(
            _m.event_id,
            literal(SentKind.NEWS.value),
            _f.is_reporter,
            literal(MailState.QUEUED.value),
            null().cast(Text),
            _m.created_datetime,
        )
        .join(followers, _f.id == _m.follower_id)
        .join(service_requests, _r.id == _f.service_request_id)
        .where(about, _m.sent_datetime.is_(None))
    )
    mails = union_all(left, waiting).subquery()
    keys = (mails.c.event_id, mails.c.kind, mails.c.to_reporter, mails.c.state, mails.c.problem)
    query = select(*keys, func.count(), func.max(mails.c.at)).group_by(*keys)
    in_order = (mails.c.event_id.nulls_first(), mails.c.to_reporter.desc(), mails.c.state)
    rows = conn.execute(query.order_by(*in_order)).all()
    return [MailLine(row[0], SentKind(row[1]), row[2], MailState(row[3]), *row[4:]) for row in rows]


def forget(conn: Connection, before: datetime) -> None:
    """Delete what was sent long ago."""
    conn.execute(delete(sent_mails).where(_s.sent_datetime < before))


def forget_mailbox(conn: Connection, owners: Sequence[str], email: str) -> None:
    """Remember no longer what was sent to a mailbox."""
    ours = select(_r.id).where(_r.id == _s.service_request_id, _r.jurisdiction_id.in_(owners)).exists()
    conn.execute(delete(sent_mails).where(_s.address_digest == _address_digest(email), ours))
