"""The web server: mounts the front doors and puts a Core behind them; knows everything, decides nothing."""

from collections.abc import Iterable, Mapping
from functools import cache
from multiprocessing.util import Finalize
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from open311 import core as core_module
from open311 import settings, staff
from open311.actions import catalogue_publication
from open311.actions.upkeep import restoring
from open311.adapters import log_output
from open311.core import Core
from open311.federation.catalogues import HARVESTED
from open311.georeport import responses, routes, updates
from open311.georeport.direct import FastPath
from open311.georeport.openapi import GeoReportApi
from open311.http import access_log, cors, current, failures, health, https, response_headers, urls
from open311.http.access_log import AccessLog
from open311.http.base_address import HostCheck
from open311.http.caching.response_cache import ResponseCache
from open311.http.limits import rate_limits, shares
from open311.http.limits.body_buffer import BodyBuffer
from open311.http.limits.connections import Threads, watch
from open311.http.parsing.content_coding import Decompressor
from open311.http.parsing.normalise import LenientRequest, Normaliser
from open311.http.replica_retry import Application
from open311.http.senders import SenderAddress
from open311.opendata import media
from open311.opendata import routes as opendata
from open311.site import routes as pages
from open311.site.rendering import error_page
from open311.web import docs


def build_application() -> Flask:
    """The addresses, schemas and templates of all front doors. It knows no Core: each request brings its own."""
    app = Application(__name__, static_folder=None)
    app.request_class = LenientRequest
    # Functions after a request run in reverse order: the log line comes last and sees the finished answer.
    access_log.install(app)
    response_headers.install(app)
    cors.install(app)
    https.install(app)
    rate_limits.install(app)
    programs = dict.fromkeys(urls.FOR_PROGRAMS, responses.error_answer)
    failures.install(app, {"": error_page, **staff.ERROR_RENDERERS} | programs | opendata.ERROR_RENDERERS)
    api = GeoReportApi(app)
    api.register_blueprint(routes.discovery)
    api.register_blueprint(routes.blueprint)
    api.register_blueprint(updates.blueprint)
    opendata.install(app, api)
    media.install(app)
    pages.install(app)
    staff.install(app)
    docs.install(app)
    health.install(app)
    return app


# Building it takes a tenth of a second and nothing in it changes: one a process serves any number of Cores.
application = cache(build_application)


def create_app(
    core: Core,
    *,
    places: int | None = None,
    app: Flask | None = None,
    threads: Threads | None = None,
    shared_as: str | None = None,
    log: AccessLog | None = None,
) -> WSGIApplication:
    """The server on a Core whose catalogues are in force, with rate limits and caches of its own.

    `places` bounds how many requests are worked on at once; what is answered from memory needs none. Processes with
    the same `shared_as` share their rate limits.
    """
    settings = core.settings
    counted = rate_limits.Limits(settings, shared_as) if settings.rate_limits else None
    log = log or AccessLog(settings)
    server = {
        current.CORE: core,
        rate_limits.LIMITS: counted,
        access_log.LOG: log,
        **shares.exports(),
    }
    # From the inside out; http/README.md has them in the order in which a request meets them.
    stack: WSGIApplication = _Bound(app or application(), server)
    stack = FastPath(stack, core, counted, log)
    stack = Normaliser(stack, sandbox=settings.test_endpoint)
    stack = Decompressor(stack, settings.max_body_bytes)
    # Tests and tools ask in their own thread, and need neither places nor whole bodies.
    if places:
        stack = BodyBuffer(stack, places=places, limit=settings.max_body_bytes, threads=threads)
    stack = ResponseCache(stack, core.database.freshness, counted, log, by_host=settings.base_url is None)
    if settings.base_url is None:
        stack = HostCheck(stack, settings.allowed_hosts)
    if hops := settings.trusted_proxies:
        stack = ProxyFix(SenderAddress(stack), x_for=hops, x_proto=hops, x_host=hops)
    return stack


class _Bound:
    """WSGI middleware: hands the one Flask application the Core, limits, log and exports of this server."""

    def __init__(self, application: WSGIApplication, server: Mapping[str, object]) -> None:
        self._application = application
        self._server = server

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ.update(self._server)
        return self._application(environ, start_response)


def from_environment() -> WSGIApplication:
    """The server as one of its processes runs it: settings from the environment, catalogue watched."""
    in_force = settings.load()
    log_output.configure(in_force)
    log = AccessLog(in_force)
    # A process that was forked ends without the usual exit handlers.
    Finalize(None, log.flush, exitpriority=0)
    core = core_module.build(in_force)
    restoring.adopt(core)
    catalogue_publication.keep_published(core, HARVESTED)
    core.database.keep_listening()
    threads = Threads()
    watch(threads, in_force.port)
    shared_as = f"limits-{in_force.port}"
    return create_app(core, places=in_force.threads, threads=threads, shared_as=shared_as, log=log)
