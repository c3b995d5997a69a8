"""`open311 desk` on the command line: which unit a report goes to and why."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from open311 import core as core_module
from open311 import settings
from open311.actions import catalogue_publication
from open311.core import Core
from tests.cli.test_request import submit
from tests.processes.running import run


@pytest.fixture
def core(fresh_database_url: str) -> Iterator[Core]:
    """A Core on a database of its own, with the first city's catalogue."""
    built = core_module.build(replace(settings.load({}), database_url=fresh_database_url))
    catalogue_publication.publish(built)
    yield built
    built.database.close()


def desk(core: Core, *words: str, exit_code: int = 0) -> str:
    done = run("desk", *words, DATABASE_URL=str(core.settings.database_url), PYTHONIOENCODING="utf-8")
    assert done.returncode == exit_code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if exit_code != 2 else done.stderr


def test_route_explains_and_reroute_asks_again(core: Core) -> None:
    number = submit(core, "SPIELGERAET", SPIELPLATZ="Ebertpark", GEFAHR="ja")
    assert desk(core, "route", number).splitlines() == [
        "areas: MITTE",
        "+ Verletzungsgefahr am Spielgerät: GRUENFLAECHEN, priority urgent, due 1 working day",
    ]
    asked = ("--service", "MUELL_WILD", "--lat", "49.53", "--long", "8.40", "--at", "2026-03-02T12:00")
    assert desk(core, "route", *asked).splitlines() == [
        "areas: OPPAU",
        "- Verletzungsgefahr am Spielgerät: it is for other services",
        "- Spritzen oder Scherben auf dem Spielplatz: it is for other services",
        "- Ampel außerhalb der Dienstzeit: it is for other services",
        "+ Müll und Schmutz im Norden: STADTREINIGUNG_NORD",
    ]
    assert "name either a number or --service" in desk(core, "route", exit_code=2)
    assert "'ja' is no answer such as GEFAHR=ja" in desk(
        core, "route", "--service", "SPIELGERAET", "--answer", "ja", exit_code=2
    )
    assert desk(core, "reroute").strip() == "0 cases looked at, 0 have another unit."
    told = desk(core, "check", exit_code=1)
    assert "GRUENFLAECHEN has neither a mail address nor people" in told
