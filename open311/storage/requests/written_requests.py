"""Requests as bytes that PostgreSQL writes: an expression over a row for each form, made from the table of v2's fields.

It gives to the byte what `formats` gives for the same request, or NULL: a row that needs more than is said here (a
moment before zones were agreed upon, a cell that a spreadsheet would run) is left to the reader, to be written
from its values. Characters that XML cannot carry stay in JSON and XML, until they are taken out of the bytes.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Float, Text, and_, bindparam, case, cast, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from open311.formats.csv import FORMULA
from open311.model.v2_fields import PLACES, V2_FIELDS, Empty, Kind
from open311.storage.requests.rows import column_of
from open311.storage.tables import service_requests

Expression = Any
# The columns of `read`, by name.
Row = ReadOnlyColumnCollection[str, Any]
SECONDS = TIMESTAMP(timezone=True, precision=0)

# Since then, zones differ from UTC by whole quarters of an hour.
FIRST_MOMENT, LAST_MOMENT = "timestamptz '1980-01-01Z'", "timestamptz '2100-01-01Z'"
# Smaller numbers are written with an exponent; and next to the middle of two, rounding needs more digits.
LEAST_DEGREES, MOST_DEGREES, NEARLY = "0.0001::float8", "1000::float8", "1e-6::float8"
# Cells that `formats/csv.py` guards or cleans, and a few more; a semicolon is before each.
ODD_CELL = rf";[\"']*{FORMULA.pattern}|[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
# What makes a cell need quotes.
QUOTED = ("','", "'\"'", r"E'\n'", r"E'\r'")


def _constant(text: str) -> Expression:
    return literal_column("'" + text.replace("'", "''") + "'", Text)


def _concatenated(*parts: Expression) -> Expression:
    """The parts in a row; NULL when one of them is."""
    joined, *others = parts
    for part in others:
        joined = joined.op("||", return_type=Text())(part)
    return joined


def _between(before: str, value: Expression, behind: str) -> Expression:
    begun = _concatenated(_constant(before), value) if before else value
    return _concatenated(begun, _constant(behind)) if behind else begun


def _as_text(value: Expression) -> Expression:
    return cast(value, Text)


def _json_text(value: Expression) -> Expression:
    return cast(func.to_json(value), Text)


def _json_plain(value: Expression) -> Expression:
    return _between('"', cast(value, Text), '"')


def _bare_moment(value: Expression) -> Expression:
    # What is between the quotes; to count letters would take three times as long.
    return func.split_part(_json_text(value), _constant('"'), literal_column("2"), type_=Text)


def _xml_text(value: Expression) -> Expression:
    for character, escaped in (("'&'", "&amp;"), ("'<'", "&lt;"), ("'>'", "&gt;"), (r"E'\r'", "&#13;")):
        value = func.replace(value, literal_column(character), _constant(escaped), type_=Text)
    return value


def _cell(value: Expression) -> Expression:
    doubled = func.replace(value, _constant('"'), _constant('""'), type_=Text)
    quoted = _between('"', doubled, '"')
    # Four searches cost half of what one regular expression does.
    special = [func.strpos(value, literal_column(character)) > literal_column("0") for character in QUOTED]
    return case((or_(*special), quoted), else_=value)


class Form(NamedTuple):
    """How values are written, and what is around them; `{}` is the name of the field."""

    text: Callable[[Expression], Expression]
    plain: Callable[[Expression], Expression]
    moment: Callable[[Expression], Expression]
    begin: str
    before: str
    behind: str
    empty: Mapping[Empty, str]
    comma: str
    end: str

    def parts(self, row: Row) -> list[Expression]:
        """A whole request, piece by piece; pieces that are NULL are fields that are left out."""
        parts, before = [], self.begin
        for name, kind, empty in V2_FIELDS:
            value = VALUES[kind](self, row, MADE_OF.get(kind, name))
            field = _between(before + self.before.format(name), value, self.behind.format(name))
            if empty in self.empty:
                field = func.coalesce(field, _constant(before + self.empty[empty].format(name)))
            parts.append(field)
            before = self.comma
        return [*parts, _constant(self.end)]


_json = {Empty.TEXT: '"{}":""', Empty.NULL: '"{}":null'}
_xml = {Empty.TEXT: "<{}/>", Empty.NULL: "<{}/>"}
_csv = dict.fromkeys(Empty, "")
FORMS = {
    "json": Form(_json_text, _json_plain, _json_text, "{", '"{}":', "", _json, ",", "}"),
    "xml": Form(_xml_text, _as_text, _bare_moment, "<request>", "<{}>", "</{}>", _xml, "", "</request>"),
    "csv": Form(_cell, _as_text, _bare_moment, "", "", "", _csv, ",", "\r\n"),
}


# For COPY, which sets the quotes and ends the lines.
CELLS = "cells"
_CELLS = Form(lambda value: value, _as_text, _bare_moment, "", "", "", {}, "", "")
# The byte before the id of a row that cannot be written so.
UNUSUAL = 1


def read() -> list[Expression]:
    """What lines and cells are made of: the fields of `ServiceRequest` by name, and the first of each kind of picture.

    Several parts of a line look at a value; here it is taken out of its row once.
    """
    fields = dict.fromkeys(MADE_OF.get(kind, name) for name, kind, _ in V2_FIELDS if kind is not Kind.PICTURE)
    # An array of both kinds of pictures would be made for each row.
    first_pictures = [service_requests.c[name][literal_column("1")].label(name) for name in PICTURES]
    return [*(column_of(name).label(name) for name in fields), *first_pictures]


def cells(row: Row) -> list[Expression]:
    """A row of `read` as cells of CSV; where its id is behind `UNUSUAL`, the others mean nothing."""
    (_, number), *others = [
        (name, VALUES[kind](_CELLS, row, MADE_OF.get(kind, name))) for name, kind, _ in V2_FIELDS
    ]
    marked = case(
        (and_(*_is_usual("csv", row)), number), else_=_concatenated(literal_column(r"E'\x01'", Text), number)
    )
    return [marked.label("number"), *(value.label(name) for name, value in others)]


def line(form: str, row: Row) -> Expression:
    """A row of `read` in one of `FORMS`, or as a Feature; NULL where it cannot be written so."""
    written = _feature(row) if form == "geojson" else FORMS[form].parts(row)
    return case((and_(*_is_usual(form, row)), func.textsend(func.concat(*written)))).label("line")


def in_zone() -> Expression:
    """A condition that is always met: in this statement, moments are written as in the zone of that parameter."""
    zone = bindparam("zone", type_=Text)
    # A subquery that depends on nothing is asked before the rows, so all are written under it.
    return (
        select(func.set_config(_constant("timezone"), zone, literal_column("true")))
        .scalar_subquery()
        .is_not(None)
    )


def _feature(row: Row) -> list[Expression]:
    """As `formats/geojson.py` has it."""
    form = FORMS["json"]
    long, lat = (_degrees(form, row, name) for name in ("long", "lat"))
    point = _concatenated(
        _constant('{"type":"Point","coordinates":['), long, _constant(","), lat, _constant("]}")
    )
    return [
        _constant('{"type":"Feature","id":'),
        _json_plain(row["service_request_id"]),
        _constant(',"geometry":'),
        func.coalesce(point, _constant("null")),
        _constant(',"properties":'),
        *form.parts(row),
        _constant("}"),
    ]


def _text(form: Form, row: Row, field: str) -> Expression:
    return form.text(func.nullif(row[field], _constant(""), type_=Text))


def _in_catalogue(parameter: str, code: Expression) -> Expression:
    """What the catalogue has for a code, written in the form."""
    # A subquery is carried out once, and not again for each row.
    names = select(cast(bindparam(parameter, type_=Text), JSONB)).scalar_subquery()
    return names.op("->>", return_type=Text())(code)


def _name(form: Form, row: Row, field: str, parameter: str) -> Expression:
    return func.coalesce(_in_catalogue(parameter, row[field]), _text(form, row, field))


def _service_name(form: Form, row: Row, field: str) -> Expression:
    return _name(form, row, field, "service_names")


def _agency_name(form: Form, row: Row, field: str) -> Expression:
    return _name(form, row, field, "agency_names")


def _notice(form: Form, row: Row, field: str) -> Expression:
    return func.coalesce(_text(form, row, field), _in_catalogue("notices", row["service_code"]))


def _moment(form: Form, row: Row, field: str) -> Expression:
    return form.moment(row[field])


def _plain(form: Form, row: Row, field: str) -> Expression:
    return form.plain(row[field])


def _degrees(_: Form, row: Row, field: str) -> Expression:
    rounded = _rounded(row[field])
    point = case((rounded == func.trunc(rounded), _constant(".0")), else_=_constant(""))
    return _concatenated(cast(rounded, Text), point)


def _picture(form: Form, row: Row, _: str) -> Expression:
    return form.text(func.coalesce(*(_whole(row[name]) for name in PICTURES)))


def _whole(address: Expression) -> Expression:
    """Our own begin with the address of the server."""
    own = func.starts_with(address, _constant("/"))
    whole = _concatenated(bindparam("base_url", type_=Text), address)
    return case((own, whole), else_=func.nullif(address, _constant("")))


VALUES: Mapping[Kind, Callable[[Form, Row, str], Expression]] = {
    Kind.PLAIN: _plain,
    Kind.TEXT: _text,
    Kind.SERVICE_NAME: _service_name,
    Kind.AGENCY_NAME: _agency_name,
    Kind.NOTICE: _notice,
    Kind.MOMENT: _moment,
    Kind.DEGREES: _degrees,
    Kind.PICTURE: _picture,
}
# The field of a request, where a kind is not made of the one by its own name.
MADE_OF = {Kind.SERVICE_NAME: "service_code", Kind.PICTURE: "media_urls"}
# Our own are before those that lie elsewhere.
PICTURES = ("photos", "media_urls")


def _shift() -> Expression:
    return literal_column(f"1e{PLACES}::float8", Float)


def _rounded(degrees: Expression) -> Expression:
    return func.round(degrees * _shift(), type_=Float) / _shift()


def _usual_moment(moment: Expression) -> Expression:
    """In whole seconds, and in the span in which zones are as they are written here."""
    within = and_(moment >= literal_column(FIRST_MOMENT), moment < literal_column(LAST_MOMENT))
    return and_(within, moment == cast(moment, SECONDS))


def _usual_degrees(degrees: Expression) -> Expression:
    shifted = degrees * _shift()
    fraction = func.abs(shifted - func.trunc(shifted), type_=Float)
    from_the_middle = func.abs(fraction - literal_column("0.5::float8"), type_=Float)
    size = func.abs(degrees, type_=Float)
    within = and_(size >= literal_column(LEAST_DEGREES), size < literal_column(MOST_DEGREES))
    return and_(within, from_the_middle > literal_column(NEARLY))


def _usual_cells(row: Row) -> Expression:
    """One look at all texts: a semicolon is before each."""
    fields = [MADE_OF.get(kind, name) for name, kind, _ in V2_FIELDS if kind in TEXTS]
    texts = [row[field] for field in (*fields, *PICTURES)]
    return func.concat_ws(_constant(";"), _constant(""), *texts).op("!~")(_constant(ODD_CELL))


USUAL = {Kind.MOMENT: _usual_moment, Kind.DEGREES: _usual_degrees}
TEXTS = (Kind.TEXT, Kind.SERVICE_NAME, Kind.AGENCY_NAME, Kind.NOTICE)


def _is_usual(form: str, row: Row) -> list[Expression]:
    usual = [or_(row[name].is_(None), USUAL[kind](row[name])) for name, kind, _ in V2_FIELDS if kind in USUAL]
    return [*usual, _usual_cells(row)] if form == "csv" else usual
