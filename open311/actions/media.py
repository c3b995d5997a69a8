"""Photos: take them in, show them, keep them back, tidy up after them."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import IO, Any

import structlog

from open311.adapters import images
from open311.adapters.images import Photo
from open311.adapters.media_store import new_key
from open311.base.errors import Invalid, NotFound, Problem, Unavailable, problem
from open311.base.sender import waiting_outside
from open311.core import Core
from open311.model.actor import Actor, Right
from open311.model.events import Event
from open311.model.media import KEY, Kept, Media, MediaVisibility, path
from open311.model.service_request import ServiceRequest, Visibility
from open311.model.task_names import TaskName
from open311.storage import events, jobs, service_requests
from open311.storage import media as storage
from open311.storage.database import Connection

log = structlog.get_logger()

MEBIBYTE = 1024 * 1024
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
            with waiting_outside() as sender, core.photo_queue.turn(sender):
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


def attach(
    core: Core,
    conn: Connection,
    service_request_id: int,
    files: Files,
    *,
    shown: bool,
    update_id: int | None = None,
) -> None:
    """Make stored files the photos of a request, or of an update to it, inside the caller's transaction.

    Small copies follow later.
    """
    visibility = MediaVisibility.PUBLIC if shown else MediaVisibility.HELD
    for media_id in storage.add(conn, service_request_id, files.all, visibility, core.now(), update_id):
        jobs.defer(conn, TaskName.MAKE_THUMBNAIL, media_id=media_id)
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
    """All photos of a request and of its updates, in order."""
    with core.database.read() as conn:
        return storage.of_request(conn, service_request_id)


def file_of(core: Core, media_id: int) -> bytes:
    """The file of a photo, for staff, whoever else may see it."""
    with core.database.read() as conn:
        data = core.media_store.get(_known(storage.find(conn, media_id), media_id).key)
    if data is None:
        raise _unknown(media_id)
    return data


def publish(core: Core, media_id: int, actor: Actor) -> MediaVisibility:
    """Let everybody see a photo, as soon as everybody sees what it came with; returns who may see it now."""
    return _show(core, media_id, MediaVisibility.PUBLIC, "photo_published", actor)


def hide(core: Core, media_id: int, actor: Actor) -> MediaVisibility:
    """Keep a photo for staff alone."""
    return _show(core, media_id, MediaVisibility.INTERNAL, "photo_hidden", actor)


def _show(core: Core, media_id: int, wanted: MediaVisibility, kind: str, actor: Actor) -> MediaVisibility:
    with core.database.begin() as conn:
        request = _owner(conn, media_id)
        actor.require(Right.CHECK, request.jurisdiction_id)
        photo = _known(storage.find(conn, media_id), media_id)
        if wanted is MediaVisibility.PUBLIC:
            wanted = _most(conn, request, photo)
        if photo.visibility is not wanted:
            storage.set_visibility(conn, media_id, wanted)
            _tell(core, conn, request, kind, actor, photo)
        return wanted


def _most(conn: Connection, request: ServiceRequest, photo: Media) -> MediaVisibility:
    """As public as a photo may be now: not more than the request, or the update, that it came with."""
    if photo.update_id is None:
        held = request.visibility == Visibility.HELD
        return MediaVisibility.HELD if held else MediaVisibility.PUBLIC
    history = events.of_request(conn, request.service_request_id)
    if _telling(history, photo.update_id):
        return MediaVisibility.PUBLIC
    decided = any(each.claim_id == photo.update_id for each in history)
    return MediaVisibility.INTERNAL if decided else MediaVisibility.HELD


def _telling(history: Sequence[Event], update_id: int) -> Event | None:
    """The event in which everybody reads an update."""
    told = (each for each in history if each.is_update and each.public and each.update_id == update_id)
    return next(told, None)


def _owner(conn: Connection, media_id: int) -> ServiceRequest:
    """The request of a photo, locked: photos of one request change one after the other."""
    photo = _known(storage.find(conn, media_id), media_id)
    found = service_requests.find_any(conn, photo.service_request_id, lock=True)
    if found is None:
        raise _unknown(media_id)
    return found


def _tell(
    core: Core, conn: Connection, request: ServiceRequest, kind: str, actor: Actor, photo: Media
) -> None:
    """Bring the public paths up to date; only what the public can notice moves the request."""
    changes = _shown_anew(conn, photo)
    if changes is not None:
        service_requests.change(conn, request, core.now(), **changes)
    noticed = changes is not None and request.visibility == Visibility.PUBLISHED
    now = core.now()
    events.append_to(
        conn, request, kind, at=now, actor=actor, public=False, in_feed=noticed, media_id=photo.id
    )


def _shown_anew(conn: Connection, photo: Media) -> dict[str, Any] | None:
    """The paths as they should be, for the row of the request or written into the update; None when they are."""
    number, update_id = photo.service_request_id, photo.update_id
    paths = storage.public_paths(conn, number, update_id)
    if update_id is None:
        return {"photos": paths} if paths != storage.shown_paths(conn, number) else None
    told = _telling(events.of_request(conn, number), update_id)
    if told is None or paths == told.data.get("photos", []):
        return None
    events.show_photos(conn, told.id, paths)
    return {}


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
