"""Reports of the same thing: chains flatten, the queue is left, what was wrong is taken back."""

from datetime import timedelta

import pytest

from open311.actions import casework
from open311.base.errors import Conflict, Invalid
from open311.core import Core
from open311.model.casework.cases import Priority, Stage
from open311.model.service_request import Status, Visibility
from tests.actors import CLARA
from tests.serving import Api, Clock

HELD = {"service_code": "STRASSENSCHADEN", "attribute[WO]": "fahrbahn"}


@pytest.fixture
def numbers(api: Api) -> list[int]:
    """Three reports that are public at once."""
    return [int(api.report(service_code="MARKIERUNG")) for _ in range(3)]


@pytest.fixture(autouse=True)
def published(core: Core, numbers: list[int]) -> None:
    for number in numbers:
        if casework.show(core, number, CLARA).request.visibility == Visibility.HELD:
            casework.publish(core, number, CLARA)


def shown(core: Core, number: int) -> casework.RequestForStaff:
    return casework.show(core, number, CLARA)


def kinds(core: Core, number: int) -> list[str]:
    return [event.kind for event in shown(core, number).history]


def test_a_chain_becomes_flat(core: Core, numbers: list[int]) -> None:
    """F4: whoever follows any of them hears of the one that goes on."""
    a, b, c = numbers
    casework.merge(core, a, b, CLARA)
    casework.merge(core, b, c, CLARA)
    assert [shown(core, number).request.parent_id for number in numbers] == [c, c, None]
    assert [shown(core, number).request.detailed_status for number in (a, b)] == ["DUBLETTE", "DUBLETTE"]
    joined = [event.data["duplicate"] for event in shown(core, c).history if event.kind == "joined"]
    assert sorted(joined) == [a, b]


def test_both_histories_say_from_and_to(core: Core, numbers: list[int]) -> None:
    """F7"""
    a, b, c = numbers
    casework.merge(core, a, b, CLARA)
    assert shown(core, a).history[-1].data["into"] == b
    casework.merge(core, b, c, CLARA)
    last = shown(core, a).history[-1]
    assert (last.kind, last.data["from"], last.data["into"]) == ("merged", b, c)


def test_a_held_duplicate_leaves_the_queue(core: Core, api: Api, numbers: list[int]) -> None:
    """F6: the commonest decision of a checker."""
    held = int(api.report(**HELD))
    casework.merge(core, held, numbers[0], CLARA)
    duplicate = shown(core, held)
    assert duplicate.request.visibility == Visibility.WITHHELD
    assert duplicate.case.stage is Stage.DONE
    assert duplicate.case.checked_datetime is not None
    assert held not in [
        request.service_request_id for request in casework.held(core, core.catalogues.in_force[0], 100, CLARA)
    ]


def test_nothing_is_merged_into_what_is_hidden(core: Core, numbers: list[int]) -> None:
    """F5: the public would be sent to a page that is not there."""
    a, b, _ = numbers
    casework.hide(core, b, CLARA)
    before = shown(core, a)
    with pytest.raises(Invalid) as refused:
        casework.merge(core, a, b, CLARA)
    assert refused.value.problems[0].key == "error.merge.unseen"
    assert shown(core, a) == before


def test_a_closed_original_is_taken_up_again_or_not_taken(core: Core, numbers: list[int]) -> None:
    a, b, _ = numbers
    casework.set_status(core, b, "GELOEST", CLARA)
    with pytest.raises(Invalid):
        casework.merge(core, a, b, CLARA)
    casework.merge(core, a, b, CLARA, reopen=True)
    assert shown(core, b).request.status == Status.OPEN
    assert shown(core, b).case.reopened == 1
    assert shown(core, a).request.parent_id == b


def test_work_on_a_duplicate_separates_it(core: Core, numbers: list[int]) -> None:
    """F3"""
    a, b, _ = numbers
    casework.merge(core, a, b, CLARA)
    casework.set_status(core, a, "IN_BEARBEITUNG", CLARA)
    assert shown(core, a).request.parent_id is None
    assert kinds(core, a)[-2:] == ["separated", "status_changed"]
    assert kinds(core, b)[-1] == "separated"


def test_another_reason_for_closing_leaves_it_a_duplicate(core: Core, numbers: list[int]) -> None:
    a, b, _ = numbers
    casework.merge(core, a, b, CLARA)
    casework.set_status(core, a, "GELOEST", CLARA)
    assert shown(core, a).request.parent_id == b


