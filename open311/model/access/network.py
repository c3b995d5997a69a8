"""Addresses of senders: who counts as one, what of an address a log may say, who is let in."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# The least that a household gets: any address in it is the same sender's.
PREFIX = 64
# What a log keeps of an address: the network, without the part that names one machine.
LOGGED_PREFIX = {4: 24, 6: 48}


def _read(address: str | None) -> IPv4Address | IPv6Address | None:
    try:
        # Behind `%` stands the interface of a link-local address, which differs from machine to machine.
        ip = ip_address((address or "").partition("%")[0])
    except ValueError:
        return None
    # A socket that hears both families gives IPv4 as `::ffff:192.0.2.1`; that is the same sender.
    return (ip.ipv4_mapped or ip) if isinstance(ip, IPv6Address) else ip


@lru_cache(maxsize=4096)
def network_of(address: str | None) -> str:
    """The IPv4 address, or the /64 of IPv6 that one connection has to itself; what cannot be read counts as it is."""
    ip = _read(address)
    if ip is None:
        return address or ""
    return str(ip_network((ip, PREFIX), strict=False) if isinstance(ip, IPv6Address) else ip)


def logged(address: str | None) -> str:
    """The part of an address that a log may keep."""
    ip = _read(address)
    if ip is None:
        return "unknown"
    return str(ip_network(f"{ip}/{LOGGED_PREFIX[ip.version]}", strict=False))


def is_within(address: str | None, networks: Iterable[str]) -> bool:
    """Whether an address lies in one of these networks; in any where none is named."""
    chosen = [ip_network(network) for network in networks]
    ip = _read(address)
    return not chosen or any(ip in network for network in chosen if ip and network.version == ip.version)
