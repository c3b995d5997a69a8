"""What we export comes in again as it was (fault B34)."""

import io
from datetime import UTC, datetime
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from open311.base.text import stands_for_nothing, tidy
from open311.federation.imports import csv_mapping
from open311.federation.imports.csv_mapping import CsvMapping
from open311.federation.references import Arrival
from open311.federation.terms import Terms, arrival_of
from open311.formats import csv, documents
from open311.formats.csv_records import records
from open311.model.service_request import ServiceRequest, Status
from tests.builders import a_service_request
from tests.serving import first_city

CITY = first_city()
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.text(
    st.sampled_from("'=-+@ \"\n,;ä&<")
)
WORDS = TEXT.map(tidy).filter(lambda text: not stands_for_nothing(text))
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)
DEGREES = st.floats(-90, 90).map(lambda degrees: round(degrees, 7) + 0.0)
KEPT = (
    "service_code",
    "status",
    "status_notes",
    "description",
    "agency_responsible",
    "requested_datetime",
    "updated_datetime",
    "expected_datetime",
    "address",
    "address_id",
    "zipcode",
    "lat",
    "long",
)


def through_csv(request: ServiceRequest) -> Arrival:
    """A request, exported and read again."""
    document = documents.service_request(request, CITY, language="de", base_url="https://city.example")
    text = (csv.header() + csv.rows([document])).decode()
    rows = list(records(io.StringIO(text, newline=""), ","))
    assert [row.problem for row in rows] == [None, None]
    mapping = CsvMapping()
    fields = csv_mapping.Columns(rows[0].cells, mapping).fields(rows[1].cells)
    found = csv_mapping.request_of(fields, mapping.moments(UTC), {})
    assert not isinstance(found, csv_mapping.Refusal), found
    arrival = arrival_of(found, Terms(catalogue=CITY, strict=True))
    assert isinstance(arrival, Arrival), arrival
    return arrival


@given(
    st.fixed_dictionaries(
        {
            "status": st.sampled_from(list(Status)),
            "status_notes": WORDS.map(lambda text: text or None),
            "description": WORDS,
            "address": WORDS.map(lambda text: " ".join(text.split())),
            "address_id": WORDS.map(lambda text: text or None),
            "zipcode": st.from_regex(r"[0-9]{5}", fullmatch=True) | st.none(),
            "agency_responsible": st.sampled_from([None, *CITY.agencies]),
            "requested_datetime": MOMENTS,
            "updated_datetime": MOMENTS,
            "expected_datetime": MOMENTS | st.none(),
            "lat": DEGREES,
            "long": DEGREES,
            "media_urls": st.sampled_from([(), ("https://a.example/1.jpg",)]),
        }
    )
)
def test_export_then_import_changes_nothing(values: dict[str, Any]) -> None:
    assume(values["updated_datetime"] >= values["requested_datetime"])
    assume((values["lat"], values["long"]) != (0, 0))
    request = a_service_request(service_code="MUELL_WILD", **values)
    arrival = through_csv(request)
    assert {name: arrival.values[name] for name in KEPT} == {name: getattr(request, name) for name in KEPT}
    assert tuple(arrival.values["media_urls"]) == request.media_urls


@given(DEGREES)
def test_numbers_are_written_without_exponents(degrees: float) -> None:
    row = csv.rows([{"lat": degrees, "long": 1e-05}]).decode()
    assert "e" not in row.lower()
    assert "0.00001" in row
