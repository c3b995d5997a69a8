"""Mails about reports that have left, one by one: to whom, and what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, delete, func, insert, literal, null, or_, select, union_all, update
from sqlalchemy.types import Text

from open311.storage.tables import followers, mail_messages, sent_mails, service_requests

_s, _f, _m, _r = sent_mails.c, followers.c, mail_messages.c, service_requests.c


class MailState(StrEnum):
    """What became of a mail: it waits, the mail server took it, refused it, or sent it back later."""

    QUEUED = "queued"
    SENT = "sent"
    REFUSED = "refused"
    BOUNCED = "bounced"


@dataclass(frozen=True, slots=True)
class MailLine:
    """How many mails about an event are in a state; to whoever sent the report, or to others who follow it."""

    event_id: int
    to_reporter: bool
    state: MailState
    problem: str | None
    count: int
    moment: datetime


def add(
    conn: Connection,
    service_request_id: int,
    event_id: int,
    message_id: str,
    now: datetime,
    *,
    follower_id: int | None = None,
    refused: str | None = None,
) -> None:
    """Remember a mail that was handed to the mail server; without a follower it went to whoever sent the report."""
    state = MailState.SENT if refused is None else MailState.REFUSED
    row = {"service_request_id": service_request_id, "event_id": event_id, "follower_id": follower_id}
    told = {"message_id": message_id, "state": state.value, "problem": refused, "sent_datetime": now}
    conn.execute(insert(sent_mails).values(row | told))


def bounced(conn: Connection, message_id: str, problem: str) -> int | None:
    """Note that a mail came back; the number of its report, None for a mail that is not ours."""
    came_back = update(sent_mails).where(_s.message_id == message_id)
    values = {"state": MailState.BOUNCED.value, "problem": problem}
    return conn.execute(came_back.values(values).returning(_s.service_request_id)).scalar_one_or_none()


def find_report(conn: Connection, message_ids: Sequence[str]) -> int | None:
    """The report that a mail of ours with one of these ids was about."""
    wanted = select(_s.service_request_id).where(_s.message_id.in_(message_ids)).order_by(_s.id.desc())
    return conn.execute(wanted.limit(1)).scalar_one_or_none()


def of_request(conn: Connection, service_request_id: int) -> list[MailLine]:
    """What became of the mails about a report, by event and by kind of recipient; those that wait too."""
    about = or_(_r.id == service_request_id, _r.parent_id == service_request_id)
    to_reporter = func.coalesce(_f.is_reporter, _s.follower_id.is_(None))
    left = (
        select(
            _s.event_id, to_reporter.label("to_reporter"), _s.state, _s.problem, _s.sent_datetime.label("at")
        )
        .outerjoin(followers, _f.id == _s.follower_id)
        .where(_s.service_request_id == service_request_id)
    )
    waiting = (
        select(
            _m.event_id,
            _f.is_reporter,
            literal(MailState.QUEUED.value),
            null().cast(Text),
            _m.created_datetime,
        )
        .join(followers, _f.id == _m.follower_id)
        .join(service_requests, _r.id == _f.service_request_id)
        .where(about, _m.sent_datetime.is_(None))
    )
    each = union_all(left, waiting).subquery()
    keys = (each.c.event_id, each.c.to_reporter, each.c.state, each.c.problem)
    wanted = select(*keys, func.count(), func.max(each.c.at)).group_by(*keys)
    rows = conn.execute(wanted.order_by(each.c.event_id, each.c.to_reporter.desc(), each.c.state)).all()
    return [MailLine(row[0], row[1], MailState(row[2]), *row[3:]) for row in rows]


def forget(conn: Connection, before: datetime) -> None:
    """Delete what was sent long ago."""
    conn.execute(delete(sent_mails).where(_s.sent_datetime < before))
