"""The page on which a report is decided: the report, what is near it, and a form for everything about it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from flask import Response

from open311.base.errors import Conflict
from open311.http import current
from open311.model.access.actor import Right
from open311.model.casework.cases import Case, Flag, Priority, Stage
from open311.model.casework.decisions import Outcome
from open311.model.casework.personal_hints import personal_hints
from open311.model.desk.desk_catalogue import ReasonFor
from open311.model.desk.suspicious import Suspicious
from open311.model.events.event_kinds import EventKind
from open311.model.photo_boxes import suggestions
from open311.site import addresses
from open311.site.form.questions import Question, questions
from open311.site.list import maps
from open311.site.list.listing import services_by_group
from open311.site.view_models import every_answer
from open311.staff import actor_names, nearby, way_back
from open311.staff.blueprint import staff
from open311.staff.case import template_gaps, timeline
from open311.staff.checking.decision_form import WITH_STATUS, shown_values
from open311.staff.checking.sent_form import SentForm, box_rows
from open311.staff.rendering import render
from open311.staff.seen_case import SeenCase
from open311.storage.desk.case import presence, suspicion
from open311.storage.desk.lists import queue
from open311.storage.desk.scope import scope_of

# So many are seen without asking for more.
AT_FIRST = 3
REASONS_OF = {
    Outcome.PUBLISH: ReasonFor.EDIT,
    Outcome.WITHHOLD: ReasonFor.WITHHOLD,
    Outcome.REJECT: ReasonFor.REJECT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FormState:
    """What is in the form, upon which values and revision it was written, and what is said above it."""

    values: Mapping[str, str]
    base: Mapping[str, str]
    revision: int | None
    errors: Mapping[str, str] = field(default_factory=dict)
    conflict: Conflict | None = None
    last: int | None = None
    reveals: bool = False

    @classmethod
    def of_case(cls, seen: SeenCase, *, last: int | None, parent: int | None = None) -> "FormState":
        """The form as the page is opened with; `parent` is the report that this one may be a duplicate of."""
        base = shown_values(seen)
        values = base | {"mail": "1"}
        if parent is not None:
            values |= {"outcome": Outcome.DUPLICATE.value, "parent_number": str(parent)}
        return cls(values=values, base=base, revision=seen.whole.case.revision, last=last)

    @classmethod
    def of_form(
        cls,
        sent: SentForm,
        revision: int | None,
        *,
        errors: Mapping[str, str] = MappingProxyType({}),
        reveals: bool = False,
    ) -> "FormState":
        """The form as it was sent, to be put right; `errors` are words by the id of their field."""
        return cls(values=sent.typed(), base=sent.base, revision=revision, errors=errors, reveals=reveals)

    @classmethod
    def of_conflict(cls, sent: SentForm, latest: SeenCase, conflict: Conflict) -> "FormState":
        """What was changed in the form, upon what the report has become meanwhile."""
        base = shown_values(latest)
        # Only what was changed in the form: its other fields hold what has become old.
        values = base | sent.typed(latest=True)
        return cls(values=values, base=base, revision=latest.whole.case.revision, conflict=conflict)

    @property
    def status(self) -> int:
        return 409 if self.conflict else 400 if self.errors else 200


def form_values(seen: SeenCase, shown: FormState) -> dict[str, Any]:
    """What the template of a page needs on which a report is put right."""
    whole, catalogue = seen.whole, seen.catalogue
    request = whole.request
    meanwhile = shown.conflict.meanwhile if shown.conflict else ()
    names = actor_names.of_actors(event.actor for event in meanwhile)
    return {
        "errors": shown.errors,
        "shown": shown,
        "values": shown.values,
        "packed_base": json.dumps(dict(shown.base), ensure_ascii=False),
        "seen": seen,
        "whole": whole,
        "report": request,
        "case": whole.case,
        "catalogue": catalogue,
        "meanwhile": [timeline.line(event, catalogue, names) for event in meanwhile],
        "suggestions": suggestions,
        "box_rows": box_rows,
        "hints": personal_hints(f"{request.title or ''}\n{request.description}"),
        "answers": every_answer(catalogue.services.get(request.service_code), request.attributes),
        "map": maps.map_of(catalogue),
        "near_place": addresses.address("near_place", of=catalogue),
        "also": maps.sources(),
        "groups": services_by_group(catalogue),
        "questions": _questions(seen, shown),
        "templates": template_gaps.offered(seen),
        "may": seen.may,
        "way": way_back.of_request(),
        "Right": Right,
        "now": current.core().now(),
    }


def suspicious_of(jurisdiction_id: str) -> Suspicious:
    return current.core().catalogues.owner(jurisdiction_id).desk.suspicious


def is_waiting(case: Case) -> bool:
    """Whether a case stands in the queue."""
    return bool(case.awaits) or case.stage is Stage.CHECK


def check_page(seen: SeenCase, shown: FormState) -> Response:
    """The page; notes that this person is looking at the report."""
    core, number = current.core(), seen.number
    with core.database.begin() as conn:
        # Said, not locked: whoever goes home with a page open would hold up everybody. The revision settles who was
        # first.
        other = presence.claim(conn, number, str(seen.actor), core.now())
        suspicions = suspicion.of_requests(conn, [number], core.now(), suspicious_of)
        case = seen.whole.case
        place, total = (
            queue.place_of(conn, scope_of(staff(), Right.CHECK), case) if is_waiting(case) else (0, 0)
        )
    person = f"staff:{case.assignee_id}" if case.assignee_id else ""
    names = actor_names.of_actors(filter(None, (other, person)))
    return render(
        "checking/check_report.html",
        status=shown.status,
        other=names.get(other or "", ""),
        person=names.get(person, ""),
        place=place,
        total=total,
        most_counted=queue.MOST_COUNTED,
        declines=_declines(seen),
        offered_boxes=sum(len(photo.suggested or ()) for photo in seen.whole.photos),
        suspicions=suspicions.get(number, ()),
        neighbours=nearby.alike(seen),
        few_alike=AT_FIRST,
        reasons={outcome: seen.catalogue.desk.reasons_for(which) for outcome, which in REASONS_OF.items()},
        outcomes=list(Outcome),
        with_status=WITH_STATUS,
        priorities=list(Priority),
        **form_values(seen, shown),
    )


def _declines(seen: SeenCase) -> list[str]:
    """Which units have declined and why, while nobody has said whose it is."""
    if Flag.DECLINED not in seen.whole.case.flags:
        return []
    said_no = [event.data for event in seen.whole.history if event.kind == EventKind.DECLINED]
    return [
        ": ".join(
            filter(
                None,
                (seen.catalogue.unit_name(str(data.get("unit")), current.language()), data.get("reason")),
            )
        )
        for data in said_no
    ]


def _questions(seen: SeenCase, shown: FormState) -> list[Question]:
    """The questions of the service whose answers everybody reads."""
    service = seen.catalogue.services.get(seen.whole.request.service_code)
    if service is None:
        return []
    public = {attribute.code for attribute in service.attributes if attribute.public and attribute.variable}
    answers = {
        code: value.split("\n") for code in public if (value := shown.values.get(f"attribute[{code}]", ""))
    }
    return [question for question in questions(service, answers, {}) if question.attribute.code in public]
