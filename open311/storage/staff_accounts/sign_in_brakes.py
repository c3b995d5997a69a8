"""Brakes on guessing: exponential backoff after wrong tries, so that nobody is ever locked out."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, or_, select, text, update

from open311.model.staff.sign_in import FORGOTTEN_AFTER, Brake
from open311.storage.tables import sign_in_brakes

_b = sign_in_brakes.c
# One statement, so that a hundred guesses at once are counted as a hundred. Without a row to give back it waits.
_TAKE = text("""
    insert into public.sign_in_brakes as brake (key, failures, until_datetime, touched_datetime)
    values (:key, 1, :now, :now)
    on conflict (key) do update set
        failures = case when brake.touched_datetime < :forgotten then 1 else brake.failures + 1 end,
        until_datetime = cast(:now as timestamptz) + case
            when brake.touched_datetime < :forgotten or brake.failures < :free then interval '0'
            else least(cast(:longest as interval), interval '1 second' * power(2, least(brake.failures - :free, 20)))
        end,
        touched_datetime = :now
    where brake.until_datetime <= :now
    returning failures
""")


class Tries(NamedTuple):
    """How long to wait, or None, and how many tries each brake has counted since the last right one."""

    wait: timedelta | None
    counted: Mapping[str, int]


def take(conn: Connection, brakes: Iterable[Brake], now: datetime) -> Tries:
    """Count one try on each brake before it is made; none is counted while one of them holds."""
    # In one order: two sign-ins that share two brakes could deadlock otherwise.
    chosen = sorted(brakes, key=lambda brake: brake.key)
    if wait := _wait(conn, chosen, now):
        return Tries(wait, {})
    counted: dict[str, int] = {}
    for brake in chosen:
        values = {
            "key": brake.key,
            "now": now,
            "forgotten": now - FORGOTTEN_AFTER,
            "free": brake.free,
            "longest": brake.longest,
        }
        row = conn.execute(_TAKE, values).first()
        if row is None:
            # Somebody was quicker.
            return Tries(_wait(conn, chosen, now) or timedelta(seconds=1), counted)
        counted[brake.key] = row.failures
    return Tries(None, counted)


def _wait(conn: Connection, brakes: Iterable[Brake], now: datetime) -> timedelta | None:
    until = conn.execute(
        select(func.max(_b.until_datetime)).where(_b.key.in_([brake.key for brake in brakes]))
    ).scalar_one()
    return until - now if until and until > now else None


def give_back(conn: Connection, brakes: Iterable[Brake]) -> None:
    """Take back the one try that was right; where the brake forgives, all that were wrong before it."""
    for brake in sorted(brakes, key=lambda brake: brake.key):
        if brake.forgives:
            conn.execute(delete(sign_in_brakes).where(_b.key == brake.key))
            continue
        # Not all of them: whoever has one right password could otherwise clear the brake of a whole network between
        # guesses.
        less = func.greatest(_b.failures - 1, 0)
        conn.execute(update(sign_in_brakes).where(_b.key == brake.key).values(failures=less))


def release(conn: Connection, keys: Iterable[str], beginning: str) -> None:
    """Forget what is counted under some keys, and under all that begin in a certain way."""
    named = or_(_b.key.in_(list(keys)), _b.key.startswith(beginning, autoescape=True))
    conn.execute(delete(sign_in_brakes).where(named))


def prune(conn: Connection, now: datetime) -> int:
    old = delete(sign_in_brakes).where(_b.touched_datetime < now - FORGOTTEN_AFTER)
    return conn.execute(old).rowcount
