"""Deadlines that come near and pass: the catalogue's steps, of which each is told once, by working days."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from open311.actions.staff_mail import staff_mails, staff_notices
from open311.core import Core
from open311.model.access.actor import WORKER, Right
from open311.model.casework.cases import PERSON, Stage
from open311.model.casework.staff_notices import Notice, NoticeKind, Recipient
from open311.model.catalogue import Catalogue
from open311.model.desk.deadline_steps import USUAL_PERIOD, Deadline, ReachedSteps, Step, Steps
from open311.model.desk.working_days import Period
from open311.model.events.event_kinds import EventKind
from open311.model.staff.accounts import Account
from open311.model.staff.roles import Role
from open311.storage import events
from open311.storage.database import Connection
from open311.storage.desk.staff_mail import deadline_steps as storage
from open311.storage.desk.staff_mail import recipients
from open311.storage.desk.staff_mail.deadline_steps import RunningCase
from open311.storage.desk.staff_mail.recipients import People

AT_ONCE = 500


def attend(core: Core) -> None:
    """Tell of all steps that were reached since; nobody is told while no mail can be sent."""
    if staff_mails.possible(core):
        _walk_through(core)


def pass_over(core: Core) -> None:
    """Take all steps that were reached for told: after a backup was restored they were, before it was needed."""
    _walk_through(core, silent=True)


def _walk_through(core: Core, *, silent: bool = False) -> None:
    for catalogue in core.catalogues.in_force:
        with core.database.read() as conn:
            city, rights_of_role = catalogue.jurisdiction.jurisdiction_id, core.catalogues.rights_of_role
            people = recipients.of_city(conn, city, rights_of_role, core.now())
        for kind in Deadline:
            _Walk(core, catalogue, people, kind, silent=silent).run()


@dataclass(slots=True)
class _Walk:
    """One kind of deadline of a city, all cases that may have reached a step, the earliest first."""

    core: Core
    catalogue: Catalogue
    people: People
    kind: Deadline
    silent: bool = False
    _reached: dict[tuple[Period, Steps], ReachedSteps] = field(default_factory=dict)

    def run(self) -> None:
        """Go through all of them, some in each transaction."""
        # The widest of all steps bounds the question; which step a case has reached is told by its own period.
        latest = [moment for period, steps in self._all() if (moment := self._at(period, steps).latest)]
        if not latest:
            return
        city, after = self.catalogue.jurisdiction.jurisdiction_id, None
        while True:
            with self.core.database.begin() as conn:
                cases = storage.running(conn, city, self.kind, max(latest), AT_ONCE, after)
                self._tell(conn, [(case, step) for case in cases if (step := self._new_step(case))])
            if len(cases) < AT_ONCE:
                return
            after = (cases[-1].deadline, cases[-1].number)

    def _all(self) -> set[tuple[Period, Steps]]:
        """Every period with its steps that a case may have."""
        desk, is_work = self.catalogue.desk, self.kind is Deadline.WORK
        rules = [rule.due for rule in desk.rules if rule.due] if is_work else []
        services = [*self.catalogue.services, *self.catalogue.retired, ""] if is_work else [""]
        return {
            (period, desk.steps_of(self.kind, code))
            for code in services
            for period in (self._usual(code), *rules)
        }

    def _usual(self, service_code: str) -> Period:
        """How long it may take when neither a rule nor a person says so."""
        desk = self.catalogue.desk
        match self.kind:
            case Deadline.CHECK:
                period = desk.check
            case Deadline.ACCEPT:
                period = desk.accept
            case Deadline.WORK:
                period = self.catalogue.period(service_code)
        return period or USUAL_PERIOD

    def _at(self, period: Period, steps: Steps) -> ReachedSteps:
        if (period, steps) not in self._reached:
            zone, calendar = self.catalogue.jurisdiction.time_zone, self.catalogue.desk.calendar
            self._reached[period, steps] = ReachedSteps.at(self.core.now(), period, steps, calendar, zone)
        return self._reached[period, steps]

    def _new_step(self, case: RunningCase) -> Step | None:
        """The step that a case has reached, if that was not told of before."""
        steps = self.catalogue.desk.steps_of(self.kind, case.service_code)
        step = self._at(self._period(case), steps).last(case.deadline)
        return step if step and step.percent > case.percent else None

    def _period(self, case: RunningCase) -> Period:
        usual = self._usual(case.service_code)
        if self.kind is not Deadline.WORK or case.route.get("due_by") == PERSON:
            return usual
        rules = self.catalogue.desk.rules
        sooner = next((rule.due for rule in rules if rule.name == case.route.get("rule")), None)
        return min(usual, sooner, key=lambda period: period.usual_hours) if sooner else usual

    def _tell(self, conn: Connection, reached: Sequence[tuple[RunningCase, Step]]) -> None:
        if not reached:
            return
        storage.record(
            conn, self.kind, {case.number: (case.deadline, step.percent) for case, step in reached}
        )
        if self.silent:
            return
        by_recipient: dict[Recipient, list[Notice]] = defaultdict(list)
        accounts: dict[Recipient, Account | None] = {}
        for case, step in reached:
            to = self._recipients(case, step)
            if to:
                self._append(conn, case, step)
            kind = NoticeKind.ESCALATED if step.to else NoticeKind.REMINDED
            accounts |= to
            for recipient in to:
                by_recipient[recipient].append(Notice(case.number, kind, self.kind))
        for recipient, notices in by_recipient.items():
            staff_notices.tell(self.core, conn, {recipient: accounts[recipient]}, notices)

    def _append(self, conn: Connection, case: RunningCase, step: Step) -> None:
        """Neither the revision nor the case change, so that nobody's form is overtaken by a reminder."""
        data: dict[str, Any] = {"role": step.to} if step.to else {}
        events.append(
            conn,
            case.number,
            self.catalogue.jurisdiction.jurisdiction_id,
            EventKind.ESCALATED if step.to else EventKind.REMINDED,
            at=self.core.now(),
            actor=WORKER,
            public=False,
            deadline=self.kind.value,
            percent=step.percent,
            **data,
        )

    def _recipients(self, case: RunningCase, step: Step) -> Mapping[Recipient, Account | None]:
        checks = case.stage is Stage.CHECK
        code = self.catalogue.desk.checkers if checks else case.unit
        if step.to is not None:
            return staff_notices.to_people(self._leading(step.to, code, checks=checks))
        assignee = self.people.accounts.get(case.assignee_id or 0)
        if assignee is not None:
            return staff_notices.to_people([assignee])
        unit = self.catalogue.desk.units.get(code or "")
        members = self.people.of_unit(code, checks=checks)
        if not members and not (unit and unit.email):
            # A unit without people and mailbox hears nothing: whoever leads can give the case to another one.
            members = self._leading(Role.LEAD, code, checks=checks)
        return staff_notices.to_unit(self.catalogue, unit, members)

    def _leading(self, role: str, unit: str | None, *, checks: bool) -> list[Account]:
        """Who has the role for the unit; where nobody has it, the leaders of more."""
        # What is not checked is not for everybody who leads.
        seen_by = Right.CHECK if checks and role == Role.LEAD else Right.SEE_REPORTS
        above = (
            account for account in self.people.with_role(role, unit) if self.people.has(account, seen_by)
        )
        return [*above] or self.people.with_role(Role.SUPERVISOR, unit)
