"""Which API key a request came with."""

from typing import cast

from flask import g, request

from open311 import web
from open311.actions import access
from open311.model.keys import Key
from open311.web.requests import LenientRequest


def secret() -> str | None:
    """The key as it was sent: header, body, query, in this order (georeport.md 3.8)."""
    authorization = request.authorization
    if authorization and authorization.type == "bearer" and authorization.token:
        return authorization.token
    return (_in_body() or request.args.get("api_key", "")).strip() or None


def _in_body() -> str:
    if request.method != "POST":
        return ""
    posted = cast(LenientRequest, request).posted_object.get("api_key")
    return request.form.get("api_key", "") or (posted if isinstance(posted, str) else "")


def key() -> Key | None:
    """The key of this request if it is in force; an unknown one counts as none."""
    if "key" not in g:
        g.key = access.find_key(web.core(), secret())
    found: Key | None = g.key
    return found
