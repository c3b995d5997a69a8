"""What becomes of photos after they were sent: checked, hidden, made small, fetched, tidied up."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import httpx2
import pytest
from sqlalchemy import Connection, text

from open311.actions import casework, keys
from open311.actions.photos import media, media_fetching
from open311.actions.reporting import report
from open311.adapters import safe_http
from open311.adapters.media_store import new_key
from open311.base.errors import NotFound
from open311.core import Core
from open311.model.access.actor import key_actor
from open311.model.access.keys import Scope
from open311.model.intake.submission import Submission
from open311.model.media import MediaVisibility
from open311.model.service_request import Location
from open311.model.task_names import TaskName
from tests.actors import CLARA
from tests.builders import a_catalogue, a_service
from tests.jobs import work
from tests.pictures import SECRET, a_photo, opened
from tests.serving import Clock, MakeCore

HELD, PUBLIC, INTERNAL = MediaVisibility.HELD, MediaVisibility.PUBLIC, MediaVisibility.INTERNAL
ALLOWED = "https://photos.example.org/a.jpg"
OTHER = "https://other.example.org/b.jpg"


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    """A Core with one service that is published at once and one that staff check."""
    services = (a_service(moderated=False), a_service(service_code="GEPRUEFT"))
    return make_core(a_catalogue(*services), OPEN311_MEDIA_FETCH_HOSTS="photos.example.org")


def submit(core: Core, service_code: str = "MUELL_WILD", *, photos: int = 2, **fields: Any) -> int:
    """Hand in a report with photos; its id."""
    key = keys.find_key(core, keys.add_key(core, f"{core.now()} {service_code}", [Scope.REPORT], actor=CLARA))
    assert key
    submission = Submission(
        service_code=service_code,
        location=Location(49.48, 8.44),
        photos=tuple(BytesIO(a_photo()) for _ in range(photos)),
        **fields,
    )
    number = report.submit(core, core.catalogues.in_force[0], submission, key_actor(key)).service_request_id
    assert number
    return number


def shown(core: Core, number: int) -> list[str]:
    """The paths of the photos that stand in the request."""
    return list(casework.show(core, number, CLARA).request.media_urls)


def visibilities(core: Core, number: int) -> list[MediaVisibility]:
    return [photo.visibility for photo in media.of_request(core, number)]


def moved(core: Core, number: int) -> tuple[int, Any]:
    request = casework.show(core, number, CLARA).request
    return request.version, request.updated_datetime


def test_photos_of_a_published_request_are_public(core: Core) -> None:
    """R-190: in the order they were sent."""
    number = submit(core)
    photos = media.of_request(core, number)
    assert [photo.position for photo in photos] == [0, 1]
    assert shown(core, number) == [f"/media/{photo.key}" for photo in photos]
    assert visibilities(core, number) == [PUBLIC, PUBLIC]


def test_photos_of_a_held_request_are_held(core: Core) -> None:
    """R-174: and await moderation with it."""
    number = submit(core, "GEPRUEFT")
    assert visibilities(core, number) == [HELD, HELD]
    assert shown(core, number) == []
    assert {photo.service_request_id for photo in media.list_held(core, 10)} == {number}


def test_publishing_a_request_publishes_its_photos_but_for_internal_ones(core: Core) -> None:
    """Staff look at the photos first."""
    number = submit(core, "GEPRUEFT")
    first, second = media.of_request(core, number)
    assert casework.hide_photo(core, first.id, CLARA) is INTERNAL
    casework.publish(core, number, CLARA)
    assert visibilities(core, number) == [INTERNAL, PUBLIC]
    assert shown(core, number) == [f"/media/{second.key}"]


def test_a_photo_of_a_held_request_is_not_published_before_it(core: Core) -> None:
    """Taking `hide` back makes it held."""
    number = submit(core, "GEPRUEFT")
    first, _ = media.of_request(core, number)
    casework.hide_photo(core, first.id, CLARA)
    assert casework.publish_photo(core, first.id, CLARA) is HELD
    assert shown(core, number) == []


def test_hiding_a_public_photo_moves_the_request(core: Core, clock: Clock, conn: Connection) -> None:
    """Those who poll by `updated_after` hear of it, and replicas."""
    number = submit(core)
    first, second = media.of_request(core, number)
    before = moved(core, number)
    clock.forward(hours=1)
    casework.hide_photo(core, first.id, CLARA)
    assert moved(core, number) == (before[0] + 1, clock.now)
    assert shown(core, number) == [f"/media/{second.key}"]
    assert last_event(conn, number) == ("photo_hidden", True, str(CLARA))
    casework.publish_photo(core, first.id, CLARA)
    assert shown(core, number) == [f"/media/{first.key}", f"/media/{second.key}"]
    assert last_event(conn, number) == ("photo_published", True, str(CLARA))


def last_event(conn: Connection, number: int) -> tuple[str, bool, str]:
    """Its kind, whether replicas are told, who did it."""
    found = text(
        "select kind, in_feed, actor from events where service_request_id = :number order by id desc"
    )
    row = conn.execute(found, {"number": number}).first()
    assert row
    return row.kind, row.in_feed, row.actor


def test_hiding_a_held_photo_moves_nothing(core: Core, clock: Clock, conn: Connection) -> None:
    """Nobody outside can notice."""
    number = submit(core, "GEPRUEFT")
    before = moved(core, number)
    clock.forward(hours=1)
    casework.hide_photo(core, media.of_request(core, number)[0].id, CLARA)
    assert moved(core, number) == before
    assert last_event(conn, number) == ("photo_hidden", False, str(CLARA))


def test_hiding_twice_is_one_event(core: Core) -> None:
    """Nothing changed the second time."""
    number = submit(core)
    photo = media.of_request(core, number)[0]
    for _ in range(2):
        casework.hide_photo(core, photo.id, CLARA)
    assert [note.kind for note in casework.show(core, number, CLARA).history].count("photo_hidden") == 1


@pytest.mark.parametrize("action", [casework.publish_photo, casework.hide_photo])
def test_an_unknown_photo_is_not_found(core: Core, action: Any) -> None:
    """Told with its id."""
    with pytest.raises(NotFound):
        action(core, 4711, CLARA)


def test_each_photo_gets_a_small_copy_later(core: Core, conn: Connection) -> None:
    """In the same transaction the worker is told."""
    number = submit(core)
    photos = media.of_request(core, number)
    assert work(core, conn, TaskName.MAKE_THUMBNAIL) == len(photos)
    for photo in photos:
        media.make_thumbnail(core, photo.id)
    small = [photo.thumb_key for photo in media.of_request(core, number)]
    assert all(key and opened(core.media_store.get(key) or b"").size == (64, 32) for key in small)
    assert len(list(core.media_store.stored())) == 4


def test_a_small_copy_of_a_photo_that_is_gone_is_no_error(core: Core) -> None:
    """It was erased, or its file is lost."""
    number = submit(core, photos=1)
    photo = media.of_request(core, number)[0]
    core.media_store.delete(photo.key)
    media.make_thumbnail(core, photo.id)
    media.make_thumbnail(core, 4711)


def test_erasing_a_request_deletes_its_files(core: Core, conn: Connection) -> None:
    """By a job of the same transaction, small copies too."""
    number = submit(core, photos=1)
    media.make_thumbnail(core, media.of_request(core, number)[0].id)
    casework.erase(core, number, CLARA)
    work(core, conn, TaskName.FORGET_MEDIA)
    assert list(core.media_store.stored()) == []


def test_files_without_a_photo_are_swept_up_after_a_day(core: Core, clock: Clock) -> None:
    """What a process that died left behind; nothing else."""
    number = submit(core)
    media.make_thumbnail(core, media.of_request(core, number)[0].id)
    orphan = new_key()
    core.media_store.put(orphan, b"left behind", "image/jpeg")
    files = dict(core.media_store.stored())
    clock.now = max(files.values())
    assert media.sweep(core) == 0
    clock.now += media.ORPHAN_AFTER + timedelta(seconds=1)
    assert media.sweep(core) == 1
    assert set(dict(core.media_store.stored())) == set(files) - {orphan}


def test_a_store_that_belongs_to_another_database_is_not_swept(core: Core, clock: Clock) -> None:
    """A wrong setting must not cost a city its photos; nor are files of others touched."""
    for key in (new_key() for _ in range(media.FEW_ORPHANS + 1)):
        core.media_store.put(key, b"of somebody else", "image/jpeg")
    core.media_store.put("backup.tar", b"not ours", "application/x-tar")
    clock.now = max(dict(core.media_store.stored()).values()) + 2 * media.ORPHAN_AFTER
    assert media.sweep(core) == 0
    assert len(list(core.media_store.stored())) == media.FEW_ORPHANS + 2


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What is found outside, by address: bytes, or what is raised."""
    found: dict[str, Any] = {ALLOWED: a_photo()}

    def get(url: str, **_: Any) -> bytes:
        if isinstance(found[url], Exception):
            raise found[url]
        data: bytes = found[url]
        return data

    monkeypatch.setattr(safe_http, "get", get)
    return found


