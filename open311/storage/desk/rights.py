"""Which cases somebody may see or change, as a condition of SQL: made of the same grants that `may` asks."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Text, and_, cast, false, func, literal, or_, true
from sqlalchemy.dialects.postgresql import ARRAY

from open311.model.access.actor import Right
from open311.model.staff.rights import Grant, Staff, grants
from open311.model.staff.roles import Reach

Column = ColumnElement[Any]
Condition = ColumnElement[bool]


class CaseColumns(NamedTuple):
    """The columns that rights depend on, of whatever tables a query joins."""

    jurisdiction_id: Column
    service_code: Column
    visibility: Column
    unit: Column
    former_units: Column
    areas: Column
    assignee_id: Column
    taken_in_by: Column
    received_datetime: Column


def may(staff: Staff, right: Right, columns: CaseColumns) -> Condition:
    """The condition for all cases that somebody has a right to; the twin of `model.rights.may`."""
    condition = granted(staff, right, columns)
    if right is Right.SEE_HELD:
        return condition
    return and_(condition, or_(columns.visibility == "published", granted(staff, Right.SEE_HELD, columns)))


def granted(staff: Staff, right: Right, columns: CaseColumns) -> Condition:
    """The condition for all cases that a right is good for by itself; the twin of `model.rights.is_granted`."""
    # `or_()` of nothing is no condition at all to SQLAlchemy, and whoever has no grant would see everything.
    return or_(false(), *(_covered(grant, columns) for grant in grants(staff, right)))


def _covered(grant: Grant, columns: CaseColumns) -> Condition:
    scope = grant.membership
    conditions = [columns.jurisdiction_id == scope.jurisdiction_id]
    if scope.services is not None:
        conditions.append(columns.service_code.in_(scope.services))
    if scope.areas is not None:
        conditions.append(_overlap(columns.areas, scope.areas))
    if Reach.ALL not in grant.reaches:
        # Sorted, so that the same grants make the same text, which SQLAlchemy compiles once.
        conditions.append(or_(false(), *(_reached(grant, reach, columns) for reach in sorted(grant.reaches))))
    return and_(*conditions)


def _reached(grant: Grant, reach: Reach, columns: CaseColumns) -> Condition:
    units = grant.membership.units
    match reach:
        case Reach.ALL:
            return true()
        case Reach.PUBLISHED:
            return columns.visibility == "published"
        case Reach.UNIT:
            return columns.unit.is_not(None) if units is None else columns.unit.in_(units)
        case Reach.FORMER:
            former = columns.former_units
            return func.cardinality(former) > 0 if units is None else _overlap(former, units)
        case Reach.OWN:
            return columns.assignee_id == grant.account_id
        case Reach.TAKEN_IN:
            return columns.taken_in_by == grant.account_id
        case Reach.JUST_TAKEN_IN:
            return and_(columns.taken_in_by == grant.account_id, columns.received_datetime > grant.just_since)


def _overlap(column: Column, codes: tuple[str, ...]) -> Condition:
    return column.op("&&", is_comparison=True)(cast(literal(list(codes), ARRAY(Text)), ARRAY(Text)))
