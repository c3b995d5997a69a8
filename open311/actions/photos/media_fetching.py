"""Pictures elsewhere: those on hosts that the settings allow are fetched, and shown from here."""

from collections.abc import Sequence

import structlog

from open311.actions.photos.media import MEBIBYTE, Files, attach, in_store
from open311.adapters import safe_http
from open311.adapters.photos import images
from open311.base.errors import Invalid
from open311.core import Core
from open311.model.access.actor import WORKER
from open311.model.access.visibility import is_everybodys
from open311.model.events.event_kinds import EventKind
from open311.storage import events
from open311.storage import media as storage
from open311.storage.database import Connection
from open311.storage.requests import service_requests

log = structlog.get_logger()

FETCH_SECONDS = 30.0


def has_fetchable(core: Core, media_urls: Sequence[str]) -> bool:
    """Whether any of these pictures is on a host that the settings let us fetch from."""
    return any(_is_fetchable(core, url) for url in media_urls)


def _is_fetchable(core: Core, url: str) -> bool:
    return safe_http.host_of(url) in core.settings.media_fetch_hosts


def fetch(core: Core, service_request_id: int) -> None:
    """Fetch the pictures of a request that are elsewhere, from allowed hosts, and keep them as its photos.

    A picture that is refused stays an address; a host out of reach raises, so that the worker tries again.
    """
    with core.database.read() as conn:
        urls = [url for url in storage.outside_urls(conn, service_request_id) if _is_fetchable(core, url)]
    for url in urls[: core.settings.max_photos]:
        try:
            # Outside of any transaction: a slow host would hold the report for half a minute.
            data = _fetched(core, url)
            with core.photo_queue.turn(""):
                picture = images.clean(data)
        except (safe_http.DestinationRefused, Invalid) as reason:
            log.warning("picture_not_taken", service_request_id=service_request_id, reason=str(reason))
            continue
        with in_store(core, [picture]) as files, core.database.begin() as conn:
            _replace_outside(core, conn, service_request_id, url, files)


def _fetched(core: Core, url: str) -> bytes:
    return safe_http.get(
        url,
        hosts=core.settings.media_fetch_hosts,
        most_bytes=core.settings.max_photo_mb * MEBIBYTE,
        seconds=FETCH_SECONDS,
    )


def _replace_outside(core: Core, conn: Connection, service_request_id: int, url: str, files: Files) -> None:
    """Our copy takes the place of the address, unless it has done so meanwhile."""
    request = service_requests.find_any(conn, service_request_id, lock=True)
    urls = storage.outside_urls(conn, service_request_id)
    if request is None or url not in urls:
        return
    urls.remove(url)
    shown = is_everybodys(request)
    attach(core, conn, service_request_id, files, shown=shown)
    photos = storage.public_paths(conn, service_request_id)
    service_requests.change(conn, request, core.now(), media_urls=urls, photos=photos)
    now = core.now()
    events.append_to(
        conn, request, EventKind.PHOTO_FETCHED, at=now, actor=WORKER, public=False, in_feed=shown, url=url
    )
