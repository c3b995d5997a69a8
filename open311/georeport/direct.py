"""The fast path for the most frequent reads: a single request or a list, without an API key.

It leads to the same functions as the views, past the framework, which takes longer than the database. Whatever is
unusual or wrong is left to the framework, which then says so in words.
"""

import re
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from marshmallow import Schema, ValidationError
from werkzeug.http import generate_etag

from open311.base.bounded import Bounded
from open311.base.errors import Invalid, NotFound, ReplicaLost
from open311.core import Core
from open311.formats import entries
from open311.georeport import requests
from open311.georeport.responses import CHANGES_ANY_TIME, JSON, VARY, XML
from open311.http import cors, current, response_headers
from open311.http.access_log import AccessLog
from open311.http.base_address import FAILED
from open311.http.limits.rate_limits import Limits
from open311.http.parsing.normalise import pairs
from open311.model.catalogue import Catalogue
from open311.web import rendered_lists, request_context
from open311.web.parameters import Parameters, collected
from open311.web.queries import ServiceRequestQuery, ServiceRequestsQuery
from open311.web.rendered_lists import ListQuery, WrittenBody
from open311.web.request_context import Args, RequestContext

PATH = re.compile(r"/open311/v2/requests(?:/(?P<id>[1-9][0-9]{0,14}))?\.(?P<suffix>json|xml)", re.ASCII)
# Of what parameters mean.
MOST_BYTES = 1024 * 1024

# For these the framework does more: it names each wrong parameter, and reads from the primary.
MET_AGAIN = (ValidationError, Invalid, NotFound, ReplicaLost)


class FastPath:
    """WSGI middleware: answers these reads, and passes on everything else."""

    def __init__(
        self, application: WSGIApplication, core: Core, limits: Limits | None, log: AccessLog
    ) -> None:
        self._application = application
        self._core = core
        self._limits = limits
        self._log = log
        self._of_list, self._of_one = ServiceRequestsQuery(), ServiceRequestQuery()
        self._known = Bounded[Args, _ParsedQuery](MOST_BYTES, _ParsedQuery.bytes)
        vary = ("Vary", ", ".join((*VARY, response_headers.COMPRESSED)))
        self._headers = [vary, *response_headers.always(core.settings), *cors.READABLE.items()]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The response, if this is one of the frequent reads."""
        began = time.perf_counter()
        match = PATH.fullmatch(environ["PATH_INFO"]) if self._is_plain(environ) else None
        if match is None or not self._is_allowed(environ, counting=False):
            return self._application(environ, start_response)
        try:
            written, language = self._written(environ, match["id"], match["suffix"] == "json")
        except MET_AGAIN:
            return self._application(environ, start_response)
        except Exception as error:  # Told in words, and logged; nothing that was slow is done again.
            environ[FAILED] = error
            return self._application(environ, start_response)
        # Counted once it is answered here: what is handed on is counted by the framework.
        self._is_allowed(environ, counting=True)
        number = self._log.request_id(environ.get("HTTP_X_REQUEST_ID"))
        start_response("200 OK", self._head(written, language, match["suffix"], number))
        path, size = environ["PATH_INFO"], len(written.body)
        endpoint = f"georeport.direct.{'one' if match['id'] else 'list'}"
        self._log.record("GET", path, 200, size, began, number, endpoint=endpoint)
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
    ) -> tuple[WrittenBody, str]:
        args = request_context.known_args(pairs(environ.get("QUERY_STRING", "").encode("latin-1")))
        parameters = collected(args)
        context = request_context.of_environ(self._core, environ, args, parameters)
        if service_request_id:
            query = _loaded(self._of_one, parameters, context.catalogue)
            return requests.one(context, query, service_request_id, in_json=in_json), context.language
        form = entries.JSON if in_json else entries.XML
        return rendered_lists.written(context, self._list_query(context, parameters), form), context.language

    def _list_query(self, context: RequestContext, parameters: Parameters) -> ListQuery:
        """What the parameters of a list mean; within the same second the same to all who send them."""
        now = self._core.now()
        parsed = self._known.get(context.args)
        # A catalogue that was published again is another object: what words mean may have changed with it.
        if parsed is None or parsed.catalogue is not context.catalogue or parsed.now != now:
            query = _loaded(self._of_list, parameters, context.catalogue)
            parsed = _ParsedQuery(
                context.catalogue, now, rendered_lists.list_query(context, query), context.args
            )
            self._known.keep(context.args, parsed)
        return parsed.query

    def _head(self, written: WrittenBody, language: str, suffix: str, number: str) -> list[tuple[str, str]]:
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


class _ParsedQuery(NamedTuple):
    catalogue: Catalogue
    now: datetime
    query: ListQuery
    args: Args

    def bytes(self) -> int:
        """About what it takes; each parameter is there several times."""
        return 5000 + 10 * sum(len(name) + len(value) for name, value in self.args)


def _loaded(schema: Schema, parameters: Parameters, catalogue: Catalogue) -> dict[str, Any]:
    if not parameters:
        return {}
    with current.dates_in(catalogue.jurisdiction.time_zone):
        query: dict[str, Any] = schema.load(parameters)
    return query
