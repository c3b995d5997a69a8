"""The client of other GeoReport servers reads whatever real servers say (georeport.md 2.5, 3.4, 6)."""

import gzip
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from open311.federation.client.answers import RemoteError
from open311.federation.client.client import Client
from open311.federation.client.dates import Dates
from open311.model.service_request import Location, Status
from tests.adapters.strangers import Question, Reply, Stranger, a_stranger

BERLIN = ZoneInfo("Europe/Berlin")
ONE = {
    "service_request_id": "417",
    "status": "open",
    "service_code": "M",
    "service_name": "Müll",
    "description": "Zwei\nZeilen",
    "requested_datetime": "2026-03-02T09:30:00+01:00",
    "updated_datetime": "2026-03-02T09:30:00+01:00",
    "lat": 49.4811,
    "long": 8.4464,
    "media_url": None,
}
ONE_IN_XML = (
    "<request><service_request_id>417</service_request_id><status>open</status><service_code>M</service_code>"
    "<service_name>Müll</service_name><description>Zwei\nZeilen</description>"
    "<requested_datetime>2026-03-02T09:30:00+01:00</requested_datetime><updated_datetime/>"
    "<lat>49.4811</lat><long>8.4464</long><media_url/></request>"
)


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    """A server that has nothing yet."""
    with a_stranger(lambda question: Reply(status=404)) as found:
        yield found


def answering(stranger: Stranger, value: Any, **more: Any) -> Client:
    """A client of a stranger who answers everything with this."""
    body = value if isinstance(value, (str, bytes)) else json.dumps(value)
    stranger.answering = lambda question: Reply(body, **more)
    return Client(stranger.url, "city.example", dates=Dates(BERLIN), seconds=60)


WRAPPED = {
    "a list": [ONE],
    "a single object": ONE,
    "a wrapper": {"service_requests": [ONE]},
    "a wrapper of another name": {"requests": [ONE]},
    "a single object in a wrapper": {"service_requests": {"request": ONE}},
    "FixMyStreet's JSON": {"service_requests": [{"request": [ONE]}]},
    "objects with counts beside them": {"count": 1, "next": None, "results": [ONE]},
    "XML": f'<?xml version="1.0" encoding="utf-8"?>\n<service_requests>{ONE_IN_XML}</service_requests>',
    "XML with attributes": f'<service_requests type="array">{ONE_IN_XML}</service_requests>',
    "XML in a namespace": f'<service_requests xmlns="http://example.org">{ONE_IN_XML}</service_requests>',
    "XML of one request alone": ONE_IN_XML,
    "XML in another encoding": (
        f'<?xml version="1.0" encoding="iso-8859-1"?><service_requests>{ONE_IN_XML}</service_requests>'
    ).encode("iso-8859-1"),
    "a byte order mark": b"\xef\xbb\xbf" + json.dumps([ONE]).encode(),
    "a line break inside a string": json.dumps([ONE], ensure_ascii=False).replace("\\n", "\n"),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_a_request_is_found_however_it_is_wrapped(name: str, stranger: Stranger) -> None:
    found = answering(stranger, WRAPPED[name]).requests()
    assert [(request.service_request_id, request.description, request.service_name) for request in found] == [
        ("417", "Zwei\nZeilen", "Müll")
    ]
    assert found[0].location == Location(49.4811, 8.4464)
    assert found[0].requested_datetime == datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "body", ["[]", "{}", "", "null", '{"service_requests": []}', "<service_requests/>", " \n"]
)
def test_nothing_is_an_empty_list(body: str, stranger: Stranger) -> None:
    assert answering(stranger, body).requests() == []


