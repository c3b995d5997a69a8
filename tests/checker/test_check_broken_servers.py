"""`open311 check` finds and names what real servers are known for (georeport.md, 2.5 and 6.2)."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from open311 import checker
from open311.checker.quirks import QUIRKS
from open311.checker.requirement import Level, Outcome
from open311.checker.run import Report
from tests.adapters.strangers import Reply, a_stranger
from tests.checker.broken import ATTRIBUTES, Little, a_request, serving
from tests.patience import PATIENCE_SECONDS

JSON, XML, HTML = "application/json; charset=utf-8", "text/xml; charset=utf-8", "text/html"


def check(little: Any, **more: Any) -> Report:
    """What the check says of a server."""
    with serving(little) as url:
        return checker.run(checker.Options(url=url, delay=0, seconds=PATIENCE_SECONDS, **more))


def each_request(**fields: Any) -> Little:
    """A server whose requests all have these fields."""
    return Little(requests=[a_request(number) | fields for number in range(12)])


def each_service(**fields: Any) -> Little:
    """A server whose services all have these fields."""
    little = Little()
    little.services = [service | fields for service in little.services]
    return little


def each_attribute(**fields: Any) -> Little:
    """A server whose attributes all have these fields."""
    return Little(attributes=[attribute | fields for attribute in ATTRIBUTES])


def wrapped(root: str, value: Any) -> Any:
    """FixMyStreet's and Toronto's way."""
    return {root: value} if root in ("services", "service_requests") else value


def single(root: str, value: Any) -> Any:
    """What a generic converter from XML makes of lists of one."""
    return value[0] if root == "service_requests" and len(value) == 1 else value


def html_errors(path: str, query: dict[str, str]) -> tuple[int, str, bytes] | None:
    """Errors as a web framework shows them to people."""
    return (404, HTML, b"<html><body>Not found</body></html>") if "no-such" in path else None


def moved(path: str, query: dict[str, str]) -> tuple[int, str, bytes] | None:
    """A key is wanted for reading."""
    return (401, JSON, b'[{"code": 401, "description": "key"}]') if query.get("api_key") else None


def attributes_on_elements(root: str, text: str) -> str:
    """Klarschiff's way."""
    return text.replace(f"<{root}>", f'<{root} type="array">', 1)


def padded(root: str, text: str) -> str:
    """As the samples of the specification are."""
    return text.replace("<service_name>Waste<", "<service_name>\n  Waste\n  <")


def blank_root(root: str, text: str) -> str:
    """As a template engine leaves it."""
    return text.replace("<service_requests/>", "<service_requests>\n</service_requests>")


def values_first(root: str, text: str) -> str:
    """The list of values before everything else."""
    before, mark, rest = text.partition("<values>")
    inner, end, after = rest.partition("</values>")
    return before.replace("<attribute>", f"<attribute>{mark}{inner}{end}") + after if mark else text


QUIRKY: list[tuple[str, Callable[[], Little]]] = [
    ("P1", lambda: each_service(service_code=17)),
    ("P1", lambda: each_request(service_code=17)),
    ("P2", lambda: each_service(metadata="false")),
    ("P2", lambda: each_attribute(required="true")),
    ("P3", lambda: each_request(lat="49.48", long="8.44")),
    ("P4", lambda: Little(to_json=single)),
    ("P5", lambda: Little(to_xml=values_first)),
    ("P7", lambda: Little(to_xml=attributes_on_elements)),
    ("P7", lambda: Little(to_xml=lambda root, text: text.replace(f"<{root}>", f'<{root} xmlns="urn:x">', 1))),
    ("P8", lambda: each_request(status="Open")),
    ("P9", lambda: each_request(zipcode=67059)),
    ("P10", lambda: each_service(description=None)),
    ("P10", lambda: each_attribute(description=None)),
    ("P11", lambda: Little(to_xml=padded)),
    ("P12", lambda: each_request(media_url=["https://example.org/a.jpg"])),
    ("P13", lambda: Little(to_json=wrapped)),
    ("P14", lambda: Little(answer=html_errors)),
    ("no-zone", lambda: each_request(updated_datetime="2026-03-20T10:00:00")),
    ("fraction", lambda: each_request(updated_datetime="2026-03-20T10:00:00.123Z")),
    ("blank-root", lambda: Little(to_xml=blank_root)),
    ("empty-string", lambda: each_request(expected_datetime="")),
    ("agency-object", lambda: each_request(agency_responsible={"recipient": ["Council"]})),
    ("empty-200", lambda: Little(unknown_id=200)),
    ("last-page-again", lambda: Little(last_page_again=True)),
    ("zero-zero", lambda: each_request(lat=0, long=0.0)),
    ("end-exclusive", lambda: Little(end_exclusive=True)),
    ("early-update", lambda: each_request(updated_datetime="2020-01-01T00:00:00Z")),
    ("401", lambda: Little(answer=moved)),
    ("redirect", lambda: Redirecting()),
]


