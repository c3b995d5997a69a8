"""The web application: builds the Core, mounts the front doors; knows everything, decides nothing."""

from wsgiref.types import WSGIApplication

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from open311 import core as core_module
from open311 import media, settings, web
from open311.actions import publish
from open311.core import Core
from open311.georeport import responses, routes, updates
from open311.georeport.direct import DirectAnswers
from open311.georeport.openapi import GeoReportApi
from open311.opendata import routes as opendata
from open311.pages import routes as pages
from open311.pages.answers import error_page
from open311.storage.database import Database
from open311.web import answers, cors, docs, failures, health, https, limits, logs
from open311.web.bodies import BodiesFirst
from open311.web.kept import KeptAnswers
from open311.web.reading import Application
from open311.web.requests import LenientRequest, Tidy

# What is asked for below these is asked for by programs; everything else is a page.
FOR_PROGRAMS = ("/open311", "/tiles", "/ogc", "/media", "/static", *health.PROBES)


def create_app(core: Core, *, places: int | None = None) -> Flask:
    """The application on a Core whose catalogues are in force.

    With `places`, so many requests are worked on at once. What is answered from memory needs no place.
    """
    app = Application(__name__, static_folder=None)
    app.request_class = LenientRequest
    app.config.update(
        MAX_CONTENT_LENGTH=core.settings.max_body_mb * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=LenientRequest.max_form_memory_size,
    )
    web.attach(app, core)
    # Functions after a request run in reverse order: the log line comes last and sees the finished answer.
    logs.install(app)
    answers.install(app)
    cors.install(app)
    https.install(app)
    counted = limits.install(app)
    programs = dict.fromkeys(FOR_PROGRAMS, responses.error_answer)
    failures.install(app, {"": error_page} | programs | opendata.TELLERS)
    api = GeoReportApi(app, core.settings)
    api.register_blueprint(routes.discovery)
    api.register_blueprint(routes.blueprint)
    api.register_blueprint(updates.blueprint)
    opendata.install(app, api)
    media.install(app)
    pages.install(app)
    docs.install(app)
    health.install(app)
    behind: WSGIApplication = DirectAnswers(app.wsgi_app, core, counted)
    behind = Tidy(behind, sandbox=core.settings.test_endpoint)
    if places:
        behind = BodiesFirst(behind, places=places, limit=app.config["MAX_CONTENT_LENGTH"])
    by_host = core.settings.base_url is None
    app.wsgi_app = KeptAnswers(behind, core.database.freshness, counted, by_host=by_host)  # type: ignore[method-assign]
    if core.settings.trusted_proxies:
        hops = core.settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def without_database() -> Flask:
    """The application only to be described: `make openapi` writes its document without a database."""
    return create_app(Core(settings.load({}), Database("postgresql://")))


def from_environment() -> Flask:
    """The application as a server process runs it: settings from the environment, catalogue watched."""
    in_force = settings.load()
    logs.configure(in_force)
    core = core_module.build(in_force)
    publish.keep_published(core)
    core.database.keep_listening()
    return create_app(core, places=in_force.threads)
