"""`open311 check` against our own server, as a process."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from open311 import core as core_module
from open311 import settings
from open311.actions import casework, catalogue_publication, keys
from open311.actions.reporting import report
from open311.checker.quirks import QUIRKS
from open311.checker.requirement import TABLE
from open311.model.access.actor import key_actor
from open311.model.access.keys import Scope
from open311.model.intake.submission import Submission
from open311.model.service_request import Location
from tests.actors import CLARA
from tests.house.documents import REQUIREMENTS, ROW
from tests.ports import free_port
from tests.processes.running import answers, run, started, wait_for

REPORTS = 30


@pytest.fixture(scope="module")
def server(served_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The base URL of a server with reports of the last days, and a key."""
    folder = tmp_path_factory.mktemp("checked")
    core = core_module.build(replace(settings.load({}), database_url=served_database_url))
    catalogue_publication.publish(core)
    secret = keys.add_key(core, "checker", [Scope.REPORT], actor=CLARA)
    key = keys.find_key(core, secret)
    assert key
    now = core.now()
    for number in range(REPORTS):
        then = replace(core, now=lambda number=number: now - timedelta(hours=number + 1))
        submission = Submission(
            service_code="MUELL_WILD",
            location=Location(49.4811, 8.4464),
            description=f"Müll <{number}> & mehr",
        )
        receipt = report.submit(then, core.catalogues.in_force[0], submission, key_actor(key))
        assert receipt.service_request_id
        if number % 2:
            casework.set_status(then, receipt.service_request_id, "GELOEST", CLARA, "Abgeholt.")
    core.database.close()
    port = free_port()
    variables = {
        "DATABASE_URL": served_database_url,
        "PORT": str(port),
        "OPEN311_DATA_DIR": str(folder),
        "OPEN311_RATE_LIMITS": "off",
    }
    with started(folder / "log", "serve", **variables):
        assert wait_for(lambda: answers(port)), (folder / "log").read_text()
        yield f"http://127.0.0.1:{port}/open311/v2", secret


def checked(*arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the report of a run without delay."""
    done = run("check", *arguments, "--json", "--delay", "0")
    return done.returncode, json.loads(done.stdout)


def failures(document: dict[str, Any]) -> list[Any]:
    """Everything that failed, at any level."""
    return [result for result in document["results"] if result["outcome"] == "failed"]


def test_our_own_server_meets_everything_that_reading_shows(server: tuple[str, str]) -> None:
    code, document = checked(server[0], "--jurisdiction", "ludwigshafen.de")
    assert (failures(document), code, document["quirks"]) == ([], 0, {})
    outcomes = {result["outcome"] for result in document["results"] if result["level"] == "MUST"}
    assert outcomes <= {"passed", "not seen", "left open"}
    seen = [result for result in document["results"] if result["outcome"] in ("passed", "offered")]
    assert len(seen) > 85
    assert not any(result["outcome"] == "not offered" for result in document["results"])


def test_our_own_server_meets_everything_that_posting_shows(server: tuple[str, str]) -> None:
    place = ("--lat", "49.4811", "--long", "8.4464", "--service-code", "MUELL_WILD")
    code, document = checked(server[0], "--post", "--key", server[1], *place, "--strict")
    assert (failures(document), code) == ([], 0)
    posted = {requirement.number for requirement in TABLE if requirement.posts}
    seen = {
        result["requirement"] for result in document["results"] if result["outcome"] in ("passed", "offered")
    }
    assert len(posted - seen) == 0, posted - seen


def test_where_there_is_nothing_yet_what_is_handed_in_is_looked_at(server: tuple[str, str]) -> None:
    bare = server[0].replace("/open311/", "/open311/test/")
    place = ("--lat", "49.4811", "--long", "8.4464", "--service-code", "MUELL_WILD")
    code, document = checked(bare, "--post", "--key", server[1], *place, "--strict")
    assert (failures(document), code) == ([], 0)
    notes = [result["note"] for result in document["results"] if result["outcome"] == "not seen"]
    assert [note for note in notes if "no request" in note] == []


def test_a_service_whose_reports_are_checked_before_they_are_public_is_no_fault(
    server: tuple[str, str],
) -> None:
    place = ("--lat", "49.4811", "--long", "8.4464", "--service-code", "MUELLBEHAELTER")
    code, document = checked(server[0], "--post", "--key", server[1], *place, "--strict")
    assert (failures(document), code) == ([], 0)
    [result] = [result for result in document["results"] if result["requirement"] == "R-103"]
    assert (result["outcome"], "checked first" in result["note"]) == ("not seen", True)


def test_only_reads_unless_told_to_post(server: tuple[str, str], tmp_path: Path) -> None:
    _, document = checked(server[0], "--key", server[1])
    numbers = {result["requirement"] for result in document["results"]}
    assert numbers.isdisjoint({requirement.number for requirement in TABLE if requirement.posts})


def test_post_without_a_key_is_refused() -> None:
    done = run("check", "http://127.0.0.1:1", "--post")
    assert (done.returncode, "--key" in done.stderr) == (2, True)


def test_the_readable_report_ends_with_a_summary(server: tuple[str, str]) -> None:
    done = run("check", server[0], "--delay", "0")
    assert done.returncode == 0, done.stdout
    assert "extensions offered" in done.stdout.splitlines()[-1] or "questions asked" in done.stdout
    assert done.stdout.startswith("Met (")


def test_a_server_that_is_not_there_is_said_so() -> None:
    done = run("check", f"http://127.0.0.1:{free_port()}/v2", "--delay", "0")
    assert (done.returncode, "does not answer" in done.stdout) == (1, True)


def test_the_table_names_each_requirement_once_and_none_that_there_is_not() -> None:
    known = {found["number"] for found in ROW.finditer(REQUIREMENTS.read_text(encoding="utf-8"))}
    numbers = [requirement.number for requirement in TABLE]
    assert len(numbers) == len(set(numbers))
    assert set(numbers) - known == {"change feed"}


def test_levels_are_those_of_the_document() -> None:
    rows = {
        found["number"]: found["kept"].split("|")[2].strip()
        for found in ROW.finditer(REQUIREMENTS.read_text(encoding="utf-8"))
    }
    assert {
        requirement.number: requirement.level.value for requirement in TABLE if requirement.number in rows
    } == {requirement.number: rows[requirement.number] for requirement in TABLE if requirement.number in rows}


def test_every_quirk_says_what_it_breaks() -> None:
    assert all(words for words in QUIRKS.values())
