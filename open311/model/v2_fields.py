"""The fields of a request in GeoReport v2, in the order of the standard: one table for every serialiser.

`formats/documents.py` serialises a request from its value, `storage/requests/written_requests.py` has PostgreSQL do so
from its row. Both follow this table, and `tests/storage/test_written_requests.py` holds them equal.
"""

from enum import Enum, auto
from typing import NamedTuple


class Kind(Enum):
    """Where the value of a field comes from, and how it is written."""

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
    """What a missing value becomes: an empty text, null, or no field at all."""

    TEXT = auto()
    NULL = auto()
    ABSENT = auto()


class V2Field(NamedTuple):
    """A field of v2; it is made of the field of `ServiceRequest` by the same name, unless its kind says otherwise."""

    name: str
    kind: Kind = Kind.TEXT
    empty: Empty = Empty.TEXT


V2_FIELDS = (
    V2Field("service_request_id", Kind.PLAIN),
    V2Field("status", Kind.PLAIN),
    V2Field("status_notes", empty=Empty.ABSENT),
    V2Field("service_name", Kind.SERVICE_NAME),
    V2Field("service_code"),
    V2Field("description"),
    V2Field("agency_responsible", Kind.AGENCY_NAME, Empty.ABSENT),
    V2Field("service_notice", Kind.NOTICE, Empty.ABSENT),
    V2Field("requested_datetime", Kind.MOMENT),
    V2Field("updated_datetime", Kind.MOMENT),
    V2Field("expected_datetime", Kind.MOMENT, Empty.ABSENT),
    V2Field("address"),
    V2Field("address_id", empty=Empty.NULL),
    V2Field("zipcode", empty=Empty.NULL),
    V2Field("lat", Kind.DEGREES, Empty.NULL),
    V2Field("long", Kind.DEGREES, Empty.NULL),
    V2Field("media_url", Kind.PICTURE, Empty.NULL),
)
FIELDS = tuple(field.name for field in V2_FIELDS)

# Seven places are about a centimetre; more would only show the noise of the arithmetic.
PLACES = 7
