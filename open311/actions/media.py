"""Photos: take them in, show them, keep them back, tidy up after them."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import IO

import httpx
import structlog

from open311.adapters import images, outside
from open311.adapters.images import Photo
from open311.adapters.media_store import new_key
from open311.core import Core
from open311.errors import Invalid, NotFound, Problem, Unavailable, problem
from open311.model.media import KEY, Kept, Media, MediaVisibility, path
from open311.model.service_request import ServiceRequest, Visibility
from open311.storage import events, jobs, service_requests
from open311.storage import media as storage
from open311.storage.database import Connection

log = structlog.get_logger()

MEBIBYTE = 1024 * 1024
FETCH_SECONDS = 30.0
# A file lies in the store before its row is committed, never as long as this.
ORPHAN_AFTER = timedelta(hours=24)
SWEEP_AT_ONCE = 500
FEW_ORPHANS = 100
# Our names, and those of files that were never finished.
OURS = re.compile(rf"{KEY.pattern}|.*\.part")


@dataclass(slots=True)
class Files:
    """Files in the store that nothing points to yet; `attached` once something does.

    `lent` ones are somebody else's until then.
    """

    kept: Sequence[Kept] = ()
    attached: bool = False
    lent: Sequence[Kept] = ()

    @property
    def all(self) -> Sequence[Kept]:
        """Those that somebody lent, and ours."""
        return (*self.lent, *self.kept)

    @property
    def paths(self) -> list[str]:
        """Where the public will find them."""
        return [path(each.key) for each in self.all]


def read(core: Core, sent: Sequence[IO[bytes]]) -> tuple[list[Photo], list[Problem]]:
    """The clean pictures in what a client sent, and everything that is wrong with it. Nothing is stored."""
    most = core.settings.max_photos
    if len(sent) > most:
        return [], [problem("error.photo.too_many", most=most)]
    pictures, problems = list[Photo](), list[Problem]()
    for number, file in enumerate(sent, 1):
        try:
            pictures.append(_picture(file, core.settings.max_photo_mb))
        except Invalid as refused:
            problems += [problem(each.key, number=number, **each.values) for each in refused.problems]
    return pictures, problems


def _picture(file: IO[bytes], most_mb: int) -> Photo:
    data = file.read(most_mb * MEBIBYTE + 1)
    if len(data) > most_mb * MEBIBYTE:
        raise Invalid(problem("error.photo.too_large", most=most_mb))
    return images.clean(data)


@contextmanager
def in_store(core: Core, pictures: Sequence[Photo], lent: Sequence[Kept] = ()) -> Iterator[Files]:
    """The pictures as files in the store; those that are not attached when the block ends are taken out again.

    `lent` files are there already, and stay.
    """
    files = Files(lent=lent)
    try:
        for each in pictures:
            files.kept = (*files.kept, _put(core, each))
        yield files
    except Unavailable:
        # A commit whose answer was lost may have happened, and then the files are needed; `sweep` knows later.
        raise
    except BaseException:
        files.attached = False
        raise
    finally:
        if not files.attached:
            # What cannot be deleted now, `sweep` finds.
            with suppress(Unavailable):
                forget(core, [each.key for each in files.kept])


def _put(core: Core, picture: Photo) -> Kept:
    key = new_key()
    core.media_store.put(key, picture.data, picture.media_type)
    digest = hashlib.sha256(picture.data).hexdigest()
    return Kept(key, picture.media_type, len(picture.data), picture.width, picture.height, digest)


def attach(core: Core, conn: Connection, service_request_id: int, files: Files, *, shown: bool) -> None:
    """Make stored files the photos of a request, inside the caller's transaction; small copies follow later."""
    visibility = MediaVisibility.PUBLIC if shown else MediaVisibility.HELD
    for media_id in storage.add(conn, service_request_id, files.all, visibility, core.now()):
        jobs.defer(conn, "make_thumbnail", media_id=media_id)
    files.attached = True


def forget(core: Core, keys: Sequence[str]) -> None:
    """Delete files; raises `Unavailable`."""
    for key in keys:
        core.media_store.delete(key)


def list_held(core: Core, limit: int) -> list[Media]:
    """The photos that await moderation, the oldest first."""
    with core.database.read() as conn:
        return storage.held(conn, limit)


def of_request(core: Core, service_request_id: int) -> list[Media]:
    """All photos of a request, in order."""
    with core.database.read() as conn:
        return storage.of_request(conn, service_request_id)


def file_of(core: Core, media_id: int) -> bytes:
    """The file of a photo, for staff, whoever else may see it."""
    with core.database.read() as conn:
        data = core.media_store.get(_known(storage.find(conn, media_id), media_id).key)
    if data is None:
        raise _unknown(media_id)
    return data


def publish(core: Core, media_id: int, actor: str) -> MediaVisibility:
    """Let everybody see a photo, as soon as everybody sees its request; returns who may see it now."""
    return _show(core, media_id, MediaVisibility.PUBLIC, "photo_published", actor)


