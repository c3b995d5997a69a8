"""POST servicerequestupdates with photos (georeport.md 5.2, 5.8): seen with the update, and never without it."""

import json
from typing import Any

import pytest
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.actions.photos import media
from open311.actions.reporting import updates
from open311.core import Core
from open311.model.access.keys import Scope
from open311.model.media import MediaVisibility
from tests.actors import CLARA
from tests.builders import a_catalogue, a_service
from tests.georeport.test_post_service_request_photos import OUTSIDE, data_uri, file, files, pictures
from tests.georeport.test_post_service_request_update import FIELDS, PATH
from tests.pictures import SECRET, a_bomb, a_photo, opened
from tests.serving import Api, MakeCore, an_api

HELD, PUBLIC, INTERNAL = MediaVisibility.HELD, MediaVisibility.PUBLIC, MediaVisibility.INTERNAL


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    """A Core with one service that is not moderated."""
    return make_core(a_catalogue(a_service(moderated=False)))


@pytest.fixture
def api(core: Core) -> Api:
    """A client whose key may only report."""
    return an_api(core, Scope.REPORT)


@pytest.fixture
def number(api: Api) -> str:
    """A public report with a photo of its own."""
    return api.report(media=file())


@pytest.fixture
def city(core: Core) -> Api:
    """A client whose key may change the status."""
    return an_api(core, Scope.CHANGE_STATUS)


def send(api: Api, number: str, expect: int = 200, **fields: Any) -> Any:
    """Post an update with files."""
    sent = {"api_key": api.key, "service_request_id": number, **FIELDS, **fields}
    response = api.client.post(f"{api.base}{PATH}.json", data=sent, content_type="multipart/form-data")
    assert response.status_code == expect, response.text
    return json.loads(response.data)


def told(api: Api) -> list[str]:
    """The addresses of the pictures of the newest update."""
    found = api.get(PATH)[-1]["media_url"]
    return found if isinstance(found, list) else [url for url in [found] if url]


def in_notes(api: Api, number: str) -> list[str]:
    """The addresses of all pictures in the history of the request."""
    [found] = api.get(f"/requests/{number}", extensions="true")
    return [url for note in found["notes"] for url in note.get("media_urls", [])]


def test_photos_of_a_believed_update_are_seen_with_it(api: Api, city: Api, core: Core, number: str) -> None:
    """R-190, R-195: several in order, without metadata, in the update and its note, not among the report's own."""
    before = pictures(api, number)
    send(city, number, photo1=file(), photo2=file(a_photo("PNG")), media_url=OUTSIDE)
    addresses = told(api)
    assert len(addresses) == 2
    assert in_notes(api, number) == addresses
    assert pictures(api, number) == before
    page = api.client.get(f"/reports/{number}").text
    assert [page.count(address.removeprefix("http://localhost")) for address in addresses] == [1, 1]
    answer = api.client.get(addresses[0])
    assert (answer.status_code, answer.content_type) == (200, "image/jpeg")
    assert opened(answer.data).size == (64, 32)
    assert SECRET.encode() not in answer.data
    assert len(files(core)) == 3


def test_one_photo_is_one_address(api: Api, city: Api, number: str) -> None:
    """R-195: a text, as a data URI too; a repetition stores nothing."""
    for _ in range(2):
        send(city, number, media=data_uri())
    [update] = api.get(PATH)
    assert update["media_url"] == told(api)[0]
    assert update["media_url"].startswith("http")


def test_photos_of_a_claim_are_held_until_it_is_published(api: Api, core: Core, number: str) -> None:
    """R-190: nobody sees them, also not by their address; staff cannot show them before the text."""
    [claim] = send(api, number, photo1=file(), photo2=file())
    own, first, second = media.of_request(core, int(number))
    assert [photo.visibility for photo in (own, first, second)] == [PUBLIC, HELD, HELD]
    assert casework.publish_photo(core, first.id, CLARA) is HELD
    assert api.client.get(f"/media/{first.key}").status_code == 404
    assert in_notes(api, number) == []
    casework.hide_photo(core, second.id, CLARA)
    updates.publish(core, int(claim["update_id"]), CLARA)
    assert told(api) == in_notes(api, number) == [f"http://localhost/media/{first.key}"]
    assert api.client.get(f"/media/{first.key}").status_code == 200
    assert api.client.get(f"/media/{second.key}").status_code == 404