class Redirecting(Little):
    """Werkzeug's way with two slashes."""

    def answered(self, path: str, query: dict[str, str]) -> tuple[int, str, bytes]:
        """A redirect to the one right address."""
        if "//" in path:
            return 308, HTML, b""
        return super().answered(path, query)


@pytest.mark.parametrize(("quirk", "make"), QUIRKY, ids=[f"{name}-{n}" for n, (name, _) in enumerate(QUIRKY)])
def test_a_known_quirk_is_found_and_named(quirk: str, make: Callable[[], Little]) -> None:
    assert quirk in check(make()).quirks


def test_every_quirk_that_the_check_knows_is_tried() -> None:
    assert {name for name, _ in QUIRKY} == set(QUIRKS)


def test_the_little_server_has_none_of_them() -> None:
    report = check(Little())
    assert (report.quirks, [result.requirement.number for result in report.failed(Level.MUST)]) == ({}, [])


def test_a_list_of_one_is_no_mistake() -> None:
    """P6: what XML parsers make of a list of one cannot be mended by a server."""
    little = Little(requests=[a_request(0)])
    assert check(little).quirks == {}


def test_what_the_standard_leaves_open_is_said_so() -> None:
    little = Little()
    opened = {
        result.requirement.looked_at
        for result in check(little).results
        if result.outcome is Outcome.LEFT_OPEN
    }
    assert opened == {"a jurisdiction_id that nobody knows", "a span of a year"}


def no_json(path: str, query: dict[str, str]) -> tuple[int, str, bytes] | None:
    """XML alone."""
    return (404, XML, b"<errors/>") if path.endswith(".json") else None


def test_a_server_without_json_is_not_blamed_for_it() -> None:
    report = check(Little(answer=no_json))
    lists = next(
        result for result in report.results if result.requirement.looked_at.startswith("the list of services")
    )
    assert lists.outcome is Outcome.LEFT_OPEN


GARBAGE: list[tuple[str, bytes]] = [
    ("nothing", b""),
    ("bytes", bytes(range(256)) * 50),
    ("null", b"null"),
    ("number", b"311"),
    ("deep", b"[" * 100_000),
    ("list of lists", b"[[[]], [[1]], null, 3, {}]"),
    ("odd fields", b'[{"service_code": {}, "service_request_id": [], "status": 3, "lat": {}, "long": true}]'),
    ("entities", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
    ("unfinished", b"<service_requests><request>"),
]


@pytest.mark.parametrize("body", [body for _, body in GARBAGE], ids=[name for name, _ in GARBAGE])
def test_garbage_is_survived_and_fails(body: bytes) -> None:
    report = check(Little(answer=lambda path, query: (200, "text/plain", body)))
    assert report.failed(Level.MUST)


@contextmanager
def raw(reply: bytes) -> Iterator[str]:
    """A server that sends the same bytes to everybody and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(reply)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v2"
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.mark.parametrize(
    "reply",
    [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", b"\x00" * 999],
    ids=["hangs up", "not HTTP", "lies about length", "zeros"],
)
def test_what_is_not_http_is_survived(reply: bytes) -> None:
    with raw(reply) as url:
        report = checker.run(checker.Options(url=url, delay=0, seconds=2))
    assert report.failed(Level.MUST) or not report.reached


def _trickles(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(1000):
        handler.wfile.write(b"x")
        time.sleep(0.05)


def test_a_head_that_trickles_is_given_up() -> None:
    with a_stranger(lambda question: Reply(write=_trickles)) as slow:
        options = checker.Options(url=slow.url, seconds=0.2)
        with checker.Subject(options) as subject:
            assert "longer than we wait for" in subject.get("services").failure


def test_questions_are_bounded_and_apart() -> None:
    waited: list[float] = []
    with serving(Little()) as url:
        options = checker.Options(url=url, delay=0.5, most_requests=20)
        subject = checker.Subject(options, wait=waited.append)
        report = checker.run(options, subject=subject)
    assert (report.requests, waited) == (20, [0.5] * 19)
