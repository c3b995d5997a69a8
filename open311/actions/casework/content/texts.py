"""Words of a report that staff change: the public reads the new ones at once, staff the old ones for a while."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from open311.actions.casework.opening import opened
from open311.actions.casework.owned import require_ours
from open311.actions.casework.publication.visibility import reason_of
from open311.actions.casework.responsibility import routing
from open311.actions.casework.work import Work
from open311.base.errors import Invalid, Problem, problem
from open311.base.text import tidy
from open311.core import Core
from open311.model.access.actor import Actor, Right
from open311.model.casework.ownership import Part
from open311.model.catalogue import attributes
from open311.model.events.event_kinds import EventKind
from open311.model.intake.submission import DESCRIPTION_LENGTH
from open311.storage.desk.case import originals

# Fields, how long each may be, and whether an empty one is none.
LENGTHS = {
    "description": DESCRIPTION_LENGTH,
    "address": 500,
    "title": 500,
    "zipcode": 20,
    "service_object_type": 500,
    "service_object_id": 500,
}
NEVER_NONE = ("description", "address")


def edit(
    core: Core,
    service_request_id: int,
    texts: Mapping[str, str],
    actor: Actor,
    reason: str | None = None,
    *,
    answers: Mapping[str, Sequence[str]] | None = None,
    expected_revision: int | None = None,
) -> int:
    """Change words of a report: fields by name, public answers by their code.

    The history says which, never what was there. Raises `Invalid` with everything that is wrong.
    """
    with opened(core, service_request_id, actor, Right.EDIT, expected_revision) as work:
        rewrite(work, texts, answers or {}, reason)
    return work.case.revision


def rewrite(
    work: Work,
    texts: Mapping[str, str],
    answers: Mapping[str, Sequence[str]],
    reason: str | None = None,
) -> None:
    """Edit within an act; what is not different is not touched."""
    code = reason_of(work, reason)
    changes, problems = _changed_texts(work, texts)
    changed_answers, wrong_answers = _changed_answers(work, answers)
    Invalid.unless_empty([*problems, *wrong_answers])
    before: dict[str, str] = {name: getattr(work.request, name) or "" for name in changes}
    if changed_answers is not None:
        old = work.request.attributes
        names = {name for name in (*old, *changed_answers) if old.get(name) != changed_answers.get(name)}
        before |= {f"attributes.{name}": "\n".join(old.get(name, ())) for name in names}
        changes["attributes"] = changed_answers
    if not changes:
        return
    require_ours(work, Part.TEXTS)
    originals.keep(work.conn, work.number, before, work.now, _until(work))
    work.change(**changes)
    work.tell_staff(EventKind.EDITED, in_feed=True, fields=sorted(before), reason=code and code.code)
    if changed_answers is not None:
        routing.route_anew(work)


def _until(work: Work) -> datetime | None:
    """Until when the words are kept that are replaced now; without an end while the report is open."""
    days = timedelta(days=work.catalogue.desk.originals_days)
    return work.now + days if work.request.closed_datetime else None


def _changed_texts(work: Work, texts: Mapping[str, str]) -> tuple[dict[str, object], list[Problem]]:
    problems = [problem("error.edit.field", field=name) for name in texts if name not in LENGTHS]
    changes: dict[str, object] = {}
    for name, longest in LENGTHS.items():
        if name not in texts:
            continue
        text = tidy(texts[name])
        if len(text) > longest:
            problems.append(problem("error.edit.length", field=name, most=longest))
        elif text != (getattr(work.request, name) or ""):
            changes[name] = text if text or name in NEVER_NONE else None
    return changes, problems


def _changed_answers(
    work: Work, answers: Mapping[str, Sequence[str]]
) -> tuple[dict[str, list[str]] | None, list[Problem]]:
    """The public answers with these in the place of the old ones; None when nothing is different."""
    if not answers:
        return None, []
    service = work.catalogue.services.get(work.request.service_code)
    public = {attribute.code for attribute in service.attributes if attribute.public} if service else set()
    problems = [problem("error.edit.field", field=code) for code in answers if code not in public]
    if service is None or problems:
        return None, problems
    merged = {**work.request.attributes, **{code: list(values) for code, values in answers.items()}}
    checked = attributes.check(service, merged)
    # An old report need not meet today's questions; only what is changed now has to.
    faults = [fault for fault in checked.problems if fault.values.get("code") in answers]
    kept = {code: values for code, values in work.request.attributes.items() if code not in answers}
    kept |= {code: values for code, values in checked.public.items() if code in answers and values}
    return (None if kept == dict(work.request.attributes) else kept), faults
