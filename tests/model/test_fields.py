"""One table of the fields of a request, from which the rooms take theirs."""

from datetime import datetime
from typing import Any, get_type_hints

from sqlalchemy import ARRAY, Connection, Text

from open311.federation.client.dates import Dates
from open311.federation.client.foreign import ForeignRequest, request_from
from open311.federation.imports.csv_mapping import COLUMNS, MOMENTS, Columns, CsvMapping, request_of
from open311.formats import documents
from open311.georeport.schemas import ExtendedAttributesSchema
from open311.model.fields import TEXT, Role
from open311.model.service_request import ROLES, ServiceRequest, fields_with
from open311.storage.requests import service_requests as storage
from open311.storage.tables import service_requests
from open311.web.submissions import SubmissionForm
from tests.formats.cases import CATALOGUE, IN_PROCESS
from tests.stored import CITY, store

EXTENDED = fields_with(Role.EXTENDED)


def test_every_field_of_a_request_is_in_the_table() -> None:
    assert tuple(ROLES) == ServiceRequest._fields


def test_every_column_is_a_field_or_behind_one() -> None:
    """What is stored and never read would be lost unseen; a trigger makes `words` of the others."""
    columns = {column.name for column in service_requests.c if not column.computed}
    assert columns - set(fields_with(Role.COLUMN)) == {"id", "geom", "photos", "media_urls", "words"}
    assert set(fields_with(Role.COLUMN)) <= columns


def test_every_field_is_read_from_its_own_column(conn: Connection) -> None:
    """Each holds its own name, so two that are mixed up are seen."""
    own: dict[str, Any] = {
        column.name: column.name
        for column in service_requests.c
        if isinstance(column.type, Text) and not column.computed
    }
    lists = {column.name: [column.name] for column in service_requests.c if isinstance(column.type, ARRAY)}
    codes = {"jurisdiction_id": CITY, "status": "closed", "visibility": "held"}
    number = store(
        conn, **own | lists | codes | {"version": 7, "parent_id": 8, "attributes": {"A": ["attributes"]}}
    )
    request = storage.find(conn, number, CITY, with_notes=True)
    assert request
    assert {name: getattr(request, name) for name in own} == own | codes
    assert (request.service_request_id, request.version, request.parent_id) == (number, 7, 8)
    assert request.media_urls == ["photos", "media_urls"]
    assert request.attributes == {"A": ["attributes"]}


def test_a_text_that_senders_may_give_is_taken_stored_told_harvested_and_imported() -> None:
    """By its roles alone."""
    assert tuple(name for name, roles in ROLES.items() if TEXT in roles) == EXTENDED
    assert set(EXTENDED) <= set(SubmissionForm().fields) & set(ExtendedAttributesSchema().fields)
    request = IN_PROCESS._replace(**{name: name for name in EXTENDED})
    told = documents.service_request(request, CATALOGUE, "de", extensions=True)
    read = request_from(told)
    assert read
    assert read.texts == {name: name for name in EXTENDED}
    row = {"service_request_id": "1", "requested_datetime": "2026-01-01T12:00:00Z"}
    cells = row | {name: name for name in EXTENDED}
    columns = Columns([*cells], CsvMapping()).fields([*cells.values()])
    imported = request_of(columns, Dates(), {})
    assert isinstance(imported, ForeignRequest)
    assert imported.texts == read.texts


def test_a_file_may_bring_whatever_one_cell_can_hold() -> None:
    """Answers and pictures do not fit into one; how a report came in, the import itself says."""
    taken = set(fields_with(Role.TAKEN)) - {"media_urls", "attributes", "channel"}
    assert taken <= set(COLUMNS)
    assert set(MOMENTS) == {
        name for name, hint in get_type_hints(ServiceRequest).items() if hint in (datetime, datetime | None)
    }
