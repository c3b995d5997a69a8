"""Who may see a report: everybody, those who work on it, nobody any more."""

from open311.actions.casework.opening import opened
from open311.actions.casework.responsibility import assignment, routing
from open311.actions.casework.work import Work
from open311.base.errors import Invalid, problem
from open311.core import Core
from open311.model import status
from open311.model.access.actor import Actor, Right
from open311.model.desk.desk_catalogue import Reason
from open311.model.events.event_kinds import EventKind
from open311.model.service_request import Visibility


def publish(
    core: Core, service_request_id: int, actor: Actor, *, expected_revision: int | None = None
) -> int:
    """Let everybody see a checked request; one that is new moves to the status checked requests have."""
    with opened(core, service_request_id, actor, Right.CHECK, expected_revision) as work:
        show(work)
    return work.case.revision


def withhold(
    core: Core,
    service_request_id: int,
    actor: Actor,
    reason: str | None = None,
    *,
    words: str | None = None,
    expected_revision: int | None = None,
) -> int:
    """Keep a checked request from the public and have it worked on all the same; the reporter hears of it.

    `reason` is a code of the catalogue, whose words the reporter gets; `words` are for staff alone.
    """
    with opened(core, service_request_id, actor, Right.CHECK, expected_revision) as work:
        keep_back(work, reason_of(work, reason), words)
    return work.case.revision


def hide(
    core: Core,
    service_request_id: int,
    actor: Actor,
    reason: str | None = None,
    *,
    expected_revision: int | None = None,
) -> int:
    """Take a request out of every public answer, and out of work."""
    with opened(core, service_request_id, actor, Right.CHECK, expected_revision) as work:
        take_away(work, reason)
    return work.case.revision


def show(work: Work, status_notes: str | None = None) -> None:
    """Publish within an act."""
    changes = status.change_visibility(work.request, Visibility.PUBLISHED)
    if work.request.detailed_status == work.catalogue.initial_status.code:
        changes |= status.change_status(work.request, work.catalogue.published_status, status_notes, work.now)
    _note_check(work)
    work.change(**changes)
    _hand_over(work)
    work.tell_status(EventKind.PUBLISHED, changes)


def keep_back(work: Work, reason: Reason | None, words: str | None = None) -> None:
    """Withhold within an act."""
    changes = status.change_visibility(work.request, Visibility.WITHHELD)
    to = work.catalogue.statuses[reason.status] if reason and reason.status else None
    if to is None and work.request.detailed_status == work.catalogue.initial_status.code:
        to = work.catalogue.published_status
    if to is not None:
        changes |= status.change_status(work.request, to, None, work.now)
    _note_check(work)
    work.change(**changes)
    _hand_over(work)
    work.tell_staff(
        EventKind.WITHHELD,
        in_feed=True,
        reason=reason and reason.code,
        words=words,
        status=work.request.status,
        detailed_status=work.request.detailed_status,
    )


def take_away(work: Work, reason: str | None = None) -> None:
    """Hide within an act."""
    _note_check(work)
    work.change(**status.change_visibility(work.request, Visibility.HIDDEN))
    work.tell_staff(EventKind.HIDDEN, in_feed=True, reason=reason)


def reason_of(work: Work, code: str | None) -> Reason | None:
    """A reason of the catalogue; raises `Invalid` for a code that it does not have."""
    reasons = work.catalogue.desk.reasons
    if code is not None and code not in reasons:
        raise Invalid(problem("error.reason.unknown", reason=code, known=", ".join(reasons)))
    return reasons[code] if code is not None else None


# Set once: times of the desk are measured from the first check, not from a later return to the public.
def _note_check(work: Work) -> None:
    if work.request.visibility == Visibility.HELD and work.case.checked_datetime is None:
        work.change_case(checked_datetime=work.now)


def _hand_over(work: Work) -> None:
    """What was checked goes to its unit, whose agency the public sees from now on."""
    routing.route_anew(work)
    unit = work.case.unit
    if unit is None:
        return
    agency = work.catalogue.desk.agency_of(unit)
    # What the public does not see needs no new version of the public row.
    if work.is_public and work.request.agency_responsible != agency:
        work.change(agency_responsible=agency)
    if work.case.accept_by is None and work.case.accepted_datetime is None:
        work.change_case(accept_by=assignment.accept_by(work, unit))
