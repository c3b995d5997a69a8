"""`open311 media` on the command line: what staff do with photos."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from open311 import core as core_module
from open311 import settings
from open311.actions import catalogue_publication, keys
from open311.actions.photos import media
from open311.actions.reporting import report
from open311.core import Core
from open311.model.access.actor import key_actor
from open311.model.access.keys import Scope
from open311.model.intake.submission import Submission
from open311.model.media import Media
from open311.model.service_request import Location
from tests.actors import CLARA
from tests.pictures import a_photo, opened
from tests.processes.running import run


@pytest.fixture
def core(fresh_database_url: str, tmp_path: Path) -> Iterator[Core]:
    """A Core on a database of its own, photos in a folder of its own."""
    chosen = settings.load({"OPEN311_MEDIA_FOLDER": str(tmp_path / "photos")})
    built = core_module.build(replace(chosen, database_url=fresh_database_url))
    catalogue_publication.publish(built)
    yield built
    built.database.close()


@pytest.fixture
def photo(core: Core) -> Media:
    """A photo that awaits moderation."""
    key = keys.find_key(core, keys.add_key(core, "an app", [Scope.REPORT], actor=CLARA))
    assert key
    submission = Submission(
        service_code="MUELLBEHAELTER", location=Location(49.4811, 8.4464), photos=(BytesIO(a_photo()),)
    )
    number = report.submit(core, core.catalogues.in_force[0], submission, key_actor(key)).service_request_id
    assert number
    return media.of_request(core, number)[0]


def staff(core: Core, *words: str, exit_code: int = 0) -> str:
    """What `open311 media WORDS` says."""
    done = run(
        "media",
        *words,
        DATABASE_URL=str(core.settings.database_url),
        OPEN311_MEDIA_FOLDER=str(core.settings.media_folder),
        PYTHONIOENCODING="utf-8",
        COLUMNS="200",
    )
    assert done.returncode == exit_code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if exit_code == 0 else done.stderr


def test_photos_that_await_moderation_are_listed(core: Core, photo: Media) -> None:
    listed = staff(core, "list")
    assert photo.key in listed
    assert "held" in listed


def test_the_photos_of_a_request_are_listed(core: Core, photo: Media) -> None:
    assert photo.key in staff(core, "list", str(photo.service_request_id))
    assert photo.key not in staff(core, "list", "4711")


def test_a_held_photo_can_be_looked_at(core: Core, photo: Media, tmp_path: Path) -> None:
    staff(core, "save", str(photo.id), str(tmp_path / "look.jpg"))
    assert opened((tmp_path / "look.jpg").read_bytes()).size == (64, 32)


def test_a_file_that_cannot_be_written_is_told(core: Core, photo: Media, tmp_path: Path) -> None:
    assert "/dev/null/look.jpg" in staff(core, "save", str(photo.id), "/dev/null/look.jpg", exit_code=1)
    staff(core, "save", "4711", str(tmp_path / "look.jpg"), exit_code=1)
    assert not (tmp_path / "look.jpg").exists()


def test_a_photo_is_hidden_and_shown_again(core: Core, photo: Media) -> None:
    assert staff(core, "hide", str(photo.id)) == f"{photo.id} is internal.\n"
    assert staff(core, "publish", str(photo.id)) == f"{photo.id} is held.\n"


def test_an_unknown_photo_is_told(core: Core) -> None:
    assert "There is no photo 4711." in staff(core, "hide", "4711", exit_code=1)
