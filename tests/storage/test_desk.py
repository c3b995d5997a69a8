"""What the desk reads: every question within the scope of who asks, whatever the visibility."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event, false

from open311.actions import casework
from open311.actions.reporting import updates
from open311.base.errors import Invalid, NotFound
from open311.core import Core
from open311.model.access.actor import ALL_RIGHTS, Actor, ActorKind, Right
from open311.model.casework.cases import Priority, Stage, stage
from open311.model.casework.desk_search import BY_TIME, KINDS, CaseSearch, Order, Position
from open311.model.service_request import Location, Status, Visibility
from open311.model.updates import UpdateSubmission
from open311.storage.desk import people
from open311.storage.desk.case import case_page, neighbours, presence
from open311.storage.desk.case.notes import Note
from open311.storage.desk.lists import case_list, counts, queue
from open311.storage.desk.scope import Scope
from open311.storage.tables import cases
from tests.actors import CLARA
from tests.serving import START, Api, Clock

BEA = Actor(ActorKind.STAFF, "17", ALL_RIGHTS)
HERE = Scope(("ludwigshafen.de",))
ELSEWHERE = Scope(("speyer.de",))
NOBODY = Scope(("ludwigshafen.de",), false())


def numbers(page: Any) -> list[int]:
    return [row.number for row in page.rows]


@pytest.fixture
def held(api: Api, clock: Clock) -> list[int]:
    """Three reports that await a check, a minute apart."""
    made = []
    for text in ("Schlagloch Bismarckstraße", "Müllsäcke am Ufer", "Kanarienvogel entflogen"):
        sent = {"attribute[WO]": "fahrbahn", "description": text}
        made.append(int(api.report(service_code="STRASSENSCHADEN", **sent)))
        clock.forward(minutes=1)
    return made


def claim(core: Core, number: int, word: str = "FIXED") -> int:
    outsider = Actor(ActorKind.KEY, "app", frozenset({Right.INTAKE}))
    sent = UpdateSubmission(
        service_request_id=number,
        update_id=f"{number} {word}",
        update_status=word.lower(),
        sent_datetime=START,
        description="Sehen Sie nach",
    )
    return updates.post(core, core.catalogues.in_force[0], sent, outsider)


def test_the_queue_is_what_awaits_a_decision_the_oldest_first(
    core: Core, conn: Connection, held: list[int], api: Api, clock: Clock
) -> None:
    other = int(api.report())
    clock.forward(minutes=1)
    assert numbers(queue.page(conn, HERE, clock.now)) == held
    claim(core, other)
    rows = queue.page(conn, HERE, clock.now).rows
    assert [(row.number, row.why) for row in rows] == [
        *((number, ("check",)) for number in held),
        (other, ("claim",)),
    ]
    casework.publish(core, held[0], BEA)
    assert numbers(queue.page(conn, HERE, clock.now)) == [*held[1:], other]


def test_the_queue_is_paged_and_knows_what_follows(
    core: Core, conn: Connection, held: list[int], clock: Clock
) -> None:
    first = queue.page(conn, HERE, clock.now, limit=2)
    assert first.next is not None
    again = Position.read(first.next.write(), BY_TIME)
    assert numbers(first) + numbers(queue.page(conn, HERE, clock.now, again, 2)) == held
    assert queue.following(conn, HERE, held[0], clock.now) == held[1]
    casework.publish(core, held[0], BEA)
    assert queue.following(conn, HERE, held[0], clock.now) == held[1]
    assert queue.following(conn, HERE, held[2], clock.now) == held[1]
    casework.publish(core, held[1], BEA)
    casework.publish(core, held[2], BEA)
    assert queue.following(conn, HERE, held[2], clock.now) is None


def test_claims_wishes_and_what_was_decided(core: Core, conn: Connection, api: Api, clock: Clock) -> None:
    number = int(api.report())
    first = claim(core, number)
    assert casework.show(core, number, CLARA).case.awaits == {"claim"}
    updates.publish(core, first, CLARA)
    assert casework.show(core, number, CLARA).case.awaits == set()
    casework.set_status(core, number, "GELOEST", BEA, "Erledigt.")
    second = claim(core, number, "OPEN")
    case = casework.show(core, number, CLARA).case
    assert (case.awaits, case.stage) == ({"reopen"}, Stage.DONE)
    assert numbers(queue.page(conn, HERE, clock.now)) == [number]
    updates.hide(core, second, CLARA)
    assert numbers(queue.page(conn, HERE, clock.now)) == []


@pytest.mark.parametrize("scope", [ELSEWHERE, NOBODY, Scope(())])
def test_nobody_sees_beyond_their_scope(
    core: Core, conn: Connection, held: list[int], scope: Scope, clock: Clock
) -> None:
    """6.15: neither in a list, nor in a count, nor beside another report."""
    everything = CaseSearch(stages=tuple(Stage))
    assert numbers(queue.page(conn, scope, clock.now)) == []
    assert numbers(case_list.page(conn, scope, everything, clock.now)) == []
    assert numbers(case_list.page(conn, scope, CaseSearch(words="Kanarienvogel"), clock.now)) == []
    assert numbers(case_list.page(conn, scope, CaseSearch(words=str(held[0])), clock.now)) == []
    counted = counts.count(conn, scope, clock.now)
    assert (counted.stages, counted.units, counted.overdue, counted.awaiting) == ({}, {}, 0, 0)
    nearby = neighbours.find(conn, scope, Location(49.48, 8.44), metres=100, closed_since=START)
    assert nearby == []
    assert people.by_contact(conn, scope, "kim@example.org") == []
    assert queue.following(conn, scope, held[0], clock.now) is None


def test_words_are_found_in_every_visibility_and_in_notes(
    core: Core, conn: Connection, held: list[int], clock: Clock
) -> None:
    def found(words: str, **more: Any) -> list[int]:
        return numbers(case_list.page(conn, HERE, CaseSearch(words=words, **more), clock.now))

    assert found("Schlagloch") == [held[0]]
    assert found("muellsaecke") == [held[1]]
    casework.withhold(core, held[0], BEA)
    casework.publish(core, held[1], BEA)
    casework.hide(core, held[2], BEA)
    assert found("Schlagloch") == [held[0]]
    assert found("Müllsäcke") == [held[1]]
    assert found("Kanarienvogel") == []
    assert found("Kanarienvogel", stages=tuple(Stage)) == [held[2]]
    casework.add_note(core, held[1], "Kollegin Wachtel fragen", BEA)
    assert found("Wachtel") == [held[1]]
    assert found(f" #{held[0]} ") == [held[0]]
    assert found('"; drop table cases; --') == []


def test_what_words_find_is_paged_both_ways(
    core: Core, conn: Connection, api: Api, held: list[int], clock: Clock
) -> None:
    """Published reports days apart, and what is not published among them; found in blocks of time, too."""
    made = []
    for place in range(7):
        made.append(int(api.report(description=f"Kanarienvogel {place}")))
        clock.forward(days=place)
    casework.withhold(core, made[3], BEA)
    search = CaseSearch(words="Kanarienvogel", stages=tuple(Stage))
    whole = case_list.page(conn, HERE, search, clock.now)
    assert numbers(whole) == [*made[::-1], held[2]]
    few = replace(search, limit=3)
    for place, here in enumerate(whole.positions):
        before = case_list.page(conn, HERE, few, clock.now, here, backwards=True)
        assert numbers(before) == numbers(whole)[max(0, place - 3) : place][::-1]
        after = case_list.page(conn, HERE, few, clock.now, here)
        assert numbers(after) == numbers(whole)[place + 1 : place + 4]


def test_filters(core: Core, conn: Connection, held: list[int], clock: Clock) -> None:
    def found(**fields: Any) -> list[int]:
        return sorted(numbers(case_list.page(conn, HERE, CaseSearch(**fields), clock.now)))

    first, second, third = held
    casework.publish(core, first, BEA)
    casework.assign_person(core, first, 17, BEA)
    casework.set_priority(core, second, Priority.URGENT, BEA)
    casework.assign(core, third, "STADTREINIGUNG", BEA)
    assert found() == held
    assert found(stages=[Stage.CHECK]) == [second, third]
    assert found(units=["TIEFBAU"]) == [first, second]
    assert found(units=["TIEFBAU", "STADTREINIGUNG"]) == held
    assert found(assignee=17) == [first]
    assert found(nobody=True) == [second, third]
    assert found(priorities=[Priority.URGENT]) == [second]
    assert found(visibilities=["published"]) == [first]
    assert found(detailed_statuses=["GEMELDET"]) == [second, third]
    assert found(services=["MUELL_WILD"]) == []
    assert found(channels=["api"]) == held
    assert found(received_from=START + timedelta(minutes=2)) == [third]
    assert found(received_to=START + timedelta(minutes=1)) == [first]
    assert found(overdue=True) == []
    clock.forward(days=2)
    assert found(overdue=True) == [second, third]
    assert found(untouched_since=START) == []
    assert found(untouched_since=clock.now) == held
    casework.set_status(core, first, "GELOEST", BEA, "Erledigt.")
    assert found() == [second, third]
    assert found(stages=[Stage.DONE]) == [first]
    assert found(stages=tuple(Stage)) == held


@pytest.mark.parametrize("order", Order)
def test_pages_hold_each_case_once_in_every_order(
    core: Core, conn: Connection, api: Api, clock: Clock, order: Order
) -> None:
    """Without a deadline, too: those are last."""
    made = [
        int(api.report(service_code=code, long=f"8.44{(number * 2) % 5}"))
        for number, code in enumerate(("MUELL_WILD", "MARKIERUNG", "GRUENUEBERWUCHS") * 2)
    ]
    casework.set_priority(core, made[3], Priority.HIGH, BEA)
    casework.set_deadline(core, made[1], None, "Frost", BEA)
    casework.set_deadline(core, made[4], None, "Frost", BEA)
    whole_search = CaseSearch(order=order, near=Location(49.4811, 8.4401))
    search = replace(whole_search, limit=2)
    whole = numbers(case_list.page(conn, HERE, whole_search, clock.now))
    assert sorted(whole) == made
    seen: list[int] = []
    position: Position | None = None
    for _ in range(4):
        page = case_list.page(conn, HERE, search, clock.now, position)
        seen += numbers(page)
        if page.next is None:
            break
        position = Position.read(page.next.write(), search.kinds)
    assert seen == whole
    for place, here in enumerate(case_list.page(conn, HERE, whole_search, clock.now).positions):
        back = case_list.page(conn, HERE, whole_search, clock.now, here, backwards=True)
        assert numbers(back) == whole[:place][::-1]
    if order is Order.PRIORITY:
        assert seen[0] == made[3]
    if order is Order.DISTANCE:
        assert seen == [made[place] for place in (0, 5, 3, 1, 4, 2)]
    if order is Order.DUE:
        assert seen[-2:] == [made[1], made[4]]


@pytest.mark.parametrize("word", ["", "x", "W10", "WyJ4Il0", "W3siYXQiOiJ4In1d", "AAAA" * 1000])
def test_a_cursor_that_we_did_not_write_is_refused(word: str) -> None:
    with pytest.raises(Invalid):
        Position.read(word + "!", BY_TIME)
    with pytest.raises(Invalid):
        Position.read(word, BY_TIME)


@pytest.mark.parametrize("order", Order)
def test_a_cursor_of_another_order_is_refused(order: Order) -> None:
    search = CaseSearch(order=order)
    examples = {int: 1, datetime: datetime(2026, 3, 2, tzinfo=UTC)}
    for other in Order:
        word = Position(tuple(examples[kind] for kind in KINDS[other])).write()
        if KINDS[other] == search.kinds:
            Position.read(word, search.kinds)
        else:
            with pytest.raises(Invalid):
                Position.read(word, search.kinds)


def test_counts_agree_with_the_lists(core: Core, conn: Connection, held: list[int], clock: Clock) -> None:
    casework.publish(core, held[0], BEA)
    clock.forward(days=3)
    counted = counts.count(conn, HERE, clock.now)
    for state in Stage:
        listed = numbers(case_list.page(conn, HERE, CaseSearch(stages=[state]), clock.now))
        if state is not Stage.DONE:
            assert counted.stages.get(state.value, 0) == len(listed)
    assert counted.units == {"TIEFBAU": 3}
    assert (
        counted.overdue == len(numbers(case_list.page(conn, HERE, CaseSearch(overdue=True), clock.now))) == 3
    )


def test_counts_are_kept_while_nothing_changes() -> None:
    cache, made = counts.CountsCache(), []

    def count() -> counts.Counts:
        made.append(1)
        return counts.Counts({}, {}, 0, 0)

    asked = ((1, 0, 1), (1, 59, 1), (1, 61, 2), (2, 70, 2), (2, 72, 3), (2, 73, 3))
    for stamp, seconds, counted in asked:
        cache.get("bea", stamp, START + timedelta(seconds=seconds), count)
        assert len(made) == counted
    cache.get("bea", 2, START + timedelta(seconds=74), count, anew=True)
    cache.get("cem", 2, START + timedelta(seconds=74), count)
    assert len(made) == 5


def test_views_are_counted_as_their_lists_are_long(
    core: Core, conn: Connection, held: list[int], clock: Clock
) -> None:
    casework.publish(core, held[0], BEA)
    casework.set_priority(core, held[1], Priority.URGENT, BEA)
    searches = [
        CaseSearch(),
        CaseSearch(stages=[Stage.CHECK]),
        CaseSearch(priorities=[Priority.URGENT]),
        CaseSearch(visibilities=[Visibility.PUBLISHED]),
        CaseSearch(units=["TIEFBAU"]),
        CaseSearch(units=["STADTREINIGUNG"]),
    ]
    expected = [len(numbers(case_list.page(conn, HERE, search, clock.now))) for search in searches]
    assert case_list.counted(conn, HERE, searches, clock.now) == expected == [3, 2, 1, 1, 3, 0]
    assert case_list.counted(conn, NOBODY, searches, clock.now) == [0] * 6


def test_neighbours_by_distance_words_and_picture(
    core: Core, conn: Connection, api: Api, clock: Clock
) -> None:
    def at(lat: float, text: str) -> int:
        return int(api.report(lat=str(lat), long="8.44", description=text))

    near = at(49.4801, "Zwei alte Matratzen und ein Sofa")
    far = at(49.4900, "Zwei alte Matratzen und ein Sofa")
    closed = at(49.48005, "Sperrmüll")
    casework.set_status(core, closed, "GELOEST", BEA, "Erledigt.")
    hidden = at(49.48, "Matratzen")
    casework.hide(core, hidden, BEA)
    withheld = at(49.48002, "Matratze auf Privatgrund")
    casework.withhold(core, withheld, BEA)
    here = Location(49.48, 8.44)

    def found(**more: Any) -> list[neighbours.Neighbour]:
        asked = {"metres": 50, "closed_since": START - timedelta(days=30), "words": "Matratzen, Sofa"}
        return neighbours.find(conn, HERE, here, **(asked | more))

    assert [request.service_request_id for request in found()] == [withheld, closed, near]
    assert found()[2].metres == pytest.approx(11.1, abs=0.2)
    assert found()[2].likeness > found()[1].likeness
    assert [request.service_request_id for request in found(closed_since=clock.now + timedelta(days=1))] == [
        withheld,
        near,
    ]
    assert [request.service_request_id for request in found(without=near)] == [withheld, closed]
    assert found(services=["AMPEL"]) == []
    assert far not in [request.service_request_id for request in found()]


def test_hashes_of_64_bits_differ_in_bits_whatever_their_sign() -> None:
    assert neighbours.bits_apart(-1, 0) == 64
    assert neighbours.bits_apart(-1, -1) == 0
    assert neighbours.bits_apart(5, 4) == 1


def test_who_looks_at_it_is_said_to_others_for_minutes(
    conn: Connection, held: list[int], clock: Clock
) -> None:
    number = held[0]
    assert presence.claim(conn, number, "staff:17", clock.now) is None
    assert presence.claim(conn, number, "staff:17", clock.now) is None
    assert presence.claim(conn, number, "staff:18", clock.now) == "staff:17"
    [row, *_] = queue.page(conn, HERE, clock.now).rows
    assert row.line.presence == "staff:17"
    clock.forward(minutes=6)
    assert queue.page(conn, HERE, clock.now).rows[0].line.presence is None
    assert presence.claim(conn, number, "staff:18", clock.now) is None
    presence.leave(conn, number, "staff:18")
    assert presence.claim(conn, number, "staff:17", clock.now) is None


def test_people_are_found_by_mail_and_by_any_spelling_of_a_telephone_number(
    conn: Connection, api: Api
) -> None:
    number = int(api.report(email="Kim@Example.org", phone="+49 (0)621 504-0115"))
    other = int(api.report(email="lea@example.org"))
    assert [case.service_request_id for case in people.by_contact(conn, HERE, "kim@example.ORG")] == [number]
    assert [case.service_request_id for case in people.by_contact(conn, HERE, "0621/5040115")] == [number]
    assert people.by_contact(conn, HERE, "115") == []
    assert people.by_contact(conn, HERE, "") == []
    assert people.by_contact(conn, HERE, "%@example.org") == []
    assert other


def test_a_whole_case_takes_a_fixed_number_of_statements(
    core: Core, conn: Connection, held: list[int]
) -> None:
    """6.11: at most ten, whatever has happened to it."""
    number = held[0]
    statements: list[str] = []

    def note(*args: Any) -> None:
        statements.append(args[2])

    event.listen(conn.engine, "before_cursor_execute", note)
    try:
        assert case_page.find(conn, number) is not None
        few = len(statements)
        casework.publish(core, number, BEA)
        for word in ("FIXED", "IN_PROGRESS", "OPEN"):
            claim(core, number, word)
        for text in ("eins", "zwei"):
            casework.add_note(core, number, text, BEA)
        casework.edit(core, number, {"description": "Neu"}, BEA)
        statements.clear()
        whole = case_page.find(conn, number)
    finally:
        event.remove(conn.engine, "before_cursor_execute", note)
    assert whole is not None
    assert len(statements) <= max(few + 1, 8)
    assert [note.text for note in whole.notes] == ["eins", "zwei"]
    assert len(whole.claims) == 3
    assert [original.field for original in whole.originals] == ["description"]
    line = [entry.text if isinstance(entry, Note) else str(entry.kind) for entry in whole.line_of_time]
    assert line == ["submitted", "published", "claimed", "claimed", "claimed", "edited", "eins", "zwei"]


def test_an_unknown_case_is_none(conn: Connection) -> None:
    assert case_page.find(conn, 1) is None


ACTS = (
    lambda core, number: casework.publish(core, number, BEA),
    lambda core, number: casework.withhold(core, number, BEA),
    lambda core, number: casework.hide(core, number, BEA),
    lambda core, number: casework.set_status(core, number, "GELOEST", BEA, "Erledigt."),
    lambda core, number: casework.set_status(core, number, "IN_BEARBEITUNG", BEA),
    lambda core, number: casework.assign(core, number, "GRUENFLAECHEN", BEA),
    lambda core, number: casework.assign(core, number, "BUERGERBERATUNG", BEA),
    lambda core, number: casework.accept_work(core, number, BEA),
    lambda core, number: casework.decline(core, number, "nein", BEA),
    lambda core, number: casework.defer(core, number, date(2026, 4, 1), BEA),
    lambda core, number: casework.defer(core, number, None, BEA),
    lambda core, number: claim(core, number),
    lambda core, number: casework.take_back(core, number, BEA),
    lambda core, number: casework.recategorise(core, number, "MUELL_WILD", BEA),
)


def test_every_stage_is_what_the_one_function_says(
    core: Core, conn: Connection, api: Api, clock: Clock
) -> None:
    """The property that lists rest on: whatever was done in whatever order, reckoned anew it is the same."""

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.integers(0, len(ACTS) - 1), max_size=8), st.booleans())
    def check(acts: Sequence[int], moderated: bool) -> None:
        code = {"service_code": "STRASSENSCHADEN", "attribute[WO]": "fahrbahn"} if moderated else {}
        number = int(api.report(**code))
        for act in acts:
            try:
                ACTS[act](core, number)
            except (Invalid, NotFound):
                continue
        whole = case_page.find(conn, number)
        assert whole is not None
        request, case = whole.request, whole.case
        assert case.stage is stage(request.visibility, request.status, case, START.date())
        assert (request.status == Status.CLOSED or request.visibility == Visibility.HIDDEN) <= (
            case.stage in (Stage.DONE, Stage.CHECK)
        )

    check()
    assert conn.execute(cases.select().limit(1)).first() is not None
    assert clock.now
