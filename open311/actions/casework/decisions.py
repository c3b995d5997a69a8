"""The decision of somebody who checks a report: words, photos, place, unit, outcome and letter in one transaction."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from open311.actions.casework.content import photos, texts
from open311.actions.casework.content import place_and_service as places
from open311.actions.casework.content.photos import Redaction
from open311.actions.casework.conversation import correspondence
from open311.actions.casework.opening import locked_together, require_revision
from open311.actions.casework.progress import duplicates, planning, status_moves
from open311.actions.casework.publication import visibility
from open311.actions.casework.responsibility import assignment
from open311.actions.casework.work import Work
from open311.base.errors import Invalid, problem
from open311.core import Core
from open311.model import status
from open311.model.access.actor import Actor, Right
from open311.model.casework.decisions import Decision, Outcome
from open311.model.casework.gaps import require_filled
from open311.model.catalogue import DetailedStatus
from open311.model.desk.desk_catalogue import ReasonFor
from open311.model.events.event_kinds import EventKind
from open311.model.service_request import Status, Visibility
from open311.model.updates import rejected_status


def decide(
    core: Core,
    service_request_id: int,
    decision: Decision,
    actor: Actor,
    *,
    expected_revision: int | None = None,
) -> int:
    """Do all that was decided, or nothing. Raises `Invalid`, `Forbidden`, `NotFound`, `Conflict`."""
    with ExitStack() as stack:
        # Before the transaction: to draw takes a second, and meanwhile nobody could write to the report.
        redactions = stack.enter_context(photos.drawn(core, service_request_id, decision.photos, actor))
        conn = stack.enter_context(core.database.begin())
        original_id = decision.parent_id if decision.outcome is Outcome.DUPLICATE else None
        numbers = {service_request_id, *filter(None, [original_id])}
        works = locked_together(core, conn, numbers, actor)
        work = works[service_request_id]
        _require_rights(work, decision)
        require_revision(work, expected_revision)
        _prepare(work, decision, redactions)
        _conclude(work, decision, works.get(original_id or 0))
        for other in works.values():
            # The others first: the undo of this act is made of what they have stored.
            if other is not work:
                other.write()
        work.write()
    return work.case.revision


def _require_rights(work: Work, decision: Decision) -> None:
    """Each part needs the right that it would need alone."""
    needed = {
        Right.CHECK: decision.outcome is not None or any(edit.public is not None for edit in decision.photos),
        Right.EDIT: bool(
            decision.texts
            or decision.answers
            or decision.photos
            or decision.location
            or decision.address is not None
            or decision.service_code
        ),
        Right.SEE_ORIGINALS: any(edit.destroy_original for edit in decision.photos),
        Right.ASSIGN_UNIT: decision.unit is not None,
        Right.PLAN: decision.priority is not None,
        Right.SET_STATUS: decision.status is not None,
        Right.WRITE_REPORTER: decision.message is not None or decision.outcome is Outcome.ASK,
        Right.MERGE: decision.outcome is Outcome.DUPLICATE,
    }
    for right, is_needed in needed.items():
        if is_needed:
            work.require(right)


def _prepare(work: Work, decision: Decision, redactions: Mapping[int, Redaction]) -> None:
    """What comes before the outcome: nobody sees the report before its words and photos are as they should be."""
    # One field of the form for both: why it is refused, or why its words were changed. The catalogue tells which.
    is_edit = decision.reason in {reason.code for reason in work.catalogue.desk.reasons_for(ReasonFor.EDIT)}
    texts.rewrite(work, decision.texts, decision.answers, decision.reason if is_edit else None)
    if decision.service_code is not None:
        places.move_to_service(work, decision.service_code)
    places.move_to_place(work, decision.location, decision.address, outside=decision.outside)
    for edit in decision.photos:
        photos.edit(work, edit, redactions)
    if decision.unit is not None and decision.unit != work.case.unit:
        assignment.give_to(work, decision.unit)
    if decision.priority is not None:
        planning.prioritise(work, decision.priority)


def _conclude(work: Work, decision: Decision, original: Work | None) -> None:
    outcome = decision.outcome
    require_filled(decision.status_notes)
    if outcome is not None:
        work.is_quiet = not decision.mail
        work.tell_staff(EventKind.CHECKED, outcome=outcome.value, reason=decision.reason)
    accept_by = work.case.accept_by
    match outcome:
        case Outcome.PUBLISH:
            _publish(work, decision)
        case Outcome.WITHHOLD:
            visibility.keep_back(work, visibility.reason_of(work, decision.reason))
            if decision.status is not None:
                # A reason has words of its own, which the reporter gets.
                if decision.reason is None:
                    _require_words(work, decision)
                status_moves.move(work, status_moves.status_of(work, decision.status), decision.status_notes)
        case Outcome.DUPLICATE:
            if original is None:
                raise Invalid(problem("error.decision.original"))
            duplicates.join(work, original, reopen=decision.reopen_parent)
        case Outcome.REJECT:
            _reject(work, decision)
        case Outcome.SPAM:
            # A robot that is answered writes again; and the address may be somebody else's.
            work.is_quiet = True
            visibility.take_away(work, "spam")
            work.change(**_closed(work, rejected_status(work.catalogue)))
        case Outcome.ASK:
            correspondence.write_question(work, decision.message or "")
        case None:
            pass
    unit = work.case.unit
    # From now on the unit has something to take up, which it has perhaps just been told.
    if unit is not None and work.case.accept_by != accept_by and not work.has_told_of_unit(unit):
        work.tell_staff(EventKind.ROUTED, {"to": unit, "rule": work.case.route.get("rule")})
    if decision.message is not None and outcome is not Outcome.ASK:
        correspondence.write_answer(work, decision.message)


def _require_words(work: Work, decision: Decision) -> None:
    new_status = status_moves.status_of(work, decision.status or "")
    status_moves.require_words(work, new_status, decision.status_notes or decision.message)


def _publish(work: Work, decision: Decision) -> None:
    if not work.is_public:
        visibility.show(work, decision.status_notes)
    if decision.status is not None and decision.status != work.request.detailed_status:
        _require_words(work, decision)
        status_moves.move(work, status_moves.status_of(work, decision.status), decision.status_notes)


def _reject(work: Work, decision: Decision) -> None:
    """Refuse: not for the public, and finished, with the words of the reason for the reporter."""
    reason = visibility.reason_of(work, decision.reason)
    code = decision.status or (reason.status if reason else None)
    to = status_moves.status_of(work, code) if code else rejected_status(work.catalogue)
    if to.status != Status.CLOSED:
        raise Invalid(problem("error.decision.closed", status=to.code))
    work.change(**_closed(work, to))
    if work.request.visibility == Visibility.WITHHELD:
        work.tell_status(EventKind.STATUS_CHANGED, {}, {"reason": decision.reason})
    else:
        visibility.keep_back(work, reason)


def _closed(work: Work, to: DetailedStatus) -> dict[str, Any]:
    return status.change_status(work.request, to, None, work.now)