@pytest.mark.parametrize(
    ("field", "sent", "read"),
    [
        ("service_request_id", 417, "417"),
        ("service_request_id", 417.0, "417"),
        ("status", "CLOSED", Status.CLOSED),
        ("status", "Completed", Status.CLOSED),
        ("status", "fixed - council", Status.CLOSED),
        ("status", "in progress", Status.OPEN),
        ("status", None, Status.OPEN),
        ("zipcode", 67059, "67059"),
        ("zipcode", "null", None),
        *(("zipcode", text, None) for text in ("\\N", "<Null>", "(null)", "[NULL]", "NaN", "#N/A")),
        *(("zipcode", text, None) for text in ("\u3164", "\u2800", "\u200b")),
        (
            "media_url",
            '["http://a.example/1,2", "http://a.example/3"]',
            ("http://a.example/1,2", "http://a.example/3"),
        ),
        (
            "media_url",
            "['http://a.example/1', 'http://a.example/2']",
            ("http://a.example/1", "http://a.example/2"),
        ),
        (
            "media_url",
            '{http://a.example/1,"http://a.example/2"}',
            ("http://a.example/1", "http://a.example/2"),
        ),
        ("media_url", "[http://a.example/1]", ("http://a.example/1",)),
        ("media_url", "[", ()),
        ("address", None, ""),
        ("description", ["a", "b"], "a, b"),
        ("agency_responsible", {"recipient": ["Tiefbau"]}, "Tiefbau"),
        ("status_notes", "", None),
        ("media_url", "assets-library://1", ()),
        ("media_url", ["http://a.example/1", "http://a.example/1"], ("http://a.example/1",)),
        ("media_url", {"media_url": ["http://a.example/1"]}, ("http://a.example/1",)),
    ],
)
def test_a_field_of_another_type_is_read(field: str, sent: Any, read: Any, stranger: Stranger) -> None:
    (found,) = answering(stranger, [{**ONE, field: sent}]).requests()
    name = "media_urls" if field == "media_url" else field
    assert getattr(found, name) == read


@pytest.mark.parametrize(
    ("lat", "long", "read"),
    [
        ("49.5", "8.4", Location(49.5, 8.4)),
        ("49,5", "8,4", Location(49.5, 8.4)),
        (0, 0, None),
        ("", "", None),
        (None, 8.4, None),
        ("north", "east", None),
        (91, 8.4, None),
        ("NaN", "NaN", None),
    ],
)
def test_a_point_is_a_point_or_nothing(lat: Any, long: Any, read: Any, stranger: Stranger) -> None:
    (found,) = answering(stranger, [{**ONE, "lat": lat, "long": long}]).requests()
    assert found.location == read


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("2026-03-02T09:30:00+01:00", (8, 30, 0)),
        ("2026-03-02T08:30:00Z", (8, 30, 0)),
        ("2026-03-02T09:30:00", (8, 30, 0)),
        ("2026-03-02 09:30", (8, 30, 0)),
        ("2026-03-02T09:30:05.123456+0100", (8, 30, 5)),
        ("2026-03-02T09:30:00 +01", (8, 30, 0)),
        ("Mon, 02 Mar 2026 08:30:00 GMT", (8, 30, 0)),
        (1772440200, (8, 30, 0)),
        ("1772440200000", (8, 30, 0)),
    ],
)
def test_a_moment_without_a_zone_is_local_time_there(sent: Any, read: Any, stranger: Stranger) -> None:
    (found,) = answering(stranger, [{**ONE, "requested_datetime": sent}]).requests()
    assert found.requested_datetime == datetime(2026, 3, 2, *read, tzinfo=UTC)


@pytest.mark.parametrize(
    "sent", ["yesterday", "", None, "0000-00-00 00:00:00", "2026-13-01", 5, {"a": 1}, "9" * 40]
)
def test_a_moment_that_cannot_be_told_is_none(sent: Any, stranger: Stranger) -> None:
    (found,) = answering(stranger, [{**ONE, "requested_datetime": sent}]).requests()
    assert found.requested_datetime is None


def test_a_request_without_an_id_is_left_out(stranger: Stranger) -> None:
    nameless = {name: value for name, value in ONE.items() if name != "service_request_id"}
    assert len(answering(stranger, [nameless, ONE, {**ONE, "service_request_id": None}]).requests()) == 1


