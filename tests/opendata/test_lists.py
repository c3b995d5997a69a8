"""GET requests.geojson and requests.csv: the same requests as requests.json, in other forms."""

import csv
import io
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from open311.formats import csv as csv_format
from open311.formats import documents
from open311.model.access.keys import Scope
from tests.builders import a_catalogue, a_service, a_service_request
from tests.serving import Api, MakeCore, an_api

ENVELOPE = {"type", "features"}


def rows(response: TestResponse) -> list[dict[str, str]]:
    """The rows of a CSV answer, by column."""
    return list(csv.DictReader(io.StringIO(response.data.decode(), newline="")))


@pytest.fixture
def api(make_core: MakeCore) -> Api:
    """A city with two services whose reports are published at once."""
    services = (a_service(moderated=False), a_service(service_code="BAUM", moderated=False))
    return an_api(make_core(a_catalogue(*services)), Scope.REPORT)


class TestGeojson:
    """georeport.md 5.14."""

    def test_properties_are_the_fields_of_requests_json(self, api: Api) -> None:
        api.report(description="Öl <b>&\n")
        collection = api.raw("/requests.geojson").json
        assert set(collection) == ENVELOPE
        assert [feature["properties"] for feature in collection["features"]] == api.get("/requests")

    def test_a_place_is_long_then_lat(self, api: Api) -> None:
        number = api.report(lat="49.48", long="8.44")
        feature = api.raw("/requests.geojson").json["features"][0]
        assert feature["geometry"] == {"type": "Point", "coordinates": [8.44, 49.48]}
        assert feature["id"] == number

    def test_without_a_place_the_geometry_is_null(self, api: Api) -> None:
        api.report(lat=None, long=None, address_string="Rathaus")
        assert api.raw("/requests.geojson").json["features"][0]["geometry"] is None

    def test_the_type_is_that_of_geojson(self, api: Api) -> None:
        assert api.raw("/requests.geojson").content_type == "application/geo+json"

    def test_nothing_found_is_an_empty_collection(self, api: Api) -> None:
        assert api.raw("/requests.geojson").json == {"type": "FeatureCollection", "features": []}

    def test_extensions_are_added_with_their_distance(self, api: Api) -> None:
        api.report(lat="49.48", long="8.44")
        query = {"lat": "49.481", "long": "8.44", "radius": "500", "extensions": "true"}
        feature = api.raw("/requests.geojson", **query).json["features"][0]
        assert [feature["properties"]] == api.get("/requests", **query)
        assert feature["properties"]["extended_attributes"]["distance"] == pytest.approx(111.2, abs=0.2)


class TestCsv:
    """RFC 4180, UTF-8."""

    def test_columns_are_the_fields_of_v2_in_order(self, api: Api) -> None:
        """R-156"""
        whole = a_service_request(status_notes="a", agency_responsible="b", expected_datetime=None)
        catalogue = a_catalogue()
        known = list(documents.service_request(whole, catalogue, "de"))
        assert [name for name in csv_format.FIELDS if name in known] == known
        assert api.raw("/requests.csv").text == ",".join(csv_format.FIELDS) + "\r\n"

    def test_values_are_those_of_requests_json(self, api: Api) -> None:
        api.report(description='Zwei\nZeilen, "Anführung"; Ö', address_string="Weg 1")
        found = rows(api.raw("/requests.csv"))
        expected = api.get("/requests")
        assert [{name: value for name, value in row.items() if value} for row in found] == [
            {name: str(value) for name, value in request.items() if value not in (None, "")}
            for request in expected
        ]

    def test_the_type_says_charset_and_header(self, api: Api) -> None:
        assert api.raw("/requests.csv").content_type == "text/csv; charset=utf-8; header=present"

    @pytest.mark.parametrize("text", ["=1+1", "+49", "-1", "@SUM(A1)", " =1", "\t=1", "\uff1d1"])
    def test_what_a_spreadsheet_would_run_is_only_text(self, api: Api, text: str) -> None:
        api.report(description=text, address_string="x")
        assert rows(api.raw("/requests.csv"))[0]["description"].startswith("'")

    def test_a_negative_number_stays_a_number(self, make_core: MakeCore) -> None:
        core = make_core(a_catalogue(a_service(moderated=False)), OPEN311_CHECK_BOUNDARY="off")
        api = an_api(core)
        api.report(lat="-33.4", long="-70.6")
        found = rows(api.raw("/requests.csv"))[0]
        assert (found["lat"], found["long"]) == ("-33.4", "-70.6")

    @given(st.text(max_size=50))
    def test_any_text_comes_back_and_none_is_a_formula(self, text: str) -> None:
        written = csv_format.header() + csv_format.rows([{"description": text}])
        cell = next(csv.DictReader(io.StringIO(written.decode(), newline="")))["description"]
        assert csv_format.unguarded(cell) == csv_format.XML_ILLEGAL.sub("", text)
        assert not re.match("[ ]*[-=+@\t\r\n\uff1d\uff0b\uff0d\uff20]", cell)


