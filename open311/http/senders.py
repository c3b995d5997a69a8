"""The plain address of a sender, without the ports and brackets that proxies add."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

# The longest IPv6 address in text, with an IPv4 address at its end.
LONGEST = 45


class SenderAddress:
    """WSGI middleware: `REMOTE_ADDR` is an address and nothing else. What is counted is its network (`network_of`)."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Leave out what is no part of the address."""
        environ["REMOTE_ADDR"] = plain_address(environ.get("REMOTE_ADDR") or "")
        return self._application(environ, start_response)


@lru_cache(maxsize=4096)
def plain_address(written: str) -> str:
    """The address in what a proxy has written: `203.0.113.8:50001`, `"[2001:db8::1]:50001"`, `unknown`."""
    bare = written.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        ip = ip_address(bare.partition("%")[0])
    except ValueError:
        return bare[:LONGEST]
    # `::ffff:203.0.113.8` is what a socket for both families calls an IPv4 sender; counted apart, it would have two
    # shares.
    return str(ip.ipv4_mapped if isinstance(ip, IPv6Address) and ip.ipv4_mapped else ip)
