"""Where the operator demands https: plain reads are sent there, plain writes refused (R-032)."""

from urllib.parse import quote

from flask import Flask, redirect, request
from flask.typing import ResponseReturnValue

from open311.base.errors import Forbidden, problem
from open311.http import current, urls


def install(app: Flask) -> None:
    """Enforce https, where the settings say so."""
    app.before_request(_enforce)


def _enforce() -> ResponseReturnValue | None:
    # Probes of the machine itself come by plain http.
    if request.is_secure or request.path in urls.PROBES or not current.core().settings.require_https:
        return None
    if request.method in ("GET", "HEAD"):
        return redirect(_by_https(), 301)
    raise Forbidden(problem("error.https"))


def _by_https() -> str:
    """The requested address below the public base URL, which may have a path that this server never sees."""
    root = current.base_url().replace("http://", "https://", 1)
    query = request.query_string.decode("latin-1")
    # WSGI hands the path on unquoted; written into a header as it is, it could end the header.
    return f"{root}{quote(current.as_asked(request.path))}" + (f"?{query}" if query else "")