@pytest.mark.parametrize("suffix", ["geojson", "csv"])
class TestBoth:
    """Filters, paging, errors, caches."""

    def ids(self, response: TestResponse) -> list[str]:
        """The ids in the answer."""
        if response.mimetype == "text/csv":
            return [row["service_request_id"] for row in rows(response)]
        return [feature["id"] for feature in json.loads(response.data)["features"]]

    @pytest.mark.parametrize(
        "query",
        [
            {"service_code": "BAUM"},
            {"q": "stoffmatr"},
            {"bbox": "8.43,49.47,8.45,49.49"},
            {"status": "closed"},
            {"sort": "service_request_id"},
            {"page": "2", "page_size": "2"},
            {"agency_responsible": "kvd"},
        ],
        ids=str,
    )
    def test_filters_and_pages_are_those_of_requests_json(
        self, api: Api, suffix: str, query: dict[str, Any]
    ) -> None:
        """R-173, R-189"""
        for number in range(3):
            api.report(service_code="BAUM", lat=str(49.48 + number / 50))
            api.report(description="Schaumstoffmatratze")
        answer = api.raw(f"/requests.{suffix}", **query)
        in_json = api.raw("/requests.json", **query)
        assert self.ids(answer) == [request["service_request_id"] for request in in_json.json]
        link = in_json.headers.get("Link", "").replace("requests.json", f"requests.{suffix}")
        assert answer.headers.get("Link", "") == link
        assert answer.headers.get("X-Result-Count") == in_json.headers.get("X-Result-Count")

    def test_following_links_meets_each_request_once(self, api: Api, suffix: str) -> None:
        """R-189"""
        made = [api.report() for _ in range(5)]
        seen, address = [], f"{api.base}/requests.{suffix}?page_size=2"
        while address:
            response = api.client.get(address)
            seen += self.ids(response)
            links = response.headers.get("Link", "").split(", <")
            address = next((link.strip("<").partition(">")[0] for link in links if 'rel="next"' in link), "")
        assert seen == made[::-1]

    def test_a_cursor_of_another_server_is_400(self, api: Api, suffix: str) -> None:
        response = api.raw(f"/requests.{suffix}", cursor="Zm9yZWlnbg")
        assert response.status_code == 400
        assert response.json[0]["code"] == 400

    @pytest.mark.parametrize(
        "bbox", ["1,2,3", "8,49,9,x", ",".join(["8,49"] * 10_000), "0,0,200,50"], ids=len
    )
    def test_a_bad_box_is_400(self, api: Api, suffix: str, bbox: str) -> None:
        """R-192"""
        response = api.raw(f"/requests.{suffix}", bbox=bbox)
        assert response.status_code == 400
        assert "bbox" in response.json[0]["description"]

    def test_held_and_hidden_reports_are_missing(self, make_core: MakeCore, suffix: str) -> None:
        """R-174"""
        api = an_api(make_core(a_catalogue(a_service(moderated=True))), Scope.REPORT, Scope.READ_HELD)
        api.report(description="Geheim")
        assert self.ids(api.raw(f"/requests.{suffix}", api_key=api.key)) == []

    def test_an_unchanged_answer_is_304(self, api: Api, suffix: str) -> None:
        """R-199"""
        api.report()
        first = api.raw(f"/requests.{suffix}")
        again = api.client.get(
            f"{api.base}/requests.{suffix}", headers={"If-None-Match": first.headers["ETag"]}
        )
        assert (again.status_code, again.data) == (304, b"")
        api.report()
        changed = api.client.get(
            f"{api.base}/requests.{suffix}", headers={"If-None-Match": first.headers["ETag"]}
        )
        assert changed.status_code == 200

    def test_any_page_may_read_it(self, api: Api, suffix: str) -> None:
        """R-198"""
        assert api.raw(f"/requests.{suffix}").headers["Access-Control-Allow-Origin"] == "*"
        assert api.raw(f"/requests.{suffix}", method="OPTIONS").status_code == 204

    def test_the_test_endpoint_has_its_own(self, api: Api, suffix: str) -> None:
        api.report()
        assert self.ids(api.client.get(f"/open311/test/v2/requests.{suffix}")) == []

    def test_names_are_in_the_language_of_the_reader(self, api: Api, suffix: str) -> None:
        """R-095"""
        api.report()
        response = api.raw(f"/requests.{suffix}", locale="en")
        assert "Illegal dumping" in response.text
        assert response.headers["Content-Language"] == "en"
