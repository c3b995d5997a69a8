"""Who sends: what remains of an address once everything is left out that changes from one request to the next."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

# One household, or one rented machine, has so many bits of IPv6 to itself.
NETWORK_BITS = 64
LONGEST = 45


class Senders:
    """WSGI middleware: `REMOTE_ADDR` is a network, so that whatever is counted by address is counted by network."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Put the network in the place of the address."""
        environ["REMOTE_ADDR"] = network(environ.get("REMOTE_ADDR") or "")
        return self._application(environ, start_response)


@lru_cache(maxsize=4096)
def network(address: str) -> str:
    """An IPv4 address, or the first address of an IPv6 network.

    Proxies write `203.0.113.8:50001` and `"[2001:db8::1]:50001"`, too. What is no address stays, shortened: `unknown`.
    """
    bare = address.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        ip = ip_address(bare.partition("%")[0])
    except ValueError:
        return bare[:LONGEST]
    if not isinstance(ip, IPv6Address):
        return str(ip)
    if ip.ipv4_mapped:
        return str(ip.ipv4_mapped)
    host_bits = 128 - NETWORK_BITS
    return str(IPv6Address(int(ip) >> host_bits << host_bits))
