"""Rounds in the field: planned by those who may, gone with or without a connection; each action counts once."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import IO

from open311.actions.casework import days, letter
from open311.actions.casework.opening import locked
from open311.actions.casework.work import Work
from open311.actions.photos import media
from open311.base.errors import Invalid, Problem, problem
from open311.base.text import tidy
from open311.core import Core
from open311.model.access.actor import Actor, Right
from open311.model.casework import route
from open311.model.casework.cases import Flag
from open311.model.casework.rounds import CLIENT_ID, MOST_STOPS, NAME_LENGTH, FieldAct, FieldOutcome
from open311.model.events.event_kinds import EventKind
from open311.model.service_request import Location, Status, Visibility
from open311.storage.desk import rounds
from open311.storage.requests import service_requests


def plan_round(
    core: Core,
    jurisdiction_id: str,
    numbers: Sequence[int],
    name: str,
    day: date,
    actor: Actor,
    *,
    start: Location | None = None,
) -> int:
    """Make a round of these reports, in the order of a short way from `start`, else from the first; returns its id.

    The caller has checked which of them the actor may see. Raises `Invalid`.
    """
    actor.require(Right.FIELD, jurisdiction_id)
    words, chosen = tidy(name)[:NAME_LENGTH], list(dict.fromkeys(numbers))
    if not chosen or len(chosen) > MOST_STOPS:
        raise Invalid(problem("error.round.stops", most=MOST_STOPS))
    today = core.now().date()
    days.require(day, first=today - days.LONGEST_BACK, today=today)
    with core.database.begin() as conn:
        requests = [service_requests.find_any(conn, number) for number in chosen]
        here = [request for request in requests if request and request.jurisdiction_id == jurisdiction_id]
        places = [_place(request.location) for request in here]
        ordered = [here[index].service_request_id for index in route.order(places, _place(start))]
        return rounds.add(conn, jurisdiction_id, words or day.isoformat(), day, ordered, core.now())


def _place(location: Location | None) -> route.Place | None:
    return None if location is None else (location.lat, location.long)


def move_stop(
    core: Core,
    round_id: int,
    number: int,
    by: int,
    actor: Actor,
    jurisdiction_id: str,
    *,
    among: Collection[int],
) -> None:
    """Put a stop earlier or later among those that the actor sees; all others keep their places."""
    actor.require(Right.FIELD, jurisdiction_id)
    with core.database.begin() as conn:
        numbers = rounds.numbers_of(conn, round_id)
        seen = [stop for stop in numbers if stop in among]
        if number not in seen:
            raise Invalid(problem("error.service_request.unknown", service_request_id=number))
        place = seen.index(number)
        seen.insert(max(0, min(place + by, len(seen) - 1)), seen.pop(place))
        moved = iter(seen)
        rounds.reorder(conn, round_id, [next(moved) if stop in among else stop for stop in numbers])


def report_from_field(
    core: Core,
    number: int,
    act: FieldAct,
    actor: Actor,
    *,
    client_id: str,
    text: str = "",
    photos: Sequence[IO[bytes]] = (),
    revision: int | None = None,
    round_id: int | None = None,
) -> FieldOutcome:
    """Take in what somebody says at a place, once for each `client_id`, however often a device sends it.

    That something is done is a proposal, which overwrites nothing: so it is taken in although the case has changed
    since `revision`, and kept as a note where it is closed meanwhile. Raises `Invalid`, `Forbidden`, `NotFound`.
    """
    words = tidy(text)
    pictures, problems = media.read(core, photos)
    needs_words = act is FieldAct.NOTE and not photos
    Invalid.unless_empty([*problems, *_odd_id(client_id), *letter.problems_of(words, needed=needs_words)])
    with media.in_store(core, pictures) as files, core.database.begin() as conn:
        # The lock makes the same action, sent twice at once, come one after the other.
        work = locked(core, conn, number, actor)
        work.require(Right.FIELD)
        earlier = rounds.outcome_of(conn, client_id, number)
        if earlier is not None:
            return earlier
        act, outcome = _as_taken_in(work, act, revision)
        if act is FieldAct.DONE:
            work.change_case(flags=work.case.flags | {Flag.FIELD_DONE})
        work.is_final = True
        work.tell_staff(EventKind.FIELD_REPORTED, act=act.value, text=words or None, round_id=round_id)
        work.write()
        if files.all:
            media.attach(core, conn, number, files, shown=False, internal=True, update_id=work.events[-1])
        if round_id is not None:
            rounds.set_state(conn, round_id, number, act)
        rounds.remember(conn, client_id, number, outcome, core.now())
    return outcome


def _odd_id(client_id: str) -> list[Problem]:
    return [] if CLIENT_ID.fullmatch(client_id) else [problem("error.round.client_id")]


def _as_taken_in(work: Work, act: FieldAct, revision: int | None) -> tuple[FieldAct, FieldOutcome]:
    """What an act counts as, and what the device is told: of a report that is over, only a note."""
    over = work.request.status == Status.CLOSED or work.request.visibility == Visibility.HIDDEN
    if over and act is not FieldAct.NOTE:
        return FieldAct.NOTE, FieldOutcome.WAS_CLOSED
    changed = revision is not None and revision != work.case.revision
    return act, FieldOutcome.CHANGED if changed else FieldOutcome.TAKEN