@pytest.mark.parametrize("reopen", [True, False])
def test_separating_undoes_it(core: Core, numbers: list[int], *, reopen: bool) -> None:
    a, b, _ = numbers
    casework.merge(core, a, b, CLARA)
    casework.separate(core, a, CLARA, reopen=reopen)
    request = shown(core, a).request
    assert request.parent_id is None
    assert request.status == (Status.OPEN if reopen else Status.CLOSED)
    with pytest.raises(Invalid):
        casework.separate(core, a, CLARA)


def test_an_original_that_was_erased_does_not_hold_its_duplicate(core: Core, numbers: list[int]) -> None:
    a, b, _ = numbers
    casework.merge(core, a, b, CLARA)
    casework.erase(core, b, CLARA)
    casework.separate(core, a, CLARA)
    assert shown(core, a).request.parent_id is None


def test_merging_raises_the_revision_of_both(core: Core, numbers: list[int]) -> None:
    a, b, _ = numbers
    before = [shown(core, number).case.revision for number in (a, b)]
    with pytest.raises(Conflict):
        casework.merge(core, a, b, CLARA, expected_revision=before[0] + 1)
    casework.merge(core, a, b, CLARA, expected_revision=before[0])
    assert [shown(core, number).case.revision for number in (a, b)] == [before[0] + 1, before[1] + 1]


def test_the_promise_counts_from_the_receipt_when_the_service_is_corrected(
    core: Core, numbers: list[int], clock: Clock
) -> None:
    """F12: anew, in working days, by the clock on the wall: summer time begins on the way."""
    [number, *_] = numbers
    requested = shown(core, number).request.requested_datetime
    clock.forward(days=1)
    casework.recategorise(core, number, "FAHRZEUG_ALT", CLARA)
    after = shown(core, number)
    assert (
        after.request.expected_datetime == after.case.due_datetime == requested + timedelta(days=28, hours=-1)
    )
    assert after.case.unit == after.request.agency_responsible == "VOLLZUGSDIENST"
    assert after.case.service_code == "FAHRZEUG_ALT"


def test_a_merge_is_taken_back_with_all_that_moved(core: Core, numbers: list[int]) -> None:
    a, b, c = numbers
    casework.merge(core, a, b, CLARA)
    casework.set_status(core, c, "GELOEST", CLARA)
    before = [shown(core, number).request for number in numbers]
    casework.merge(core, b, c, CLARA, reopen=True)
    assert [shown(core, number).request.parent_id for number in numbers] == [c, c, None]
    casework.take_back(core, b, CLARA)
    after = [shown(core, number).request for number in numbers]
    columns = ("parent_id", "status", "detailed_status", "visibility", "closed_datetime")
    assert [[getattr(report, name) for name in columns] for report in after] == [
        [getattr(report, name) for name in columns] for report in before
    ]
    assert shown(core, c).case.reopened == 0
    assert [kinds(core, number)[-1] for number in numbers] == ["taken_back"] * 3


def test_a_merge_is_not_taken_back_once_others_went_on_from_it(core: Core, numbers: list[int]) -> None:
    a, b, c = numbers
    casework.merge(core, a, b, CLARA)
    casework.merge(core, b, c, CLARA)
    casework.set_status(core, a, "IN_BEARBEITUNG", CLARA)
    with pytest.raises(Invalid) as refused:
        casework.take_back(core, b, CLARA)
    assert refused.value.problems[0].key == "error.take_back.nothing"
    assert [shown(core, number).request.parent_id for number in numbers] == [None, c, None]


def test_a_merge_is_taken_back_although_the_original_was_written_to(core: Core, numbers: list[int]) -> None:
    a, b, _ = numbers
    casework.merge(core, a, b, CLARA)
    casework.set_priority(core, b, Priority.HIGH, CLARA)
    casework.take_back(core, a, CLARA)
    assert shown(core, a).request.parent_id is None
    assert shown(core, b).case.priority is Priority.HIGH


def test_the_part_of_an_original_is_not_taken_back_alone(core: Core, numbers: list[int]) -> None:
    a, b, _ = numbers
    casework.merge(core, a, b, CLARA)
    with pytest.raises(Invalid):
        casework.take_back(core, b, CLARA)


def test_a_separation_is_taken_back(core: Core, numbers: list[int]) -> None:
    a, b, _ = numbers
    casework.merge(core, a, b, CLARA)
    casework.separate(core, a, CLARA)
    casework.take_back(core, a, CLARA)
    request = shown(core, a).request
    assert (request.parent_id, request.detailed_status) == (b, "DUBLETTE")
