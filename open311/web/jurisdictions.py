"""Which city a request is about, by the parameter `jurisdiction_id` that every method takes."""

from typing import cast

from flask import g, request

from open311.http import current
from open311.http.parsing.normalise import LenientRequest
from open311.web import parameters


def _jurisdiction_id() -> str | None:
    """The jurisdiction this request names; on a POST the body wins over the query."""
    req = cast(LenientRequest, request)
    raw = parameters.from_post(req)[0] if req.method == "POST" else parameters.from_query(req)
    return raw.get("jurisdiction_id", [None])[0]


def read_post() -> None:
    """Read the body of a POST, before anything about it is settled; raises `Invalid`. Errors speak its `locale`."""
    raw, _ = parameters.from_post(cast(LenientRequest, request))
    current.prefer(raw.get("locale", [""])[0])


def find_catalogue() -> None:
    """Settle which catalogue this request is about; raises `Invalid` or `NotFound`."""
    g.catalogue = current.core().catalogues.find(_jurisdiction_id(), sandbox=current.sandbox())
