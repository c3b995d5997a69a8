"""A bounded room is not filled by one address."""

import pytest

from open311.base.errors import Busy, problem
from open311.http.limits.shares import Shares


def busy() -> Busy:
    return Busy(problem("error.busy", seconds=1), retry_after=1)


def test_one_address_leaves_room_for_others() -> None:
    room = Shares(3, 2)
    assert [room.enter("a") for _ in range(3)] == [True, True, False]
    assert [room.enter("b") for _ in range(2)] == [True, False]
    room.leave("a")
    assert room.enter("b")
    assert room.taken == 3


def test_a_place_is_given_back_whatever_happens() -> None:
    room = Shares(1, 1)
    with pytest.raises(ZeroDivisionError), room.within("a", busy):
        raise ZeroDivisionError
    with room.within("a", busy), pytest.raises(Busy), room.within("b", busy):
        raise AssertionError("there is no second place")
    assert room.taken == 0
