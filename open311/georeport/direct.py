"""The way in for the questions that are asked most: requests, one or a list, by whoever needs no key.

It leads to the same functions as the views, past the framework, which takes longer than the database. Whatever is
unusual or wrong is left to the framework, which then says so in words.
"""

import re
import time
from collections.abc import Iterable
from datetime import tzinfo
from functools import lru_cache
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from marshmallow import ValidationError
from werkzeug.http import generate_etag

from open311.base.errors import Invalid, NotFound, ReplicaLost
from open311.core import Core
from open311.georeport import requests
from open311.georeport.requests import Written
from open311.georeport.responses import CHANGES_ANY_TIME, JSON, VARY, XML
from open311.http import access_log, cors, current, response_headers
from open311.http.base_address import FAILED
from open311.http.limits.rate_limits import Limits
from open311.http.normalise import pairs
from open311.web import request_context
from open311.web.parameters import collected
from open311.web.queries import ServiceRequestQuery, ServiceRequestsQuery
from open311.web.request_context import Args

PATH = re.compile(r"/open311/v2/requests(?:/(?P<id>[1-9][0-9]{0,14}))?\.(?P<suffix>json|xml)", re.ASCII)
OF_LIST, OF_ONE = ServiceRequestsQuery(), ServiceRequestQuery()
# Longer ones are read anew each time: so many are remembered.
LONGEST_QUERY = 1000

# What the framework knows more about: it names each wrong parameter, and asks the primary.
MET_AGAIN = (ValidationError, Invalid, NotFound, ReplicaLost)


class FastPath:
    """WSGI middleware: answers what it knows, and hands on everything else."""

    def __init__(self, application: WSGIApplication, core: Core, limits: Limits | None) -> None:
        self._application = application
        self._core = core
        self._limits = limits
        vary = ("Vary", ", ".join((*VARY, response_headers.COMPRESSED)))
        self._headers = [vary, *response_headers.always(core.settings), *cors.READABLE.items()]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The answer, if this is one of the usual questions."""
        began = time.perf_counter()
        asked = PATH.fullmatch(environ["PATH_INFO"]) if self._is_plain(environ) else None
        if asked is None or not self._is_allowed(environ, counting=False):
            return self._application(environ, start_response)
        try:
            written, language = self._written(environ, asked["id"], asked["suffix"] == "json")
        except MET_AGAIN:
            return self._application(environ, start_response)
        except Exception as error:  # Told in words, and logged; nothing that was slow is done again.
            environ[FAILED] = error
            return self._application(environ, start_response)
        # Counted once it is answered here: what is handed on is counted by the framework.
        self._is_allowed(environ, counting=True)
        number = access_log.number(environ.get("HTTP_X_REQUEST_ID"))
        start_response("200 OK", self._head(written, language, asked["suffix"], number))
        path, endpoint = environ["PATH_INFO"], "one" if asked["id"] else "list"
        access_log.record(
            "GET", path, 200, len(written.body), began, number, endpoint=f"georeport.direct.{endpoint}"
        )
        return [written.body]

    def _is_plain(self, environ: WSGIEnvironment) -> bool:
        return (
            environ["REQUEST_METHOD"] == "GET"
            and "HTTP_AUTHORIZATION" not in environ
            and "HTTP_HOST" in environ
            and current.SANDBOX not in environ
            and FAILED not in environ
            and "api_key" not in environ.get("QUERY_STRING", "")
            and (environ["wsgi.url_scheme"] == "https" or not self._core.settings.require_https)
        )

    def _is_allowed(self, environ: WSGIEnvironment, *, counting: bool) -> bool:
        if self._limits is None:
            return True
        address, path = environ.get("REMOTE_ADDR", ""), environ["PATH_INFO"]
        ask = self._limits.read_is_left if counting else self._limits.read_would_be_left
        return ask(address, path)

    def _written(
        self, environ: WSGIEnvironment, service_request_id: str | None, in_json: bool
    ) -> tuple[Written, str]:
        args = request_context.known(pairs(environ.get("QUERY_STRING", "").encode("latin-1")))
        parameters = collected(args)
        reader = request_context.of_environ(self._core, environ, args, parameters)
        read = _query if len(environ.get("QUERY_STRING", "")) <= LONGEST_QUERY else _query.__wrapped__
        query = read(service_request_id is None, args, reader.catalogue.jurisdiction.time_zone)
        if service_request_id:
            return requests.found(reader, query, service_request_id, in_json=in_json), reader.language
        return requests.listed(reader, query, in_json=in_json), reader.language

    def _head(self, written: Written, language: str, suffix: str, number: str) -> list[tuple[str, str]]:
        return [
            ("Content-Type", JSON if suffix == "json" else XML),
            ("Content-Length", str(len(written.body))),
            *written.headers.items(),
            ("Cache-Control", CHANGES_ANY_TIME),
            ("Content-Language", language),
            ("ETag", f'W/"{written.tag or generate_etag(written.body)}"'),
            *self._headers,
            ("X-Request-Id", number),
        ]


@lru_cache(maxsize=512)
def _query(of_list: bool, args: Args, zone: tzinfo) -> dict[str, Any]:
    """What the parameters mean, read once for all who ask the same; raises `ValidationError` and `Invalid`."""
    with current.dates_in(zone):
        query: dict[str, Any] = (OF_LIST if of_list else OF_ONE).load(collected(args))
    return query
