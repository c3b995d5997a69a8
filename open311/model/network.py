"""Addresses of senders: who counts as one, what of an address a log may say, who is let in."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

PREFIX = 64
# What a log keeps of an address: the network, without the part that names one machine.
LOGGED_PREFIX = {4: 24, 6: 48}


def _read(address: str | None) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address((address or "").partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


@lru_cache(maxsize=4096)
def network_of(address: str | None) -> str:
    """The IPv4 address, or the /64 of IPv6 that one connection has to itself; what cannot be read counts as it is."""
    found = _read(address)
    if found is None:
        return address or ""
    return str(ip_network((found, PREFIX), strict=False) if isinstance(found, IPv6Address) else found)


def logged(address: str | None) -> str:
    """The part of an address that a log may keep."""
    found = _read(address)
    if found is None:
        return "unknown"
    return str(ip_network(f"{found}/{LOGGED_PREFIX[found.version]}", strict=False))


def is_within(address: str | None, networks: Iterable[str]) -> bool:
    """Whether an address lies in one of these networks; in any where none is named."""
    chosen = [ip_network(network) for network in networks]
    found = _read(address)
    return not chosen or any(
        found in network for network in chosen if found and network.version == found.version
    )
