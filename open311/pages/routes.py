"""The pages that show something: the list, one report, the open data, and the texts that the law demands."""

from flask import Flask, Response, g
from werkzeug.wrappers import Response as AnyResponse

from open311 import web
from open311.errors import NotFound, problem
from open311.model.catalogue import Catalogue
from open311.model.service_request import ServiceRequest, Visibility
from open311.pages import addresses, describe, files, listing, maps, texts
from open311.pages import blueprint as doors
from open311.pages import following as following
from open311.pages import form as form
from open311.pages import installed as installed
from open311.pages import offline as offline
from open311.pages import suggest as suggest
from open311.pages.answers import page
from open311.pages.blueprint import blueprint, city
from open311.pages.words import degrees
from open311.storage import service_requests
from open311.web.errors import in_words
from open311.web.queries import REQUEST_ID


def install(app: Flask) -> None:
    """Mount the public site."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    doors.install(app)
    app.register_blueprint(blueprint)
    app.register_blueprint(files.blueprint)


@blueprint.page("/")
def home() -> AnyResponse:
    """The list of reports; where there are several cities and none is named, the list of cities."""
    if g.catalogue is None:
        return page("cities.html", cities=web.core().catalogues.in_force)
    return _list(city())


def _list(catalogue: Catalogue) -> Response:
    found = listing.read(catalogue)
    return page(
        "list.html",
        status=400 if found.problems else 200,
        listing=found,
        reports=[describe.shown(each, catalogue) for each in found.requests],
        problems=[in_words(each) for each in found.problems],
        families=describe.families(catalogue),
        groups=listing.services_by_group(catalogue),
        spans=listing.DAYS,
        feed=addresses.api("/feed.atom", catalogue, **listing.for_api(found.query)),
        map=maps.map_of(catalogue),
        also=maps.sources(),
    )


@blueprint.page("/reports/<number>")
def report(number: str) -> Response:
    """One report; one that is being checked without what was sent."""
    catalogue = city()
    found = _find(number, catalogue)
    if found.visibility == Visibility.HELD:
        return page("held.html", report=describe.shown(found, catalogue))
    return page(
        "report.html",
        report=describe.shown(found, catalogue),
        history=describe.history(found, catalogue),
        answers=describe.answers(found, catalogue),
        position=degrees(found.lat, found.long) if found.lat is not None and found.long is not None else "",
        parent=_parent(found, catalogue),
        map=maps.map_of(catalogue),
        also=maps.sources(),
    )


@blueprint.page("/reports/<number>/card")
def card(number: str) -> Response:
    """What the map shows of a report: a part of a page."""
    catalogue = city()
    found = _find(number, catalogue)
    if found.visibility != Visibility.PUBLISHED:
        raise NotFound(problem("error.service_request.unknown", service_request_id=number[:50]))
    response = page("card.html", report=describe.shown(found, catalogue))
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _find(number: str, catalogue: Catalogue) -> ServiceRequest:
    found = None
    if REQUEST_ID.fullmatch(number):
        with web.core().database.read_public() as conn:
            owner = catalogue.jurisdiction.jurisdiction_id
            found = service_requests.find(conn, int(number), owner, with_notes=True)
    withheld = found and found.visibility == Visibility.HELD and not catalogue.jurisdiction.held_by_id
    if found is None or found.visibility == Visibility.HIDDEN or withheld:
        raise NotFound(problem("error.service_request.unknown", service_request_id=number[:50]))
    return found


def _parent(found: ServiceRequest, catalogue: Catalogue) -> describe.Shown | None:
    """The report that this one repeats, if it may be seen."""
    if found.parent_id is None:
        return None
    with web.core().database.read_public() as conn:
        parent = service_requests.find(conn, found.parent_id, catalogue.jurisdiction.jurisdiction_id)
    public = parent is not None and parent.visibility == Visibility.PUBLISHED
    return describe.shown(parent, catalogue) if parent and public else None


@blueprint.page("/open-data")
def open_data() -> Response:
    """What programs can read here, with links that work."""
    root = f"{addresses.root()}/open311"
    return page(
        "open_data.html",
        discovery=f"{root}/discovery.json",
        docs=f"{root}/v2/docs",
        ogc=f"{addresses.root()}/ogc",
        tiles=addresses.tiles(city()),
    )


@blueprint.page("/imprint")
def imprint() -> Response:
    """Who answers for these pages."""
    return _text("imprint")


@blueprint.page("/privacy")
def privacy() -> Response:
    """What happens to personal data."""
    return _text("privacy")


@blueprint.page("/accessibility")
def accessibility() -> Response:
    """How far these pages can be used by everybody, and whom to tell what cannot."""
    return _text("accessibility")


def _text(name: str) -> Response:
    return page("text.html", name=name, text=texts.long_text(name, city()))
