"""What somebody outside has to answer, or has never got: questions to reporters, and mails that did not arrive."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from open311.storage.desk.scope import Scope
from open311.storage.mails.sent_mails import MailState, SentKind
from open311.storage.tables import case_questions, cases, followers, sent_mails

_c, _q, _s, _f = cases.c, case_questions.c, sent_mails.c, followers.c


@dataclass(frozen=True, slots=True)
class LostMail:
    """A mail that was refused or came back; nobody's address is in it."""

    service_request_id: int
    kind: SentKind
    to_reporter: bool
    state: MailState
    problem: str | None
    moment: datetime
    count: int = 1


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question that a reporter has not answered, and how long they can."""

    service_request_id: int
    asked_datetime: datetime
    ends_datetime: datetime


def lost_mails(conn: Connection, scope: Scope, since: datetime, limit: int) -> Sequence[LostMail]:
    """Mails since then that did not arrive, within a scope; the last first."""
    to_reporter = func.coalesce(_f.is_reporter, _s.follower_id.is_(None))
    query = (
        select(_s.service_request_id, _s.kind, to_reporter, _s.state, _s.problem, _s.sent_datetime)
        .join(cases, _c.service_request_id == _s.service_request_id)
        .outerjoin(followers, _f.id == _s.follower_id)
        .where(scope.here, _s.state != MailState.SENT.value, _s.sent_datetime > since)
        .order_by(_s.sent_datetime.desc(), _s.id.desc())
        .limit(limit)
    )
    return [
        LostMail(row[0], SentKind(row[1]), row[2], MailState(row[3]), row[4], row[5])
        for row in conn.execute(scope.join(query))
    ]


def open_questions(conn: Connection, scope: Scope, now: datetime, limit: int) -> Sequence[OpenQuestion]:
    """Questions that wait for an answer, within a scope; the oldest first."""
    first_asked = func.min(_q.asked_datetime)
    query = (
        select(_q.service_request_id, first_asked, func.max(_q.ends_datetime))
        .join(cases, _c.service_request_id == _q.service_request_id)
        .where(scope.here, _q.answered_datetime.is_(None), _q.ends_datetime > now)
        .group_by(_q.service_request_id)
        .order_by(first_asked)
        .limit(limit)
    )
    return [OpenQuestion(*row) for row in conn.execute(scope.join(query))]
