"""Addresses that strangers name do not lead into our own network."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep

import httpx2
import pytest

from open311.adapters import safe_http
from open311.adapters.safe_http import DestinationRefused
from tests.patience import PATIENCE_SECONDS

HERE = "photos.example.org"
OTHER = "other.example.org"


class Answers(BaseHTTPRequestHandler):
    """A server of which each path misbehaves in its own way."""

    hosts: list[str] = []  # noqa: RUF012
    whole: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        """One misdeed a path."""
        self.hosts.append(self.headers["Host"])
        if self.path == "/slow-head":
            self._trickle(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            return
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
            return
        self.send_response(int(self.path[8:]) if self.path.startswith("/status/") else 200)
        if self.path == "/lies":
            self.send_header("Content-Length", "10")
        self.end_headers()
        if self.path == "/endless":
            with_many = b"x" * 65536
            try:
                while True:
                    self.wfile.write(with_many)
            except OSError:
                return
        if self.path == "/slow":
            self._trickle(b"")
            return
        self.wfile.write(b"picture")

    def _trickle(self, begin: bytes) -> None:
        self.wfile.write(begin)
        try:
            for _ in range(600):
                self.wfile.write(b"x")
                self.wfile.flush()
                sleep(0.1)
            self.whole.append(self.path)
        except OSError:
            return

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    """The address of the server, by the name that is allowed."""
    Answers.hosts, Answers.whole = [], []
    found = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://{HERE}:{found.server_port}"
    found.shutdown()
    thread.join()
    found.server_close()


def get(url: str, *, most_bytes: int = 100_000, seconds: float = PATIENCE_SECONDS) -> bytes:
    """Fetch, where the allowed name stands for this machine and this machine may be reached."""
    return safe_http.get(
        url,
        hosts=(HERE, OTHER),
        most_bytes=most_bytes,
        seconds=seconds,
        resolve=lambda host, port: ["127.0.0.1"],
        may_reach=lambda address: True,
    )


def test_a_picture_of_an_allowed_host_is_fetched(server: str) -> None:
    """By its own name."""
    assert get(f"{server}/picture") == b"picture"
    assert Answers.hosts == [server.removeprefix("http://")]


@pytest.mark.parametrize(
    "url",
    [
        "http://another.example.org/",
        "http://127.0.0.1/",
        f"http://{HERE}.evil.example/",
        f"http://evil.example/{HERE}",
        f"http://user:password@{HERE}/",
        f"ftp://{HERE}/",
        "file:///etc/passwd",
        "http://",
        "http://[::1",
    ],
)
def test_other_addresses_are_not_even_looked_up(url: str) -> None:
    """Only hosts that the operator named."""
    with pytest.raises(DestinationRefused):
        get(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "192.0.0.192",
        "192.88.99.1",
        "168.63.129.16",
        "3fff::1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::a00:1",
        "2002:a00:1::",
        "2001:0:a00:1::",
        "fec0::1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
    ],
)
def test_an_allowed_name_that_stands_for_an_inner_address_is_refused(address: str) -> None:
    """No connection is made."""
    with pytest.raises(DestinationRefused, match="not public"):
        safe_http.get(
            f"http://{HERE}/",
            hosts=(HERE,),
            most_bytes=1,
            seconds=1,
            resolve=lambda host, port: ["93.184.215.14", address],
        )


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_addresses_of_the_open_internet_are_public(address: str) -> None:
    """Old and new."""
    assert safe_http.is_public(address)


def test_the_name_is_looked_up_once_only(server: str) -> None:
    """A name that stands for something else a moment later changes nothing."""
    asked = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    safe_http.get(
        f"{server}/",
        hosts=(HERE,),
        most_bytes=100,
        seconds=PATIENCE_SECONDS,
        resolve=resolve,
        may_reach=lambda _: True,
    )
    assert asked == [HERE]


def test_a_name_of_other_letters_is_asked_for_as_the_name_system_spells_it(server: str) -> None:
    """The same one is looked up, named to the server, and looked for in its certificate."""
    asked = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    url = server.replace(HERE, "straße.example.org")
    safe_http.send(
        "GET", url, most_bytes=100, seconds=PATIENCE_SECONDS, resolve=resolve, may_reach=lambda _: True
    )
    assert [asked[0], Answers.hosts[0].partition(":")[0]] == ["xn--strae-oqa.example.org"] * 2


def test_a_redirect_within_the_host_is_followed(server: str) -> None:
    """And no further than three times."""
    assert get(f"{server}/to//picture") == b"picture"
    with pytest.raises(DestinationRefused, match="redirects"):
        get(f"{server}/to//to//to//to//picture")


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1/", f"http://{OTHER}/", "file:///etc/passwd", "http://xn--zz/", "http://[/"],
)
def test_a_redirect_elsewhere_is_refused(server: str, target: str) -> None:
    """Also where that host would be reached, and is one that is fetched from."""
    with pytest.raises(DestinationRefused):
        get(f"{server}/to/{target}")


def test_a_body_without_end_is_cut_off(server: str) -> None:
    """At the bound in bytes."""
    with pytest.raises(DestinationRefused, match="longer"):
        get(f"{server}/endless")


@pytest.mark.parametrize("path", ["/slow", "/slow-head"])
def test_an_answer_that_trickles_is_given_up(server: str, path: str) -> None:
    """The time is for the whole, not for each byte."""
    with pytest.raises(httpx2.TimeoutException):
        get(f"{server}{path}", seconds=0.5)
    assert Answers.whole == []


def test_a_body_shorter_than_announced_is_an_error(server: str) -> None:
    """That may go better another time."""
    with pytest.raises(httpx2.HTTPError):
        get(f"{server}/lies")


def test_a_missing_picture_is_refused_and_a_broken_server_asked_again(server: str) -> None:
    """404 stays; 503 may pass."""
    with pytest.raises(DestinationRefused):
        get(f"{server}/status/404")
    with pytest.raises(httpx2.HTTPError, match="503"):
        get(f"{server}/status/503")


def test_a_server_that_does_not_answer_is_an_error() -> None:
    """That may go better another time."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(httpx2.TimeoutException):
            get(f"http://{HERE}:{silent.getsockname()[1]}/", seconds=0.3)
