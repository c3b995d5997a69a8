"""`open311 request` on the command line: what staff do until there are pages for it."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from open311 import core as core_module
from open311 import settings
from open311.actions import catalogue_publication, keys
from open311.actions.reporting import report
from open311.core import Core
from open311.model.access.actor import key_actor
from open311.model.access.keys import Scope
from open311.model.intake.submission import Submission
from open311.model.service_request import Location, Reporter
from tests.actors import CLARA
from tests.processes.running import run


@pytest.fixture
def core(fresh_database_url: str) -> Iterator[Core]:
    """A Core on a database of its own, with the first city's catalogue."""
    built = core_module.build(replace(settings.load({}), database_url=fresh_database_url))
    catalogue_publication.publish(built)
    yield built
    built.database.close()


def submit(core: Core, service_code: str, **answers: str) -> str:
    """Hand in a report; its id or its token."""
    secret = keys.add_key(core, f"for {service_code}", [Scope.REPORT], actor=CLARA)
    key = keys.find_key(core, secret)
    assert key
    submission = Submission(
        service_code=service_code,
        location=Location(49.4811, 8.4464),
        description="Größe: zwei Meter",
        reporter=Reporter(email="kim@example.org"),
        answers={code: [value] for code, value in answers.items()},
    )
    receipt = report.submit(core, core.catalogues.in_force[0], submission, key_actor(key))
    return str(receipt.service_request_id or receipt.token)


def staff(core: Core, *words: str, exit_code: int = 0) -> str:
    """Standard output of `open311 request WORDS`; what is refused is told on standard error."""
    done = run("request", *words, DATABASE_URL=str(core.settings.database_url), PYTHONIOENCODING="utf-8")
    assert done.returncode == exit_code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if exit_code == 0 else done.stderr


def shown(core: Core, number: str) -> dict[str, object]:
    read: dict[str, object] = json.loads(staff(core, "show", number))
    return read


def test_token_becomes_an_id(core: Core) -> None:
    """R-145, R-148: and the id is told."""
    token = submit(core, "KANAL")
    number = staff(core, "accept", token).strip()
    assert number.isdigit()
    assert staff(core, "accept", token).strip() == number
    assert shown(core, number)["service_code"] == "KANAL"


def test_unknown_token_is_told(core: Core) -> None:
    """R-147."""
    assert "token is unknown" in staff(core, "accept", "no-such-token", exit_code=1)


def test_held_is_checked_and_published(core: Core) -> None:
    """R-174."""
    number = submit(core, "FAHRZEUG_ALT", FARBE="blau")
    assert number in staff(core, "held")
    staff(core, "publish", number)
    assert staff(core, "held") == ""
    internal = shown(core, number)["internal"]
    assert isinstance(internal, dict)
    assert (internal["visibility"], internal["detailed_status"]) == ("published", "IN_BEARBEITUNG")


def test_staff_see_the_reporter_and_the_history(core: Core) -> None:
    """R-135: and who did what."""
    number = submit(core, "MUELL_WILD")
    assert "Write what has been done" in staff(core, "set-status", number, "GELOEST", exit_code=1)
    staff(core, "set-status", number, "GELOEST", "--notes", "Abgeholt.")
    staff(core, "assign", number, "TIEFBAU")
    staff(core, "hide", number, "--reason", "Name im Text")
    request = shown(core, number)
    internal = request["internal"]
    assert isinstance(internal, dict)
    assert (request["status"], request["status_notes"]) == ("closed", "Abgeholt.")
    assert internal["reporter"]["email"] == "kim@example.org"
    assert [note["kind"] for note in internal["history"]] == [
        "submitted",
        "status_changed",
        "assigned",
        "hidden",
    ]
    assert internal["history"][3]["reason"] == "Name im Text"
    assert internal["history"][1]["actor"].startswith("cli:")


def test_a_request_is_withheld_and_its_case_told(core: Core) -> None:
    """With the revision that `--revision` takes, so that nobody overwrites what they have not seen."""
    number = submit(core, "FAHRZEUG_ALT", FARBE="blau")
    seen = shown(core, number)["internal"]
    assert isinstance(seen, dict)
    assert seen["case"] | {"touched_datetime": ""} == {
        "stage": "check",
        "revision": 1,
        "unit": "VOLLZUGSDIENST",
        "received_datetime": seen["case"]["received_datetime"],
        "touched_datetime": "",
        "check_by": seen["case"]["check_by"],
        "due_datetime": seen["case"]["due_datetime"],
        "areas": ["MITTE"],
        "route": {"unit_by": "service", "desk": seen["case"]["route"]["desk"]},
    }
    staff(core, "withhold", number, "--reason", "PRIVATGRUND", "--revision", "1")
    assert "changed in the meantime" in staff(core, "withhold", number, "--revision", "1", exit_code=1)
    staff(core, "internal-note", number, "Eigentümer angeschrieben")
    staff(core, "edit", number, "description", "Transporter")
    internal = shown(core, number)["internal"]
    assert isinstance(internal, dict)
    assert (internal["visibility"], internal["case"]["revision"]) == ("withheld", 4)
    assert [line["kind"] for line in internal["history"]] == ["submitted", "withheld", "note_added", "edited"]


def test_a_duplicate_is_separated(core: Core) -> None:
    number, into = submit(core, "MUELL_WILD"), submit(core, "MARKIERUNG")
    staff(core, "merge", number, into)
    staff(core, "separate", number)
    assert shown(core, number)["status"] == "open"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("set-status", "NUMBER", "erledigt"), "GELOEST"),
        (("assign", "NUMBER", "nobody"), "TIEFBAU"),
        (("publish", "NUMBER"), "“public”"),
        (("show", "999999"), "999999"),
    ],
)
def test_what_is_refused_is_told_in_words(core: Core, words: tuple[str, ...], told: str) -> None:
    """R-167, R-182."""
    number = submit(core, "MUELL_WILD")
    assert told in staff(core, *(number if word == "NUMBER" else word for word in words), exit_code=1)
