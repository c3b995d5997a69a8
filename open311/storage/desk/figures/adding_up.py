"""Adding up: what became of the reports of the last year, and how many came in a year before; one statement a city."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Connection, func, select, text

from open311.model.casework.figures import CLOCK, ENDS, NUMBERS, PERIODS, WORKING_DAYS, YEAR, time_key
from open311.model.events.event_kinds import EventKind
from open311.model.intake.channels import Channel
from open311.storage.database import advisory_locks
from open311.storage.tables import desk_figures_runs, events
from open311.storage.upkeep.roll_ups import RollUp, Run

ROLL_UP = RollUp(desk_figures_runs, advisory_locks.DESK_FIGURES)
END_COLUMNS = dict(
    zip(
        ENDS,
        ("checked_datetime", "accepted_datetime", "first_answer_datetime", "closed_datetime"),
        strict=True,
    )
)
DIMENSIONS = "age, unit, service_code, visibility"
COUNTS = ", ".join(NUMBERS)
SUMS = ", ".join(f"sum({name}::integer)::integer as {name}" for name in NUMBERS)
NONE, NO_NAME = "null::text[]", "null::text"
NUMBERS_TO_DAY = "(cast(:numbers as integer[]))"


def _age(moment: str) -> str:
    """The shortest period that a moment lies in, in days."""
    cases = " ".join(f"when {moment} >= :now - interval '{days} days' then {days}" for days in PERIODS)
    return f"(case {cases} end)::smallint"


def _clock(seconds: str) -> str:
    """Seconds as exactly as they are shown: minutes, then hours, then days. A clock that was set back makes none."""
    return (
        f"(case when {seconds} < 3570 then greatest(round({seconds} / 60), 0) * 60"
        f" when {seconds} < 172770 then round({seconds} / 3600) * 3600"
        f" else round({seconds} / 86400) * 86400 end)::integer"
    )


def _times() -> str:
    """The rows of one report: which end, and how long it took to it."""
    rows = []
    for end, column in END_COLUMNS.items():
        clock = _clock(f"extract(epoch from {column} - received_datetime)")
        day = f"(({column} at time zone :zone)::date - cast(:base as date))"
        # `greatest` alone would make none of what has not ended.
        passed = f"greatest({NUMBERS_TO_DAY}[least({day}, :last)] - {NUMBERS_TO_DAY}[received_day], 0)"
        rows.append(f"('{time_key(end, CLOCK)}', {clock})")
        rows.append(f"('{time_key(end, WORKING_DAYS)}', case when {column} is not null then {passed} end)")
    return ", ".join(rows)


def _course(times: str, areas: str) -> str:
    """Numbers and times of a period, by district or of all together (`areas` is null)."""
    join = " and counted.areas = took.areas" if areas == "areas" else ""
    return f"""
        select 'course' as part, counted.areas, counted.age, null::date as week, null::text as name, counted.unit,
               counted.service_code, counted.visibility, {COUNTS}, coalesce(took.times, '{{}}') as times
        from (select {areas} as areas, {DIMENSIONS}, {SUMS} from came where age is not null
              group by 1, {DIMENSIONS}) as counted
        left join {times} as took on counted.age = took.age and counted.unit = took.unit
            and counted.service_code = took.service_code and counted.visibility = took.visibility{join}
    """


def _counted(
    part: str, *, areas: str = "areas", age: str = "age", week: str = "null::date", name: str
) -> str:
    """Numbers alone, by one more thing."""
    return f"""
        select '{part}', {areas}, {age}, {week}, {name}, unit, service_code, visibility, {SUMS}, '{{}}'::jsonb
        from came where {age} is not null
        group by 2, 3, 4, 5, unit, service_code, visibility
    """


_HISTOGRAM = """
    select {dimensions}, key, jsonb_object_agg(step, number) as counted from {rows} group by {dimensions}, key
