"""The web application: builds the Core, mounts the front doors; knows everything, decides nothing."""

from flask import Flask
from flask_smorest import Api
from werkzeug.middleware.proxy_fix import ProxyFix

from open311 import __version__, settings, web
from open311 import core as core_module
from open311.actions import publish
from open311.core import Core
from open311.georeport import responses, routes
from open311.georeport.schemas import ErrorSchema
from open311.web import answers, cors, docs, health, https, limits, logs
from open311.web.requests import LenientRequest, Tidy

DESCRIPTION = "Report what is broken in the city, and see what became of it: Open311 GeoReport v2."


class GeoReportApi(Api):  # type: ignore[misc]
    """flask-smorest without its own error answers: ours speak XML too."""

    ERROR_SCHEMA = ErrorSchema

    def _register_error_handlers(self) -> None:
        """Leave errors to `georeport.responses`."""


def create_app(core: Core) -> Flask:
    """The application on a Core whose catalogues are in force."""
    app = Flask(__name__, static_folder=None)
    app.request_class = LenientRequest
    app.config.update(
        MAX_CONTENT_LENGTH=core.settings.max_body_mb * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=LenientRequest.max_form_memory_size,
        API_TITLE="Open311 GeoReport v2",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/open311/v2",
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={"info": {"description": DESCRIPTION}},
    )
    web.attach(app, core)
    # Functions after a request run in reverse order: the log line comes last and sees the finished answer.
    logs.install(app)
    answers.install(app)
    cors.install(app)
    https.install(app)
    limits.install(app)
    responses.install(app)
    api = GeoReportApi(app)
    api.register_blueprint(routes.blueprint)
    api.register_blueprint(routes.discovery)
    docs.install(app)
    health.install(app)
    app.wsgi_app = Tidy(app.wsgi_app, sandbox=core.settings.test_endpoint)  # type: ignore[method-assign]
    if core.settings.trusted_proxies:
        hops = core.settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def from_environment() -> Flask:
    """The application as a server process runs it: settings from the environment, catalogue watched."""
    in_force = settings.load()
    logs.configure(in_force)
    core = core_module.build(in_force)
    publish.publish(core)
    publish.keep_watching(core)
    return create_app(core)
