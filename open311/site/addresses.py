"""Addresses of pages: below the city's name where there are several cities, and in the language that was chosen."""

from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from flask import current_app, g, request, url_for

from open311.base.errors import Open311Error
from open311.http import current
from open311.model.catalogue import Catalogue


def root() -> str:
    """The path of the server's public address, mostly empty."""
    return current.root()


def several() -> bool:
    """Whether this server serves several cities, so that each has pages below its own name."""
    return current.core().catalogues.several


def address(view: str, *, of: Catalogue | None = None, **values: Any) -> str:
    """The address of a page, such as `address("report", number=7)`; the chosen language goes along."""
    city = of or g.get("catalogue")
    if several() and city:
        values["city"] = city.jurisdiction.jurisdiction_id
    if chosen := chosen_language():
        values.setdefault("locale", chosen)
    return root() + url_for(f"pages.{view}", **values)


def all_cities() -> str:
    return f"{root()}/" + (f"?locale={chosen}" if (chosen := chosen_language()) else "")


def exists(view: str) -> bool:
    """Whether this server has such a page."""
    return f"pages.{view}" in current_app.view_functions


def chosen_language() -> str | None:
    """The language that the address names, if it is one we have."""
    try:
        # The query may be what cannot be read, and the page that says so has addresses as well.
        named = request.args.get("locale", "").strip()
    except Open311Error:
        return None
    return current.language() if named else None


def api(path: str, city: Catalogue, **values: Any) -> str:
    """An address of the API or of open data, such as `/requests/7.json`."""
    filled = {name: value for name, value in values.items() if value not in (None, "", ())}
    if several():
        filled = {"jurisdiction_id": city.jurisdiction.jurisdiction_id, **filled}
    query = f"?{urlencode(filled, doseq=True)}" if filled else ""
    return f"{root()}/open311/v2{path}{query}"


def tiles(city: Catalogue) -> str:
    """Where the TileJSON of a city is."""
    return f"{root()}/tiles/{quote(city.jurisdiction.jurisdiction_id)}.json"


def here(**changed: str) -> str:
    """The address of this page with some parameters changed."""
    try:
        kept = [item for item in request.args.items(multi=True) if item[0] not in changed]
    except Open311Error:
        kept = []
    return f"{root()}{quote(request.path)}?{urlencode([*kept, *changed.items()])}"


def canonical(language: str | None = None) -> str:
    """The whole address of this page without filters and places in lists; in a language where one is named."""
    path = f"{root()}{quote(request.path)}"
    return absolute(f"{path}?{urlencode({'locale': language})}" if language else path)


def absolute(path: str) -> str:
    """A path of this server as an address that works anywhere."""
    parts = urlsplit(current.base_url())
    return f"{parts.scheme}://{parts.netloc}{path}"
