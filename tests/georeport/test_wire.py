"""What clients and proxies really send, and what they must be answered with."""

import base64
import gzip
import zlib
from dataclasses import replace
from typing import Any

import pytest
from shapely.geometry import shape
from sqlalchemy import Connection, text

from open311.base.errors import Unavailable, problem
from open311.core import Core
from open311.http.senders import plain_address
from open311.model.access.network import network_of
from open311.web import rendered_lists
from tests.client import client_of
from tests.serving import Api


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.8", "203.0.113.8"),
        ("203.0.113.8:50001", "203.0.113.8"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2:ffff::]:50001", "2001:db8:1:2::/64"),
        ('"[2001:db8:1:2::7]"', "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.8", "203.0.113.8"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_a_sender_is_counted_by_network(address: str, counted: str) -> None:
    assert network_of(plain_address(address)) == counted


def test_a_new_port_or_interface_is_no_new_share(core: Core) -> None:
    """rack#1227, zulip#21544: limits that nobody reaches."""
    settings = replace(core.settings, trusted_proxies=1, rate_limits=True, rate_limit_get=2)
    for prefix, suffix in (("203.0.113.8:", ""), ("[2001:db8:1:2::", "]:1")):
        client = client_of(replace(core, settings=settings))
        forwarded = [f"{prefix}{number}{suffix}" for number in range(1, 4)]
        answers = [
            client.get("/open311/v2/services.json", headers={"X-Forwarded-For": client_address}).status_code
            for client_address in forwarded
        ]
        assert answers == [200, 200, 429]


@pytest.mark.parametrize(
    "host", ["open311_web:8311", "city.example", "[2001:db8::1]:8311", "xn--mngel-gra.example"]
)
def test_links_name_the_host_as_it_was_asked(api: Api, host: str) -> None:
    for _ in range(3):
        api.report()
    answer = api.client.get(f"{api.base}/requests.json?page_size=1", headers={"Host": host})
    assert f"<http://{host}/open311/v2/requests.json" in answer.headers["Link"]


def test_a_name_with_other_letters_is_written_in_ascii(api: Api) -> None:
    host = "mängel-faß.example".encode().decode("latin-1")
    answer = api.client.get(f"{api.base}/discovery.json", environ_overrides={"HTTP_HOST": host})
    assert "http://xn--mngel-fa-xya6b.example/open311/v2" in answer.text


def test_a_client_that_speaks_http_1_0_needs_no_host(api: Api) -> None:
    for protocol, status in (("HTTP/1.0", 200), ("HTTP/1", 200), ("HTTP/1.1", 400)):
        environ = {"SERVER_PROTOCOL": protocol, "HTTP_HOST": ""}
        assert api.client.get("/healthz", environ_overrides=environ).status_code == status


def test_a_colon_without_a_port_is_the_usual_port(api: Api) -> None:
    answer = api.client.get(f"{api.base}/discovery.json", headers={"Host": "city.example:"})
    assert "http://city.example/open311/v2" in answer.text


@pytest.mark.parametrize(
    "host", ["a b", "a..b", "city.example/evil", "city.example:65536", "<script>", "[::1"]
)
@pytest.mark.parametrize("path", ["/open311/v2/requests.json", "/", "/ogc/", "/healthz"])
def test_a_host_that_is_none_is_refused(api: Api, host: str, path: str) -> None:
    answer = api.client.get(path, environ_overrides={"HTTP_HOST": host})
    assert answer.status_code == 400
    assert host not in answer.text


def test_only_names_that_are_allowed_are_answered_to(core: Core) -> None:
    client = client_of(replace(core, settings=replace(core.settings, allowed_hosts=("city.example",))))
    hosts = ("city.example", "CITY.example:8311", "evil.example")
    answers = [client.get("/open311/v2/services.json", headers={"Host": host}) for host in hosts]
    assert [answer.status_code for answer in answers] == [200, 200, 400]


@pytest.mark.parametrize("asked", ["Mu\u0308ll", "M\u00fcll"])
def test_letters_in_two_pieces_are_found(api: Api, asked: str) -> None:
    number = api.report(description="Wilder Mu\u0308ll am Tor")
    [found] = api.get("/requests", q=asked)
    assert found["service_request_id"] == number
    assert found["description"] == "Wilder M\u00fcll am Tor"


def test_below_a_path_every_address_has_it(core: Core) -> None:
    settings = replace(core.settings, base_url="https://city.example.org/maengel", require_https=True)
    client = client_of(replace(core, settings=settings))
    elsewhere = client.get("/open311/v2/services.json?locale=de", headers={"X": "1"})
    assert elsewhere.headers["Location"] == (
        "https://city.example.org/maengel/open311/v2/services.json?locale=de"
    )
    page = client.get("/open311/v2/docs", base_url="https://city.example.org").text
    assert 'data-document="/maengel/open311/v2/openapi.json"' in page
    assert 'src="/open311' not in page


def test_each_answer_has_a_request_id_of_its_own(api: Api) -> None:
    """Also those that come from memory."""
    ids = [api.raw("/services.json").headers["X-Request-Id"] for _ in range(4)]
    tag = api.raw("/services.json").headers["ETag"]
    unchanged = api.client.get(f"{api.base}/services.json", headers={"If-None-Match": tag})
    assert unchanged.status_code == 304
    assert len({*ids, unchanged.headers["X-Request-Id"]}) == 5


@pytest.mark.parametrize("cookie", ["", "39f1.1764500000"])
def test_what_was_answered_comes_from_memory(
    api: Api, core: Core, monkeypatch: pytest.MonkeyPatch, cookie: str
) -> None:
    """Also for browsers that bring along the cookies of a city's other sites."""
    monkeypatch.setattr(core.database.freshness, "listening", True)
    asked: list[Any] = []
    written = rendered_lists.written

    def count(*given: Any, **more: Any) -> Any:
        asked.append(given)
        return written(*given, **more)

    monkeypatch.setattr(rendered_lists, "written", count)
    if cookie:
        api.client.set_cookie("_pk_id", cookie)
    bodies = {api.client.get(f"{api.base}/requests.json?q=kept").data for _ in range(3)}
    assert (len(bodies), len(asked)) == (1, 1)


def test_what_the_database_could_not_do_is_not_asked_again(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def fail(*given: Any, **more: Any) -> None:
        asked.append(given)
        raise Unavailable(problem("error.unavailable"))

    monkeypatch.setattr(rendered_lists, "written", fail)
    answer = api.client.get(f"{api.base}/requests.json?q=once")
    assert (answer.status_code, len(asked)) == (503, 1)
    assert "Retry-After" in answer.headers


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data, wbits=-15)),
        # Clients that mean its charset, or nothing.
        ("UTF-8", bytes),
        ("iso-8859-1", bytes),
        ("none", bytes),
    ],
)
def test_a_packed_body_is_read(api: Api, coding: str, pack: Any) -> None:
    body = pack(f"api_key={api.key}&service_code=MUELL_WILD&lat=49.48&long=8.44".encode())
    answer = api.client.post(
        f"{api.base}/requests.json",
        data=body,
        content_type="application/x-www-form-urlencoded",
        headers={"Content-Encoding": coding},
    )
    assert answer.status_code == 200, answer.text


