"""How the columns and words of a file become those of GeoReport."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

from open311.base.datetimes import time_zone
from open311.base.errors import Invalid, Problem, problem
from open311.base.text import composed, stands_for_nothing, tidy, trimmed
from open311.federation.client import foreign
from open311.federation.client.dates import Dates, is_form, is_no_date
from open311.federation.client.foreign import ForeignRequest
from open311.federation.references import Refusal, refusal_for
from open311.formats.csv import unguarded
from open311.formats.csv_records import UTF_8, encoding_of
from open311.model.catalogue import Catalogue
from open311.model.fields import Role
from open311.model.service_request import PERSONAL, Reporter, Status, fields_with
from open311.model.v2_fields import FIELDS

COLUMNS = (*FIELDS, *fields_with(Role.CSV))
NEEDED = ("service_request_id", "requested_datetime")
MOMENTS = tuple(name for name in COLUMNS if name.endswith("_datetime"))
SETTINGS = ("columns", "services", "statuses", "constants", "dates", "time_zone", "delimiter", "encoding")


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvMapping:
    """A mapping file: our name → theirs for columns, theirs → ours for services and statuses."""

    columns: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    dates: str | None = None
    time_zone: str | None = None
    delimiter: str | None = None
    encoding: str = UTF_8

    @classmethod
    def read(cls, raw: Any) -> "CsvMapping":
        """The mapping that a document describes; raises `Invalid`."""
        if not isinstance(raw, dict):
            raise _invalid("it is no mapping of names")
        unknown = set(raw) - set(SETTINGS)
        if unknown:
            raise _invalid(f"{sorted(map(str, unknown))} are not among {list(SETTINGS)}")
        for name in ("columns", "services", "statuses", "constants"):
            if not isinstance(raw.get(name, {}), dict):
                raise _invalid(f"{name} is no mapping")
        for name in ("dates", "time_zone", "delimiter", "encoding"):
            if isinstance(raw.get(name), (dict, list)):
                raise _invalid(f"{name} is not one word")
        odd = {*raw.get("columns", {}), *raw.get("constants", {})} - {*COLUMNS, *PERSONAL}
        if odd:
            raise _invalid(f"{sorted(map(str, odd))} are no columns of GeoReport")
        values: dict[str, Any] = {
            name: {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else str(value)
            for name, value in raw.items()
            if value is not None
        }
        mapping = cls(**values)
        # For its errors: an unknown time zone is a fault of the mapping, told before any row is read.
        mapping.moments(UTC)
        mapping.check_file()
        return mapping

    def for_file(self, path: Path) -> "CsvMapping":
        """This mapping, in the encoding that the file begins with where none was named."""
        # A byte order mark is a fact about the file; an encoding that was named is a decision and wins.
        return replace(self, encoding=encoding_of(path)) if self.encoding == UTF_8 else self

    def check_file(self) -> None:
        """Whether a file can be read this way; raises `Invalid`."""
        try:
            "".encode(self.encoding)
        except (LookupError, ValueError):
            raise _invalid(f"{self.encoding} is no encoding") from None
        if self.dates is not None and not is_form(self.dates):
            raise _invalid(f"dates is {self.dates!r}, not a form such as %d.%m.%Y %H:%M")
        if self.delimiter is not None and (len(self.delimiter) != 1 or self.delimiter in '"\r\n'):
            raise _invalid(f"delimiter is {self.delimiter!r}, not one character")

    def check_words(self, catalogue: Catalogue, *, keep_services: bool) -> None:
        """Whether services and statuses lead to what there is here; raises `Invalid`."""
        services = {*catalogue.services, *catalogue.retired}
        unknown = (
            []
            if keep_services
            else [service for service in self.services.values() if service not in services]
        )
        if unknown:
            raise _invalid(f"services: {', '.join(unknown)} are not in the catalogue")
        statuses = {*catalogue.statuses, *Status}
        unknown = [status for status in self.statuses.values() if status not in statuses]
        if unknown:
            raise _invalid(f"statuses: {', '.join(unknown)} are not in the catalogue, nor open or closed")

    def moments(self, zone: tzinfo) -> Dates:
        """How moments are written; `zone` is that of those that name none, unless the mapping says so."""
        named = time_zone(self.time_zone) if self.time_zone else zone
        if named is None:
            raise _invalid(f"{self.time_zone} is not a time zone such as Europe/Berlin")
        return Dates(named, self.dates)


def _invalid(reason: str) -> Invalid:
    return Invalid(problem("error.import.mapping", reason=reason))


class Columns:
    """Where the fields of GeoReport are in the rows of a file whose head has these `names`."""

    def __init__(self, names: Sequence[str], mapping: CsvMapping) -> None:
        places = {name: place for place, name in enumerate(names)}
        named = ((ours, mapping.columns.get(ours, ours)) for ours in (*COLUMNS, *PERSONAL))
        self._places = [(ours, places[theirs]) for ours, theirs in named if theirs in places]
        self._constants = mapping.constants

    def fields(self, cells: Sequence[str]) -> dict[str, str]:
        """A row under GeoReport's names, blanks left out."""
        fields = dict(self._constants)
        read = _read_cell(cells)
        for name, place in self._places:
            text = read(cells[place])
            if text and not stands_for_nothing(text):
                fields[name] = text
        return fields


def _read_cell(cells: Sequence[str]) -> Callable[[str], str]:
    """How the cells of a row are read. In most rows nothing is to be mended, and that is seen for all cells at once."""
    whole = "".join(cells)
    # An apostrophe may be the guard that our own exports put before formulas.
    if "'" not in whole and whole.isprintable() and composed(whole) == whole:
        return str.strip if whole.isascii() else trimmed
    return lambda cell: tidy(unguarded(cell))


def request_of(
    fields: Mapping[str, str], dates: Dates, statuses: Mapping[str, str]
) -> ForeignRequest | Refusal:
    """The request that a row describes, or what is wrong with it. Stricter than with servers: a file can be mended."""
    number = fields.get("service_request_id", "")
    if not number:
        return refusal_for("error.row.number_missing")
    values: dict[str, Any] = dict(fields)
    for name in MOMENTS:
        if name in fields:
            values[name] = dates.read(fields[name])
            # Refused, not dropped: a history without its moments would falsify every figure made of it.
            if values[name] is None and not is_no_date(fields[name]):
                return refusal_for("error.row.moment", number, name=name, value=fields[name][:60])
    fault = _wrong_status(fields, statuses) or _wrong_place(fields)
    if fault:
        return Refusal(fault, number)
    return foreign.request_from(values, dates) or refusal_for("error.row.number_missing")


def _wrong_status(fields: Mapping[str, str], statuses: Mapping[str, str]) -> Problem | None:
    word = fields.get("status")
    if word is None or word in statuses or foreign.known_status(word):
        return None
    return problem("error.row.status", status=word[:60])


def _wrong_place(fields: Mapping[str, str]) -> Problem | None:
    present = [name for name in ("lat", "long") if name in fields]
    if len(present) == 1:
        return problem("error.row.half_place", name=present[0])
    if not present:
        return None
    lat, long = foreign.number(fields["lat"]), foreign.number(fields["long"])
    if lat is None or long is None or not (abs(lat) <= 90 and abs(long) <= 180):
        return problem("error.row.place", lat=fields["lat"][:30], long=fields["long"][:30])
    return None


def reporter_of(fields: Mapping[str, str]) -> Reporter | None:
    """Who handed it in, if the row says."""
    personal = {name: fields[name] for name in PERSONAL if name in fields}
    return Reporter(**personal) if personal else None
