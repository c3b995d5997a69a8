"""Reading what was added up, within what somebody may see: a few hundred rows, however much came in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    DateTime,
    Text,
    case,
    cast,
    func,
    null,
    or_,
    select,
)

from open311.model.access.actor import Right
from open311.model.casework.figures import NUMBERS, Course
from open311.model.staff.rights import Staff, grants
from open311.storage.desk import rights
from open311.storage.desk.rights import CaseColumns
from open311.storage.tables import desk_figures, desk_figures_runs

_f, _r = desk_figures.c, desk_figures_runs.c
# No figures say whose a case is or was: what somebody sees for that reason alone is in none of theirs.
COLUMNS = CaseColumns(
    jurisdiction_id=_f.jurisdiction_id,
    service_code=_f.service_code,
    visibility=_f.visibility,
    unit=func.nullif(_f.unit, ""),
    former_units=cast(null(), ARRAY(Text)),
    areas=_f.areas,
    assignee_id=cast(null(), BigInteger),
    taken_in_by=cast(null(), BigInteger),
    received_datetime=cast(null(), DateTime(timezone=True)),
)


@dataclass(slots=True)
class Figures:
    """What came in within a period, and what became of it; weeks by their Mondays, `before` a year before those."""

    whole: Course = field(default_factory=Course)
    units: dict[str, Course] = field(default_factory=dict)
    services: dict[str, Course] = field(default_factory=dict)
    areas: dict[tuple[str, ...], Course] = field(default_factory=dict)
    channels: dict[str, Course] = field(default_factory=dict)
    weeks: dict[date, Course] = field(default_factory=dict)
    before: dict[date, Course] = field(default_factory=dict)
    reasons: dict[str, Course] = field(default_factory=dict)


def counted_at(conn: Connection, jurisdictions: Sequence[str]) -> datetime | None:
    """When the figures of these cities were added up, the earliest of them; None while one was not."""
    query = select(func.count(), func.min(_r.run_datetime)).where(_r.jurisdiction_id.in_(jurisdictions))
    counted, earliest = conn.execute(query).one()
    return earliest if counted == len(jurisdictions) else None


def figures(conn: Connection, staff: Staff, days: int) -> Figures:
    """The figures of a period that somebody may see."""
    mine = (
        _f.jurisdiction_id.in_(staff.jurisdictions(Right.FIGURES)),
        rights.may(staff, Right.FIGURES, COLUMNS),
        _f.age <= days,
    )
    # Only who sees some districts needs them apart from each other.
    by_area = _f.areas.is_not(None) if _is_narrowed(staff) else _f.areas.is_(None)
    read = Figures()
    _read_course(conn, read, (*mine, _f.part == "course", by_area))
    _read_others(conn, read, mine, by_area)
    return read


def _is_narrowed(staff: Staff) -> bool:
    """Whether a right to figures, or to what is not public, ends at the border of a district."""
    scopes = (grant.membership for right in (Right.FIGURES, Right.SEE_HELD) for grant in grants(staff, right))
    return any(membership.areas is not None for membership in scopes)


def _read_course(conn: Connection, read: Figures, conditions: Sequence[ColumnElement[bool]]) -> None:
    numbers = [_f[name] for name in NUMBERS]
    for row in conn.execute(
        select(_f.unit, _f.service_code, _f.times, *numbers).where(*conditions)
    ).mappings():
        for course in (
            read.units.setdefault(row["unit"], Course()),
            read.services.setdefault(row["service_code"], Course()),
        ):
            course.add(row, row["times"])
    for course in read.services.values():
        read.whole.merge(course)


def _read_others(
    conn: Connection, read: Figures, mine: Sequence[ColumnElement[bool]], by_area: ColumnElement[bool]
) -> None:
    """Numbers by district, way of receipt, week and reason; one statement."""
    areas = case((_f.part == "course", _f.areas))
    sums: list[Any] = [func.sum(_f[name]).label(name) for name in NUMBERS]
    chosen = or_(
        (_f.part == "course") & _f.areas.is_not(None),
        _f.part.in_(("channel", "reason")),
        _f.part.in_(("week", "before")) & by_area,
    )
    query = select(_f.part, areas.label("areas"), _f.week, _f.name, *sums).where(*mine, chosen)
    for row in conn.execute(query.group_by(_f.part, areas, _f.week, _f.name)).mappings():
        of_part: dict[str, tuple[dict[Any, Course], Any]] = {
            "course": (read.areas, tuple(row["areas"] or ())),
            "channel": (read.channels, row["name"] or ""),
            "reason": (read.reasons, row["name"] or ""),
            "week": (read.weeks, row["week"]),
            "before": (read.before, row["week"]),
        }
        courses, key = of_part[row["part"]]
        courses.setdefault(key, Course()).add(row, {})
