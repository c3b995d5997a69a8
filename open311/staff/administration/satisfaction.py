"""What people said of how it ended: figures by service and unit, never by person; and wishes to be taken up again."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from flask import request
from flask.typing import ResponseReturnValue

from open311.actions import casework
from open311.base.errors import NotFound, problem
from open311.http import current
from open311.model.access.actor import Right
from open311.staff.blueprint import page, redirect_to, staff
from open311.staff.forms import posted_revision
from open311.staff.rendering import render
from open311.staff.seen_case import find_case
from open311.storage.desk.outside import ratings
from open311.storage.desk.outside.ratings import Satisfaction
from open311.storage.desk.scope import scope_of

# The seasons differ; a year has all of them.
SINCE = timedelta(days=365)
# Fewer could be recognised.
LEAST = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; None where there are too few answers to tell."""

    name: str
    answers: int
    satisfied: int | None

    @property
    def share(self) -> int | None:
        """Percent of those who answered."""
        return None if self.satisfied is None else round(100 * self.satisfied / self.answers)


@page("/satisfaction", Right.FIGURES)
def satisfaction() -> ResponseReturnValue:
    """How satisfied people were in the last year."""
    core = current.core()
    with core.database.read() as conn:
        ratings_given = ratings.figures(conn, scope_of(staff(), Right.FIGURES), core.now() - SINCE)
    language = current.language()
    by_service = rows(
        ratings_given,
        lambda one: core.catalogues.owner(one.jurisdiction_id).service_name(one.service_code, language),
    )
    by_unit = rows(
        ratings_given,
        lambda one: core.catalogues.owner(one.jurisdiction_id).unit_name(one.unit or "", language),
    )
    return render("administration/satisfaction.html", by_service=by_service, by_unit=by_unit, least=LEAST)


def rows(answers: Iterable[Satisfaction], name_of: Callable[[Satisfaction], str]) -> list[Row]:
    satisfied, all_ = Counter[str](), Counter[str]()
    for satisfaction in answers:
        name = name_of(satisfaction)
        satisfied[name] += satisfaction.satisfied
        all_[name] += satisfaction.satisfied + satisfaction.unsatisfied
    return [
        Row(name, count, satisfied[name] if count >= LEAST else None) for name, count in all_.most_common()
    ]


@page("/check/<number:number>/reopen/<number:update_id>", Right.CHECK, methods=("POST",))
def decide_reopening(number: int, update_id: int) -> ResponseReturnValue:
    """Take a report up again as its reporter wishes, or leave it closed and say why."""
    seen = find_case(number)
    if update_id not in {event.id for event, _ in seen.whole.claims}:
        raise NotFound(problem("error.update.unknown", update_id=update_id))
    act = casework.reopen if request.form.get("act") == "reopen" else casework.keep_closed
    text = request.form.get("text", "").strip() or None
    act(current.core(), update_id, seen.actor, text, expected_revision=posted_revision())
    return redirect_to("report", done="decided", number=number)
