"""What all front doors share: this application's Core, the reader's language, the sender's address."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import tzinfo
from typing import cast
from urllib.parse import urlsplit

from flask import g, request

from open311.base.errors import Open311Error
from open311.base.i18n import choose_language
from open311.core import Core
from open311.http.base_address import base_url_of
from open311.model.catalogue import Catalogue

# Where a WSGI environment says which Core answers: one application of Flask serves any number of them.
CORE = "open311.core"
# Where it says that a request came in by the test endpoint, whose address is taken off by then.
SANDBOX = "open311.sandbox"

# In a variable of the context, since the fast path reads dates, too, where Flask has no `g`.
_zone: ContextVar[tzinfo | None] = ContextVar("zone", default=None)


def core() -> Core:
    return cast(Core, request.environ[CORE])


def sandbox() -> bool:
    """Whether the request came in by the test endpoint."""
    return bool(request.environ.get(SANDBOX))


def language(catalogue: Catalogue | None = None) -> str:
    """The reader's language: `locale`, else `Accept-Language`, else the jurisdiction's first (georeport.md 5.12)."""
    # Asked for with each text of a page, and settled once a request.
    if "language" not in g:
        in_force = core().catalogues.in_force
        city = catalogue or g.get("catalogue") or (in_force[0] if in_force else None)
        available = city.jurisdiction.languages if city else ("en",)
        g.language = choose_language(_languages(), available)
    return cast(str, g.language)


def prefer(locale: str) -> None:
    """Answer this request in the language that its body names."""
    g.locale = locale


def _languages() -> tuple[str, ...]:
    try:
        named = g.get("locale") or request.args.get("locale", "").strip()
    except Open311Error:
        named = ""  # A query that cannot be read still gets an answer in words.
    return (named,) if named else tuple(tag for tag, quality in request.accept_languages if quality > 0)


def base_url() -> str:
    """The public address of the server, without a trailing slash."""
    return core().settings.base_url or base_url_of(request.scheme, request.environ["HTTP_HOST"])


def root() -> str:
    """The path of the server's public address, mostly empty: what every address that begins with `/` begins with."""
    return urlsplit(core().settings.base_url or "").path.rstrip("/")


def as_asked(address: str) -> str:
    """An address of this request as its client spells it: the test endpoint has one of its own."""
    return address.replace("/open311/", "/open311/test/", 1) if sandbox() else address


def catalogue() -> Catalogue:
    """The catalogue this request is about; the front door has put it there."""
    return cast(Catalogue, g.catalogue)


def time_zone() -> tzinfo:
    """The time zone in which this request's bare dates are meant."""
    return _zone.get() or catalogue().jurisdiction.time_zone


@contextmanager
def dates_in(zone: tzinfo) -> Iterator[None]:
    """Within the block, bare dates are meant in this time zone, whatever the request."""
    before = _zone.set(zone)
    try:
        yield
    finally:
        _zone.reset(before)
