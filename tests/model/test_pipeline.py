"""Steps that run side by side and end in turn."""

from collections.abc import Callable, Iterator
from threading import Barrier

import pytest

from open311.base.pipeline import in_order


def added(number: int, turn: Callable[[], int]) -> int:
    """A step: the sum of the numbers so far."""
    return turn() + number


@pytest.mark.parametrize("at_once", [1, 2, 5])
def test_each_step_is_handed_the_result_before_it(at_once: int) -> None:
    assert list(in_order([1, 2, 3, 4], added, 10, at_once=at_once)) == [11, 13, 16, 20]


def test_two_steps_are_under_way_at_a_time() -> None:
    both = Barrier(2, timeout=60)

    def step(number: int, turn: Callable[[], int]) -> int:
        both.wait()
        return turn() + number

    assert list(in_order([1, 2, 3, 4], step, 0)) == [1, 3, 6, 10]


def test_a_step_that_fails_stops_those_behind_it() -> None:
    ended: list[int] = []

    def step(number: int, turn: Callable[[], int]) -> int:
        before = turn()
        if number == 2:
            raise ValueError(number)
        ended.append(number)
        return before + number

    results: list[int] = []
    with pytest.raises(ValueError, match="2"):
        results.extend(in_order([1, 2, 3, 4], step, 0))
    assert ended == [1]


def test_what_was_begun_before_the_items_ran_out_wrongly_is_told_first() -> None:
    def items() -> Iterator[int]:
        yield from (1, 2, 3)
        raise OSError("away")

    steps = in_order(items(), added, 0)
    assert [next(steps) for _ in range(3)] == [1, 3, 6]
    with pytest.raises(OSError, match="away"):
        next(steps)


def test_whoever_stops_listening_waits_for_what_is_under_way() -> None:
    ended: list[int] = []

    def step(number: int, turn: Callable[[], int]) -> int:
        ended.append(turn() + number)
        return ended[-1]

    steps = in_order(iter(range(1, 1000)), step, 0)
    assert next(steps) == 1
    steps.close()
    assert ended in ([1, 3], [1, 3, 6])
