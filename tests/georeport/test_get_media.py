"""`/media/KEY`: photos that everybody may see, as pictures and nothing else."""

from io import BytesIO

import httpx2
import pytest

from open311.actions import casework
from open311.actions.photos import media
from open311.core import Core
from tests.actors import CLARA
from tests.builders import a_catalogue, a_service
from tests.pictures import opened, two_colours, written
from tests.serving import Api, MakeCore, an_api


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    """A Core with one service that is published at once and one that staff check."""
    return make_core(a_catalogue(a_service(moderated=False), a_service(service_code="GEPRUEFT")))


def reported(api: Api, service_code: str = "MUELL_WILD") -> str:
    """The id of a request with one photo."""
    photo = BytesIO(written(two_colours(900, 600))), "a.jpg", "image/jpeg"
    return api.report(service_code=service_code, media=photo)


def path_of(core: Core, number: str) -> str:
    """Where its photo is, or will be."""
    [photo] = media.of_request(core, int(number))
    return f"/media/{photo.key}"


def test_a_public_photo_is_served_for_ever(api: Api, core: Core) -> None:
    """R-190: as a picture that no browser takes for a page."""
    answer = api.client.get(path_of(core, reported(api)))
    assert answer.status_code == 200
    assert opened(answer.data).size == (900, 600)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"] == "public, max-age=60, must-revalidate"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Content-Disposition"] == "inline"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_head_has_the_same_headers_and_no_body(api: Api, core: Core) -> None:
    """As RFC 9110 wants it."""
    path = path_of(core, reported(api))
    got, head = api.client.get(path), api.client.head(path)
    assert head.data == b""
    assert head.headers["Content-Length"] == got.headers["Content-Length"]
    assert head.headers["ETag"] == got.headers["ETag"]


def test_a_reader_who_has_the_photo_gets_304(api: Api, core: Core) -> None:
    """R-199, for photos."""
    path = path_of(core, reported(api))
    tag = api.client.get(path).headers["ETag"]
    again = api.client.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == tag


def test_a_photo_without_a_public_request_is_missing(api: Api, core: Core) -> None:
    """R-174: held with its request, gone with its request."""
    number = reported(api, "GEPRUEFT")
    path = path_of(core, number)
    assert api.client.get(path).status_code == 404
    casework.publish(core, int(number), CLARA)
    assert api.client.get(path).status_code == 200
    casework.hide(core, int(number), CLARA)
    assert api.client.get(path).status_code == 404


def test_a_hidden_photo_is_missing_at_once(api: Api, core: Core) -> None:
    """Also its small copy."""
    number = reported(api)
    path = path_of(core, number)
    [photo] = media.of_request(core, int(number))
    casework.hide_photo(core, photo.id, CLARA)
    assert api.client.get(path).status_code == 404
    assert api.client.get(path.replace("/media/", "/media/small/")).status_code == 404


def test_an_erased_photo_is_missing(api: Api, core: Core) -> None:
    """With its request."""
    number = reported(api)
    path = path_of(core, number)
    casework.erase(core, int(number), CLARA)
    assert api.client.get(path).status_code == 404


def test_a_small_copy_is_served_as_soon_as_there_is_one(api: Api, core: Core) -> None:
    """Until then the photo itself, and not for ever."""
    number = reported(api)
    small = path_of(core, number).replace("/media/", "/media/small/")
    before = api.client.get(small)
    assert (opened(before.data).width, before.headers["Cache-Control"]) == (
        900,
        "public, max-age=60, must-revalidate",
    )
    [photo] = media.of_request(core, int(number))
    media.make_thumbnail(core, photo.id)
    after = api.client.get(small)
    assert opened(after.data).width == 480
    assert before.headers["ETag"] != after.headers["ETag"]


@pytest.mark.parametrize(
    "path",
    [
        "/media/0.jpg",
        "/media/..%2f..%2fetc%2fpasswd",
        "/media/",
        "/media/%00",
        "/media/small/",
        "/media/small/x",
    ],
)
def test_other_names_are_missing(api: Api, path: str) -> None:
    """Nothing else of the machine is served."""
    assert api.client.get(path).status_code == 404


def test_a_photo_can_only_be_read(api: Api, core: Core) -> None:
    """405, whatever else is tried."""
    path = path_of(core, reported(api))
    assert api.client.post(path).status_code == 405
    assert api.client.delete(path).status_code == 405


def test_readers_are_sent_to_the_bucket_if_settings_say_so(make_core: MakeCore, s3_server: str) -> None:
    """To an address that expires, and that caches forget before it does."""
    core = make_core(
        a_catalogue(a_service(moderated=False)),
        OPEN311_MEDIA_STORE="s3",
        OPEN311_MEDIA_BUCKET="photos",
        OPEN311_MEDIA_ENDPOINT=s3_server,
        OPEN311_MEDIA_ACCESS_KEY="someone",
        OPEN311_MEDIA_SECRET_KEY="secret",
        OPEN311_MEDIA_REDIRECT="on",
    )
    api = an_api(core)
    answer = api.client.get(path_of(core, reported(api)))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (
        302,
        "public, max-age=60, must-revalidate",
    )
    assert opened(httpx2.get(answer.headers["Location"], timeout=60).content).size == (900, 600)