def test_a_coding_without_a_body_does_not_matter(api: Api) -> None:
    """R-018: some clients send the same headers with everything."""
    for path in ("/services.json", "/requests.xml"):
        answer = api.client.get(f"{api.base}{path}", headers={"Content-Encoding": "gzip"})
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("coding", "body"),
    [("gzip", b"no"), ("gzip", gzip.compress(b"a" * 100)[:-20]), ("br", b"a"), ("gzip", b"")],
)
def test_one_that_cannot_be_unpacked_is_refused(api: Api, coding: str, body: bytes) -> None:
    answer = api.client.post(f"{api.base}/requests.json", data=body, headers={"Content-Encoding": coding})
    assert answer.status_code == 400
    assert "api_key" not in answer.text


def test_one_that_becomes_too_large_is_refused(core: Core) -> None:
    client = client_of(replace(core, settings=replace(core.settings, max_body_mb=1)))
    bomb = gzip.compress(b"a" * 2_000_000)
    answer = client.post("/open311/v2/requests.json", data=bomb, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 400
    assert "1 M" in answer.text


def test_parts_in_a_transfer_encoding_are_read(api: Api) -> None:
    lines = []
    fields = {"api_key": api.key, "service_code": "MUELL_WILD", "lat": "49.48", "long": "8.44"}
    for name, value in fields.items():
        lines += ["--x", f'Content-Disposition: form-data; name="{name}"', "", value]
    words = base64.b64encode("Müll am Tor".encode()).decode()
    lines += ["--x", 'Content-Disposition: form-data; name="description"']
    lines += ["Content-Transfer-Encoding: base64", "", words]
    lines += ["--x", 'Content-Disposition: form-data; name="address_string"']
    lines += ["Content-Transfer-Encoding: quoted-printable", "", "Stra=C3=9Fe 1", "--x--", ""]
    answer = api.client.post(
        f"{api.base}/requests.json",
        data="\r\n".join(lines).encode(),
        content_type="multipart/form-data; boundary=x",
    )
    number = answer.json[0]["service_request_id"]
    [found] = api.get(f"/requests/{number}")
    assert (found["description"], found["address"]) == ("Müll am Tor", "Straße 1")


def test_an_address_by_ipv6_is_taken(api: Api, conn: Connection) -> None:
    number = api.report(media_url="https://[2001:db8::1]/a.jpg")
    urls = conn.execute(
        text("select media_urls from service_requests where id = :id"), {"id": int(number)}
    ).scalar_one()
    assert list(urls) == ["https://[2001:db8::1]/a.jpg"]


def test_links_carry_only_what_means_something(api: Api) -> None:
    for _ in range(3):
        api.report()
    link = api.raw("/requests.json", page_size="1", x="a" * 5000, status="open").headers["Link"]
    assert "status=open" in link
    assert "aaa" not in link
    longest = api.raw("/requests.json", page_size="1", service_code=["MUELL_WILD"] * 500)
    assert len(longest.headers.get("Link", "")) < 3500


@pytest.mark.parametrize(
    ("address", "zipcode"),
    [
        ("12345 Main Street", None),
        ("Bismarckstraße 1, 67059 Ludwigshafen", "67059"),
        ("67059", "67059"),
        ("12345 Main Street, Springfield 67059", "67059"),
    ],
)
def test_a_house_number_is_no_zip_code(api: Api, address: str, zipcode: str | None) -> None:
    [found] = api.get(f"/requests/{api.report(address_string=address)}")
    assert (found.get("zipcode") or None) == zipcode


def test_swagger_ui_shows_no_page_of_its_own(api: Api) -> None:
    """It names a server elsewhere, and has no policy."""
    asked = ("swagger-ui.css", "index.html", "oauth2-redirect.html", "swagger-initializer.js", "package.json")
    assert [api.client.get(f"/open311/v2/docs/ui/{name}").status_code for name in asked] == [
        200,
        404,
        404,
        404,
        404,
    ]


def test_a_feed_does_not_repeat_a_key(api: Api) -> None:
    api.report()
    feed = api.raw("/feed.atom", api_key=api.key, status="open", nonsense="x").text
    assert "status=open" in feed
    assert api.key not in feed
    assert "nonsense" not in feed


def test_a_boundary_is_wound_as_geojson_has_it(api: Api) -> None:
    """RFC 7946, 3.1.6: outer rings counterclockwise, holes clockwise."""
    boundary = shape(api.client.get("/tiles/boundary.geojson").json["geometry"])
    outlines = boundary.geoms if boundary.geom_type == "MultiPolygon" else [boundary]
    for outline in outlines:
        assert outline.exterior.is_ccw
        assert not any(hole.is_ccw for hole in outline.interiors)


def test_no_layer_of_the_tiles_is_deeper_than_all_of_them(api: Api) -> None:
    described = api.client.get("/tiles/tiles.json").json
    assert max(layer["maxzoom"] for layer in described["vector_layers"]) == described["maxzoom"]


def test_features_may_be_left_out_by_number(api: Api) -> None:
    """As GeoNetwork asks, which follows no links."""
    numbers = [api.report() for _ in range(3)]
    [collection] = api.client.get("/ogc/collections?f=json").json["collections"]
    address = f"/ogc/collections/{collection['id']}/items?f=json&limit=2&offset=2"
    features = api.client.get(address).json["features"]
    assert [feature["properties"]["service_request_id"] for feature in features] == numbers[:1]


def test_discovery_is_in_ascii(api: Api) -> None:
    assert api.raw("/discovery.xml").data.isascii()
    assert "Bürgerberatung" in api.raw("/discovery.json").text
