"""Fetching from addresses that strangers named, without being led into our own network (SSRF).

A name is resolved once, every address it has is looked at, and the connection goes to the address that was looked at:
a name that means something else a moment later changes nothing.
"""

import asyncio
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import httpx2

from open311.base import tracing

# Each redirect is resolved and checked again; a longer chain is a loop or a trap.
HOPS = 3
CONNECT_SECONDS = 10.0
REDIRECTS = (301, 302, 303, 307, 308)
NOTHING: Mapping[str, str] = MappingProxyType({})
GIVEN_OUT = ipaddress.ip_network("2000::/3")
# Python before 3.11.10 calls the first ones global. In a cloud, machines are told about themselves there: Oracle's at
# 192.0.0.192, Azure's at the last.
NOT_GIVEN_OUT = tuple(
    map(
        ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "3ffe::/16", "3fff::/20", "168.63.129.16/32")
    )
)
USER_AGENT = "open311-server"

Resolve = Callable[[str, int], Iterable[str]]
MayReach = Callable[[str], bool]


class DestinationRefused(Exception):
    """The address is not allowed, or what it holds is not; trying again would not help."""


class PrivateDestination(DestinationRefused):
    """The name leads into a network that is not public."""


def addresses(host: str, port: int) -> list[str]:
    """The addresses a name stands for now; `OSError` when it has none."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_public(address: str) -> bool:
    """Whether an address is one of the open internet, not of this machine, its network or a tunnel into it."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return is_public(str(parsed.ipv4_mapped))
        # What is given out lies here; other ranges hold old ways to write an address of IPv4, inner ones too. That of
        # Teredo is not global by itself.
        if parsed not in GIVEN_OUT or parsed.sixtofour:
            return False
    if any(parsed in network for network in NOT_GIVEN_OUT):
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

    Raises `DestinationRefused`, or `httpx2.HTTPError` or `OSError` for what may go better another time.
    """
    deadline = time.monotonic() + seconds
    address, first_host = _web_address(url), host_of(url)
    for _ in range(HOPS):
        if address.host not in hosts or address.host != first_host:
            raise DestinationRefused(f"{address.host} is not among the hosts that are fetched from")
        left = max(0.0, deadline - time.monotonic())
        answer = send(
            "GET", str(address), most_bytes=most_bytes, seconds=left, resolve=resolve, may_reach=may_reach
        )
        if answer.status not in REDIRECTS or "Location" not in answer.headers:
            return _body(str(address), answer, most_bytes)
        address = _web_address(answer.headers["Location"], seen_from=address)
    raise DestinationRefused("too many redirects")


def host_of(url: str) -> str | None:
    """The host of a plain web address; None of anything else."""
    try:
        return _web_address(url).host
    except DestinationRefused:
        return None


def _web_address(url: str, *, seen_from: httpx2.URL | None = None) -> httpx2.URL:
    try:
        address = seen_from.join(url) if seen_from else httpx2.URL(url)
        host = address.host
    except (httpx2.InvalidURL, UnicodeError) as reason:
        raise DestinationRefused(str(reason)) from None
    if address.scheme not in ("http", "https") or not host or address.userinfo:
        raise DestinationRefused("not a plain http or https address")
    return address


def _pinned(
    method: str,
    url: httpx2.URL,
    limits: httpx2.Timeout,
    resolve: Resolve,
    may_reach: MayReach,
    *,
    headers: Mapping[str, str] = NOTHING,
    content: bytes | None = None,
) -> httpx2.Request:
    """A request pinned to an address that was checked; certificate and Host header are still those of the name."""
    # As the name system spells it, which has letters of one alphabet only.
    host = url.raw_host.decode("ascii")
    port = url.port or (443 if url.scheme == "https" else 80)
    addresses = list(resolve(host, port))
    # All of them: whoever answers for the name says which comes first.
    if not addresses or not all(may_reach(address) for address in addresses):
        raise PrivateDestination(f"{host} stands for an address that is not public")
    trace = tracing.current()
    own = {
        **({tracing.HEADER: trace.header()} if trace else {}),
        "Host": url.netloc.decode("ascii"),
        "User-Agent": USER_AGENT,
        # Bytes are counted as they come; packed ones could become a thousand times as many.
        "Accept-Encoding": "identity",
    }
    extensions: dict[str, Any] = {"timeout": limits.as_dict()}
    if url.scheme == "https":
        extensions["sni_hostname"] = host
    pinned = url.copy_with(host=addresses[0])
    return httpx2.Request(method, pinned, headers={**headers, **own}, content=content, extensions=extensions)


@dataclass(frozen=True, slots=True)
class Answer:
    """The response of a server; `cut` if its body was longer than `most_bytes`."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool = False


def send(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] = NOTHING,
    content: bytes = b"",
    most_bytes: int,
    seconds: float,
    resolve: Resolve = addresses,
    may_reach: MayReach = is_public,
) -> Answer:
    """Send one request and return its response: no redirect is followed, and the whole ends after `seconds`.

    Raises `DestinationRefused`, or `httpx2.HTTPError` or `OSError` for what may go better another time.
    """
    limits = httpx2.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))
    address, here = _web_address(url), tracing.current()
    with tracing.span(f"{method} {address.host}", "client", here.step() if here else None) as attributes:
        request = _pinned(
            method, address, limits, resolve, may_reach, headers=headers, content=content or None
        )
        # Only there can an exchange be ended as a whole; a client that blocks has a limit for each read.
        answer = asyncio.run(_exchange(request, most_bytes, seconds))
        attributes |= {"server.address": address.host, "http.response.status_code": answer.status}
    return answer


def _body(url: str, answer: Answer, most_bytes: int) -> bytes:
    """The body as it came, not decompressed."""
    if answer.status >= 500 or answer.status == 429:
        httpx2.Response(answer.status, request=httpx2.Request("GET", url)).raise_for_status()
    if answer.status != 200:
        raise DestinationRefused(f"the answer was {answer.status}")
    if answer.cut:
        raise DestinationRefused(f"longer than {most_bytes} bytes")
    return answer.body


@cache
def _tls() -> ssl.SSLContext:
    """Made once: loading the certificate authorities takes longer than most exchanges."""
    return httpx2.create_ssl_context()


async def _exchange(request: httpx2.Request, most_bytes: int, seconds: float) -> Answer:
    body = bytearray()
    try:
        # No proxy from the environment: it would resolve the name itself, past our check.
        async with asyncio.timeout(seconds), httpx2.AsyncClient(trust_env=False, verify=_tls()) as client:
            response = await client.send(request, stream=True)
            try:
                async for chunk in response.aiter_raw():
                    body += chunk
                    if len(body) > most_bytes:
                        break
            finally:
                await response.aclose()
    except TimeoutError:
        raise httpx2.ReadTimeout("the whole took too long") from None
    except UnicodeError as reason:  # httpx2 reads a redirect even where nobody follows it.
        raise DestinationRefused(f"a redirect to no address: {reason}") from None
    cut = len(body) > most_bytes
    return Answer(response.status_code, response.headers, bytes(body[:most_bytes]), cut)
