"""What GeoReport v2 shows of a request, field by field, in its order: one table for all who write one.

`formats/documents.py` writes a request from its value, `storage/requests/written_requests.py` has PostgreSQL write it
from its row. Both follow this table, and `tests/storage/test_written_requests.py` holds them equal.
"""

from enum import Enum, auto
from typing import NamedTuple


class Kind(Enum):
    """How the value of a field comes about."""

    # A text of letters and digits only, which looks alike in every form; a number, too, goes over the wire as a text.
    PLAIN = auto()
    TEXT = auto()
    # The names that the catalogue has for the codes of a request, and what was given where it has none.
    SERVICE_NAME = auto()
    AGENCY_NAME = auto()
    # The text of the request, else that of its service.
    NOTICE = auto()
    MOMENT = auto()
    DEGREES = auto()
    # The address of the first picture.
    PICTURE = auto()


class Empty(Enum):
    """What stands in the place of a value that is missing: a text without letters, nothing, or no field at all."""

    TEXT = auto()
    NULL = auto()
    ABSENT = auto()


class ShownField(NamedTuple):
    """A field of v2; it is made of the field of `ServiceRequest` by the same name, unless its kind says otherwise."""

    name: str
    kind: Kind = Kind.TEXT
    empty: Empty = Empty.TEXT


SHOWN = (
    ShownField("service_request_id", Kind.PLAIN),
    ShownField("status", Kind.PLAIN),
    ShownField("status_notes", empty=Empty.ABSENT),
    ShownField("service_name", Kind.SERVICE_NAME),
    ShownField("service_code"),
    ShownField("description"),
    ShownField("agency_responsible", Kind.AGENCY_NAME, Empty.ABSENT),
    ShownField("service_notice", Kind.NOTICE, Empty.ABSENT),
    ShownField("requested_datetime", Kind.MOMENT),
    ShownField("updated_datetime", Kind.MOMENT),
    ShownField("expected_datetime", Kind.MOMENT, Empty.ABSENT),
    ShownField("address"),
    ShownField("address_id", empty=Empty.NULL),
    ShownField("zipcode", empty=Empty.NULL),
    ShownField("lat", Kind.DEGREES, Empty.NULL),
    ShownField("long", Kind.DEGREES, Empty.NULL),
    ShownField("media_url", Kind.PICTURE, Empty.NULL),
)
FIELDS = tuple(field.name for field in SHOWN)

# Seven places are about a centimetre; more would only show the noise of the arithmetic.
PLACES = 7