def test_one_photo_of_an_update_is_hidden_and_shown_again(
    api: Api, city: Api, core: Core, number: str
) -> None:
    """The update stays, and the request moves, so that replicas hear of it."""
    send(city, number, photo1=file(), photo2=file())
    addresses = told(api)
    first = media.of_request(core, int(number))[1]
    version = casework.show(core, int(number), CLARA).request.version
    casework.hide_photo(core, first.id, CLARA)
    assert told(api) == addresses[1:]
    assert api.client.get(addresses[0]).status_code == 404
    after = casework.show(core, int(number), CLARA)
    assert (after.request.version, after.history[-1].in_feed) == (version + 1, True)
    assert casework.publish_photo(core, first.id, CLARA) is PUBLIC
    assert told(api) == addresses


@pytest.mark.parametrize("status", ["UNCHANGED", "FIXED"])
def test_a_hidden_update_takes_its_photos_along(
    api: Api, city: Api, core: Core, number: str, status: str
) -> None:
    """Everywhere at once, and the photo of the report stays."""
    [sent] = send(city, number, status=status, photo1=file())
    [address] = told(api)
    updates.hide(core, int(sent["update_id"]), CLARA)
    assert api.client.get(address).status_code == 404
    assert in_notes(api, number) == []
    assert [photo.visibility for photo in media.of_request(core, int(number))] == [PUBLIC, INTERNAL]
    assert len(pictures(api, number)) == 1


def test_photos_of_a_refused_claim_are_never_shown(api: Api, core: Core, number: str) -> None:
    """Not even by mistake."""
    [claim] = send(api, number, photo1=file())
    updates.hide(core, int(claim["update_id"]), CLARA)
    photo = media.of_request(core, int(number))[1]
    assert casework.publish_photo(core, photo.id, CLARA) is INTERNAL
    assert api.client.get(f"/media/{photo.key}").status_code == 404


def test_publishing_a_request_again_leaves_claims_held(api: Api, core: Core, number: str) -> None:
    """Its own photos come back, those of an unchecked update do not come along."""
    send(api, number, photo1=file())
    casework.hide(core, int(number), CLARA)
    casework.publish(core, int(number), CLARA)
    assert [photo.visibility for photo in media.of_request(core, int(number))] == [PUBLIC, HELD]
    assert len(pictures(api, number)) == 1


def test_photos_are_erased_with_the_request(city: Api, core: Core, conn: Connection, number: str) -> None:
    """Row and file: the names of all files go to the worker."""
    send(city, number, photo1=file())
    keys = {photo.key for photo in media.of_request(core, int(number))}
    casework.erase(core, int(number), CLARA)
    jobs = text("select args->'keys' from procrastinate_jobs where task_name = 'forget_media'")
    assert set(conn.execute(jobs).scalar_one()) == keys
    assert conn.execute(text("select count(*) from media")).scalar_one() == 0


@pytest.mark.parametrize(
    "bad",
    [
        a_bomb(20_000, 20_000),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        a_photo()[:200],
        b"GIF89a" + bytes(30),
        b"",
    ],
    ids=["bomb", "svg", "truncated", "gif", "empty"],
)
def test_bad_photos_are_refused_as_on_a_report(
    api: Api, city: Api, core: Core, conn: Connection, number: str, bad: bytes
) -> None:
    """R-190: the same words, with all other problems at once, and nothing is stored."""
    expected = [error["description"] for error in api.post({"media": file(bad)}, 400)]
    before = files(core)
    events = conn.execute(text("select count(*) from events")).scalar_one()
    errors = send(city, number, 400, photo1=file(bad), status="VERSCHOLLEN")
    assert [error["description"] for error in errors][1:] == expected
    assert files(core) == before
    assert conn.execute(text("select count(*) from events")).scalar_one() == events
    assert api.get(PATH) == []


def test_an_update_of_an_unknown_request_leaves_no_file(city: Api, core: Core, number: str) -> None:
    """R-138, R-196: 404, and the store is as before."""
    before = files(core)
    send(city, "999999999", 404, photo1=file())
    assert files(core) == before
