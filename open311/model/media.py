"""The photo of a service request, or of an update to one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

# Where the public finds photos; small copies are found beside them.
PATH = "/media"
SMALL = f"{PATH}/small"
KEY = re.compile(r"[0-9a-f]{32}\.jpg")


class MediaVisibility(StrEnum):
    """Who may see a photo: nobody before its request is checked (held), everybody (public), staff alone (internal)."""

    HELD = "held"
    PUBLIC = "public"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A photo in the store. `key` names its file there; `thumb_key`, once there is one, its small copy.

    `update_id` is the update it came with; None when it came with the request itself. `original_key` names the file as
    it was sent, where staff have blackened `boxes` of it; `alt` says in words what is on it.
    """

    id: int
    service_request_id: int
    position: int
    visibility: MediaVisibility
    key: str
    media_type: str
    bytes: int
    width: int
    height: int
    sha256: str
    thumb_key: str | None
    created_datetime: datetime
    update_id: int | None = None
    original_key: str | None = None
    original_until: datetime | None = None
    boxes: Sequence[Mapping[str, float]] | None = None
    suggested: Sequence[Mapping[str, Any]] | None = None
    dhash: int | None = None
    alt: str | None = None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that lies in the store before anything points to it."""

    key: str
    media_type: str
    bytes: int
    width: int
    height: int
    sha256: str


def path(key: str) -> str:
    """Where the public finds a photo, below the address of the server."""
    return f"{PATH}/{key}"


def addresses(media_urls: Sequence[str], base_url: str) -> list[str]:
    """The addresses of a request's pictures, our own made whole with the address of the server."""
    return [f"{base_url}{url}" if url.startswith("/") else url for url in media_urls]