"""

# All is read before the first row is written: a transaction that may write holds up the stream of events.
_ADD_UP = text(f"""
    with came as materialized (
        select coalesce(cases.unit, '') as unit, cases.service_code, cases.areas, request.visibility,
               case when request.channel = any(cast(:channels as text[])) then request.channel end as channel,
               {_age("cases.received_datetime")} as age,
               {_age("cases.received_datetime + cast(:year as interval)")} as age_a_year_later,
               date_trunc('week', cases.received_datetime at time zone :zone)::date as week,
               (cases.received_datetime at time zone :zone)::date - cast(:base as date) as received_day,
               cases.received_datetime, cases.checked_datetime, cases.accepted_datetime, cases.first_answer_datetime,
               request.closed_datetime, true as received, cases.checked_datetime is not null as checked,
               request.visibility = 'withheld' as withheld, request.parent_id is not null as duplicates,
               cases.reopened > 0 as reopened, request.closed_datetime is not null as done,
               request.closed_datetime is not null and cases.due_datetime is not null as promised,
               coalesce(request.closed_datetime <= cases.due_datetime, false) as kept,
               case when request.visibility = 'withheld' then (
                   select event.data ->> 'reason' from events as event
                   where event.service_request_id = request.id and event.kind = '{EventKind.WITHHELD.value}'
                   order by event.id desc limit 1) end as reason
        from cases join service_requests as request on request.id = cases.service_request_id
        where cases.jurisdiction_id = :owner and cases.received_datetime >= :since
            and cases.received_datetime <= :now
    ),
    took as (
        select areas, {DIMENSIONS}, key, step, count(*) as number
        from came cross join lateral (values {_times()}) as times (key, step)
        where age is not null and step is not null group by areas, {DIMENSIONS}, key, step
    ),
    took_in_all as (
        select {DIMENSIONS}, key, step, sum(number) as number from took group by {DIMENSIONS}, key, step
    ),
    by_area as (
        select areas, {DIMENSIONS}, jsonb_object_agg(key, counted) as times
        from ({_HISTOGRAM.format(dimensions=f"areas, {DIMENSIONS}", rows="took")}) as each_end
        group by areas, {DIMENSIONS}
    ),
    in_all as (
        select {DIMENSIONS}, jsonb_object_agg(key, counted) as times
        from ({_HISTOGRAM.format(dimensions=DIMENSIONS, rows="took_in_all")}) as each_end
        group by {DIMENSIONS}
    ),
    counted as materialized (
        {_course("in_all", NONE)}
        union all {_course("by_area", "areas")}
        union all {_counted("channel", name="channel")}
        union all {_counted("reason", name="reason")}
        union all {_counted("week", areas=NONE, week="week", name=NO_NAME)}
        union all {_counted("week", week="week", name=NO_NAME)}
        union all {_counted("before", areas=NONE, age="age_a_year_later", week="week + :weeks", name=NO_NAME)}
        union all {_counted("before", age="age_a_year_later", week="week + :weeks", name=NO_NAME)}
    ),
    gone as (delete from desk_figures where jurisdiction_id = :owner)
    insert into desk_figures (
        jurisdiction_id, part, areas, age, week, name, unit, service_code, visibility, {COUNTS}, times)
    select :owner, counted.* from counted where part <> 'reason' or withheld > 0
""")


def newest_event(conn: Connection, _jurisdiction_id: str) -> int:
    """The id of the last event of all: whatever becomes of a report is one."""
    return int(conn.execute(select(func.max(events.c.id))).scalar_one() or 0)


def add_up(
    conn: Connection, jurisdiction_id: str, zone: str, base: date, numbers: Sequence[int], run: Run
) -> None:
    """Count anew what came in within a year, and the year before.

    `numbers` are how many working days there have been up to each day behind `base`.
    """
    now = run[1]
    values = {
        "owner": jurisdiction_id,
        "zone": zone,
        "base": base,
        "numbers": list(numbers),
        "last": len(numbers),
        "channels": [channel.value for channel in Channel],
        "now": now,
        "since": now - timedelta(days=PERIODS[-1]) - YEAR,
        "year": YEAR,
        "weeks": YEAR.days,
    }
    with ROLL_UP.running(conn, jurisdiction_id, run):
        conn.execute(_ADD_UP, values)
