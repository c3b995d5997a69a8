"""In which order to go to several places: nearest neighbour first, then 2-opt, by distance as the crow flies."""

import math
from collections.abc import Sequence
from itertools import pairwise

Place = tuple[float, float]
# Enough for a hundred stops; each round of looking shortens the way or is the last.
MOST_ROUNDS = 50
START = -1


def order(places: Sequence[Place | None], start: Place | None = None) -> list[int]:
    """The indices of places (lat, long) in the order of a short way from `start`, else from the first.

    Places that nobody knows come last.
    """
    known = {index: _plane(place) for index, place in enumerate(places) if place is not None}
    rest = [index for index, place in enumerate(places) if place is None]
    plane = known if start is None else {START: _plane(start), **known}
    way = _nearest([*plane], plane)
    for _ in range(MOST_ROUNDS):
        if not _shorten(way, plane):
            break
    return [*(index for index in way if index != START), *rest]


def length(places: Sequence[Place]) -> float:
    """How long a way is, in degrees of latitude."""
    plane = [_plane(place) for place in places]
    return sum(math.dist(*pair) for pair in pairwise(plane))


def _plane(place: Place) -> Place:
    """A place in a plane whose units are equally long both ways; good enough for a city."""
    lat, long = place
    return lat, long * math.cos(math.radians(lat))


def _nearest(left: Sequence[int], plane: dict[int, Place]) -> list[int]:
    way, rest = list(left[:1]), set(left[1:])
    while rest:
        here = plane[way[-1]]
        # Of equally near ones the first, so that the same places always make the same way.
        following = min(rest, key=lambda index: (math.dist(here, plane[index]), index))
        way.append(following)
        rest.remove(following)
    return way


def _shorten(way: list[int], plane: dict[int, Place]) -> bool:
    """Turn round each part of the way that becomes shorter by it; False once there is none."""
    shorter = False
    for start in range(1, len(way) - 1):
        for end in range(start + 1, len(way)):
            before, first, last = plane[way[start - 1]], plane[way[start]], plane[way[end]]
            after = plane[way[end + 1]] if end + 1 < len(way) else None
            now = math.dist(before, first) + (math.dist(last, after) if after else 0)
            turned = math.dist(before, last) + (math.dist(first, after) if after else 0)
            # Less is the noise of the arithmetic, and would turn the same part back and forth.
            if turned < now - 1e-12:
                way[start : end + 1] = reversed(way[start : end + 1])
                shorter = True
    return shorter