def hide(core: Core, media_id: int, actor: str) -> MediaVisibility:
    """Keep a photo for staff alone."""
    return _show(core, media_id, MediaVisibility.INTERNAL, "photo_hidden", actor)


def _show(core: Core, media_id: int, wanted: MediaVisibility, kind: str, actor: str) -> MediaVisibility:
    with core.database.begin() as conn:
        request = _owner(conn, media_id)
        photo = _known(storage.find(conn, media_id), media_id)
        if wanted is MediaVisibility.PUBLIC and request.visibility == Visibility.HELD:
            wanted = MediaVisibility.HELD
        if photo.visibility is not wanted:
            storage.set_visibility(conn, media_id, wanted)
            _tell(core, conn, request, kind, actor, media_id)
        return wanted


def _owner(conn: Connection, media_id: int) -> ServiceRequest:
    """The request of a photo, locked: photos of one request change one after the other."""
    photo = _known(storage.find(conn, media_id), media_id)
    found = service_requests.find_any(conn, photo.service_request_id, lock=True)
    if found is None:
        raise _unknown(media_id)
    return found


def _tell(
    core: Core, conn: Connection, request: ServiceRequest, kind: str, actor: str, media_id: int
) -> None:
    """Bring the request's public paths up to date; only what the public can notice moves the request."""
    number = request.service_request_id
    paths = storage.public_paths(conn, number)
    changed = paths != storage.shown_paths(conn, number)
    if changed:
        service_requests.change(conn, request, core.now(), photos=paths)
    noticed = changed and request.visibility == Visibility.PUBLISHED
    now = core.now()
    events.append_to(
        conn, request, kind, at=now, actor=actor, public=False, in_feed=noticed, media_id=media_id
    )


def make_thumbnail(core: Core, media_id: int) -> None:
    """Make the small copy of a photo, unless there is one."""
    with core.database.read() as conn:
        photo = storage.find(conn, media_id)
    if photo is None or photo.thumb_key:
        return
    data = core.media_store.get(photo.key)
    if data is None:
        log.error("photo_missing_in_store", media_id=media_id)
        return
    with in_store(core, [images.thumbnail(data)]) as files, core.database.begin() as conn:
        files.attached = storage.set_thumbnail(conn, media_id, files.kept[0].key)


def wants_fetching(core: Core, media_urls: Sequence[str]) -> bool:
    """Whether any of these pictures is on a host that the settings let us fetch from."""
    return any(_fetchable(core, each) for each in media_urls)


def _fetchable(core: Core, url: str) -> bool:
    with suppress(httpx.InvalidURL):
        return httpx.URL(url).host in core.settings.media_fetch_hosts
    return False


def fetch_outside(core: Core, service_request_id: int) -> None:
    """Fetch the pictures of a request that are elsewhere, from allowed hosts, and keep them as its photos.

    A picture that is refused stays an address; a host out of reach raises, so that the worker tries again.
    """
    with core.database.read() as conn:
        urls = [each for each in storage.outside_urls(conn, service_request_id) if _fetchable(core, each)]
    for url in urls[: core.settings.max_photos]:
        try:
            picture = images.clean(_fetched(core, url))
        except (outside.Refused, Invalid) as reason:
            log.warning("picture_not_taken", service_request_id=service_request_id, reason=str(reason))
            continue
        with in_store(core, [picture]) as files, core.database.begin() as conn:
            _replace_outside(core, conn, service_request_id, url, files)


def _fetched(core: Core, url: str) -> bytes:
    return outside.get(
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
    shown = request.visibility == Visibility.PUBLISHED
    attach(core, conn, service_request_id, files, shown=shown)
    photos = storage.public_paths(conn, service_request_id)
    service_requests.change(conn, request, core.now(), media_urls=urls, photos=photos)
    now = core.now()
    events.append_to(
        conn, request, "photo_fetched", at=now, actor="worker", public=False, in_feed=shown, url=url
    )


def sweep(core: Core) -> int:
    """Delete files that no photo points to: left behind by a process that died; returns how many.

    When most files seem to be such, the store belongs to another database: then nothing is deleted.
    """
    before, looked_at, orphans = core.now() - ORPHAN_AFTER, 0, list[str]()
    old = (key for key, put in core.media_store.stored() if put < before and OURS.fullmatch(key))
    while batch := list(islice(old, SWEEP_AT_ONCE)):
        with core.database.read() as conn:
            orphans += set(batch) - storage.known_keys(conn, batch)
        looked_at += len(batch)
    if len(orphans) > max(FEW_ORPHANS, looked_at / 2):
        log.error("photos_of_another_database", files=looked_at, unknown=len(orphans))
        return 0
    forget(core, orphans)
    return len(orphans)


def _known(photo: Media | None, media_id: int) -> Media:
    if photo is None:
        raise _unknown(media_id)
    return photo


def _unknown(media_id: int) -> NotFound:
    return NotFound(problem("error.photo.unknown", media_id=media_id))
