"""What search engines and browsers ask for at fixed addresses: robots.txt, sitemap.xml, favicon.ico."""

from struct import pack

from flask import Response, render_template

from open311.formats import icons
from open311.http import current, urls
from open311.model.catalogue import Catalogue
from open311.model.catalogue.site import COLOUR
from open311.model.search import RequestSearch
from open311.site import addresses, assets
from open311.site.blueprint import blueprint
from open311.storage import search

# Of each city; a sitemap may hold 50,000 addresses.
NEWEST_REPORTS = 2000
ICON_SIZE = 48
PAGES = (
    "home",
    "new_report",
    "show_statistics",
    "open_data",
    "imprint",
    "privacy",
    "accessibility",
    "help_page",
    "easy_page",
)


@blueprint.fixed("/robots.txt")
def robots() -> Response:
    """RFC 9309: reports are for search engines, forms and links of single persons are not."""
    root = addresses.root()
    below = ("", "/*") if addresses.several() else ("",)
    closed = [f"Disallow: {root}{city}{path}" for city in below for path in urls.NOT_SEARCHED]
    sitemap = f"Sitemap: {addresses.absolute(f'{root}/sitemap.xml')}"
    return _public_response(
        "\n".join(["User-agent: *", *closed, "", sitemap, ""]), "text/plain; charset=utf-8"
    )


@blueprint.fixed("/sitemap.xml")
def sitemap() -> Response:
    """The pages and the newest reports of each city, as sitemaps.org says."""
    pages = [page for catalogue in current.core().catalogues.in_force for page in _pages(catalogue)]
    return _public_response(render_template("pages/sitemap.xml", pages=pages), "application/xml")


def _pages(catalogue: Catalogue) -> list[str]:
    owner = catalogue.jurisdiction.jurisdiction_id
    query = RequestSearch(jurisdiction_id=owner, page_size=NEWEST_REPORTS)
    with current.core().database.read_public() as conn:
        newest = search.hits(conn, search.question_of(query)).items
    paths = [
        *(addresses.address(view, of=catalogue, locale=None) for view in PAGES if addresses.exists(view)),
        *(addresses.address("report", of=catalogue, number=number, locale=None) for number, _ in newest),
    ]
    return [addresses.absolute(path) for path in paths]


@blueprint.fixed("/favicon.ico")
def favicon() -> Response:
    """The mark in the colour of the city: an ICO file with one PNG in it."""
    in_force = current.core().catalogues.in_force
    colour = (in_force[0].site.colour if len(in_force) == 1 else None) or COLOUR
    picture = icons.mark(ICON_SIZE, colour, maskable=False)
    # The head of an ICO file: one picture, 32 bits a pixel, which begins behind these 22 bytes.
    directory = pack("<HHH BBBBHHII", 0, 1, 1, ICON_SIZE, ICON_SIZE, 0, 0, 1, 32, len(picture), 22)
    return _public_response(directory + picture, "image/vnd.microsoft.icon")


def _public_response(body: str | bytes, content_type: str) -> Response:
    response = Response(body, content_type=content_type)
    response.headers["Cache-Control"] = (
        assets.kept_for() if isinstance(body, bytes) else "public, max-age=3600"
    )
    return response
