"""The figures of a city: roll-ups that the worker makes of all its reports, and pages read."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select, text, tuple_

from open311.base.bounded import Bounded
from open311.model.statistics import MonthOfService, RollUps, Statistics
from open311.storage.database import advisory_locks
from open311.storage.database.freshness import announce
from open311.storage.tables import events, statistics_months, statistics_runs
from open311.storage.upkeep.roll_ups import RollUp, Run

_m, _e = statistics_months.c, events.c
LONGEST_DAYS = 3650
MOST_KEPT = 50
ROLL_UP = RollUp(statistics_runs, advisory_locks.STATISTICS)
BY_SERVICE, BY_AREA, BY_BOTH = "service", "area", "both"
PART = f"""
    case when grouping(area) = 1 then '{BY_SERVICE}'
         when grouping(service_code) = 1 then '{BY_AREA}'
         else '{BY_BOTH}' end
"""

# The requests of a city are read once: what was received and what was closed are counted from the same rows, and the
# three parts from these counts, of which there are far fewer.
_ADD_UP = text(f"""
    with mine as materialized (
        select request.service_code, coalesce(cases.areas[1], request.zipcode, '') as area, request.status,
               date_trunc('month', request.requested_datetime at time zone :zone)::date as received,
               date_trunc('month', request.closed_datetime at time zone :zone)::date as closed,
               least(greatest(0, extract(epoch from request.closed_datetime - request.requested_datetime) / 86400),
                     :longest)::integer as days,
               request.expected_datetime is not null as promised,
               request.closed_datetime <= request.expected_datetime as kept
        from service_requests as request left join cases on cases.service_request_id = request.id
        where request.jurisdiction_id = :owner and request.visibility = 'published' and request.parent_id is null
    ),
    received as (
        select received as month, service_code, area, count(*) as received,
               count(*) filter (where status = 'open') as open
        from mine group by 1, 2, 3
    ),
    took as (
        select closed as month, service_code, area, days, count(*) as number,
               count(*) filter (where promised) as promised, count(*) filter (where kept) as kept
        from mine where status = 'closed' and closed is not null group by 1, 2, 3, 4
    ),
    received_parts as (
        select {PART} as part, month, coalesce(service_code, '') as service_code, coalesce(area, '') as area,
               sum(received) as received, sum(open) as open
        from received
        group by grouping sets ((month, service_code), (month, area), (month, service_code, area))
    ),
    took_parts as (
        select {PART} as part, month, coalesce(service_code, '') as service_code, coalesce(area, '') as area, days,
               sum(number) as number, sum(promised) as promised, sum(kept) as kept
        from took
        group by grouping sets ((month, service_code, days), (month, area, days), (month, service_code, area, days))
    ),
    closed_parts as (
        select part, month, service_code, area, sum(number) as closed, sum(promised) as promised, sum(kept) as kept,
               jsonb_object_agg(days, number) as days
        from took_parts group by 1, 2, 3, 4
    ),
    written as (
        insert into statistics_months
            (jurisdiction_id, part, month, service_code, area, received, open, closed, promised, kept, days)
        select :owner, part, month, service_code, area, coalesce(received, 0), coalesce(open, 0), coalesce(closed, 0),
               coalesce(promised, 0), coalesce(kept, 0), coalesce(days, '{{}}')
        from received_parts full join closed_parts using (part, month, service_code, area)
        on conflict (jurisdiction_id, part, month, service_code, area) do update set
            received = excluded.received, open = excluded.open, closed = excluded.closed,
            promised = excluded.promised, kept = excluded.kept, days = excluded.days
        returning part, month, service_code, area
    )
    delete from statistics_months as former
    where jurisdiction_id = :owner and not exists (
        select from written
        where written.part = former.part and written.month = former.month
            and written.service_code = former.service_code and written.area = former.area
    )
""")


@dataclass(slots=True)
class FiguresCache:
    """A cache of figures, valid until the next roll-up."""

    _kept: Bounded[Hashable, tuple[Run, Statistics]] = field(default_factory=lambda: Bounded(MOST_KEPT))

    def get(self, key: Hashable, run: Run | None) -> Statistics | None:
        kept = self._kept.get(key)
        return kept[1] if kept and kept[0] == run else None

    def keep(self, key: Hashable, run: Run | None, figures: Statistics) -> None:
        if run is not None:
            self._kept.keep(key, (run, figures))


def newest_event(conn: Connection, jurisdiction_id: str) -> int:
    """The id of the last event of a jurisdiction that changed what everybody sees."""
    mine = (_e.jurisdiction_id == jurisdiction_id, _e.in_feed)
    latest = select(_e.id).where(*mine).order_by(_e.xid.desc(), _e.id.desc()).limit(1)
    return int(conn.execute(latest).scalar_one_or_none() or 0)


def add_up(conn: Connection, jurisdiction_id: str, zone: str, run: Run) -> None:
    """Count all reports of a jurisdiction again.

    All is read before the first row is written: a transaction that may write holds up the feed of changes.
    """
    with ROLL_UP.running(conn, jurisdiction_id, run):
        conn.execute(_ADD_UP, {"owner": jurisdiction_id, "zone": zone, "longest": LONGEST_DAYS})
    announce(conn)


def read(conn: Connection, jurisdiction_id: str, since: date, service_code: str | None = None) -> RollUps:
    """The months from `since` on by service and by area, and of what came in before how much is open."""
    mine = [_m.jurisdiction_id == jurisdiction_id]
    if service_code is not None:
        mine.append(_m.service_code == service_code)
    services = [*mine, _m.part == BY_SERVICE]
    areas = [*mine, _m.part == (BY_AREA if service_code is None else BY_BOTH)]
    return RollUps(
        services=_lately(conn, since, services),
        areas=_lately(conn, since, areas),
        open_before=[
            *_open_before(conn, since, services, _m.month, _m.service_code),
            *_open_before(conn, since, areas, _m.area),
        ],
    )


def _lately(conn: Connection, since: date, part: Sequence[Any]) -> list[MonthOfService]:
    columns = (
        _m.month,
        _m.service_code,
        _m.area,
        _m.received,
        _m.open,
        _m.closed,
        _m.promised,
        _m.kept,
        _m.days,
    )
    rows = conn.execute(select(*columns).where(*part, _m.month >= since).order_by(_m.month))
    return [
        MonthOfService(*row[:-1], days={int(number): count for number, count in row.days.items()})
        for row in rows
    ]


def _open_before(
    conn: Connection, since: date, part: Sequence[Any], *dimensions: Any
) -> Iterator[tuple[str, Any, int]]:
    """What is open of earlier months: the name of a dimension, what it is there, how many."""
    sums = select(*dimensions, func.sum(_m.open)).where(*part, _m.month < since, _m.open > 0)
    for *values, number in conn.execute(sums.group_by(func.grouping_sets(*map(tuple_, dimensions)))):
        position, value = next((at, value) for at, value in enumerate(values) if value is not None)
        yield dimensions[position].name, value, number
