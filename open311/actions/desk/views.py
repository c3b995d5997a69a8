"""Views of the list of cases: kept for oneself, or shared with a unit."""

from collections.abc import Collection, Mapping

from open311.base.errors import Forbidden, Invalid, NotFound, problem
from open311.base.text import tidy
from open311.core import Core
from open311.model.access.actor import Right, lacking
from open311.model.casework import desk_filters
from open311.model.staff.rights import Staff
from open311.storage.database import Connection
from open311.storage.desk.lists import views as storage
from open311.storage.desk.lists.views import View

LONGEST_NAME = 60
# Each is counted when the list is shown.
MOST_VIEWS = 20


def shared_by(staff: Staff, right: Right = Right.SHARE_VIEWS) -> dict[str, Collection[str] | None]:
    """The units that somebody may share views with, by city; None means every unit there.

    With `SEE_REPORTS`: those whose views they get to see.
    """
    units: dict[str, Collection[str] | None] = {}
    for membership in staff.memberships:
        # A view of a unit is for all of its cases, so a right to some of them is none to it.
        narrowed = membership.services is not None or membership.areas is not None
        if not membership.reaches(right) or (right is Right.SHARE_VIEWS and narrowed):
            continue
        city = membership.jurisdiction_id
        before = units.get(city, ())
        everywhere = membership.units is None or before is None
        units[city] = None if everywhere else (*(before or ()), *(membership.units or ()))
    return units


def add(
    core: Core, staff: Staff, name: str, filters: Mapping[str, str], jurisdiction_id: str, unit: str
) -> int:
    """Keep a view, with a unit for all of its people; its id. Raises `Invalid` with words for the field."""
    query = desk_filters.recognised(filters)
    if not query:
        raise Invalid(problem("desk.view.empty"))
    if desk_filters.names_colleague(query):
        raise Invalid(problem("desk.view.person"))
    if unit:
        _require_sharing(core, staff, jurisdiction_id, unit)
        view = View(0, None, jurisdiction_id, unit, _checked(name), query)
    else:
        view = View(0, staff.account_id, None, None, _checked(name), query)
    with core.database.begin() as conn:
        if len(storage.beside(conn, view)) >= MOST_VIEWS:
            raise Invalid(problem("desk.view.too_many", most=MOST_VIEWS))
        return storage.add(conn, view, core.now())


def change(core: Core, staff: Staff, view_id: int, name: str, *, counted: bool) -> None:
    """Give a view another name, and say whether the list counts it."""
    with core.database.begin() as conn:
        view = _own(conn, staff, view_id)
        storage.change(conn, view.id, _checked(name), counted=counted)


def move(core: Core, staff: Staff, view_id: int, by: int) -> None:
    """Put a view before or behind others of the same owner."""
    with core.database.begin() as conn:
        view = _own(conn, staff, view_id)
        ids = storage.beside(conn, view)
        place = ids.index(view.id)
        ids.insert(max(0, place + by), ids.pop(place))
        storage.put_in_order(conn, ids)


def remove(core: Core, staff: Staff, view_id: int) -> None:
    with core.database.begin() as conn:
        storage.remove(conn, _own(conn, staff, view_id).id)


def may_change(staff: Staff, view: View) -> bool:
    """Whether somebody may rename or remove a view: their own, or one of a unit that they may share with."""
    if view.account_id is not None:
        return view.account_id == staff.account_id
    return _may_share(staff, view.jurisdiction_id or "", view.unit or "")


def _own(conn: Connection, staff: Staff, view_id: int) -> View:
    view = storage.find(conn, view_id)
    if view is None or not may_change(staff, view):
        raise NotFound(problem("desk.view.unknown"))
    return view


def _require_sharing(core: Core, staff: Staff, jurisdiction_id: str, unit: str) -> None:
    if not _may_share(staff, jurisdiction_id, unit):
        raise Forbidden(lacking(Right.SHARE_VIEWS))
    if unit not in core.catalogues.owner(jurisdiction_id).units:
        raise Invalid(problem("desk.view.unit", unit=unit))


def _may_share(staff: Staff, jurisdiction_id: str, unit: str) -> bool:
    units = shared_by(staff)
    if jurisdiction_id not in units:
        return False
    codes = units[jurisdiction_id]
    return codes is None or unit in codes


def _checked(name: str) -> str:
    words = tidy(name)
    if not words or len(words) > LONGEST_NAME:
        raise Invalid(problem("desk.view.name", most=LONGEST_NAME))
    return words
