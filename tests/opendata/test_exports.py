"""GET export.ndjson and export.csv, and `open311 export`: the whole archive."""

import csv
import gzip
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.base.errors import Unavailable, problem
from open311.cli import commands
from open311.core import Core
from open311.model.search import Page, RequestSearch
from open311.opendata import archive
from open311.storage.requests import export
from open311.web.written_requests import Writer
from tests.actors import CLARA
from tests.serving import Api, Clock, first_city


@pytest.fixture
def reports(api: Api, clock: Clock) -> list[str]:
    """Three reports, the first one older than any window of dates."""
    made = []
    for days in (200, 1, 0):
        made.append(api.report(description=f"vor {days} Tagen", address_string="Weg 1"))
        clock.forward(days=days)
    return made


def lines(body: bytes) -> list[dict[str, object]]:
    """The objects of an NDJSON answer."""
    return [json.loads(line) for line in body.splitlines()]


def test_ndjson_is_everything_the_oldest_first(api: Api, reports: list[str]) -> None:
    response = api.raw("/export.ndjson")
    assert response.content_type == "application/x-ndjson"
    assert lines(response.data) == api.get("/requests", page=1)[::-1]
    assert [request["service_request_id"] for request in lines(response.data)] == reports


def test_csv_is_everything_with_a_header(api: Api, reports: list[str]) -> None:
    response = api.raw("/export.csv")
    found = list(csv.DictReader(io.StringIO(response.text, newline="")))
    assert [request["service_request_id"] for request in found] == reports


def test_pages_join_without_gap_or_repetition(
    api: Api, reports: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reports of the same second too."""
    made = [*reports, *(api.report() for _ in range(5))]
    monkeypatch.setattr(export, "A_TIME", 2)
    shown = [request["service_request_id"] for request in lines(api.raw("/export.ndjson").data)]
    assert shown == made
    rows = csv.DictReader(io.StringIO(api.raw("/export.csv").text, newline=""))
    assert [row["service_request_id"] for row in rows] == made


def test_pictures_have_whole_addresses(api: Api, conn: Connection, reports: list[str]) -> None:
    """As in the list, also where the settings do not name the server."""
    conn.execute(text("update service_requests set photos = '{/media/x.jpg}'"))
    found = [request["media_url"] for request in lines(api.raw("/export.ndjson").data)]
    assert found == ["http://localhost/media/x.jpg"] * 3
    elsewhere = {"Host": "elsewhere.example"}
    tags = {
        api.client.get(f"{api.base}/export.ndjson", headers=headers).headers["ETag"]
        for headers in ({}, elsewhere)
    }
    assert len(tags) == 2


@pytest.mark.parametrize("packed", [False, True])
def test_an_export_that_breaks_off_says_so_in_its_last_line(
    api: Api, reports: list[str], monkeypatch: pytest.MonkeyPatch, *, packed: bool
) -> None:
    """Nothing in HTTP would: the server ends a stream that failed like one that is whole."""
    read = Writer.page

    def once(writer: Writer, conn: Connection, question: RequestSearch) -> Page[list[bytes]]:
        if question.after:
            raise Unavailable(problem("error.unavailable"))
        return read(writer, conn, replace(question, page_size=2))

    monkeypatch.setattr(Writer, "page", once)
    wanted = {"Accept-Encoding": "gzip"} if packed else {}
    bodies = [api.client.get(f"{api.base}/export.{form}", headers=wanted) for form in ("ndjson", "csv")]
    in_lines, in_rows = [gzip.decompress(body.data) if packed else body.data for body in bodies]
    *found, last = [json.loads(line) for line in in_lines.splitlines()]
    assert [request["service_request_id"] for request in found] == reports[:2]
    assert [error["code"] for error in last] == [500]
    assert in_rows.decode().splitlines()[-1].startswith("Die Ausgabe ist abgebrochen")
    assert [body.headers["X-Result-Count"] for body in bodies] == ["3", "3"]


def test_what_is_not_public_is_missing(api: Api, core: Core, reports: list[str]) -> None:
    """R-174"""
    casework.hide(core, int(reports[0]), CLARA)
    api.report(service_code="MARKIERUNG")
    assert [request["service_request_id"] for request in lines(api.raw("/export.ndjson").data)] == reports[1:]


def test_no_length_is_announced_since_nobody_knows_it(api: Api, reports: list[str]) -> None:
    assert "Content-Length" not in api.raw("/export.ndjson").headers


def test_a_program_that_takes_gzip_gets_it(api: Api, reports: list[str]) -> None:
    plain = api.raw("/export.ndjson")
    packed = api.client.get(f"{api.base}/export.ndjson", headers={"Accept-Encoding": "br, GZip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data


def test_unchanged_is_304_and_any_change_is_not(api: Api, core: Core, reports: list[str]) -> None:
    """R-199"""

    def again() -> int:
        return api.client.get(f"{api.base}/export.csv", headers={"If-None-Match": mark}).status_code

    mark = api.raw("/export.csv").headers["ETag"]
    assert again() == 304
    casework.set_status(core, int(reports[0]), first_city().default_status("closed").code, CLARA)
    assert again() == 200
    mark = api.raw("/export.csv").headers["ETag"]
    casework.hide(core, int(reports[1]), CLARA)
    assert again() == 200


def test_the_test_endpoint_has_its_own(api: Api, reports: list[str]) -> None:
    assert api.client.get("/open311/test/v2/export.ndjson").data == b""


def test_an_unknown_jurisdiction_is_404(api: Api) -> None:
    """R-051"""
    response = api.raw("/export.csv", jurisdiction_id="nowhere")
    assert response.status_code == 404
    assert response.json[0]["code"] == 404


def test_pieces_are_bounded_however_many_requests_there_are(
    api: Api, core: Core, conn: Connection, reports: list[str]
) -> None:
    conn.execute(
        text(
            "insert into service_requests (jurisdiction_id, service_code, status, detailed_status, visibility,"
            " requested_datetime, updated_datetime) select 'ludwigshafen.de', 'X', 'open', 'x', 'published',"
            " timestamptz '2020-01-01' + n * interval '1 minute', '2021-01-01' from generate_series(1, 2500) n"
        )
    )
    counts = [count for count, _ in archive.written(core, first_city(), "de", "csv", "")]
    assert max(counts) == export.A_TIME
    assert sum(counts) == 2503


def test_open311_export_writes_a_whole_file(
    fresh_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", fresh_database_url)
    target = tmp_path / "all.csv"
    done = CliRunner().invoke(commands, ["export", "--format", "csv", "--output", str(target)])
    assert done.exit_code == 0, done.output
    assert "0 requests exported." in done.stderr
    assert target.read_text(encoding="utf-8").startswith("service_request_id,status,")
    assert [file.name for file in tmp_path.iterdir()] == ["all.csv"]


def test_open311_export_says_what_is_wrong(fresh_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", fresh_database_url)
    done = CliRunner().invoke(commands, ["export", "--jurisdiction", "nowhere"])
    assert done.exit_code == 1
    assert "nowhere" in done.output
    done = CliRunner().invoke(commands, ["export", "--output", "/dev/null/all.csv"])
    assert done.exit_code == 1
    assert "/dev/null/all.csv" in done.output
