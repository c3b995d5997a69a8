"""The list of cases over all visibilities: filters as words in the address, views with counts, keyset pages."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from flask import request
from flask.typing import ResponseReturnValue

from open311.actions.desk import views
from open311.http import current
from open311.model.access.actor import Right
from open311.model.casework import desk_filters
from open311.model.casework.bulk import read_numbers, write_numbers
from open311.model.casework.cases import Flag, Priority, Stage
from open311.model.casework.desk_filters import MINE, NOBODY
from open311.model.casework.desk_search import CaseSearch, Column, Order, Page
from open311.model.catalogue import Catalogue
from open311.model.service_request import Visibility
from open311.site.list.listing import services_by_group
from open311.site.options import Options
from open311.site.report_numbers import report_number
from open311.site.words import words
from open311.staff import actor_names
from open311.staff.blueprint import page, redirect_to, staff
from open311.staff.lists import filters
from open311.staff.lists.filters import Filter
from open311.staff.rendering import render
from open311.storage.database import Connection
from open311.storage.desk.lists import case_list
from open311.storage.desk.lists import views as stored_views
from open311.storage.desk.lists.case_list import MOST_COUNTED
from open311.storage.desk.lists.case_rows import CaseRow
from open311.storage.desk.lists.views import View
from open311.storage.desk.scope import Scope, scope_of

# What everybody has; the messages `desk.view.…` name them.
VIEWS: Mapping[str, Mapping[str, str]] = {
    "open": {},
    "mine": {"person": MINE},
    "overdue": {"overdue": "1"},
    "nobody": {"person": NOBODY, "stage": "work"},
    "waiting": {"stage": "waiting"},
    "all": {"stage": "all", "order": "newest"},
}


class ViewLink(NamedTuple):
    """A view above the list: its words, where it leads, how much is in it (None: not counted), whether it is shown."""

    name: str
    words: str
    address: str
    number: int | None
    here: bool
    unit: str = ""


@page("/reports", Right.SEE_REPORTS)
def reports() -> ResponseReturnValue:
    """Cases that somebody may see, filtered and in order."""
    core, chosen = current.core(), filters.of_request()
    number = report_number(chosen.values.get("q", ""))
    # Whoever types a number and nothing else wants the case, not a list of one.
    if number is not None and len(chosen.values) == 1:
        return redirect_to("report", number=number)
    scope, after = scope_of(staff(), Right.SEE_REPORTS), request.args.get("after", "")
    others = filters.colleagues()
    search = filters.search(others)
    picked = set(read_numbers(request.args.get("picked", "")))
    with core.database.read() as conn:
        case_page = case_list.page(conn, scope, search, core.now(), filters.position(search, after))
        listed = _views(conn, scope, chosen)
    presences = [row.presence for row in case_page.rows if row.presence]
    people = [f"staff:{row.case.assignee_id}" for row in case_page.rows if row.case.assignee_id]
    in_force = [core.catalogues.owner(owner) for owner in scope.jurisdictions]
    return render(
        "lists/reports.html",
        rows=case_page.rows,
        catalogues={catalogue.jurisdiction.jurisdiction_id: catalogue for catalogue in in_force},
        names=actor_names.of_actors([*presences, *people]),
        metres=_metres(case_page, search),
        next=case_page.next.write() if case_page.next else "",
        after=after,
        picked=picked,
        picked_elsewhere=sorted(picked - {row.number for row in case_page.rows}),
        write_numbers=write_numbers,
        chosen=chosen,
        chips=filters.chips(_with_order(chosen, search), in_force, others),
        people=_people(others),
        views=listed,
        most_counted=MOST_COUNTED,
        shared_with=_shared_with(),
        **_filter_values(in_force, chosen),
        columns=desk_filters.columns_of(chosen.values),
        order=search.order,
        orders=desk_filters.orders_of(search),
        now=core.now(),
    )


def _people(colleagues: Mapping[int, str]) -> Options:
    """Whose cases the list can show: one's own, nobody's, those of colleagues."""
    by_name = sorted(colleagues.items(), key=lambda colleague: colleague[1].casefold())
    usual = [(MINE, words("desk.person.me")), (NOBODY, words("desk.person.nobody"))]
    return [*usual, *((str(account_id), name) for account_id, name in by_name)]


def _metres(case_page: Page[CaseRow], search: CaseSearch) -> dict[int, int]:
    """How far each case is from the point that the list is in order of."""
    if search.order is not Order.DISTANCE:
        return {}
    placed = zip(case_page.rows, case_page.positions, strict=True)
    return {row.number: position.values[0] for row, position in placed}


def _filter_values(in_force: Sequence[Catalogue], chosen: Filter) -> dict[str, Any]:
    """What can be chosen in each filter of the list."""
    return {
        "groups": [group for catalogue in in_force for group in services_by_group(catalogue)],
        "statuses": [status for catalogue in in_force for status in catalogue.statuses.values()],
        "choices": {
            name: filters.choices(name, in_force, chosen.chosen(name)) for name in ("unit", "area", "channel")
        },
        "all_columns": list(Column),
        "stages": list(Stage),
        "priorities": list(Priority),
        "visibilities": list(Visibility),
        "flags": list(Flag),
    }


def _with_order(chosen: Filter, search: CaseSearch) -> Filter:
    """The same, with the order that it came to where another one was asked for."""
    order = {"order": search.order.value} if "order" in chosen.values else {}
    return Filter({**chosen.values, **order})


def _views(conn: Connection, scope: Scope, chosen: Filter) -> list[ViewLink]:
    """The views of everybody, one's own, and those of one's units, with counts."""
    somebody = staff()
    kept = stored_views.offered(conn, somebody.account_id, views.shared_by(somebody, Right.SEE_REPORTS))
    queries = [*VIEWS.values(), *(view.query for view in kept)]
    counted = [*(True for _ in VIEWS), *(view.counted for view in kept)]
    numbers = _counts(conn, scope, queries, counted)
    named: list[tuple[str, View | None]] = [
        *((name, None) for name in VIEWS),
        *((view.name, view) for view in kept),
    ]
    return [
        ViewLink(
            name="" if view else words,
            words=words,
            address=Filter(query).address(),
            number=number,
            here=dict(query) == dict(chosen.values),
            unit=(view.unit or "") if view else "",
        )
        for (words, view), query, number in zip(named, queries, numbers, strict=True)
    ]


def _counts(
    conn: Connection, scope: Scope, queries: Sequence[Mapping[str, str]], counted: Sequence[bool]
) -> list[int | None]:
    """How much is in each view that is `counted`; what is searched by words, or is everything, never is."""
    core, asker = current.core(), filters.asker()
    searches = [desk_filters.search_of(query, asker) for query in queries]
    is_counted = [wanted and _is_countable(search) for search, wanted in zip(searches, counted, strict=True)]
    countable = [search for search, wanted in zip(searches, is_counted, strict=True) if wanted]
    key = ("views", staff(), tuple(tuple(query.items()) for query in queries), tuple(counted))
    numbers = iter(
        core.desk_counts.get(
            key,
            core.database.freshness.desk_stamp,
            core.now(),
            lambda: case_list.counted(conn, scope, countable, core.now()),
            anew="done" in request.args,
        )
    )
    return [next(numbers) if wanted else None for wanted in is_counted]


def _is_countable(search: CaseSearch) -> bool:
    return not search.words and Stage.DONE not in search.stages


def _shared_with() -> list[tuple[str, str]]:
    """The units that somebody may share a view with: what the form sends, and words."""
    core, choices = current.core(), list[tuple[str, str]]()
    for city, codes in views.shared_by(staff()).items():
        catalogue = core.catalogues.owner(city)
        for code in sorted(catalogue.units if codes is None else set(codes)):
            choices.append((f"{city} {code}", catalogue.agency_name(code, current.language()) or code))
    return choices
