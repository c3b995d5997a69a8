"""A city's own list of addresses, read from a file such as offices keep; `geocoding.py` searches in it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from open311.base.errors import Invalid, problem
from open311.base.text import tidy
from open311.core import Core
from open311.formats.csv import unguarded
from open311.formats.csv_records import Record, delimiter_of, records
from open311.model.catalogue import Catalogue
from open311.model.maps.place import Place, PlaceKind, Streets, written
from open311.storage.maps import addresses as storage

# What offices call the columns of their lists.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "street": ("street", "strasse", "straße", "str", "strassenname", "straßenname", "addr:street"),
    "number": ("house_number", "hausnummer", "hnr", "housenumber", "nr", "number", "addr:housenumber"),
    "suffix": ("suffix", "zusatz", "hausnummernzusatz", "hnrzusatz"),
    "zipcode": ("zipcode", "plz", "postcode", "postleitzahl", "zip", "addr:postcode"),
    "town": ("city", "ort", "stadt", "town", "gemeinde", "addr:city"),
    "lat": ("lat", "latitude", "breite", "y"),
    "long": ("long", "lon", "lng", "longitude", "laenge", "länge", "x"),
}
NEEDED = ("street", "lat", "long")
# Of more rows than one in so many that cannot be read, the file is not what it was taken for.
READABLE_OF_ONE_UNREADABLE = 10
# How many of the rows that were left out are named.
NAMED = 20


@dataclass(slots=True)
class ListOutcome:
    """What came of a list: how many addresses it holds now, and the first lines of those that were left out."""

    addresses: int = 0
    unreadable: int = 0
    lines: list[int] = field(default_factory=list)

    def leave_out(self, line: int) -> None:
        self.unreadable += 1
        if len(self.lines) < NAMED:
            self.lines.append(line)


def replace_list(core: Core, catalogue: Catalogue, lines: Iterable[str]) -> ListOutcome:
    """Replace the addresses of a jurisdiction by those of a CSV file; a row that cannot be read is left out.

    Raises `Invalid`, and nothing has changed, for a file without addresses or with too many such rows.
    """
    streets, taken = Streets(), ListOutcome()
    with core.database.begin() as conn:
        places = _with_streets(iter(lines), streets, taken)
        stored = storage.replace(conn, catalogue.jurisdiction.jurisdiction_id, places)
        taken.addresses = stored - len(streets)
        if taken.unreadable * READABLE_OF_ONE_UNREADABLE > taken.addresses:
            raise Invalid(problem("error.addresses.line", line=taken.lines[0]))
        if not stored:
            raise Invalid(problem("error.addresses.empty"))
    return taken


def _with_streets(lines: Iterator[str], streets: Streets, taken: ListOutcome) -> Iterator[Place]:
    for row, line in _read(lines):
        place = row and _place(row, streets)
        if place:
            yield place
        else:
            taken.leave_out(line)
    yield from streets.places()


def _place(row: Mapping[str, str], streets: Streets) -> Place | None:
    position = _position(row)
    street, zipcode, town = row["street"], row["zipcode"], row["town"]
    if position is None or not street:
        return None
    number = f"{row['number']}{row['suffix']}"
    if number:
        streets.add_house(street, zipcode, town, *position)
    kind = PlaceKind.HOUSE if number else PlaceKind.STREET
    return Place(written(street, number, zipcode, town), *position, kind)


def _read(lines: Iterator[str]) -> Iterator[tuple[Mapping[str, str] | None, int]]:
    """Each row by our names for its columns, with its line; None for what is no row."""
    first = next(lines, "").lstrip("\ufeff")
    rows = records(chain([first], lines), delimiter_of(first))
    places = _columns(next(rows, None))
    for row in rows:
        yield None if row.problem else _fields(row, places), row.line


def _columns(head: Record | None) -> Mapping[str, int | None]:
    """Where each of our columns is in the file; raises `Invalid` where one is missing that is needed."""
    names = [name.strip().casefold() for name in head.cells] if head else []
    places = {
        column: next((names.index(name) for name in known if name in names), None)
        for column, known in COLUMNS.items()
    }
    missing = [column for column in NEEDED if places[column] is None]
    if missing:
        raise Invalid(problem("error.addresses.columns", columns=", ".join(missing)))
    return places


def _fields(row: Record, places: Mapping[str, int | None]) -> dict[str, str]:
    cells = [tidy(unguarded(cell)) for cell in row.cells]
    fields = {
        column: cells[at] if at is not None and at < len(cells) else "" for column, at in places.items()
    }
    # Databases write so what they do not have.
    return {column: "" if text.lower() == "null" else text for column, text in fields.items()}


def _position(row: Mapping[str, str]) -> tuple[float, float] | None:
    try:
        # German offices write decimals with a comma.
        lat, long = (float(row[name].replace(",", ".")) for name in ("lat", "long"))
    except ValueError:
        return None
    # Whatever is no number compares as false, so it must be asked for the right ones.
    return (lat, long) if abs(lat) <= 90 and abs(long) <= 180 else None