def test_a_server_without_json_is_asked_for_xml_from_then_on(stranger: Stranger) -> None:
    def xml_only(question: Question) -> Reply:
        if ".xml" in question.path:
            return Reply(f"<service_requests>{ONE_IN_XML}</service_requests>")
        return Reply("<html><p>Not here<br></html>", status=404)

    stranger.answering = xml_only
    client = Client(stranger.url)
    assert len(client.requests()) == len(client.requests()) == 1
    assert [request.path for request in stranger.asked] == [
        "/requests.json",
        "/requests.xml",
        "/requests.xml",
    ]


def test_a_page_under_200_is_not_taken_for_an_answer(stranger: Stranger) -> None:
    with pytest.raises(RemoteError, match="neither XML nor JSON"):
        answering(stranger, "<html><p>Maintenance<br></html>").requests()


def test_an_error_is_told_in_the_words_of_the_server(stranger: Stranger) -> None:
    told = [{"code": 404, "description": "jurisdiction unknown"}]
    with pytest.raises(RemoteError, match="404 jurisdiction unknown") as refused:
        answering(stranger, told, status=404).requests()
    assert (refused.value.status, refused.value.passing) == (404, False)


def test_one_that_is_not_there_is_none(stranger: Stranger) -> None:
    client = answering(stranger, [{"code": 404, "description": "unknown"}], status=404)
    assert client.request("5") is None
    assert client.token("a/../b") is None
    assert stranger.asked[-1].path == "/tokens/a%2F..%2Fb.json?jurisdiction_id=city.example"


def test_the_query_is_written_as_servers_read_it(stranger: Stranger) -> None:
    client = answering(stranger, [])
    client.requests(status="open,closed", start_date=datetime(2026, 3, 2, 8, tzinfo=UTC), page=2, q=None)
    asked = "status=open%2Cclosed&start_date=2026-03-02T08%3A00%3A00Z&page=2"
    assert stranger.asked[0].path == f"/requests.json?jurisdiction_id=city.example&{asked}"


def test_the_next_page_is_told_by_its_query_alone(stranger: Stranger) -> None:
    link = {"Link": '<http://evil.example/requests.json?cursor=abc&page_size=2>; rel="next"'}
    page = answering(stranger, [ONE], headers=link).page()
    assert page.following == {"cursor": "abc", "page_size": "2"}


@pytest.mark.parametrize(
    ("header", "following"),
    [
        ('<?service_code=A,B;C&page=2>; rel="next"', {"service_code": "A,B;C", "page": "2"}),
        ('<?page=1>; rel="prev"; title="back, then <next>", <?page=3,4>; rel=next', {"page": "3,4"}),
        ('<?page=1>; rel="prev"', None),
        ("<?page=2; rel=next", None),
        ("<" * 5000 + ">;" * 5000, None),
    ],
)
def test_addresses_of_pages_may_hold_what_parts_a_header(
    stranger: Stranger, header: str, following: dict[str, str] | None
) -> None:
    assert answering(stranger, [ONE], headers={"Link": header}).page().following == following


def test_redirects_stay_with_their_host(stranger: Stranger) -> None:
    stranger.answering = lambda question: (
        Reply(json.dumps([ONE]))
        if question.path.startswith("/new")
        else Reply(status=301, headers={"Location": f"{stranger.url}/new"})
    )
    assert len(Client(stranger.url).requests()) == 1
    for elsewhere in ("http://other.example/", "file:///etc/passwd", "http://[::1]/"):
        with pytest.raises(RemoteError, match="redirects from"):
            answering(stranger, "", status=302, headers={"Location": elsewhere}).requests()
    with pytest.raises(RemoteError, match="circles"):
        answering(stranger, "", status=302, headers={"Location": "/again"}).requests()


