"""Clients as their users use them, against a real server; and clients that do not wait for each other."""

import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import chicagorequests
import pytest
import requests
from click.testing import CliRunner
from georeport import GeoReport
from PIL import Image

from open311.actions import casework
from tests.actors import CLARA
from tests.contracts.conftest import DAY, FIRST, REPORTS, Served

ALL = [str(FIRST + number) for number in reversed(range(REPORTS))]
WINDOW = {"start_date": "2026-03-01T00:00:00+01:00", "end_date": "2026-03-01T23:59:59+01:00"}
SOFA = {"service_code": "MUELL_WILD", "lat": "49.4811", "long": "8.4464", "description": "Sofa"}


def ids(found: Any) -> list[str]:
    return [request["service_request_id"] for request in found]


class TestGeoreport:
    """PyPI `georeport` 0.3.1 (georeport.md 6.1, Q18)."""

    @pytest.fixture(params=["json", "xml"])
    def client(self, served: Served, request: pytest.FixtureRequest) -> GeoReport:
        return GeoReport(f"{served.base}/", output_format=request.param)

    def test_services(self, client: GeoReport) -> None:
        """R-071, R-072, R-017."""
        services = client.get_service_list()
        assert {"MUELL_WILD", "FAHRZEUG_ALT", "KANAL"} <= {service["service_code"] for service in services}

    def test_definition(self, client: GeoReport) -> None:
        """R-081, R-082."""
        assert client.get_service_definition("FAHRZEUG_ALT")["service_code"] == "FAHRZEUG_ALT"

    def test_requests(self, client: GeoReport) -> None:
        """R-163, R-165, R-168."""
        found = client.get_service_requests(service_code="MUELL_WILD", status="open", **WINDOW)
        assert ids(found) == ALL[::2]

    def test_requests_by_id(self, client: GeoReport) -> None:
        """R-159."""
        found = client.get_service_requests(service_request_id=f"{FIRST},{FIRST + 1}")
        assert sorted(ids(found)) == [str(FIRST), str(FIRST + 1)]

    def test_request(self, client: GeoReport) -> None:
        """R-180, R-103."""
        found = client.get_service_request(str(FIRST + 1))
        assert (found["service_request_id"], found["status"]) == (str(FIRST + 1), "closed")
        assert float(found["lat"]) == 49.4811

    def test_jurisdiction(self, served: Served) -> None:
        """R-041, R-043."""
        assert GeoReport(served.base, jurisdiction="www.ludwigshafen.de").get_service_list()
        with pytest.raises(requests.HTTPError, match="404"):
            GeoReport(served.base, jurisdiction="mannheim.de").get_service_list()

    def test_unknown_request(self, client: GeoReport) -> None:
        """R-182: an error, where an empty list would be a crash."""
        with pytest.raises(requests.HTTPError, match="404"):
            client.get_service_request("1")

    def test_both_formats_say_the_same(self, served: Served) -> None:
        """R-036."""
        in_json, in_xml = (GeoReport(served.base, output_format=suffix) for suffix in ("json", "xml"))
        from_json, from_xml = (client.get_service_request(str(FIRST)) for client in (in_json, in_xml))
        assert {name: "" if value is None else str(value) for name, value in from_json.items()} == {
            name: value or "" for name, value in from_xml.items()
        }


