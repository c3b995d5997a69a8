"""Which API key a request came with."""

from typing import cast

from flask import g, request

from open311.actions import keys
from open311.http import current
from open311.http.parsing.normalise import LenientRequest
from open311.model.access.keys import Key


def secret() -> str | None:
    """The key as it was sent: header, body, query, in this order (georeport.md 3.8)."""
    authorization = request.authorization
    if authorization and authorization.type == "bearer" and authorization.token:
        return authorization.token
    secrets = (*_in_body(), *request.args.getlist("api_key"))
    # Empty is as good as not sent.
    return next((written.strip() for written in secrets if written.strip()), None)


def _in_body() -> list[str]:
    if request.method != "POST":
        return []
    posted = cast(LenientRequest, request).posted_object.get("api_key")
    return [*request.form.getlist("api_key"), *([posted] if isinstance(posted, str) else [])]


def key() -> Key | None:
    """The key of this request if it is in force; an unknown one counts as none."""
    if "key" not in g:
        g.key = keys.find_key(current.core(), secret())
    own_key: Key | None = g.key
    return own_key
