"""Style sheets, scripts and symbols: our own, and those of packages, all from this server."""

import hashlib
import os
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, g, request, send_from_directory

from open311.base.errors import NotFound, problem
from open311.http import current
from open311.model.catalogue import Catalogue
from open311.settings import shipped
from open311.site import addresses
from open311.site.blueprint import blueprint as pages
from open311.site.blueprint import city

OWN = Path(__file__).parent.parent / "static" / "pages"
PACKAGES = shipped("node_modules")
# The folders of packages that pages use; nothing else of them is served.
VENDORS = {
    "kern": PACKAGES / "@kern-ux" / "native" / "dist",
    "maplibre": PACKAGES / "maplibre-gl" / "dist",
    "pmtiles": PACKAGES / "pmtiles" / "dist",
    "basemaps": PACKAGES / "@protomaps" / "basemaps" / "dist" / "esm",
}
NEUTRAL = "marker"
FOR_EVER = "public, max-age=31536000, immutable"
FOR_NOW = "public, max-age=300"
TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".webmanifest": "application/manifest+json",
}
# Opened by itself, a logo runs nothing and loads nothing.
AS_PICTURE_ONLY = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}

blueprint = Blueprint("files", __name__, url_prefix="/static")


@blueprint.get("/pages/<path:name>")
def own(name: str) -> Response:
    return _send(OWN, name)


@blueprint.get("/modules/<version>/<path:name>")
def module(version: str, name: str) -> Response:
    """A script of ours that loads others: all of one version are in one folder, so that they fit each other."""
    response = _send(OWN, name)
    response.headers["Cache-Control"] = FOR_EVER if version == _modules_version() else FOR_NOW
    return response


@blueprint.get("/vendor/<package>/<path:name>")
def of_package(package: str, name: str) -> Response:
    if package not in VENDORS:
        raise NotFound(problem("error.path"))
    return _send(VENDORS[package], name)


own.access = module.access = of_package.access = "public"  # type: ignore[attr-defined]


def _send(folder: Path, name: str) -> Response:
    # Named here, since what the system knows of types differs, and browsers run no module of a wrong one.
    response: Any = send_from_directory(folder, name, mimetype=TYPES.get(Path(name).suffix))
    response.headers["Cache-Control"] = kept_for()
    return response  # type: ignore[no-any-return]


def kept_for() -> str:
    """How long caches may keep this response: for ever, if its address changes with its contents."""
    # An address with a version names these very bytes.
    return FOR_EVER if request.args.get("v") else FOR_NOW


def address(name: str) -> str:
    """The address of a file of ours; it changes with the file."""
    return f"{addresses.root()}/static/pages/{name}?v={version(OWN / name)}"


def module_address(name: str) -> str:
    """The address of a script that loads others; it changes with any of them."""
    return f"{addresses.root()}/static/modules/{_modules_version()}/{name}"


def _modules_version() -> str:
    # Once a request: a page names several of them.
    if "modules_version" not in g:
        # Read from disk each time, not once at the start: a changed script shows with the next page.
        with os.scandir(OWN) as entries:
            scripts = sorted(
                (entry.name, entry.stat().st_mtime_ns) for entry in entries if entry.name.endswith(".js")
            )
        g.modules_version = _digest_of_all(tuple(scripts))
    return str(g.modules_version)


@lru_cache(maxsize=2)
def _digest_of_all(scripts: tuple[tuple[str, int], ...]) -> str:
    digests = (_digest(OWN / name, changed) for name, changed in scripts)
    return hashlib.sha256(" ".join(digests).encode()).hexdigest()[:12]


def symbol(name: str) -> str:
    """The address of a symbol; that of a plain pin when nobody has drawn this one."""
    sprite = OWN / "symbols.svg"
    symbols = _symbols(sprite, sprite.stat().st_mtime_ns)
    return f"{address(sprite.name)}#{name if name in symbols else NEUTRAL}"


@cache
def _symbols(sprite: Path, changed: int) -> frozenset[str]:
    return frozenset(re.findall(r'<symbol id="([^"]+)"', sprite.read_text(encoding="utf-8")))


def vendor(package: str, name: str) -> str:
    """The address of a file of a package; empty when the package is not installed."""
    file = VENDORS[package] / name
    return f"{addresses.root()}/static/vendor/{package}/{name}?v={version(file)}" if file.is_file() else ""


@cache
def _digest(file: Path, changed: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


def version(file: Path) -> str:
    """A digest of a file, for addresses that change with it."""
    return _digest(file, file.stat().st_mtime_ns)


@pages.page("/city.css")
def city_styles() -> Response:
    """The colours of a city: its own, and those of its statuses."""
    response = Response(styles(city()), content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = kept_for()
    return response


def styles(catalogue: Catalogue) -> str:
    """The style sheet of a catalogue. All values are checked colours and codes."""
    site = catalogue.site
    lines = [f".status-{status.code} {{ color: {status.colour}; }}" for status in catalogue.statuses.values()]
    if site.colour:
        lines.append(f":root {{ --city-colour: {site.colour}; }}")
        lines.append(_action(site.colour, "light"))
    if site.colour_dark:
        lines.append(_action(site.colour_dark, "dark"))
    return "\n".join(lines) + "\n"


def _action(colour: str, scheme: str) -> str:
    return f"@media (prefers-color-scheme: {scheme}) {{ :root {{ --kern-color-action-default: {colour}; }} }}"


@pages.page("/logo")
def logo() -> Response:
    """The logo that lies beside the catalogue."""
    name = city().site.logo
    if not name:
        raise NotFound(problem("error.path"))
    source = current.core().settings.catalogue
    response: Any = send_from_directory(source if source.is_dir() else source.parent, name)
    response.headers.update(AS_PICTURE_ONLY | {"Cache-Control": kept_for()})
    return response  # type: ignore[no-any-return]


def logo_address(catalogue: Catalogue) -> str:
    """Where the logo of a city is; empty when it has none."""
    source = current.core().settings.catalogue
    file = (source if source.is_dir() else source.parent) / (catalogue.site.logo or "")
    return addresses.address("logo", of=catalogue, v=version(file), locale=None) if file.is_file() else ""
