"""Fetching from addresses that strangers named, without being led into our own network.

A name is resolved once, every address it has is looked at, and the connection goes to the address that was looked at:
a name that means something else a moment later changes nothing.
"""

import ipaddress
import socket
import time
from collections.abc import Callable, Collection, Iterable

import httpx

HOPS = 3
NAT64 = ipaddress.ip_network("64:ff9b::/96")
USER_AGENT = "open311-server"

Resolve = Callable[[str, int], Iterable[str]]
MayReach = Callable[[str], bool]


class Refused(Exception):
    """We do not go there, or do not take what is there; trying again would not help."""


def addresses(host: str, port: int) -> list[str]:
    """The addresses a name stands for now; `OSError` when it has none."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_public(address: str) -> bool:
    """Whether an address is one of the open internet, not of this machine, its network or a tunnel into it."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return is_public(str(parsed.ipv4_mapped))
        if parsed.sixtofour or parsed.teredo or parsed in NAT64:
            return False
    return parsed.is_global and not parsed.is_multicast


def get(
    url: str,
    *,
    hosts: Collection[str],
    most_bytes: int,
    seconds: float,
    resolve: Resolve = addresses,
    may_reach: MayReach = is_public,
) -> bytes:
    """What is found at `url`, if its host is one of `hosts`; redirects are followed within that host only.

    Raises `Refused`, or `httpx.HTTPError` or `OSError` for what may go better another time.
    """
    deadline = time.monotonic() + seconds
    address, first_host = _web_address(url), _web_address(url).host
    limits = httpx.Timeout(min(seconds, 10.0))
    with httpx.Client(trust_env=False, timeout=limits) as client:
        for _ in range(HOPS):
            if address.host not in hosts or address.host != first_host:
                raise Refused(f"{address.host} is not among the hosts that are fetched from")
            request = _pinned(client, address, resolve, may_reach)
            response = client.send(request, stream=True)
            try:
                if not response.has_redirect_location:
                    return _body(response, most_bytes, deadline)
                address = _web_address(str(address.join(response.headers["Location"])))
            finally:
                response.close()
    raise Refused("too many redirects")


def _web_address(url: str) -> httpx.URL:
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL as reason:
        raise Refused(str(reason)) from None
    if address.scheme not in ("http", "https") or not address.host or address.userinfo:
        raise Refused("not a plain http or https address")
    return address


def _pinned(client: httpx.Client, url: httpx.URL, resolve: Resolve, may_reach: MayReach) -> httpx.Request:
    """A request to an address that was looked at; certificate and Host header are still those of the name."""
    port = url.port or (443 if url.scheme == "https" else 80)
    found = list(resolve(url.host, port))
    if not found or not all(may_reach(each) for each in found):
        raise Refused(f"{url.host} stands for an address that is not public")
    headers = {"Host": url.netloc.decode("ascii"), "User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    sni = {"sni_hostname": url.host} if url.scheme == "https" else {}
    return client.build_request("GET", url.copy_with(host=found[0]), headers=headers, extensions=sni)


def _body(response: httpx.Response, most_bytes: int, deadline: float) -> bytes:
    """The body as it comes, not decompressed; its announced length is not believed."""
    if response.status_code >= 500 or response.status_code == 429:
        response.raise_for_status()
    if response.status_code != 200:
        raise Refused(f"the answer was {response.status_code}")
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > most_bytes:
            raise Refused(f"longer than {most_bytes} bytes")
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("the whole took too long")
    return bytes(body)
