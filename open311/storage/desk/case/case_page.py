"""All that staff see of one case, in eight statements whatever has happened to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, FromClause, select

from open311.model.casework.cases import Case
from open311.model.events import Event
from open311.model.events.event_kinds import EventKind
from open311.model.media import Media
from open311.model.service_request import Reporter, ServiceRequest
from open311.storage import events, media
from open311.storage.desk.case import notes, originals
from open311.storage.desk.case.notes import Note
from open311.storage.desk.case.originals import Original
from open311.storage.desk.case.presence import Presence
from open311.storage.desk.case.undo import LastAct
from open311.storage.events import updates
from open311.storage.mails import sent_mails
from open311.storage.mails.sent_mails import MailLine, MailState, SentKind
from open311.storage.requests import cases
from open311.storage.requests.rows import COLUMNS, request_from
from open311.storage.tables import case_presence, case_undo, followers, reporters, submissions
from open311.storage.tables import cases as cases_table
from open311.storage.tables import service_requests as requests_table

# Events that are a letter to the reporter.
LETTERS = (EventKind.ANSWERED, EventKind.ASKED)
TO_CITIZENS = (SentKind.NEWS, SentKind.CONFIRM, SentKind.RECEIPT)
BESIDE = (reporters, submissions, case_undo, case_presence)
_r, _f = requests_table.c, followers.c


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A report that is said to be about the same thing."""

    service_request_id: int
    status: str
    visibility: str
    requested_datetime: datetime


@dataclass(frozen=True, slots=True)
class MailAudience:
    """Who hears of a report by mail: whether its sender has an address, has confirmed it, their language, and how many
    others follow."""

    has_address: bool = False
    confirmed: bool = False
    language: str | None = None
    others: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeCase:
    """A request with its case, what is known of its sender, photos, notes, and the history as one line of time."""

    request: ServiceRequest
    case: Case
    reporter: Mapping[str, Any]
    submission: Mapping[str, Any]
    photos: Sequence[Media]
    notes: Sequence[Note]
    originals: Sequence[Original]
    history: Sequence[Event]
    duplicates: Sequence[Duplicate]
    audience: MailAudience
    mails: Sequence[MailLine]
    claims: Sequence[tuple[Event, Reporter]]
    last_act: LastAct | None
    present: Presence | None

    @property
    def is_reporter_out_of_reach(self) -> bool:
        """Whether the last mail to the reporter did not arrive."""
        written = [mail for mail in self.mails if mail.to_reporter and mail.kind in TO_CITIZENS]
        last = max(written, key=lambda mail: mail.moment, default=None)
        return last is not None and last.state in (MailState.REFUSED, MailState.BOUNCED)

    @property
    def line_of_time(self) -> Sequence[Event | Note]:
        """Events and notes in one order, the oldest first, without what only counts.

        The event of a note is left out for the note itself.
        """
        noted = {note.id for note in self.notes}
        own_events = [
            event
            for event in self.history
            if event.data.get("note_id") not in noted and event.kind is not EventKind.AFFECTED
        ]
        return sorted([*own_events, *self.notes], key=_moment)


def _moment(line: Event | Note) -> tuple[datetime, bool, int]:
    if isinstance(line, Event):
        return line.datetime, False, line.id
    # Written in one transaction they have one moment; then the event comes first.
    return line.created_datetime, True, line.id


def find(conn: Connection, service_request_id: int) -> WholeCase | None:
    """The case with this number; whether somebody may see it is for the caller to ask. None without a case."""
    request_and_case = _request_and_case(conn, service_request_id)
    if request_and_case is None:
        return None
    request, case, (reporter, submission, last_act, present) = request_and_case
    history = events.of_request(conn, service_request_id)
    decided = {event.claim_id for event in history}
    claims = [event for event in history if event.kind in cases.AWAITING and event.id not in decided]
    senders = updates.find_updaters(conn, service_request_id) if claims else {}
    return WholeCase(
        request=request,
        case=case,
        reporter={name: value for name, value in reporter.items() if value and name != "service_request_id"},
        submission=submission,
        photos=media.of_request(conn, service_request_id),
        notes=notes.of_request(conn, service_request_id),
        originals=originals.of_request(conn, service_request_id),
        history=history,
        duplicates=_duplicates(conn, request),
        audience=_audience(conn, service_request_id, reporter),
        mails=_mails(conn, service_request_id, history),
        claims=[(event, senders.get(event.id, Reporter())) for event in claims],
        last_act=(last_act and LastAct(last_act["actor"], last_act["revision"], last_act["until_datetime"]))
        or None,
        present=(present and Presence(present["actor"], present["until_datetime"])) or None,
    )


def _request_and_case(
    conn: Connection, service_request_id: int
) -> tuple[ServiceRequest, Case, list[Mapping[str, Any]]] | None:
    """A request, its case, and the rows that may stand beside it, empty where they do not: what is known of its sender,
    how it came in, its last act, and who looks at it."""
    joined: FromClause = requests_table.join(cases_table, cases_table.c.service_request_id == _r.id)
    for table in BESIDE:
        joined = joined.outerjoin(table, table.c.service_request_id == _r.id)
    query = select(*COLUMNS, cases_table, *BESIDE).select_from(joined)
    row = conn.execute(query.where(_r.id == service_request_id)).one_or_none()
    if row is None:
        return None
    # Tables that are beside each other have columns of one name; by position the first ones are meant.
    request = request_from(tuple(row)[: len(COLUMNS)])
    case, *beside = (
        {column.name: row._mapping[column] for column in table.c} for table in (cases_table, *BESIDE)
    )
    return request, Case.from_row(case), [values if values["service_request_id"] else {} for values in beside]


def _duplicates(conn: Connection, request: ServiceRequest) -> list[Duplicate]:
    """The duplicates of a request; of a duplicate, the original."""
    related = _r.parent_id == request.service_request_id
    if request.parent_id is not None:
        related = related | (_r.id == request.parent_id)
    query = select(_r.id, _r.status, _r.visibility, _r.requested_datetime).where(related).order_by(_r.id)
    return [Duplicate(*row) for row in conn.execute(query)]


def _mails(conn: Connection, service_request_id: int, history: Sequence[Event]) -> list[MailLine]:
    """What became of each mail; letters to the reporter that have not left yet wait."""
    lines = sent_mails.of_request(conn, service_request_id)
    with_a_line = {line.event_id for line in lines}
    letters = (event for event in history if event.kind in LETTERS and event.id not in with_a_line)
    waiting = [
        MailLine(event.id, SentKind.NEWS, True, MailState.QUEUED, None, 1, event.datetime)
        for event in letters
        if not event.data.get("taken_back")
    ]
    return [*lines, *waiting]


def _audience(conn: Connection, service_request_id: int, reporter: Mapping[str, Any]) -> MailAudience:
    query = select(_f.is_reporter, _f.confirmed_datetime.is_not(None), _f.language).where(
        _f.service_request_id == service_request_id
    )
    rows = conn.execute(query).all()
    own = next((row for row in rows if row[0]), None)
    confirmed = bool(own and own[1])
    return MailAudience(
        # Without a reporter's record, an address that was confirmed is where letters go.
        has_address=bool(reporter.get("email")) or confirmed,
        confirmed=confirmed,
        language=own[2] if own else None,
        others=sum(1 for is_reporter, is_confirmed, _ in rows if is_confirmed and not is_reporter),
    )
