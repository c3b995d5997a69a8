"""What a device asks for to work without a connection, and the door where it hands in what was written there."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import Connection, text
from werkzeug.test import TestResponse

from open311.actions.reporting import drafts
from open311.core import Core
from open311.formats import icons
from open311.site.form import questions
from tests.client import client_of
from tests.pictures import a_photo, opened
from tests.serving import Clock, MakeCore, first_city
from tests.site import many_cities
from tests.site.test_form_hostile import solved
from tests.site.visitor import a_file

WORD = "a" * 32
DOOR = "/report/handed-in"
# What a script loads with itself; what it asks for later may be missing.
IMPORTED = re.compile(r"^import .* from \"\./([\w-]+\.js)\";$", re.MULTILINE)


def a_report(service_code: str = "MUELL_WILD", **fields: Any) -> dict[str, Any]:
    """What a device hands in."""
    asked = questions.fingerprint(first_city().services[service_code])
    whole = {"word": WORD, "service_code": service_code, "asked": asked, "changeset": "2026-03-01T00:00:00Z"}
    return whole | {"address": "Ebertpark", "description": "Drei Matratzen"} | fields


def hands_in(client: FlaskClient, **fields: Any) -> dict[str, Any]:
    """Hand in a report; what the device is told."""
    response = client.post(DOOR, data=a_report(**fields), content_type="multipart/form-data")
    assert (response.status_code, response.headers["Cache-Control"]) == (200, "private, no-store")
    told: dict[str, Any] = response.get_json()
    return told


def sends(client: FlaskClient, told: dict[str, Any]) -> TestResponse:
    """Send what was handed in, by the last step of the form."""
    data = {"action": "send", "altcha": solved(told["challenge"])}
    return client.post(told["address"], data=data, follow_redirects=True)


def stored(conn: Connection) -> list[Any]:
    """All reports."""
    return list(conn.execute(text("select id, address, channel, photos from service_requests")))


def test_once_handed_in_and_sent_it_is_one_report_whatever_is_repeated(
    client: FlaskClient, conn: Connection, core: Core, clock: Clock
) -> None:
    told = hands_in(client, media=a_file(a_photo()))
    again = hands_in(client, media=a_file(a_photo()))
    assert (told["outcome"], again["outcome"]) == ("send", "send")
    assert sends(client, again).status_code == 200
    assert sends(client, told).status_code == 200
    assert hands_in(client)["outcome"] == "sent"
    # Longer away than drafts are kept.
    clock.forward(hours=24 * 30)
    assert drafts.expire(core) == 1
    late = hands_in(client)
    assert late["outcome"] == "sent"
    (row,) = stored(conn)
    assert (row.address, row.channel, len(row.photos)) == ("Ebertpark", "web", 1)
    assert str(row.id) in client.get(late["address"]).text


def test_what_does_not_fit_is_said_in_words_and_nothing_is_stored(
    client: FlaskClient, conn: Connection
) -> None:
    told = hands_in(client, asked="other", email="kim", media=a_file(b"no photo"))
    assert told["outcome"] == "look"
    words = " ".join(problem["words"] for problem in told["wrong"])
    assert "Stand vom 1. März 2026" in words
    assert {problem["field"] for problem in told["wrong"]} == {"service_code", "email", "photos"}
    assert stored(conn) == []
    assert hands_in(client)["outcome"] == "send"


@pytest.mark.parametrize("changeset", ["", "never", "2026-03-01T00:00:00", "0001-01-01T00:00:00+14:00"])
def test_a_catalogue_version_that_cannot_be_read_is_no_error(client: FlaskClient, changeset: str) -> None:
    (wrong,) = hands_in(client, asked="other", changeset=changeset)["wrong"]
    assert wrong["words"].startswith("Die Stadt hat die Fragen geändert")


def test_a_category_that_is_gone_is_asked_for_again(client: FlaskClient) -> None:
    (wrong,) = hands_in(client, asked="")["wrong"]
    data = a_report() | {"service_code": "GONE"}
    told = client.post(DOOR, data=data).get_json()
    assert [problem["field"] for problem in told["wrong"]] == ["service_code"] == [wrong["field"]]


def test_nobody_gets_past_the_stop_text(client: FlaskClient) -> None:
    fields = {"service_code": "SPIELGERAET", "attribute[SPIELPLATZ]": "Nord", "attribute[GEFAHR]": "nein"}
    assert [problem["field"] for problem in hands_in(client, **fields)["wrong"]] == ["no_danger"]
    assert hands_in(client, **fields, no_danger="SPIELGERAET")["outcome"] == "send"


@pytest.mark.parametrize("word", ["", "short", "a" * 65, "a" * 31 + "/", "ä" * 32])
def test_a_word_that_could_be_guessed_is_refused(client: FlaskClient, conn: Connection, word: str) -> None:
    assert client.post(DOOR, data=a_report(word=word)).status_code == 404
    assert conn.execute(text("select count(*) from drafts")).scalar_one() == 0


def test_a_changed_address_has_no_position(client: FlaskClient, core: Core) -> None:
    hands_in(client, address="Hinten", placed="Vorn", lat="49.48", long="8.44")
    assert drafts.find(core, first_city(), WORD).text("lat") == ""


def test_another_city_knows_nothing_of_the_draft(make_core: MakeCore) -> None:
    client = client_of(make_core(*many_cities()))
    first, other = (f"/{catalogue.jurisdiction.jurisdiction_id}{DOOR}" for catalogue in many_cities())
    assert client.post(first, data=a_report()).get_json()["outcome"] == "send"
    assert client.post(other, data=a_report()).status_code == 404


@pytest.mark.parametrize(("language", "name"), [("de", "Mängelmelder"), ("en", "Report a problem")])
def test_the_manifest_has_the_name_and_the_colour_of_the_city(
    client: FlaskClient, language: str, name: str
) -> None:
    response = client.get("/manifest.webmanifest", headers={"Accept-Language": language})
    found = json.loads(response.text)
    assert response.mimetype == "application/manifest+json"
    assert (found["short_name"], found["lang"], found["theme_color"]) == (name, language, "#0a5a8c")
    for icon in found["icons"]:
        answer = client.get(icon["src"])
        assert "immutable" in answer.headers["Cache-Control"]
        assert "x".join(map(str, opened(answer.data).size)) == icon["sizes"]
    assert client.get("/icons/7.png").status_code == 404


def test_an_icon_that_is_cut_to_shape_loses_nothing() -> None:
    picture: Image.Image = opened(icons.mark(192, "#0a5a8c", maskable=True)).convert("RGBA").convert("RGB")
    white = [(x, y) for x in range(192) for y in range(192) if min(picture.getpixel((x, y))) > 128]
    assert white
    assert max((x - 96) ** 2 + (y - 96) ** 2 for x, y in white) ** 0.5 <= 0.4 * 192


def settings_of(response: TestResponse) -> dict[str, Any]:
    """What the service worker is told."""
    found = re.search(r"serve\((.*)\);", response.text)
    assert found
    told: dict[str, Any] = json.loads(found[1])
    return told


def test_the_service_worker_changes_with_the_catalogue_and_keeps_what_is_there(core: Core) -> None:
    client = client_of(core)
    response = client.get("/service-worker.js")
    assert response.mimetype == "text/javascript"
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    assert "no-cache" in response.headers["Cache-Control"]
    told = settings_of(response)
    scripts = {path.rpartition("/")[2]: path for path in told["files"] if "/modules/" in path}
    loaded = {name for path in scripts.values() for name in IMPORTED.findall(client.get(path).text)}
    assert loaded <= scripts.keys()
    assert loaded
    for path in [*told["files"], *(page for pages in told["pages"].values() for page in pages.values())]:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["Cache-Control"].startswith("public")
    core.catalogues.in_force = (replace(first_city(), digest="another"),)
    assert settings_of(client.get("/service-worker.js"))["version"] != told["version"]


def test_each_city_has_a_service_worker_for_its_own_pages(make_core: MakeCore) -> None:
    client = client_of(make_core(*many_cities()))
    response = client.get("/speyer.de/service-worker.js")
    assert response.headers["Service-Worker-Allowed"] == "/speyer.de"
    assert settings_of(response)["pages"]["offline"]["en"] == "/speyer.de/offline?locale=en"
    assert client.get("/service-worker.js").status_code == 404
