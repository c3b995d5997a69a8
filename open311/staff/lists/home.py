"""My day: what waits for me."""

from typing import Any, NamedTuple

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from open311.actions.staff_accounts import second_factor
from open311.http import current
from open311.model.access.actor import Right
from open311.model.casework.cases import Stage
from open311.model.casework.desk_filters import NOBODY
from open311.model.casework.desk_search import CaseSearch, Order
from open311.model.staff.accounts import SignedIn
from open311.staff.actor_names import of_actors
from open311.staff.blueprint import address, page, signed_in
from open311.staff.rendering import NOT_KEPT, render, seconds_left
from open311.storage.desk import rounds
from open311.storage.desk.case import mentions
from open311.storage.desk.lists import case_list, counts, my_day
from open311.storage.desk.lists.counts import Counts
from open311.storage.desk.lists.my_day import Mine, OfUnit
from open311.storage.desk.scope import scope_of
from open311.storage.mails import inbox

# With the last recovery code goes the way back into the account.
FEW_CODES = 3
SOON_DAYS = 14
# So many cases of each kind are on the page itself.
FIRST = 8


@page("/alive")
def alive() -> ResponseReturnValue:
    """Keep the session while somebody reads or writes for long; in how many seconds it would end."""
    response = jsonify(ends_in=seconds_left())
    response.headers["Cache-Control"] = NOT_KEPT
    return response


@page("")
def home() -> ResponseReturnValue:
    """What somebody sees first."""
    somebody = signed_in()
    core = current.core()
    ends = somebody.account.ends_datetime
    return render(
        "lists/home.html",
        few_codes=somebody.account.second_factor and second_factor.codes_left(core, somebody) <= FEW_CODES,
        ends=ends if ends and (ends - core.now()).days < SOON_DAYS else None,
        roles=somebody.staff.memberships,
        waiting=_waiting(somebody),
        most_lines=FIRST,
        **_work(somebody),
    )


def _work(somebody: SignedIn) -> dict[str, Any]:
    """The first cases to take up, one's own by deadline, and notes that name somebody, to begin with at once."""
    core, rights = current.core(), somebody.staff.rights
    if Right.SEE_REPORTS not in rights:
        return {
            "to_accept": [],
            "mine": [],
            "mentions": [],
            "rounds": [],
            "catalogues": {},
            "names": {},
            "now": core.now(),
        }
    now, scope, units = core.now(), scope_of(somebody.staff, Right.SEE_REPORTS), _units(somebody)
    accept = CaseSearch(stages=(Stage.ACCEPT,), units=units, order=Order.PRIORITY, limit=FIRST)
    own = CaseSearch(assignee=somebody.account.id, limit=FIRST)
    with core.database.read() as conn:
        may_accept = units and Right.ACCEPT in rights
        to_accept = case_list.page(conn, scope, accept, now).rows if may_accept else []
        mine = case_list.page(conn, scope, own, now).rows
        may_go = Right.FIELD in rights
        recent = rounds.since(conn, now.date(), scope_of(somebody.staff, Right.FIELD)) if may_go else []
        named = mentions.of_account(conn, scope, somebody.account.id)
    owners = {row.case.jurisdiction_id for row in (*to_accept, *mine)} | {
        mention.jurisdiction_id for mention in named
    }
    return {
        "to_accept": to_accept,
        "mine": mine,
        "mentions": named,
        "rounds": [round_ for round_ in recent if round_.settled < round_.stops][:FIRST],
        "own_units": units,
        "catalogues": {owner: core.catalogues.owner(owner) for owner in owners},
        "names": of_actors(mention.author for mention in named),
        "now": now,
    }


def _units(somebody: SignedIn) -> list[str]:
    return sorted({unit for membership in somebody.staff.memberships for unit in membership.units or ()})


class Waiting(NamedTuple):
    """Something that waits: so many, the words for it, where it is, and whether it is late."""

    number: int
    words: str
    address: str
    late: bool = False
    unit: str = ""


def _waiting(somebody: SignedIn) -> list[Waiting]:
    """What waits for somebody and their units; what is none of theirs to see is in no count."""
    if Right.SEE_REPORTS not in somebody.staff.rights:
        return []
    _, counted = my_day_of(somebody, anew="done" in request.args)
    lines, mine, own = list[Waiting](), counted.mine, address("reports", person="me")
    if counted.queue:
        lines.append(Waiting(counted.queue.stages.get("check", 0), "check", address("check_queue")))
        lines.append(Waiting(counted.queue.awaiting, "awaiting", address("check_queue")))
    if everything := counted.everything:
        lines.append(Waiting(sum(everything.stages.values()), "all", address("reports")))
        accept = address("reports", stage="accept")
        lines.append(Waiting(everything.stages.get("accept", 0), "all_accept", accept))
        lines.append(Waiting(everything.overdue, "all_late", address("reports", overdue=1), late=True))
    lines.append(Waiting(counted.mails, "inbox", address("inbox")))
    lines.append(Waiting(mine.open, "mine", own))
    lines.append(Waiting(mine.overdue, "mine_late", address("reports", person="me", overdue=1), late=True))
    lines.append(Waiting(mine.resumed, "resumed", address("reports", person="me", resumed=1)))
    for unit in counted.units:
        of_unit = {"unit": unit.unit}
        follow_ups = counted.follow_ups.get(unit.unit, 0)
        nobodys = address("reports", person=NOBODY, resumed=1, **of_unit)
        accept = address("reports", stage="accept", **of_unit)
        lines.append(Waiting(unit.to_accept, "accept", accept, unit=unit.unit))
        lines.append(Waiting(unit.open, "unit", address("reports", **of_unit), unit=unit.unit))
        late = address("reports", overdue=1, **of_unit)
        lines.append(Waiting(unit.overdue, "unit_late", late, late=True, unit=unit.unit))
        lines.append(Waiting(follow_ups, "unit_resumed", nobodys, unit=unit.unit))
    return [line for line in lines if line.number]


class MyDay(NamedTuple):
    """What was counted for somebody; the queue for those who check, everything for those who oversee all units."""

    queue: Counts | None
    everything: Counts | None
    mine: Mine
    units: list[OfUnit]
    follow_ups: dict[str, int]
    mails: int


def my_day_of(somebody: SignedIn, *, anew: bool = False) -> tuple[int, MyDay]:
    """What waits for somebody, as it was counted last, and under which stamp of the desk that was."""
    core = current.core()
    stamp = core.database.freshness.desk_stamp
    return core.desk_counts.get(
        ("my day", somebody.staff), stamp, core.now(), lambda: (stamp, _my_day(somebody)), anew=anew
    )


def _my_day(somebody: SignedIn) -> MyDay:
    core = current.core()
    now, today = core.now(), core.now().astimezone(current.time_zone()).date()
    scope, checks = scope_of(somebody.staff, Right.SEE_REPORTS), Right.CHECK in somebody.staff.rights
    units, oversees = _units(somebody), Right.SEE_ALL_UNITS in somebody.staff.rights
    with core.database.read() as conn:
        return MyDay(
            counts.count(conn, scope_of(somebody.staff, Right.CHECK), now) if checks else None,
            counts.count(conn, scope, now) if oversees else None,
            my_day.mine(conn, scope, somebody.account.id, now, today),
            my_day.of_units(conn, scope, units, now) if units else [],
            my_day.follow_ups(conn, scope, units, today) if units else {},
            inbox.count_new(conn, somebody.staff.jurisdictions(Right.CHECK)) if checks else 0,
        )
