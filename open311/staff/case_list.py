"""The list of cases over all visibilities: filters as words in the address, keyset pages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import request
from flask.typing import ResponseReturnValue

from open311.base.errors import Invalid
from open311.http import current
from open311.model.actor import Right
from open311.model.cases import Priority, Stage
from open311.model.desk_search import OPEN_STAGES, CaseSearch, Order, Position
from open311.model.service_request import Visibility
from open311.site.list.listing import services_by_group
from open311.site.report_numbers import report_number
from open311.staff import history
from open311.staff.blueprint import address, page, redirect_to, signed_in, staff
from open311.staff.rendering import render
from open311.storage.desk import counts, lists
from open311.storage.desk.scope import scope_of

MOST_WORDS = 200
NOBODY = "nobody"
MINE = "me"


@dataclass(frozen=True, slots=True)
class Filter:
    """What is typed or chosen, by the name it has in the address."""

    values: Mapping[str, str]

    def without(self, name: str) -> str:
        """The address of the list with one filter taken off."""
        return self.address(**{name: ""})

    def address(self, **changed: str) -> str:
        """The address of the list with some filters changed."""
        kept = {name: value for name, value in ({**self.values, **changed}).items() if value}
        return f"{address('reports')}?{urlencode(kept)}" if kept else address("reports")


NAMES = (
    "q",
    "stage",
    "service",
    "status",
    "unit",
    "person",
    "visibility",
    "priority",
    "overdue",
    "untouched",
    "order",
)
VIEWS: Mapping[str, Mapping[str, str]] = {
    "open": {},
    "mine": {"person": MINE},
    "overdue": {"overdue": "1"},
    "nobody": {"person": NOBODY, "stage": "work"},
    "waiting": {"stage": "waiting"},
    "all": {"stage": "all", "order": "newest"},
}


@page("/reports", Right.SEE_REPORTS)
def reports() -> ResponseReturnValue:
    """Cases that somebody may see, filtered and in order."""
    core = current.core()
    chosen = Filter(
        {name: value for name in NAMES if (value := request.args.get(name, "").strip()[:MOST_WORDS])}
    )
    number = report_number(chosen.values.get("q", ""))
    if number is not None and len(chosen.values) == 1:
        return redirect_to("report", number=number)
    scope, after = scope_of(staff(), Right.SEE_REPORTS), request.args.get("after", "")
    try:
        position = Position.read(after) if after else None
    except Invalid:
        position = None
    with core.database.read() as conn:
        found = lists.page(conn, scope, search_of(chosen.values, core.now()), core.now(), position)
        counted = counts.of(conn, scope, core.now())
    presences = [row.presence for row in found.rows if row.presence]
    people = [f"staff:{row.case.assignee_id}" for row in found.rows if row.case.assignee_id]
    in_force = [core.catalogues.owner(owner) for owner in scope.jurisdictions]
    return render(
        "reports.html",
        rows=found.rows,
        catalogues={catalogue.jurisdiction.jurisdiction_id: catalogue for catalogue in in_force},
        names=history.names([*presences, *people]),
        next=chosen.address(after=found.next.write()) if found.next else "",
        chosen=chosen,
        counts=counted,
        views=[
            (name, Filter(values).address(), dict(values) == dict(chosen.values))
            for name, values in VIEWS.items()
        ],
        groups=[group for catalogue in in_force for group in services_by_group(catalogue)],
        statuses=[status for catalogue in in_force for status in catalogue.statuses.values()],
        units=sorted({unit for catalogue in in_force for unit in catalogue.units}),
        stages=list(Stage),
        priorities=list(Priority),
        visibilities=list(Visibility),
        orders=list(Order),
        now=core.now(),
    )


def search_of(values: Mapping[str, str], now: datetime) -> CaseSearch:
    """The question that filters mean; what cannot be read restricts nothing."""
    asked: dict[str, Any] = {}
    for name, value in values.items():
        if name in READERS:
            asked |= READERS[name](value, now)
    return CaseSearch(**asked)


def _stages(value: str, _: datetime) -> dict[str, Any]:
    if value == "all":
        return {"stages": tuple(Stage)}
    return {"stages": (Stage(value),)} if value in set(Stage) else {"stages": OPEN_STAGES}


def _person(value: str, _: datetime) -> dict[str, Any]:
    if value == NOBODY:
        return {"nobody": True}
    return {"assignee": signed_in().account.id} if value == MINE else {}


def _priority(value: str, _: datetime) -> dict[str, Any]:
    known = {str(int(priority)): priority for priority in Priority}
    return {"priorities": (known[value],)} if value in known else {}


def _untouched(value: str, now: datetime) -> dict[str, Any]:
    days = int(value) if value.isdecimal() and len(value) < 5 else 0
    return {"untouched_since": (now - timedelta(days=days)).astimezone(UTC)} if days else {}


READERS: Mapping[str, Callable[[str, datetime], dict[str, Any]]] = {
    "q": lambda value, _: {"words": value},
    "stage": _stages,
    "service": lambda value, _: {"services": (value,)},
    "status": lambda value, _: {"detailed_statuses": (value,)},
    "unit": lambda value, _: {"units": (value,)},
    "person": _person,
    "visibility": lambda value, _: {"visibilities": (value,)},
    "priority": _priority,
    "overdue": lambda value, _: {"overdue": bool(value)},
    "untouched": _untouched,
    "order": lambda value, _: {"order": Order(value)} if value in set(Order) else {},
}
