"""A city's own list of addresses, read from a file such as offices keep; `geocoding.py` searches in it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from open311.base.errors import Invalid, problem
from open311.base.text import stands_for_nothing, tidy
from open311.core import Core
from open311.formats.csv import unguarded
from open311.formats.csv_records import Record, delimiter_of, records
from open311.model.catalogue import Catalogue
from open311.model.maps.place import Place, PlaceKind, Streets, written
from open311.storage.maps import addresses as storage

# What offices call the columns of their lists, by language; "" is what is called so everywhere, as by OpenStreetMap.
NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "": {
        "street": ("street", "addr:street"),
        "number": ("house_number", "housenumber", "number", "addr:housenumber"),
        "suffix": ("suffix",),
        "zipcode": ("zipcode", "zip", "postcode", "addr:postcode"),
        "town": ("city", "town", "addr:city"),
        "lat": ("lat", "latitude"),
        "long": ("long", "lon", "lng", "longitude"),
    },
    "de": {
        "street": ("strasse", "straße", "str", "strassenname", "straßenname", "stn_label"),
        "number": ("hausnummer", "hnr", "nr", "hausnrzahl1", "adr_number"),
        "suffix": ("zusatz", "hausnummernzusatz", "hnrzusatz", "hausnrbuchstabe1"),
        "zipcode": ("plz", "postleitzahl"),
        "town": ("ort", "stadt", "gemeinde", "gemeindename"),
        "lat": ("breite",),
        "long": ("laenge", "länge"),
    },
    "fr": {
        "street": ("rue", "voie", "nom_voie"),
        "number": ("numero", "numéro"),
        "suffix": ("rep",),
        "zipcode": ("code_postal",),
        "town": ("commune", "nom_commune", "ville"),
    },
    "nl": {
        "street": ("straat", "straatnaam", "openbareruimte", "openbareruimtenaam"),
        "number": ("huisnummer",),
        "suffix": ("huisletter", "huisnummertoevoeging"),
        "town": ("woonplaats", "woonplaatsnaam", "gemeentenaam"),
    },
    "it": {"street": ("via", "odonimo"), "number": ("civico",), "zipcode": ("cap",), "town": ("comune",)},
    "es": {
        "street": ("calle", "nombre_via"),
        "number": ("portal",),
        "zipcode": ("codigo_postal", "cod_postal"),
        "town": ("municipio", "poblacion"),
        "lat": ("latitud",),
        "long": ("longitud",),
    },
    "pl": {
        "street": ("ulica",),
        "number": ("numer", "numer_porzadkowy"),
        "zipcode": ("kod_pocztowy",),
        "town": ("miejscowosc", "miejscowość"),
    },
    "da": {
        "street": ("vejnavn",),
        "number": ("husnr",),
        "zipcode": ("postnr",),
        "town": ("postnrnavn",),
        "lat": ("wgs84koordinat_bredde",),
        "long": ("wgs84koordinat_længde",),
    },
}
# Last of all: beside degrees they mostly count metres.
AXES = {"lat": ("y",), "long": ("x",)}
COLUMNS: Mapping[str, tuple[str, ...]] = {
    column: tuple(name for names in NAMES.values() for name in names.get(column, ())) + AXES.get(column, ())
    for column in NAMES[""]
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
    return {column: "" if stands_for_nothing(text) else text for column, text in fields.items()}


def _position(row: Mapping[str, str]) -> tuple[float, float] | None:
    try:
        # German offices write decimals with a comma.
        lat, long = (float(row[name].replace(",", ".")) for name in ("lat", "long"))
    except ValueError:
        return None
    # Whatever is no number compares as false, so it must be asked for the right ones.
    return (lat, long) if abs(lat) <= 90 and abs(long) <= 180 else None
