"""Reports by who sent them, or follows them: personal data, and looking somebody up is written down by the caller."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal, literal_column, select, union_all

from open311.storage.desk.scope import Scope
from open311.storage.mails.blocked_senders import phone_pattern
from open311.storage.tables import cases, followers, reporters, service_requests

_r, _c, _p, _f = service_requests.c, cases.c, reporters.c, followers.c
MOST = 100


@dataclass(frozen=True, slots=True)
class Involved:
    """A report that somebody sent (`reported`) or follows."""

    service_request_id: int
    reported: bool
    jurisdiction_id: str
    service_code: str
    status: str
    detailed_status: str
    visibility: str
    requested_datetime: datetime
    address: str


def by_contact(conn: Connection, scope: Scope, contact: str) -> list[Involved]:
    """What somebody with this mail address or telephone number is involved in, the newest first."""
    is_theirs = _by_phone(contact) if "@" not in contact else _by_email(contact.strip())
    if is_theirs is None:
        return []
    query = (
        select(
            _r.id,
            func.bool_or(is_theirs.c.reported),
            _r.jurisdiction_id,
            _r.service_code,
            _r.status,
            _r.detailed_status,
            _r.visibility,
            _r.requested_datetime,
            _r.address,
        )
        .join(is_theirs, is_theirs.c.service_request_id == _r.id)
        .join(cases, _c.service_request_id == _r.id)
        .where(scope.here)
        .group_by(_r.id)
        .order_by(_r.id.desc())
        .limit(MOST)
    )
    return [Involved(*row) for row in conn.execute(query)]


def _by_email(email: str) -> Any:
    reported = select(_p.service_request_id, literal(True).label("reported"))
    followed = select(_f.service_request_id, literal(False).label("reported"))
    return union_all(
        reported.where(func.lower(_p.email) == email.lower()), followed.where(_f.email == email.lower())
    ).subquery()


def _by_phone(phone: str) -> Any:
    # With fewer digits, half a town would be found, and read, by typing `0621`.
    if not (digits := phone_pattern(phone)):
        return None
    ending: ColumnElement[str] = literal_column(
        # Written out, as the index has it.
        "right(regexp_replace(reporters.phone, '[^0-9]', '', 'g'), 8)"
    )
    reported = select(_p.service_request_id, literal(True).label("reported"))
    return reported.where(ending == digits, _p.phone.is_not(None)).subquery()
