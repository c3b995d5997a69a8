"""A made-up city as an extract of OpenStreetMap: streets, houses, parks, a river, for measurements and pictures."""

import random
from collections.abc import Iterator
from math import cos, sin
from pathlib import Path

import osmium
from osmium.osm.mutable import Node, Way

Point = tuple[float, float]
# Of the first city's boundary, so that its catalogue fits.
WEST, SOUTH = 8.37, 49.44
METRES_LAT, METRES_LONG = 1 / 111_230, 1 / 72_500
BLOCK = 110.0
FIRST = (
    *(
        "Ahorn",
        "Birken",
        "Buchen",
        "Eichen",
        "Erlen",
        "Eschen",
        "Fichten",
        "Kastanien",
        "Linden",
        "Pappel",
        "Ulmen",
    ),
    *(
        "Anker",
        "Brücken",
        "Garten",
        "Hafen",
        "Kanal",
        "Kirch",
        "Markt",
        "Mühl",
        "Schul",
        "Turm",
        "Ufer",
        "Wiesen",
    ),
    *(
        "Goethe",
        "Schiller",
        "Heine",
        "Kant",
        "Mozart",
        "Bach",
        "Schubert",
        "Humboldt",
        "Curie",
        "Röntgen",
        "Daimler",
    ),
)
LAST = ("straße", "weg", "gasse", "allee", "platz", "ring")
QUARTERS = (
    "Altstadt",
    "Hafenviertel",
    "Nordend",
    "Südhang",
    "Wiesental",
    "Bergfeld",
    "Mühlau",
    "Seewinkel",
    "Weststadt",
)


class MadeCity:
    """Streets in blocks of 110 metres, `blocks` a side, a little bent; the same city for the same size."""

    def __init__(self, path: Path, blocks: int) -> None:
        self._writer = osmium.SimpleWriter(str(path), overwrite=True)
        self._random = random.Random(blocks)
        self._id = 0
        self._ways: list[Way] = []
        self._blocks = blocks
        self._corners: dict[tuple[int, int], int] = {}

    def write(self) -> None:
        """The whole file."""
        for column in range(self._blocks + 1):
            for row in range(self._blocks + 1):
                self._corners[column, row] = self._node(self._place(column, row))
        self._streets()
        self._landscape()
        for column in range(self._blocks):
            for row in range(self._blocks):
                self._block(column, row)
        for way in self._ways:
            self._writer.add_way(way)
        self._writer.close()

    def _place(self, column: float, row: float) -> Point:
        bend = 0.25 * sin(row / 5) + 0.15 * sin(column / 3)
        east, north = (column + bend) * BLOCK, (row + 0.3 * cos(column / 4)) * BLOCK
        return WEST + east * METRES_LONG, SOUTH + north * METRES_LAT

    def _node(self, place: Point, /, **tags: str) -> int:
        self._id += 1
        named = {name.replace("__", ":"): value for name, value in tags.items()}
        self._writer.add_node(Node(id=self._id, location=place, tags=named, version=1))
        return self._id

    def _way(self, nodes: list[int], /, **tags: str) -> None:
        self._id += 1
        named = {name.replace("__", ":"): value for name, value in tags.items()}
        self._ways.append(Way(id=self._id, nodes=nodes, tags=named, version=1))

    def _area(self, places: list[Point], /, **tags: str) -> None:
        nodes = [self._node(place) for place in places]
        self._way([*nodes, nodes[0]], **tags)

    def _name(self, across: bool, line: int, part: int) -> str:
        first = FIRST[(line * 7 + part * 3 + across * 5) % len(FIRST)]
        return first + LAST[(line + part * 2 + across) % len(LAST)]

    def _streets(self) -> None:
        span = 12
        for across in (False, True):
            for line in range(self._blocks + 1):
                kind = (
                    "primary"
                    if line % 24 == 12
                    else "secondary"
                    if line % 12 == 6
                    else "tertiary"
                    if line % 6 == 3
                    else "residential"
                )
                for begin in range(0, self._blocks, 2):
                    steps = range(begin, min(begin + 2, self._blocks) + 1)
                    nodes = [self._corners[(step, line) if across else (line, step)] for step in steps]
                    self._way(nodes, highway=kind, name=self._name(across, line, begin // span))

    def _landscape(self) -> None:
        size = self._blocks
        for step in range(0, size, 4):
            rim = [
                self._place(size * 0.8 + 2 * sin(at / 8) + side, at)
                for side, at in ((0, step), (1.6, step), (1.6, step + 4), (0, step + 4))
            ]
            self._area(rim, natural="water", name="Fluss")
        self._way(
            [self._node(self._place(size * 0.35 + at / 9, at)) for at in range(size + 1)], railway="rail"
        )
        for number, name in enumerate(QUARTERS):
            column, row = (number % 3 + 0.5) * size / 3, (number // 3 + 0.5) * size / 3
            self._node(self._place(column, row), place="suburb", name=name)
        self._area(
            [self._place(*corner) for corner in ((0, 0), (size, 0), (size, size), (0, size))],
            landuse="residential",
        )

    def _block(self, column: int, row: int) -> None:
        chance = self._random.random()
        inner = [
            self._place(column + x, row + y)
            for x, y in ((0.12, 0.12), (0.88, 0.12), (0.88, 0.88), (0.12, 0.88))
        ]
        if chance < 0.06:
            self._area(inner, leisure="park", name=f"{FIRST[(column * 3 + row) % len(FIRST)]}park")
            self._area(
                [
                    self._place(column + 0.4 + x, row + 0.4 + y)
                    for x, y in ((0, 0), (0.2, 0), (0.2, 0.2), (0, 0.2))
                ],
                leisure="playground",
            )
            return
        if chance < 0.08:
            self._area(inner, amenity="school", name=f"{FIRST[(column + row * 5) % len(FIRST)]}schule")
        self._houses(column, row)
        if chance > 0.75:
            self._node(
                self._place(column + 0.5, row + 0.03),
                highway="bus_stop",
                name=self._name(True, row, column // 12),
            )
        for at in (0.2, 0.7):
            lamp = f"{column * 1000 + row * 10 + int(at * 10)}"
            self._node(self._place(column + at, row + 0.04), highway="street_lamp", ref=lamp)

    def _houses(self, column: int, row: int) -> None:
        for number, (x, y) in enumerate(self._plots()):
            corners = ((x, y), (x + 0.1, y), (x + 0.1, y + 0.12), (x, y + 0.12))
            self._area(
                [self._place(column + east, row + north) for east, north in corners],
                building="yes",
                addr__street=self._name(True, row if y < 0.5 else row + 1, column // 12),
                addr__housenumber=f"{column % 12 * 8 + number + 1}",
                addr__postcode="67059",
                addr__city="Ludwigshafen",
            )

    def _plots(self) -> Iterator[Point]:
        for y in (0.14, 0.72):
            yield from ((x, y) for x in (0.14, 0.3, 0.46, 0.62, 0.76))


def make(path: Path, blocks: int) -> Path:
    """Write such a city; 90 blocks a side are one of 200,000 people."""
    MadeCity(path, blocks).write()
    return path
