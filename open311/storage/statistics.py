"""The figures of a city: added up from all its reports by the worker, read a few hundred rows at a time."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert

from open311.model.statistics import MonthOfService
from open311.storage.database.freshness import announce
from open311.storage.tables import events, statistics_months, statistics_runs

_m, _s, _e = statistics_months.c, statistics_runs.c, events.c
LOCK = 3_110_016
LONGEST_DAYS = 3650

_ADD_UP = text("""
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
    closed as (
        select month, service_code, area, sum(number) as closed, sum(promised) as promised, sum(kept) as kept,
               jsonb_object_agg(days, number) as days
        from took group by 1, 2, 3
    )
    insert into statistics_months
    select :owner, month, service_code, area, coalesce(received, 0), coalesce(open, 0), coalesce(closed, 0),
           coalesce(promised, 0), coalesce(kept, 0), coalesce(days, '{}')
    from received full join closed using (month, service_code, area)
""")


def newest_event(conn: Connection, jurisdiction_id: str) -> int:
    """The id of the last event of a jurisdiction that changed what everybody sees."""
    mine = (_e.jurisdiction_id == jurisdiction_id, _e.in_feed)
    latest = select(_e.id).where(*mine).order_by(_e.xid.desc(), _e.id.desc()).limit(1)
    return int(conn.execute(latest).scalar_one_or_none() or 0)


def last_run(conn: Connection, jurisdiction_id: str) -> tuple[int, datetime] | None:
    """Up to which event, and when, was added up."""
    row = conn.execute(
        select(_s.event_id, _s.run_datetime).where(_s.jurisdiction_id == jurisdiction_id)
    ).one_or_none()
    return (row.event_id, row.run_datetime) if row else None


def add_up(conn: Connection, jurisdiction_id: str, zone: str, event_id: int, now: datetime) -> None:
    """Count all reports of a jurisdiction anew; readers see the former figures until the transaction ends."""
    conn.execute(select(func.pg_advisory_xact_lock(LOCK, func.hashtext(jurisdiction_id))))
    conn.execute(statistics_months.delete().where(_m.jurisdiction_id == jurisdiction_id))
    conn.execute(_ADD_UP, {"owner": jurisdiction_id, "zone": zone, "longest": LONGEST_DAYS})
    run = {"jurisdiction_id": jurisdiction_id, "event_id": event_id, "run_datetime": now}
    keep = insert(statistics_runs).values(**run)
    conn.execute(keep.on_conflict_do_update(index_elements=[_s.jurisdiction_id], set_=run))
    announce(conn)


def read(
    conn: Connection, jurisdiction_id: str, since: date, service_code: str | None = None
) -> Sequence[MonthOfService]:
    """The rows of the months from `since` on, and of earlier ones those of which something is open."""
    conditions: list[Any] = [_m.jurisdiction_id == jurisdiction_id, or_(_m.month >= since, _m.open > 0)]
    if service_code is not None:
        conditions.append(_m.service_code == service_code)
    columns = [column for column in _m if column.name != "jurisdiction_id"]
    rows = conn.execute(select(*columns).where(*conditions).order_by(_m.month))
    return [MonthOfService(*row) for row in rows]
