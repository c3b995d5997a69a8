"""The way of a round is short, holds every stop once, and begins where it was told."""

from hypothesis import given
from hypothesis import strategies as st

from open311.model.casework import route

places = st.tuples(st.floats(49.4, 49.6), st.floats(8.3, 8.5))


@given(st.lists(st.none() | places, max_size=25))
def test_every_stop_is_there_once_and_those_without_a_place_come_last(
    stops: list[tuple[float, float] | None],
) -> None:
    way = route.order(stops)
    assert sorted(way) == list(range(len(stops)))
    without = [stops[index] is None for index in way]
    assert without == sorted(without)


@given(st.lists(places, min_size=2, max_size=25))
def test_the_way_is_no_longer_than_as_it_was_chosen(stops: list[tuple[float, float]]) -> None:
    way = route.order(stops)
    assert way[0] == 0
    nearest = route._nearest(
        range(len(stops)), {index: route._plane(place) for index, place in enumerate(stops)}
    )
    ordered = route.length([stops[index] for index in way])
    assert ordered <= route.length([stops[index] for index in nearest]) + 1e-9


def test_a_way_that_crosses_itself_is_turned_round() -> None:
    square = [(49.0, 8.0), (49.0, 8.1), (49.1, 8.0), (49.1, 8.1)]
    assert route.order(square) in ([0, 1, 3, 2], [0, 2, 3, 1])
