"""The address that a request was sent to, for links where the settings name no public one."""

import re
from collections.abc import Collection, Iterable
from functools import lru_cache, partial
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import idna

from open311.base.errors import Invalid, problem

# Also names with `_`, which no standard allows and machines within a network have.
HOST = re.compile(
    r"(?P<name>(?=.{1,253}(?::|$))[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]{2,45}\])(?::(?P<port>[0-9]{0,5}))?",
    re.ASCII | re.IGNORECASE,
)
LAST_PORT = 65535
# Health checks of load balancers still speak HTTP/1.0, which knows no `Host`; granian writes it in short.
WITHOUT_HOST = ("HTTP/1.0", "HTTP/1")
# Where a WSGI environment says what has gone wrong before the application was asked; it says so in words.
FAILED = "open311.failed"
USUAL_PORTS = {"http": "80", "https": "443"}


class HostCheck:
    """WSGI middleware: a request whose `Host` is none, or none of ours, is told so and never repeated in a link."""

    def __init__(self, application: WSGIApplication, allowed: Collection[str]) -> None:
        self._application = application
        # Kept by the host alone, which is found sooner than a host and a list.
        self._normalised = lru_cache(maxsize=256)(partial(normalised_host, allowed=frozenset(allowed)))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Write the host as links need it."""
        host = environ.get("HTTP_HOST")
        if not host and environ.get("SERVER_PROTOCOL") in WITHOUT_HOST:
            host = None
        known = None if host is None else self._normalised(host)
        if known is None:
            if host is not None:
                environ[FAILED] = Invalid(problem("error.host"))
            environ["HTTP_HOST"] = f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
        elif known != host:
            environ["HTTP_HOST"] = known
        return self._application(environ, start_response)


def normalised_host(host: str, allowed: Collection[str] = ()) -> str | None:
    """A host as it may be in a link, in ASCII; None for what is none, or not one of `allowed`, if there are any."""
    match = HOST.fullmatch(host) or HOST.fullmatch(_in_ascii(host))
    if match is None or (allowed and match["name"].lower().rstrip(".") not in allowed):
        return None
    if match["port"] and not 0 < int(match["port"]) <= LAST_PORT:
        return None
    return match[0].removesuffix(":")


def _in_ascii(host: str) -> str:
    """A name with other letters, which old clients send as UTF-8, as it is known to the network (UTS 46)."""
    name, colon, port = host.partition(":")
    try:
        return idna.encode(name.encode("latin-1").decode(), uts46=True).decode() + colon + port
    except UnicodeError:
        return ""


@lru_cache(maxsize=256)
def base_url_of(scheme: str, host: str) -> str:
    """`https://report.example.org`: without a slash, and without the port where it is the usual one."""
    name, _, port = host.rpartition(":")
    return f"{scheme}://{name if port == USUAL_PORTS.get(scheme) else host}"
