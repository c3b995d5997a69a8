"""A client of a server in this process, by way of all its layers."""

from typing import Any, Self
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import run_wsgi_app
from werkzeug.wsgi import get_current_url

from open311 import settings
from open311.app import application, create_app
from open311.core import Core
from open311.storage.database import Database


class Client(FlaskClient):
    """A client of the server on a Core."""

    def __init__(self, core: Core, app: Flask, server: Any = None) -> None:
        super().__init__(app, app.response_class)
        self.core = core
        self.server = server or create_app(core, app=app)

    def run_wsgi_app(self, environ: Any, buffered: bool = False) -> Any:
        """Ask the server, where Flask would ask the application at its heart."""
        self._add_cookies_to_wsgi(environ)
        answer = run_wsgi_app(self.server, environ, buffered=buffered)
        url = urlsplit(get_current_url(environ))
        self._update_cookies_from_response(
            url.hostname or "localhost", url.path, answer[2].getlist("Set-Cookie")
        )
        return answer

    def another(self) -> Self:
        """Another client of the same server."""
        return type(self)(self.core, self.application, self.server)


def client_of(core: Core, app: Flask | None = None) -> Client:
    """A client of a new server on this Core."""
    return Client(core, app or application())


def without_database() -> Client:
    """A client that can ask only for what is the same everywhere, such as the OpenAPI document."""
    return client_of(Core(settings.load({}), Database("postgresql://")))
