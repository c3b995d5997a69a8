"""How the value of a setting is read: each function takes a text, or says in a ValueError what is allowed."""

import re
from collections.abc import Callable, Mapping
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import SplitResult, quote, urlsplit

import idna

SWITCH_WORDS = {
    "on": True,
    "true": True,
    "yes": True,
    "1": True,
    "off": False,
    "false": False,
    "no": False,
    "0": False,
}
# As many letters as 128 bits have in hexadecimal.
SHORTEST_SECRET = 32
# Instead of the address of a map.
NO_STYLE = "none"
HOST = re.compile(r"(?!-)[a-z0-9-]+(\.[a-z0-9-]+)*")


def text(raw: str) -> str:
    return raw


def path(raw: str) -> Path:
    """A path, from the home of the user if it begins with ~."""
    return Path(raw).expanduser().resolve()


def file(raw: str) -> Path:
    path = Path(raw).expanduser()
    if not path.is_file():
        raise ValueError("the name of a file that is there")
    return path.resolve()


def switch(raw: str) -> bool:
    try:
        return SWITCH_WORDS[raw.lower()]
    except KeyError:
        raise ValueError("on or off") from None


def number(least: int, most: int) -> Callable[[str], int]:
    """Whole numbers between two bounds."""

    def parse(raw: str) -> int:
        if raw.isascii() and raw.isdigit() and least <= int(raw) <= most:
            return int(raw)
        raise ValueError(f"a whole number from {least} to {most}")

    return parse


def one_of(*words: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if raw.lower() in words:
            return raw.lower()
        raise ValueError(" or ".join(words))

    return parse


def _split(raw: str) -> SplitResult:
    """The parts of an address; all empty where it is none, as with a port that is no number."""
    try:
        parts = urlsplit(raw)
        _ = parts.port
    except ValueError:
        return urlsplit("")
    return parts


def web_address(raw: str) -> str:
    """The address of a website, without a slash at the end."""
    parts = _split(raw)
    if parts.scheme in ("http", "https") and parts.netloc and not parts.query and not parts.fragment:
        return _in_ascii(parts).rstrip("/")
    raise ValueError("an address such as https://report.example.org")


def _in_ascii(parts: SplitResult) -> str:
    """An address as it may be in a header: `https://mängel.example` becomes `https://xn--mngel-gra.example`."""
    try:
        host = parts.netloc if parts.netloc.isascii() else idna.encode(parts.netloc, uts46=True).decode()
    except idna.IDNAError:
        raise ValueError("an address such as https://report.example.org") from None
    return parts._replace(netloc=host, path=quote(parts.path, safe="/%")).geturl()


def any_address(raw: str) -> str:
    """The address of something on the web, which may carry a key in its query."""
    parts = _split(raw)
    if parts.scheme in ("http", "https") and parts.hostname and not re.search(r"[\s;,]", parts.netloc):
        return raw
    raise ValueError("an address such as https://tiles.example.org/style.json")


def map_style(raw: str) -> str:
    """A style of a map elsewhere, or the word for none."""
    if raw.lower() == NO_STYLE:
        return NO_STYLE
    try:
        return any_address(raw)
    except ValueError:
        raise ValueError("none, or an address such as https://tiles.example.org/style.json") from None


def postgres_url(raw: str) -> str:
    if _split(raw).scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        return raw
    raise ValueError("an address such as postgresql://user:password@host/database")


def store(raw: str) -> str:
    """A media store of ours, or a class."""
    module, colon, name = raw.partition(":")
    if raw in ("folder", "s3") or (colon and name.isidentifier() and module.replace(".", "_").isidentifier()):
        return raw
    raise ValueError("folder, s3 or a class such as package.module:Class")


def hosts(raw: str) -> tuple[str, ...]:
    hosts = tuple(host.strip().lower().rstrip(".") for host in raw.split(",") if host.strip())
    if any(not HOST.fullmatch(host) for host in hosts):
        raise ValueError("host names such as photos.example.org, with commas between")
    return hosts


def networks(raw: str) -> tuple[str, ...]:
    names = tuple(part.strip() for part in raw.split(",") if part.strip())
    try:
        for network in names:
            ip_network(network)
    except ValueError:
        raise ValueError("networks such as 10.20.0.0/16 or 2001:db8::/32, with commas between") from None
    return names


def secrets(raw: str) -> str:
    """Secrets long enough that nobody guesses them."""
    if all(len(part.strip()) >= SHORTEST_SECRET for part in raw.split(",")):
        return raw
    raise ValueError(f"one or more secrets of at least {SHORTEST_SECRET} characters, with commas between")


def named_keys(raw: str) -> Mapping[str, str]:
    keys = dict[str, str]()
    for entry in filter(None, re.split(r"[,\s]+", raw)):
        name, equals, key = entry.partition("=")
        if not (name and equals and key):
            raise ValueError("names and keys such as works=0123abcd, with commas or line breaks between")
        keys[name] = key
    return keys


def geocoder(raw: str) -> str:
    """Where addresses are searched."""
    if raw in ("none", "table") or raw.startswith(("http://", "https://")):
        return raw if raw in ("none", "table") else web_address(raw)
    module, colon, name = raw.partition(":")
    if colon and name.isidentifier() and module.replace(".", "_").isidentifier():
        return raw
    raise ValueError("table, none, the address of a Nominatim, or a class such as package.module:Class")


def detector(raw: str) -> str:
    module, colon, name = raw.partition(":")
    own = colon and name.isidentifier() and module.replace(".", "_").isidentifier()
    words = [word.strip() for word in raw.split(",")]
    if own or raw == "none" or {"faces", "plates"}.issuperset(words):
        return raw if own else ",".join(words)
    raise ValueError("none, faces, plates, faces,plates, or a class such as package.module:Class")


def mail_server(raw: str) -> str:
    parts = _split(raw)
    if (parts.scheme in ("smtp", "smtps", "smtp+plain") and parts.hostname) or (
        parts.scheme == "file" and parts.path
    ):
        return raw
    raise ValueError(
        "an address such as smtp://user:password@mail.example.org:587, smtps://… or file:///folder"
    )


def sender(raw: str) -> str:
    """A mail address, with a name or without."""
    address = parseaddr(raw)[1]
    if "@" in address and not set(raw) & {"\r", "\n"}:
        return raw
    raise ValueError("an address such as Stadt Musterstadt <maengel@musterstadt.example>")
