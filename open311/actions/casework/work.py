"""The unit of work of casework: an act locks, decides, writes and records in one transaction, always by this class.

What the public sees changes in `service_requests`, with its version and `updated_datetime`; all else in `cases`, which
no public answer is made of. The case's revision counts both, so that nobody overwrites what they have not seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from open311.actions.casework.duplicates_told import tell_duplicates
from open311.actions.casework.line import Line, without_blanks
from open311.actions.photos.media import Files, attach
from open311.actions.staff_mail import arrivals
from open311.core import Core
from open311.model.access.actor import Actor, ActorKind, Right
from open311.model.access.visibility import is_everybodys
from open311.model.casework.cases import Case, stage
from open311.model.catalogue import Catalogue
from open311.model.events import data_of
from open311.model.events.event_kinds import EventKind
from open311.model.media import MediaVisibility
from open311.model.service_request import ServiceRequest, Status
from open311.model.task_names import TaskName
from open311.storage import events, jobs, media
from open311.storage.database import Connection
from open311.storage.desk.case import originals, undo
from open311.storage.requests import cases, service_requests

PEOPLE = (ActorKind.STAFF, ActorKind.CLI)
# Where mails do not wait at all, a slip can still be taken back.
LEAST_TIME_TO_TAKE_BACK = timedelta(seconds=60)


@dataclass(slots=True)
class Work:
    """A locked report with its case, including the pending changes; `write` stores them all at the end."""

    core: Core
    conn: Connection
    actor: Actor
    catalogue: Catalogue
    request: ServiceRequest
    case: Case
    events: list[int] = field(default_factory=list)
    # No mails go out about the events of this act.
    is_quiet: bool = False
    # Other reports that this act changes too, each written before this one; they are taken back with it.
    parts: list["Work"] = field(default_factory=list)
    is_part: bool = False
    # What others have already been asked to do cannot be taken back.
    is_final: bool = False
    # Puts back how it was: whoever had the case then has heard of it.
    is_undo: bool = False
    _request_before: ServiceRequest = field(init=False)
    _case_before: Case = field(init=False)
    _columns: dict[str, Any] = field(default_factory=dict)
    _lines: list[Line] = field(default_factory=list)
    _photos_before: dict[int, str] = field(default_factory=dict)
    _is_touched: bool = False
    _brought: tuple[Files, bool, Sequence[int]] | None = None

    def __post_init__(self) -> None:
        self._request_before, self._case_before = self.request, self.case

    @property
    def now(self) -> datetime:
        return self.core.now()

    @property
    def today(self) -> date:
        """The day in the city of the report."""
        return self.now.astimezone(self.catalogue.jurisdiction.time_zone).date()

    @property
    def is_follow_up_due(self) -> bool:
        """Whether the day has come until which it was laid aside."""
        return self.case.resume_date is not None and self.case.resume_date <= self.today

    @property
    def number(self) -> int:
        return self.request.service_request_id

    @property
    def is_public(self) -> bool:
        """Whether everybody may see the report, after what was decided so far."""
        return is_everybodys(self.request)

    @property
    def was_public(self) -> bool:
        """Whether everybody could before."""
        return is_everybodys(self._request_before)

    @property
    def mail_delay(self) -> timedelta:
        """How long mails wait for what people do at the desk, so that a slip can be taken back."""
        at_the_desk = self.actor.kind is ActorKind.STAFF
        return timedelta(seconds=self.core.settings.mail_delay_seconds if at_the_desk else 0)

    def require(self, right: Right) -> None:
        """Raise `Forbidden` unless the actor may do this here."""
        self.actor.require(right, self.request.jurisdiction_id)

    def change(self, **values: Any) -> None:
        """Change the row that public answers are made of; `location` is a `Location` or None."""
        self._columns |= values
        # Rules and lines that come later in the same act have to see the report as it will be.
        shown = {name: value for name, value in values.items() if name in ServiceRequest._fields}
        if "location" in values:
            place = values["location"]
            shown |= {"lat": place and place.lat, "long": place and place.long}
        self.request = self.request._replace(**shown)

    def touch(self) -> None:
        """Say that the public sees a change although no column of the request differs."""
        self._is_touched = True

    def change_case(self, **values: Any) -> None:
        """Change what only staff see."""
        self.case = replace(self.case, **values)

    def tell(self, kind: EventKind, data: Mapping[str, Any], *, is_update: bool = False) -> None:
        """Append to the history that everybody reads, as far as they may see the report."""
        self._lines.append(Line(kind, without_blanks(data), is_update=is_update, in_feed=True))

    def tell_staff(
        self,
        kind: EventKind,
        data: Mapping[str, Any] = MappingProxyType({}),
        *,
        in_feed: bool = False,
        letter: TaskName | None = None,
        **more: Any,
    ) -> None:
        """Append to the history that staff read; `in_feed` when the public can notice what it is about.

        `letter`: the task that sends what is told to somebody outside, once it cannot be taken back any more.
        """
        details = without_blanks({**data, **more})
        self._lines.append(Line(kind, details, staff_only=True, in_feed=in_feed, letter=letter))

    def tell_status(
        self, kind: EventKind, changes: Mapping[str, Any], data: Mapping[str, Any] = MappingProxyType({})
    ) -> None:
        """The line of an update: it names the status after it, and a note that is new."""
        self.tell(kind, {**data, **data_of(self.request, changes, is_update=True)}, is_update=True)

    def include(self, part: "Work") -> None:
        """Make what is done to another report a part of this act; it is written first."""
        part.is_part = True
        self.parts.append(part)

    def bring(self, files: Files, *, shown: bool, published: Sequence[int] = ()) -> None:
        """Have photos come with what is told last: new ones, and some of the case that staff kept to themselves."""
        self._brought = (files, shown, published)

    def remember_photo(self, media_id: int, visibility: str) -> None:
        """Who could see a photo before, so that it can be put back."""
        self._photos_before.setdefault(media_id, visibility)

    def has_told_of_unit(self, unit: str) -> bool:
        """Whether this act says already that the case goes to `unit`."""
        kinds = (EventKind.ASSIGNED, EventKind.ROUTED)
        return any(line.kind in kinds and line.data["to"] == unit for line in self._lines)

    @property
    def has_changed(self) -> bool:
        return bool(self._columns or self._lines) or self.case != self._case_before

    def write(self) -> None:
        """Write all that was decided, and tell of it."""
        if not self.has_changed:
            return
        self._show_photos()
        self._keep_originals()
        updated = self.is_public and any(line.is_update for line in self._lines)
        # Only then: a new version makes every kept list stale and sends the report to all who follow its changes.
        if self._columns or self._is_touched or updated:
            service_requests.change(self.conn, self._request_before, self.now, **self._columns)
        self._append()
        self._attach_photos()
        tell_duplicates(self.core, self.conn, self._request_before, self.request, self.actor)
        self._settle_follow_up()
        self.write_case()
        if not self.is_undo:
            arrivals.tell(self.core, self.conn, self._case_before, self.case, self.actor)
        if self.is_part:
            # Its own last act cannot be taken back any more by itself: it goes back with this one.
            undo.drop(self.conn, self.number)
        elif self.actor.kind in PEOPLE and not self.is_final:
            undo.keep(self.conn, self.number, self._undo())

    def _show_photos(self) -> None:
        """With a report, its photos become public, but for those that staff keep to themselves."""
        if self.is_public and not self.was_public:
            for media_id in media.publish_held(self.conn, self.number):
                self.remember_photo(media_id, "held")
            self._columns["photos"] = media.public_paths(self.conn, self.number)

    def _keep_originals(self) -> None:
        """Originals are kept until some time after the report is closed."""
        closed = self.request.closed_datetime
        if closed != self._request_before.closed_datetime:
            days = timedelta(days=self.catalogue.desk.originals_days)
            originals.keep_until(self.conn, self.number, closed + days if closed else None)

    def _settle_follow_up(self) -> None:
        """To act on a case is to take it up; what an undo puts back stays."""
        is_as_before = self.case.resume_date == self._case_before.resume_date
        if self.actor.kind in PEOPLE and is_as_before and self.is_follow_up_due:
            self.change_case(resume_date=None)

    def write_case(self) -> None:
        """Store the case alone, with what follows from the rest; for who has changed the request by other ways."""
        self.change_case(
            stage=stage(self.request.visibility, self.request.status, self.case, self.today),
            service_code=self.request.service_code,
            revision=self._case_before.revision + 1,
            touched_datetime=self.now,
        )
        if self.request.status == Status.CLOSED:
            # Nobody can count who finished what, and nothing is left to follow up.
            self.change_case(assignee_id=None, taken_in_by=None, resume_date=None)
        # Counted from what is stored, last of all, instead of kept up by each act: one that forgot it would hide a
        # reply.
        self.change_case(awaits=cases.awaits(self.conn, self.number, self.case.checked_datetime))
        cases.write(self.conn, self._case_before, self.case)

    def _append(self) -> None:
        noticed = self.is_public or self.was_public
        for line in self._lines:
            self.events.append(
                events.append(
                    self.conn,
                    self.number,
                    self.request.jurisdiction_id,
                    line.kind,
                    at=self.now,
                    actor=self.actor,
                    public=self.is_public and not line.staff_only,
                    in_feed=noticed and line.in_feed,
                    is_update=line.is_update,
                    **line.data,
                    **({"quiet": True} if self.is_quiet else {}),
                    revision=self._case_before.revision + 1,
                )
            )
            at = self.now + self.mail_delay
            # Spelt out, so that the arguments of each task are checked where it is deferred.
            if line.letter is TaskName.WRITE_TO_REPORTER:
                jobs.defer(self.conn, TaskName.WRITE_TO_REPORTER, at=at, event_id=self.events[-1])
            elif line.letter is TaskName.WRITE_TO_CONTRACTOR:
                jobs.defer(self.conn, TaskName.WRITE_TO_CONTRACTOR, at=at, event_id=self.events[-1])

    def _attach_photos(self) -> None:
        if self._brought is None:
            return
        (files, shown, published), update_id = self._brought, self.events[-1]
        shown = shown and self.is_public
        attach(self.core, self.conn, self.number, files, shown=shown, internal=True, update_id=update_id)
        visibility = MediaVisibility.PUBLIC if self.is_public else MediaVisibility.INTERNAL
        for media_id in published:
            media.change(self.conn, media_id, update_id=update_id, visibility=visibility)

    def _undo(self) -> undo.Undo:
        # Which photos were shown follows from the photos, which are put back by themselves.
        columns = {name: self._before_of(name) for name in self._columns if name != "photos"}
        old, new = self._case_before.row(), self.case.row()
        return undo.Undo(
            actor=str(self.actor),
            revision=self.case.revision,
            until=self.now + max(self.mail_delay, LEAST_TIME_TO_TAKE_BACK),
            events=tuple(self.events),
            columns=columns,
            case={name: value for name, value in old.items() if value != new[name]},
            photos=self._photos_before,
            parts={part.number: part._undo() for part in self.parts},
        )

    def _before_of(self, column: str) -> Any:
        if column == "location":
            place = self._request_before.location
            return place and [place.lat, place.long]
        return getattr(self._request_before, column)
