"""Photos: take them in, show them, keep them back, tidy up after them."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import IO

import structlog

from open311.adapters.media_store import new_key
from open311.adapters.photos import detector, images
from open311.adapters.photos.images import Photo
from open311.base.errors import Invalid, NotFound, Problem, Unavailable, problem
from open311.base.sender import waiting_outside
from open311.core import Core
from open311.model.media import KEY, Media, MediaVisibility, StoredFile, path
from open311.model.task_names import TaskName
from open311.storage import jobs
from open311.storage import media as storage
from open311.storage.database import Connection

log = structlog.get_logger()

MEBIBYTE = 1024 * 1024
# A file lies in the store before its row is committed, never as long as this.
ORPHAN_AFTER = timedelta(hours=24)
SWEEP_AT_ONCE = 500
# More than these, and more than half of what was looked at: the store is rather another one's, or the database an old
# one.
FEW_ORPHANS = 100
# Our names, and those of files that were never finished.
OURS = re.compile(rf"{KEY.pattern}|.*\.part")


@dataclass(slots=True)
class Files:
    """Files in the store that nothing points to yet; `attached` once something does.

    `lent` ones are somebody else's until then.
    """

    kept: Sequence[StoredFile] = ()
    attached: bool = False
    lent: Sequence[StoredFile] = ()

    @property
    def all(self) -> Sequence[StoredFile]:
        """Those that somebody lent, and ours."""
        return (*self.lent, *self.kept)

    @property
    def paths(self) -> list[str]:
        """Where the public will find them."""
        return [path(file.key) for file in self.all]


def read(core: Core, sent: Sequence[IO[bytes]]) -> tuple[list[Photo], list[Problem]]:
    """The clean pictures in what a client sent, and everything that is wrong with it. Nothing is stored."""
    most = core.settings.max_photos
    if len(sent) > most:
        return [], [problem("error.photo.too_many", most=most)]
    pictures, problems = list[Photo](), list[Problem]()
    for number, file in enumerate(sent, 1):
        try:
            # Decoding takes seconds and hundreds of megabytes: few at once, and no one sender all of them.
            with waiting_outside() as sender, core.photo_queue.turn(sender):
                pictures.append(_picture(file, core.settings.max_photo_mb))
        except Invalid as refused:
            problems += [problem(cause.key, number=number, **cause.values) for cause in refused.problems]
    return pictures, problems


def _picture(file: IO[bytes], most_mb: int) -> Photo:
    data = file.read(most_mb * MEBIBYTE + 1)
    if len(data) > most_mb * MEBIBYTE:
        raise Invalid(problem("error.photo.too_large", most=most_mb))
    return images.clean(data)


@contextmanager
def in_store(core: Core, pictures: Sequence[Photo], lent: Sequence[StoredFile] = ()) -> Iterator[Files]:
    """The pictures as files in the store; those that are not attached when the block ends are taken out again.

    `lent` files are there already, and stay.
    """
    files = Files(lent=lent)
    try:
        for picture in pictures:
            files.kept = (*files.kept, _put(core, picture))
        yield files
    except Unavailable:
        # A commit whose answer was lost may have happened, and then the files are needed; `sweep` knows later.
        raise
    except BaseException:
        files.attached = False
        raise
    finally:
        if not files.attached:
            discard(core, [file.key for file in files.kept])


def _put(core: Core, picture: Photo) -> StoredFile:
    key = new_key()
    core.media_store.put(key, picture.data, picture.media_type)
    digest = hashlib.sha256(picture.data).hexdigest()
    return StoredFile(key, picture.media_type, len(picture.data), picture.width, picture.height, digest)


def attach(
    core: Core,
    conn: Connection,
    service_request_id: int,
    files: Files,
    *,
    shown: bool,
    internal: bool = False,
    update_id: int | None = None,
) -> None:
    """Make stored files the photos of a request, or of an update to it, inside the caller's transaction.

    Those that are not `shown` wait for a check, or are `internal`. Small copies follow later.
    """
    kept = MediaVisibility.INTERNAL if internal else MediaVisibility.HELD
    visibility = MediaVisibility.PUBLIC if shown else kept
    for media_id in storage.add(conn, service_request_id, files.all, visibility, core.now(), update_id):
        jobs.defer(conn, TaskName.MAKE_THUMBNAIL, media_id=media_id)
        if not shown and core.settings.detector != detector.NONE:
            jobs.defer(conn, TaskName.SUGGEST_BOXES, media_id=media_id)
    files.attached = True


def forget(core: Core, keys: Sequence[str]) -> None:
    """Delete files; raises `Unavailable`."""
    for key in keys:
        core.media_store.delete(key)


def discard(core: Core, keys: Sequence[str]) -> None:
    """Delete files to which nothing points any longer; what cannot be deleted now, `sweep` finds at night."""
    with suppress(Unavailable):
        forget(core, keys)


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
        data = core.media_store.get(_required(storage.find(conn, media_id), media_id).key)
    if data is None:
        raise _unknown(media_id)
    return data


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
    small, dhash = images.thumbnail(data), images.dhash(data)
    with in_store(core, [small]) as files, core.database.begin() as conn:
        files.attached = storage.set_thumbnail(conn, media_id, photo.key, files.kept[0].key, dhash)


def suggest_boxes(core: Core, media_id: int) -> None:
    """Look for faces and number plates on a photo that somebody is going to check, unless that was done before."""
    with core.database.read() as conn:
        photo = storage.find(conn, media_id)
    if photo is None or photo.suggested is not None or photo.original_key is not None:
        return
    data = core.media_store.get(photo.key)
    if data is None:
        log.error("photo_missing_in_store", media_id=media_id)
        return
    suggestions = detector.named(core.settings.detector).find(data)
    with core.database.begin() as conn:
        storage.suggest(conn, media_id, photo.key, [suggestion.stored() for suggestion in suggestions])


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


def _required(photo: Media | None, media_id: int) -> Media:
    if photo is None:
        raise _unknown(media_id)
    return photo


def _unknown(media_id: int) -> NotFound:
    return NotFound(problem("error.photo.unknown", media_id=media_id))
