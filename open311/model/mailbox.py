"""Mailboxes: one spelling to write to and to compare by, and one to count by."""

import re
from functools import lru_cache

import idna

LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")
LONGEST_DOMAIN = 255
# Hosts at which dots in the local part mean nothing, under the name that they are counted under.
DOTS_MEAN_NOTHING = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}


def mailbox(raw: str) -> str | None:
    """An address that any server can send to, its domain in ASCII and small letters; None for anything else.

    Comma, quotes and line breaks, with which one address could become two, are not in it. Domains are read by
    IDNA 2008, as mail servers do: `faß.de` is not `fass.de`.
    """
    local, at, domain = raw.strip().rpartition("@")
    host = _ascii(domain)
    labels = host.split(".")
    if not (at and LOCAL.fullmatch(local) and len(labels) > 1 and all(map(LABEL.fullmatch, labels))):
        return None
    # RFC 5321, 4.5.3.1: 64 letters before the `@`, 254 in all.
    return f"{local}@{host}" if len(local) <= 64 and len(host) <= 189 else None


def _ascii(domain: str) -> str:
    # None that is longer has a spelling that mail servers take.
    return _ascii_kept(domain) if len(domain) <= LONGEST_DOMAIN else ""


def _encoded(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True, transitional=False).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        return ""


# A history has few domains and many addresses, and this is the slow part.
_ascii_kept = lru_cache(maxsize=1000)(_encoded)


def spelt(raw: str) -> str:
    """The one spelling that an address is kept in; one that no mail can be sent to stays as it is."""
    return mailbox(raw) or raw


def counted_as(address: str) -> str:
    """A key shared by all spellings that reach the same mailbox: for limits, never for rights."""
    local, _, host = address.lower().rpartition("@")
    # Mostly another name of the same mailbox; where it is not, two people share a limit, and no more than that.
    local = local.partition("+")[0]
    if host in DOTS_MEAN_NOTHING:
        local, host = local.replace(".", ""), DOTS_MEAN_NOTHING[host]
    return f"{local}@{host}"


def readable(address: str) -> str:
    """An address with its domain as people write it."""
    local, at, host = address.rpartition("@")
    try:
        return f"{local}{at}{idna.decode(host)}"
    except (idna.IDNAError, UnicodeError):
        return address


def hinted(address: str) -> str:
    """Enough of an address for its owner to know it by."""
    local, at, host = readable(address).rpartition("@")
    return f"{local[:1]}…{at}{host}"
