"""What only staff see: it touches no public row, makes no answer stale, and is written down with old and new values."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from open311.actions import casework
from open311.base.errors import Conflict, Forbidden, Invalid, NotFound
from open311.core import Core
from open311.model.access.actor import ALL_RIGHTS, WORKER, Actor, ActorKind
from open311.model.casework.cases import Case, Flag, Priority, Stage
from open311.storage.desk.case import notes, undo
from open311.storage.requests import cases, service_requests
from tests.actors import CLARA
from tests.databases import Databases
from tests.opendata.live import a_live_core
from tests.serving import Api, Clock, an_api

BEA = Actor(ActorKind.STAFF, "17", ALL_RIGHTS)
CEM = Actor(ActorKind.STAFF, "18", ALL_RIGHTS)


@pytest.fixture
def number(api: Api) -> int:
    """A report that awaits a check."""
    return int(api.report(service_code="STRASSENSCHADEN", **{"attribute[WO]": "fahrbahn"}))


@pytest.fixture
def published(core: Core, number: int) -> int:
    """The same, published and handed to its unit."""
    casework.publish(core, number, CLARA)
    return number


def case_of(core: Core, number: int) -> Case:
    return casework.show(core, number, CLARA).case


def last(core: Core, number: int) -> tuple[str, dict[str, object]]:
    event = casework.show(core, number, CLARA).history[-1]
    return event.kind, {name: value for name, value in event.data.items() if name != "revision"}


ACTS = {
    "assign": lambda core, number: casework.assign(core, number, "TIEFBAU", BEA),
    "person": lambda core, number: casework.assign_person(core, number, 17, BEA),
    "note": lambda core, number: casework.add_note(core, number, "Kollegin fragen", BEA),
    "priority": lambda core, number: casework.set_priority(core, number, Priority.HIGH, BEA),
    "defer": lambda core, number: casework.defer(core, number, date(2026, 4, 1), BEA),
    "deadline": lambda core, number: casework.set_deadline(core, number, None, "Frost", BEA),
}


@pytest.fixture(scope="module")
def live(databases: Databases) -> Iterator[Core]:
    """A server that really commits."""
    with databases.lent() as url:
        core = a_live_core(url)
        yield core
        core.database.close()


@pytest.fixture(scope="module")
def live_api(live: Core) -> Api:
    return an_api(live)


@pytest.mark.parametrize("name", ACTS)
def test_an_internal_act_touches_no_public_row_and_drops_no_kept_answer(
    live: Core, live_api: Api, name: str
) -> None:
    """F1: with fifty people writing notes the memory in front would be empty all day."""
    number = int(live_api.report(service_code="STRASSENSCHADEN", **{"attribute[WO]": "fahrbahn"}))
    before = casework.show(live, number, CLARA)
    stamp, desk_stamp = live.database.freshness.stamp, live.database.freshness.desk_stamp
    ACTS[name](live, number)
    after = casework.show(live, number, CLARA)
    assert after.request == before.request
    assert live.database.freshness.stamp == stamp
    assert live.database.freshness.desk_stamp != desk_stamp
    assert after.case.revision == before.case.revision + 1
    [line] = after.history[len(before.history) :]
    assert (line.public, line.in_feed, line.actor) == (False, False, "staff:17")


def test_a_public_act_moves_both_stamps(live: Core, live_api: Api) -> None:
    number = int(live_api.report())
    stamp, desk_stamp = live.database.freshness.stamp, live.database.freshness.desk_stamp
    casework.note(live, number, "Wir kommen.", BEA)
    assert live.database.freshness.stamp != stamp
    assert live.database.freshness.desk_stamp != desk_stamp


def test_what_another_host_does_at_the_desk_is_heard_without_dropping_answers(live: Core) -> None:
    freshness = live.database.freshness
    stamp, desk_stamp = freshness.stamp, freshness.desk_stamp
    freshness.hear("desk 4711")
    assert freshness.stamp == stamp
    assert freshness.desk_stamp != desk_stamp
    heard = freshness.desk_stamp
    freshness.hear("desk 4711")
    assert freshness.desk_stamp == heard


def test_the_history_says_from_and_to(core: Core, published: int) -> None:
    """F7"""
    casework.assign(core, published, "STADTREINIGUNG", BEA, "gehört zum Müll")
    assert last(core, published) == (
        "assigned",
        {"from": "TIEFBAU", "to": "STADTREINIGUNG", "reason": "gehört zum Müll"},
    )
    casework.assign_person(core, published, 17, BEA)
    assert last(core, published) == ("person_changed", {"to": 17})
    casework.set_priority(core, published, Priority.URGENT, BEA)
    assert last(core, published) == ("priority_changed", {"from": "normal", "to": "urgent"})
    casework.set_status(core, published, "EINGEPLANT", BEA)
    assert last(core, published)[1]["from"] == "IN_BEARBEITUNG"


def test_a_stale_form_is_told_what_happened_meanwhile(core: Core, published: int) -> None:
    """F8: the last writer does not win silently."""
    seen = case_of(core, published).revision
    casework.assign(core, published, "STADTREINIGUNG", CEM)
    casework.add_note(core, published, "war schon da", CEM)
    before = casework.show(core, published, CLARA)
    with pytest.raises(Conflict) as refused:
        casework.set_status(core, published, "GELOEST", BEA, "Erledigt.", expected_revision=seen)
    assert [event.kind for event in refused.value.meanwhile] == ["assigned", "note_added"]
    assert refused.value.revision == before.case.revision
    assert casework.show(core, published, CLARA) == before
    casework.set_status(core, published, "GELOEST", BEA, "Erledigt.", expected_revision=before.case.revision)


def test_a_double_press_does_it_once(core: Core, number: int) -> None:
    seen = case_of(core, number).revision
    casework.withhold(core, number, BEA, "PRIVATGRUND", expected_revision=seen)
    with pytest.raises(Conflict):
        casework.withhold(core, number, BEA, "PRIVATGRUND", expected_revision=seen)


def test_a_note_that_is_sent_twice_is_one(core: Core, published: int) -> None:
    first = casework.add_note(core, published, "Tor ist zu", BEA)
    assert casework.add_note(core, published, " Tor ist zu ", BEA) == first
    of_cem = casework.add_note(core, published, "Tor ist zu", CEM)
    longer = casework.add_note(core, published, "Tor ist zu.", BEA)
    with core.database.read() as conn:
        assert [note.id for note in notes.of_request(conn, published)] == [first, of_cem, longer]


def test_notes_never_conflict_and_are_changed_by_their_author_alone(core: Core, published: int) -> None:
    note_id = casework.add_note(core, published, "  Herr X hat angerufen ", BEA, about_person=True)
    casework.change_note(core, note_id, "Frau Y hat angerufen", BEA)
    with core.database.read() as conn:
        [note] = notes.of_request(conn, published)
    assert (note.text, note.author, note.about_person) == ("Frau Y hat angerufen", "staff:17", True)
    with pytest.raises(Forbidden):
        casework.change_note(core, note_id, "Nein", CEM)
    with pytest.raises(Forbidden):
        casework.remove_note(core, note_id, CEM)
    casework.remove_note(core, note_id, BEA)
    with pytest.raises(NotFound):
        casework.remove_note(core, note_id, BEA)
    with pytest.raises(Invalid):
        casework.add_note(core, published, " \x00 ", BEA)
    with pytest.raises(Invalid):
        casework.add_note(core, published, "x" * 10_001, BEA)


def test_the_unit_takes_it_up_or_says_whose_it_is(core: Core, published: int) -> None:
    """Journey 5: once to the next unit, the second time back to those who check; former units are remembered."""
    assert case_of(core, published).stage is Stage.ACCEPT
    casework.decline(core, published, "gehört zur Bahn", BEA, "GRUENFLAECHEN")
    case = case_of(core, published)
    assert (case.unit, case.stage, case.former_units) == ("GRUENFLAECHEN", Stage.ACCEPT, ("TIEFBAU",))
    casework.decline(core, published, "auch nicht", BEA, "TIEFBAU")
    case = case_of(core, published)
    assert (case.unit, case.stage) == ("BUERGERBERATUNG", Stage.CHECK)
    assert case.flags == {Flag.DECLINED}
    assert case.former_units == ("TIEFBAU", "GRUENFLAECHEN")
    casework.assign(core, published, "NAHVERKEHR", BEA)
    case = case_of(core, published)
    assert (case.unit, case.stage, case.flags) == ("NAHVERKEHR", Stage.ACCEPT, frozenset())
    casework.accept_work(core, published, BEA)
    assert case_of(core, published).stage is Stage.WORK
    with pytest.raises(Invalid):
        casework.decline(core, published, "   ", BEA)


def test_work_that_has_begun_needs_no_acceptance(core: Core, published: int) -> None:
    casework.set_status(core, published, "EINGEPLANT", BEA)
    assert case_of(core, published).stage is Stage.WORK


def test_closing_forgets_whose_it_was(core: Core, published: int) -> None:
    """Nobody can count what somebody finished."""
    casework.assign_person(core, published, 17, BEA)
    casework.set_status(core, published, "GELOEST", BEA, "Erledigt.")
    case = case_of(core, published)
    assert (case.stage, case.assignee_id) == (Stage.DONE, None)
    for act in (
        lambda: casework.assign_person(core, published, 17, BEA),
        lambda: casework.accept_work(core, published, BEA),
        lambda: casework.decline(core, published, "nein", BEA),
    ):
        with pytest.raises(Invalid):
            act()


def test_another_unit_takes_the_person_away(core: Core, published: int) -> None:
    casework.assign_person(core, published, 17, BEA)
    casework.assign(core, published, "NAHVERKEHR", BEA)
    assert case_of(core, published).assignee_id is None


def test_the_same_unit_again_changes_nothing_that_it_has_begun(core: Core, published: int) -> None:
    casework.assign_person(core, published, 17, BEA)
    casework.accept_work(core, published, BEA)
    before = case_of(core, published)
    assert before.unit is not None
    casework.assign(core, published, before.unit, BEA)
    case = case_of(core, published)
    assert (case.assignee_id, case.accepted_datetime) == (17, before.accepted_datetime)
    assert case.accepted_datetime is not None


def test_what_is_laid_aside_comes_back_on_its_day(core: Core, published: int, clock: Clock) -> None:
    casework.accept_work(core, published, BEA)
    casework.defer(core, published, date(2026, 3, 4), BEA)
    assert case_of(core, published).stage is Stage.WAITING
    clock.forward(days=1)
    casework.resume_due(core)
    assert case_of(core, published).stage is Stage.WAITING
    clock.forward(days=1)
    assert casework.resume_due(core) == 1
    case = case_of(core, published)
    assert (case.stage, case.resume_date) == (Stage.WORK, date(2026, 3, 4))
    assert last(core, published)[0] == "resumed"
    assert casework.resume_due(core) == 0
    with pytest.raises(Invalid):
        casework.defer(core, published, date(2026, 3, 4), BEA)


@pytest.mark.parametrize(
    "act",
    [
        lambda core, number: casework.add_note(core, number, "Angerufen", BEA),
        lambda core, number: casework.defer(core, number, None, BEA),
        lambda core, number: casework.set_status(core, number, "GELOEST", BEA, "Erledigt."),
    ],
    ids=["note", "settled", "closed"],
)
def test_a_follow_up_is_due_until_a_person_acts(
    core: Core, published: int, clock: Clock, act: Callable[[Core, int], object]
) -> None:
    day = date(2026, 3, 4)
    casework.accept_work(core, published, BEA)
    casework.defer(core, published, day, BEA)
    casework.add_note(core, published, "Bis dahin ruht es", BEA)
    clock.forward(days=3)
    casework.resume_due(core)
    casework.set_priority(core, published, Priority.HIGH, WORKER)
    assert case_of(core, published).resume_date == day
    act(core, published)
    assert case_of(core, published).resume_date is None
    casework.take_back(core, published, BEA)
    case = case_of(core, published)
    assert (case.stage, case.resume_date) == (Stage.WORK, day)


def test_a_question_to_the_reporter_rests_beyond_a_follow_up(
    core: Core, published: int, clock: Clock
) -> None:
    casework.accept_work(core, published, BEA)
    casework.defer(core, published, date(2026, 3, 4), BEA)
    with core.database.begin() as conn:
        asked = text("update cases set paused_since = :now where service_request_id = :number")
        conn.execute(asked, {"now": core.now(), "number": published})
    clock.forward(days=3)
    assert casework.resume_due(core) == 0
    assert case_of(core, published).stage is Stage.WAITING
    clock.forward(days=30)
    assert casework.resume_due(core) == 1
    case = case_of(core, published)
    assert (case.stage, case.resume_date) == (Stage.WORK, date(2026, 3, 4))


def test_reopening_counts_and_promises_anew(core: Core, published: int, clock: Clock) -> None:
    casework.set_status(core, published, "GELOEST", BEA, "Erledigt.")
    clock.forward(days=7)
    casework.set_status(core, published, "IN_BEARBEITUNG", BEA)
    case = case_of(core, published)
    assert (case.reopened, case.stage) == (1, Stage.WORK)
    assert case.due_datetime == clock.now + timedelta(days=14)


def test_erasing_takes_everything_of_the_desk_along(core: Core, published: int) -> None:
    casework.add_note(core, published, "Kanarienvogel", BEA)
    casework.edit(core, published, {"description": "Neu"}, BEA)
    casework.erase(core, published, CLARA)
    with core.database.read() as conn:
        for table in (
            "cases",
            "case_notes",
            "case_originals",
            "case_undo",
            "case_questions",
            "case_presence",
        ):
            left = conn.execute(text(f"select count(*) from {table} where service_request_id = {published}"))
            assert left.scalar() == 0, table
        assert service_requests.find_any(conn, published) is None
        assert undo.find(conn, published) is None


def test_a_report_of_an_earlier_release_gets_its_case_when_it_is_worked_on(
    core: Core, published: int
) -> None:
    with core.database.begin() as conn:
        conn.execute(text("delete from cases"))
    assert case_of(core, published).stage is Stage.WORK
    casework.add_note(core, published, "Hallo", BEA)
    with core.database.read() as conn:
        stored = cases.find(conn, published)
    assert stored is not None
    assert (stored.stage, stored.revision) == (Stage.WORK, 2)
