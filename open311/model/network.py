"""Who counts as one sender: an IPv4 address, or the /64 of IPv6 that one connection has to itself."""

from ipaddress import IPv6Address, ip_address, ip_network

PREFIX = 64


def network_of(address: str | None) -> str:
    """The network that an address is counted under; an address that cannot be read counts as it is."""
    try:
        found = ip_address((address or "").partition("%")[0])
    except ValueError:
        return address or ""
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or ip_network((found, PREFIX), strict=False))
