"""The site as a program on a device: manifest, icons, and the script that keeps pages for use without a connection."""

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from flask import Response

from open311.base.errors import NotFound, problem
from open311.formats import icons
from open311.http import current, urls
from open311.model.catalogue import Catalogue
from open311.model.catalogue.site import COLOUR
from open311.site import addresses, assets, words
from open311.site.addresses import address
from open311.site.blueprint import blueprint, city
from open311.site.rendering import CHANGES_ANY_TIME, HEADERS, policy, site_name

PAPER = "#ffffff"
# Name → pixels, and whether launchers may cut it to their shape.
ICONS = {
    "apple-180": (180, True),
    "192": (192, False),
    "512": (512, False),
    "maskable-192": (192, True),
    "maskable-512": (512, True),
}
# Pages that are there without a connection, in all languages of the city.
KEPT_PAGES = ("offline", "offline_form", "waiting")
# Each with all that it loads at once: a script that lacks one of these does not begin.
SCRIPTS = (
    "buttons.js",
    "device-store.js",
    "form-place.js",
    "form-questions.js",
    "map-sight.js",
    "offline.js",
    "offline-bar.js",
    "offline-entry.js",
    "offline-form.js",
    "offline-photos.js",
    "offline-send.js",
    "offline-store.js",
    "offline-waiting.js",
    "page-load.js",
    "photo-place.js",
    "photo-reduce.js",
    "solve.js",
)
STYLES = ("site.css", "form.css", "map.css")
PACKAGE = Path(__file__).parent.parent
MADE_OF = ("templates/pages/**/*.html", "translations/*/*.po", "site/**/*.py")


@blueprint.page("/manifest.webmanifest")
def manifest() -> Response:
    """What a device has to know to install the site (W3C, Web Application Manifest)."""
    catalogue = city()
    name = site_name(catalogue)
    whole = {
        # The same for ever: browsers take a program with another `id` for another one, and would install it beside.
        "id": scope(catalogue),
        "name": f"{name}, {words.catalogue_text(catalogue.jurisdiction.name)}",
        "short_name": name,
        "description": words.catalogue_text(catalogue.site.intro) or words.words("page.home.intro"),
        "lang": current.language(),
        "start_url": address("home"),
        "scope": scope(catalogue),
        "display": "standalone",
        "theme_color": catalogue.site.colour or COLOUR,
        "background_color": PAPER,
        "icons": [_icon(icon) for icon in ICONS if not icon.startswith("apple")],
        "shortcuts": [{"name": words.words("page.menu.new_report"), "url": address("new_report")}],
    }
    response = Response(orjson.dumps(whole), headers=HEADERS, content_type="application/manifest+json")
    response.headers["Cache-Control"] = CHANGES_ANY_TIME
    response.vary.add("Accept-Language")
    return response


def _icon(name: str) -> dict[str, str]:
    size, maskable = ICONS[name]
    return {
        "src": icon_address(name),
        "sizes": f"{size}x{size}",
        "type": icons.MEDIA_TYPE,
        "purpose": "maskable" if maskable else "any",
    }


def icon_address(name: str) -> str:
    """Where an icon is; it changes with the city's colour, and with the way it is drawn."""
    colour = (city().site.colour or COLOUR).removeprefix("#")
    drawn = assets.version(Path(icons.__file__))
    return address("app_icon", name=f"{name}.png", v=f"{colour}-{drawn}", locale=None)


@blueprint.page("/icons/<name>")
def app_icon(name: str) -> Response:
    """An icon for home screens, in the colour of the city."""
    icon = ICONS.get(name.removesuffix(".png"))
    if icon is None or not name.endswith(".png"):
        raise NotFound(problem("error.path"))
    size, maskable = icon
    drawn = icons.mark(size, city().site.colour or COLOUR, maskable=maskable)
    response = Response(drawn, content_type=icons.MEDIA_TYPE)
    response.headers["Cache-Control"] = assets.kept_for()
    return response


@blueprint.page("/service-worker.js")
def service_worker() -> Response:
    """The script that is between the site and the network. Its bytes change with every release and catalogue."""
    catalogue = city()
    settings = orjson.dumps(_settings(catalogue)).decode()
    source = (
        f'import {{ serve }} from "{assets.module_address("service-worker.js")}";\n\nserve({settings});\n'
    )
    response = Response(source, headers=HEADERS, content_type="text/javascript; charset=utf-8")
    response.headers["Content-Security-Policy"] = policy({})
    # Below the city's name the script lies deeper than the pages that it serves, which browsers allow by this alone.
    response.headers["Service-Worker-Allowed"] = scope(catalogue)
    response.headers["Cache-Control"] = CHANGES_ANY_TIME
    return response


def _settings(catalogue: Catalogue) -> dict[str, Any]:
    languages, kept = catalogue.jurisdiction.languages, _files(catalogue)
    return {
        "version": _version(catalogue, kept),
        "scope": scope(catalogue),
        "languages": languages,
        "pages": {
            view: {language: address(view, locale=language) for language in languages}
            for view in KEPT_PAGES
            if addresses.exists(view)
        },
        "files": kept,
        "personal": urls.PERSONAL,
    }


def _files(catalogue: Catalogue) -> list[str]:
    files = [
        assets.vendor("kern", "kern.min.css"),
        *(assets.address(name) for name in (*STYLES, "mark.svg", "symbols.svg", "site.js")),
        address("city_styles", v=catalogue.digest[:12] or 1, locale=None),
        assets.logo_address(catalogue),
        *(assets.module_address(script) for script in SCRIPTS),
    ]
    # Without a logo, or with a package that is not installed, an address is empty.
    return [file for file in files if file]


def _version(catalogue: Catalogue, kept: Sequence[str]) -> str:
    """Changes with anything that a kept page is made of."""
    parts = (_release(), catalogue.digest, addresses.root(), *kept)
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:12]


@cache
def _release() -> str:
    # Browsers ask for the script on every visit; what needs a restart to change is read once.
    return " ".join(assets.version(file) for glob in MADE_OF for file in sorted(PACKAGE.glob(glob)))


def scope(catalogue: Catalogue) -> str:
    """The beginning of all addresses of a city's pages."""
    return address("home", of=catalogue, locale=None)