def test_a_picture_of_an_allowed_host_becomes_a_photo(
    core: Core, conn: Connection, clock: Clock, web: dict[str, Any]
) -> None:
    """Clean, public with its request, before the addresses that are left."""
    number = submit(core, photos=0, media_urls=(OTHER, ALLOWED))
    clock.forward(minutes=1)
    assert work(core, conn, TaskName.FETCH_MEDIA) == 1
    media_fetching.fetch(core, number)
    [photo] = media.of_request(core, number)
    assert shown(core, number) == [f"/media/{photo.key}", OTHER]
    assert SECRET.encode() not in (core.media_store.get(photo.key) or SECRET.encode())
    assert moved(core, number)[1] == clock.now


def test_a_picture_fetched_for_a_held_request_is_held(core: Core, web: dict[str, Any]) -> None:
    """R-174"""
    number = submit(core, "GEPRUEFT", photos=0, media_urls=(ALLOWED,))
    media_fetching.fetch(core, number)
    assert visibilities(core, number) == [HELD]
    casework.publish(core, number, CLARA)
    assert shown(core, number) == [f"/media/{media.of_request(core, number)[0].key}"]


@pytest.mark.parametrize("answer", [safe_http.DestinationRefused("404"), b"<html>not a picture</html>"])
def test_an_address_without_a_picture_stays_an_address(core: Core, web: dict[str, Any], answer: Any) -> None:
    """It is not tried again."""
    web[ALLOWED] = answer
    number = submit(core, photos=0, media_urls=(ALLOWED,))
    media_fetching.fetch(core, number)
    assert shown(core, number) == [ALLOWED]
    assert list(core.media_store.stored()) == []


def test_a_host_out_of_reach_is_tried_again(core: Core, web: dict[str, Any]) -> None:
    """The worker does so when the action raises."""
    web[ALLOWED] = httpx2.ConnectError("no route")
    number = submit(core, photos=0, media_urls=(ALLOWED,))
    with pytest.raises(httpx2.ConnectError):
        media_fetching.fetch(core, number)


def test_a_request_that_is_gone_is_not_fetched_for(core: Core, web: dict[str, Any]) -> None:
    """It was erased meanwhile."""
    number = submit(core, photos=0, media_urls=(ALLOWED,))
    casework.erase(core, number, CLARA)
    media_fetching.fetch(core, number)
    assert list(core.media_store.stored()) == []