class TestChicagorequests:
    """PyPI `chicagorequests` 0.0.5 (georeport.md 6.1, Q17)."""

    @pytest.fixture
    def load(self, served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
        """A function that makes its downloader, which is closed in the end."""
        monkeypatch.setattr(chicagorequests.Downloader, "BASE_URL", f"{served.base}/requests.json")
        made: list[Any] = []

        def make(*arguments: Any) -> Any:
            made.append(chicagorequests.Downloader(*arguments))
            return made[-1]

        yield make
        for client in made:
            client.session.close()

    def test_a_day_is_complete(self, load: Any) -> None:
        """R-189, R-024: two pages, the first full; dates with offset and microseconds."""
        [interval] = chicagorequests.day_intervals(DAY, DAY + timedelta(days=1))
        found = load()(interval)
        assert ids(found) == ALL
        assert all("extended_attributes" in request for request in found)

    def test_only_some_services(self, load: Any) -> None:
        """R-163."""
        interval = (DAY, DAY + timedelta(hours=1))
        assert load(["MUELL_WILD", "NIRGENDS"])(interval) == load()(interval) != []
        assert load(["FAHRZEUG_ALT"])(interval) == []

    def test_only_what_changed(self, load: Any) -> None:
        """R-191."""
        interval = (DAY, DAY + timedelta(days=1))
        changed = load(None, DAY.isoformat(), (DAY + timedelta(minutes=14)).isoformat())(interval)
        assert ids(changed) == ALL[-3:]

    def test_its_command_line(self, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        """R-191: its own dates, which `requests` writes as Python prints them, with a blank for `T`."""
        made: list[chicagorequests.Downloader] = []

        class Downloader(chicagorequests.Downloader):
            BASE_URL = f"{served.base}/requests.json"

            def __init__(self, *arguments: Any, **more: Any) -> None:
                super().__init__(*arguments, **more)
                made.append(self)

        monkeypatch.setattr(chicagorequests, "Downloader", Downloader)
        days = ["-s", "2026-02-28", "-e", "2026-03-02", "--updated-start-date", "2026-02-28"]
        done = CliRunner().invoke(chicagorequests.main, [*days, "--updated-end-date", "2026-03-02"])
        made[0].session.close()
        assert done.exit_code == 0, done.output
        assert sorted(ids(map(json.loads, done.stdout.splitlines()))) == sorted(ALL)


class TestThree:
    """PyPI `three` 0.8.0 by its calls: `requests`, multipart, and JSON of every answer (georeport.md 6.1, Q8)."""

    def post(self, served: Served, **fields: str) -> requests.Response:
        picture = io.BytesIO()
        Image.new("RGB", (8, 6), "red").save(picture, "PNG")
        picture.seek(0)
        return requests.post(
            f"{served.base}/requests.json", data=SOFA | fields, files={"media": picture}, timeout=60
        )

    def test_report_with_a_picture(self, served: Served) -> None:
        """R-190, R-140, R-097."""
        [receipt] = self.post(served, api_key=served.key).json()
        assert served.case(receipt["service_request_id"]).request.description == "Sofa"

    def test_empty_key(self, served: Served) -> None:
        """R-049."""
        answer = self.post(served, api_key="")
        assert answer.status_code == 403
        assert [error["code"] for error in answer.json()] == [403]

    def test_reads(self, served: Served) -> None:
        """R-189, R-022, R-057, R-147."""
        days = {"start_date": "2026-03-01T00:00:00Z", "end_date": "2026-03-02T00:00:00Z", "page_size": "7"}
        read = {
            path: requests.get(f"{served.base}/{path}.json", params=query, timeout=60).json()
            for path, query in (
                ("requests", days),
                ("discovery", {}),
                ("services", {}),
                ("tokens/123456", {}),
            )
        }
        assert len(read["requests"]) == 7
        assert read["discovery"]["endpoints"]
        assert read["services"]
        assert read["tokens/123456"][0]["code"] == 404


def test_eight_at_once_with_the_same_client_request_id_are_one_report(served: Served) -> None:
    """R-143: whichever process and thread each of them meets."""
    together = Barrier(8)

    def post(_: int) -> str:
        together.wait(60)
        fields = SOFA | {"api_key": served.key, "client_request_id": "impatient"}
        answer = requests.post(f"{served.base}/requests.json", data=fields, timeout=60)
        assert answer.status_code == 200, answer.text
        number: str = answer.json()[0]["service_request_id"]
        return number

    before = served.count("service_requests")
    with ThreadPoolExecutor(8) as threads:
        answered = set(threads.map(post, range(8)))
    assert len(answered) == 1
    assert served.count("service_requests") == before + 1


def test_no_answer_is_older_than_the_last_change(served: Served) -> None:
    """R-103, R-182: answers kept in memory are forgotten by all processes before the change is answered."""

    def read(path: str) -> list[Any]:
        # Several connections, so that every process is asked.
        return [requests.get(f"{served.base}/{path}", timeout=60) for _ in range(6)]

    fields = SOFA | {"api_key": served.key}
    for _ in range(5):
        assert all(response.status_code == 200 for response in read("requests.json?page_size=5"))
        [receipt] = requests.post(f"{served.base}/requests.json", data=fields, timeout=60).json()
        number = receipt["service_request_id"]
        assert all(ids(response.json())[0] == number for response in read("requests.json?page_size=5"))
        assert all(response.json()[0]["status"] == "open" for response in read(f"requests/{number}.json"))
        casework.set_status(served.core, int(number), "GELOEST", CLARA)
        assert all(response.json()[0]["status"] == "closed" for response in read(f"requests/{number}.json"))
        casework.hide(served.core, int(number), CLARA)
        assert all(response.status_code == 404 for response in read(f"requests/{number}.json"))
        assert all(number not in ids(response.json()) for response in read("requests.json?page_size=5"))


def test_eight_at_once_are_eight_reports(served: Served) -> None:
    """R-096: and each is there for everybody as soon as it was answered."""

    def post_and_look(number: int) -> str:
        fields = SOFA | {"api_key": served.key, "client_request_id": f"patient {number}"}
        posted = requests.post(f"{served.base}/requests.json", data=fields, timeout=60).json()[0]
        found = requests.get(
            f"{served.base}/requests.json",
            params={"service_request_id": posted["service_request_id"]},
            timeout=60,
        )
        assert ids(found.json()) == [posted["service_request_id"]]
        newest = requests.get(f"{served.base}/requests.json", params={"page_size": "20"}, timeout=60).json()
        assert posted["service_request_id"] in ids(newest)
        return str(posted["service_request_id"])

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(post_and_look, range(8)))) == 8
