"""What an answer depends on besides the query: the same with Flask and on the fast path without it."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from wsgiref.types import WSGIEnvironment

from flask import request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from open311.base.i18n import choose_language
from open311.core import Core
from open311.http import current
from open311.http.base_address import base_url_of
from open311.model.access.actor import PUBLIC, Actor
from open311.model.catalogue import Catalogue
from open311.web import queries
from open311.web.parameters import Parameters

Args = tuple[tuple[str, str], ...]


class RequestContext(NamedTuple):
    """What an answer depends on. `address` is the path as the client spells it.

    `args` are the query parameters that mean something in a list.
    """

    core: Core
    catalogue: Catalogue
    language: str
    base_url: str
    address: str
    args: Args
    actor: Actor = PUBLIC


def of_request(actor: Actor = PUBLIC) -> RequestContext:
    """The context of the request that Flask is answering."""
    catalogue = current.catalogue()
    return RequestContext(
        current.core(),
        catalogue,
        current.language(catalogue),
        current.base_url(),
        current.as_asked(request.path),
        known_args(request.args.items(multi=True)),
        actor,
    )


def known_args(args: Iterable[tuple[str, str]]) -> Args:
    """The parameters that mean something in a list; API keys and anything else must not get into links."""
    return tuple(arg for arg in args if queries.is_known(arg[0]))


def of_environ(core: Core, environ: WSGIEnvironment, args: Args, parameters: Parameters) -> RequestContext:
    """The context of a request without an API key; raises `Open311Error` when it names no jurisdiction of ours."""
    catalogue = core.catalogues.find(parameters.get("jurisdiction_id", (None,))[0])
    locale = next((value.strip() for name, value in args if name == "locale"), "")
    language = _language(locale, environ.get("HTTP_ACCEPT_LANGUAGE", ""), catalogue.jurisdiction.languages)
    base_url = core.settings.base_url or base_url_of(environ["wsgi.url_scheme"], environ["HTTP_HOST"])
    return RequestContext(core, catalogue, language, base_url, environ["PATH_INFO"], args)


@lru_cache(maxsize=1024)
def _language(locale: str, accepted: str, available: tuple[str, ...]) -> str:
    tags = parse_accept_header(accepted, LanguageAccept)
    languages = (locale,) if locale else tuple(tag for tag, quality in tags if quality > 0)
    return choose_language(languages, available)
