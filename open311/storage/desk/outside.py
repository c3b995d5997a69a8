"""The mails about a case, by event: to how many, and whether they have left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from open311.storage.tables import events, mail_messages

_e, _m = events.c, mail_messages.c


@dataclass(frozen=True, slots=True)
class MailsOfEvent:
    """The mails about one event: to how many, and how many of them are sent."""

    kind: str
    datetime: datetime
    recipients: int
    sent: int


def mails_of(conn: Connection, service_request_id: int) -> Sequence[MailsOfEvent]:
    """The mails to followers about a report, one line an event, the last first. Nobody's address is among them."""
    wanted = (
        select(_e.kind, _e.datetime, func.count(), func.count(_m.sent_datetime))
        .join(mail_messages, _m.event_id == _e.id)
        .where(_e.service_request_id == service_request_id)
        .group_by(_e.id)
        .order_by(_e.id.desc())
    )
    return [MailsOfEvent(*row) for row in conn.execute(wanted)]
