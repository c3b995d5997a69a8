"""A geocoder elsewhere: one that helps, one that lies, one that is away. None of them may stop a report."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from open311.adapters import geocoder
from open311.adapters.geocoder import Nominatim
from open311.base.errors import ConfigurationError
from open311.model.maps.geography import Box
from open311.model.maps.place import Place, PlaceKind
from tests.adapters.strangers import Reply, a_stranger
from tests.ports import free_port

CITY = Box(8.3, 49.4, 8.5, 49.6)
FOUND: dict[str, Any] = {
    "lat": "49.4811",
    "lon": "8.4464",
    "display_name": "12, Ludwigstraße, Mitte, Ludwigshafen, Deutschland",
    "address": {"road": "Ludwigstraße", "house_number": "12", "postcode": "67059", "city": "Ludwigshafen"},
}


def found(body: Any, **reply: Any) -> list[Place]:
    """What is made of an answer."""
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    with a_stranger(lambda _: Reply(text, **reply)) as server:
        return Nominatim(server.url).search("Ludwigstr. 12", within=CITY, language="de", limit=5)


def test_addresses_are_written_as_on_letters() -> None:
    assert found([FOUND]) == [Place("Ludwigstraße 12, 67059 Ludwigshafen", 49.4811, 8.4464)]


def test_a_street_is_no_house_and_a_park_is_neither() -> None:
    """Each may be another distance from its pin before somebody is asked."""
    street = FOUND | {"addresstype": "road", "address": {"road": "Ludwigstraße", "city": "Ludwigshafen"}}
    older = FOUND | {"class": "highway", "address": {"road": "Ludwigstraße", "town": "Ludwigshafen"}}
    park = FOUND | {"addresstype": "park", "address": {"park": "Ebertpark"}}
    kinds = [place.kind for place in found([FOUND, street, older, park])]
    assert kinds == [PlaceKind.HOUSE, PlaceKind.STREET, PlaceKind.STREET, PlaceKind.PLACE]


def test_what_has_no_road_keeps_its_name() -> None:
    assert found([FOUND | {"address": None}])[0].address == FOUND["display_name"]


def test_it_is_asked_within_the_city_and_in_the_readers_language() -> None:
    with a_stranger(lambda _: Reply("[]")) as server:
        Nominatim(server.url).search("Ä & ß", within=CITY, language="en", limit=3)
    path = server.asked[0].path
    for part in ("/search?q=%C3%84+%26+%C3%9F", "bounded=1", "limit=3", "accept-language=en", "viewbox=8.3"):
        assert part in path


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no json",
        "{}",
        "null",
        "[1, null, []]",
        [{}],
        [FOUND | {"lat": "NaN"}],
        [FOUND | {"lat": "1e999"}],
        [FOUND | {"lat": None}],
        [FOUND | {"lat": "52.5", "lon": "13.4"}],
        [FOUND | {"display_name": "", "address": {}}],
        b"\xff\xfe",
        "[" * 100_000,
        "[" + "1," * 600_000 + "1]",
    ],
    ids=range(14),
)
def test_nonsense_is_no_place(body: Any) -> None:
    assert found(body) == []


def test_names_are_shortened_and_tidied() -> None:
    long = found([FOUND | {"display_name": "A\u0000\n" * 1000, "address": {}}])[0].address
    assert len(long) <= 200
    assert "\n" not in long


@pytest.mark.parametrize("status", [301, 404, 429, 500])
def test_a_server_that_refuses_is_no_place(status: int) -> None:
    assert found([FOUND], status=status, headers={"Location": "http://127.0.0.1:1/"}) == []


def test_a_server_that_is_away_is_no_place() -> None:
    assert Nominatim(f"http://127.0.0.1:{free_port()}").search("x", within=None, language="de", limit=1) == []


def test_a_server_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geocoder, "SECONDS", 0.5)

    whole = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(600):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.1)
        whole.set()

    with a_stranger(lambda _: Reply(write=drip)) as server:
        assert Nominatim(server.url).search("x", within=None, language="de", limit=1) == []
    assert not whole.is_set()


@pytest.mark.parametrize("name", ["no.such.module:Class", "json:NoClass"])
def test_a_class_that_is_not_there_stops_the_start(name: str) -> None:
    with pytest.raises(ConfigurationError):
        geocoder.named(name)
