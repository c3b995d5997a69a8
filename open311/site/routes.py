"""The pages that show something: the list, one report, the open data, and the texts that the law demands."""

from typing import Any

from flask import Flask, Response, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from open311.actions.addresses import geocoding
from open311.base.errors import NotFound
from open311.http import current
from open311.http.errors import in_words
from open311.model.access.visibility import View
from open311.model.catalogue import Catalogue
from open311.model.maps.place import Place
from open311.model.service_request import ServiceRequest
from open311.site import (
    addresses,
    assets,
    crawlers,
    figures,
    offline,
    pwa,
    report_numbers,
    taking_part,
    texts,
    view_models,
)
from open311.site import blueprint as doors
from open311.site.blueprint import blueprint, city
from open311.site.by_mail import alerts, answering, following, orders, own_data, rating
from open311.site.form import steps, suggest
from open311.site.form.abuse import HONEYPOT
from open311.site.list import listing, maps
from open311.site.rendering import page
from open311.site.words import degrees
from open311.storage import media
from open311.web import single_request, statistics

# Importing these adds their views to the blueprint.
ROOMS = (
    alerts,
    answering,
    crawlers,
    figures,
    following,
    offline,
    orders,
    own_data,
    pwa,
    rating,
    steps,
    suggest,
    taking_part,
)


def install(app: Flask) -> None:
    """Mount the public site."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    doors.install(app)
    app.register_blueprint(blueprint)
    app.register_blueprint(assets.blueprint)


@blueprint.page("/")
def home() -> AnyResponse:
    """The list of reports; where there are several cities and none is named, the list of cities."""
    if g.catalogue is None:
        return page("cities.html", cities=current.core().catalogues.in_force)
    return _named_by_number() or _list(city())


@blueprint.page("/<int:number>")
def report_by_number(number: int) -> AnyResponse:
    """A number alone, typed behind the address of the site: that of a report, or of a thing such as a lamp."""
    catalogue, written = city(), request.path.rpartition("/")[2]
    # As it was written: lamp 0047 is not lamp 47.
    if not _is_seen(number) and _things(catalogue, written):
        return redirect(listing.filtered({"q": written}))
    # For ever: the number of a report never becomes that of another one.
    return redirect(addresses.address("report", number=number), 301)


def _things(catalogue: Catalogue, words: str) -> list[Place]:
    return geocoding.things_named(current.core(), catalogue, words, current.language()) if words else []


def _named_by_number() -> AnyResponse | None:
    """A search for the number of a report leads to it, whatever its state, unless nobody may see it."""
    words = listing.words_alone()
    number = report_numbers.report_number(words) if words else None
    if number is None or not _is_seen(number):
        return None
    # What it leads to hangs on what there is today, so no browser may keep it. Without a target of its own browsers
    # would look there for that of the form, which is a part of the list.
    return redirect(addresses.address("report", number=number, _anchor="content"), 303)


def _is_seen(number: int) -> bool:
    """Whether something may be said of the report with this number."""
    try:
        single_request.find(current.core(), city(), number, least=View.REDACTED)
    except NotFound:
        return False
    return True


def _list(catalogue: Catalogue) -> Response:
    listed = listing.read(catalogue)
    return page(
        "list.html",
        # Said, although there is a list: search engines must not keep it under a query that means nothing.
        status=400 if listed.problems else 200,
        indexed=not (listed.problems or listed.filters or listed.area),
        listing=listed,
        reports=[view_models.shown_report(request, catalogue) for request in listed.requests],
        things=_things(catalogue, listed.query.get("q", "")) if listed.number == 1 else [],
        problems=[in_words(problem) for problem in listed.problems],
        families=view_models.families(catalogue),
        groups=listing.services_by_group(catalogue),
        spans=listing.DAYS,
        figures=_figures(catalogue) if listed.is_plain else None,
        feed=addresses.api("/feed.atom", catalogue, **listing.for_api(listed.query)),
        map=maps.map_of(catalogue),
        also=maps.sources(),
    )


def _figures(catalogue: Catalogue) -> dict[str, Any] | None:
    """The figures of the last year, once they were added up."""
    year = statistics.read(current.core(), catalogue, current.language())
    return year.total.row() if year.statistics.run_datetime and year.total.figures.received else None


@blueprint.page("/reports/<number>")
def report(number: str) -> AnyResponse:
    """One report; one that is being checked, or is not for the public, without what was sent."""
    catalogue = city()
    if not number.isdecimal() and (corrected := report_numbers.report_number(number)):
        return redirect(addresses.address("report", number=corrected), 301)
    seen = single_request.find(current.core(), catalogue, number, least=View.REDACTED, with_notes=True)
    service_request = seen.request
    if not seen.is_whole:
        return page("held.html", indexed=False, report=view_models.shown_report(service_request, catalogue))
    return page(
        "report.html",
        report=view_models.shown_report(service_request, catalogue),
        history=view_models.history(service_request, catalogue),
        answers=view_models.answers(service_request, catalogue),
        position=degrees(service_request.lat, service_request.long)
        if service_request.lat is not None and service_request.long is not None
        else "",
        parent=_parent(service_request, catalogue),
        map=maps.map_of(catalogue),
        also=maps.sources(),
        descriptions=_descriptions(service_request),
        done=request.args.get("done", ""),
        honeypot=HONEYPOT,
    )


@blueprint.page("/reports/cards")
def cards() -> Response:
    """What the map shows of the reports at one spot: a part of a page."""
    catalogue = city()
    requests = listing.of_numbers(catalogue, request.args.get("service_request_id", "").split(","))
    response = page(
        "cards.html", reports=[view_models.shown_report(report, catalogue) for report in requests]
    )
    # A part of a page has no head in which a tag could say so.
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _descriptions(service_request: ServiceRequest) -> dict[str, str]:
    """What a checker has written about the photos, for those who cannot see them, by address."""
    with current.core().database.read_public() as conn:
        described = media.descriptions(conn, service_request.service_request_id)
    return {f"{addresses.root()}{path}": words for path, words in described.items()}


def _parent(service_request: ServiceRequest, catalogue: Catalogue) -> view_models.ShownReport | None:
    """The report that this one repeats, if it may be seen."""
    if service_request.parent_id is None:
        return None
    try:
        # Staff may have hidden it since; its number would then be on a public page.
        parent = single_request.find(current.core(), catalogue, service_request.parent_id).request
    except NotFound:
        return None
    return view_models.shown_report(parent, catalogue)


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


@blueprint.page("/help")
def help_page() -> Response:
    """How reporting works, and what happens then."""
    return _text("help")


@blueprint.page("/easy")
def easy_page() -> Response:
    """The same in Leichte Sprache (BITV 2.0, section 4), or in plain words."""
    return _text("easy")


def _text(name: str) -> Response:
    return page("text.html", name=name, text=texts.long_text(name, city()))