def test_a_compressed_answer_is_read_within_the_bound(stranger: Stranger) -> None:
    packed = {"Content-Encoding": "gzip"}
    assert len(answering(stranger, gzip.compress(json.dumps([ONE]).encode()), headers=packed).requests()) == 1
    bomb = gzip.compress(b"[" + b" " * 70_000_000 + b"]")
    with pytest.raises(RemoteError, match="longer than"):
        answering(stranger, bomb, headers=packed).requests()


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><r><request>&b;</request></r>',
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>',
        "<a>" * 100 + "</a>" * 100,
        "[" * 5000 + "]" * 5000,
    ],
)
def test_a_hostile_document_is_refused(body: str, stranger: Stranger) -> None:
    with pytest.raises(RemoteError):
        answering(stranger, body).requests()


def test_a_deep_field_does_not_end_the_program(stranger: Stranger) -> None:
    deep = json.dumps(ONE)[:-1] + ', "address_id": ' + "[" * 500 + '"x"' + "]" * 500 + "}"
    (found,) = answering(stranger, deep).requests()
    assert found.address_id is None


def test_a_report_is_posted_as_a_form_with_the_key(stranger: Stranger) -> None:
    client = answering(stranger, [{"service_request_id": 9, "token": "x"}])
    client.api_key = "secret"
    receipt = client.report({"service_code": "M", "description": "Müll & mehr", "attribute[A][]": ["x", "y"]})
    assert (receipt.service_request_id, receipt.token) == ("9", None)
    assert stranger.asked[0].body == (
        b"jurisdiction_id=city.example&api_key=secret&service_code=M&description=M%C3%BCll+%26+mehr"
        b"&attribute%5BA%5D%5B%5D=x&attribute%5BA%5D%5B%5D=y"
    )


def test_a_receipt_is_an_id_a_token_or_neither(stranger: Stranger) -> None:
    xml = "<service_requests><request><token>abc</token></request></service_requests>"
    assert answering(stranger, xml).report({}).token == "abc"
    assert answering(stranger, [{"service_notice": "Thanks"}]).report({}).token is None


def _cut_off(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"[")


def _hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("reply", "passing", "may_have_acted"),
    [
        (Reply('[{"code": 400, "description": "no"}]', 400), False, False),
        (Reply('[{"code": 403, "description": "no"}]', 200), False, False),
        (Reply('{"error": "no"}', 200), False, False),
        (Reply("<errors><error><code>400</code></error></errors>", 200), False, False),
        (Reply("", 429, {"Retry-After": "30"}), True, False),
        (Reply("", 503), True, False),
        (Reply("", 500), True, True),
        (Reply("<html><br>"), False, True),
        (Reply(write=_cut_off), True, True),
        (Reply(write=_hang_up), True, True),
    ],
)
def test_a_failure_says_whether_the_report_may_have_arrived(
    reply: Reply, passing: bool, may_have_acted: bool, stranger: Stranger
) -> None:
    stranger.answering = lambda question: reply
    with pytest.raises(RemoteError) as failed:
        Client(stranger.url, seconds=60).report({})
    assert (failed.value.passing, failed.value.may_have_acted) == (passing, may_have_acted)
    assert failed.value.retry_after == (30 if reply.status == 429 else None)


def test_a_server_that_is_not_there_has_certainly_not_acted() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(RemoteError, match="not reached") as failed:
            Client(address).report({})
    assert (failed.value.passing, failed.value.may_have_acted) == (True, False)


def test_updates_are_read_or_known_not_to_be_offered(stranger: Stranger) -> None:
    told = {
        "update_id": 1,
        "service_request_id": 417,
        "status": "FIXED - COUNCIL",
        "updated_datetime": "2026-03-02",
    }
    client = answering(stranger, {"service_request_updates": [{"request_update": told}]})
    (found,) = client.updates() or ()
    assert (found.update_id, found.service_request_id, found.update_status) == ("1", "417", "fixed_council")
    assert answering(stranger, "nothing here", status=404).updates() is None
