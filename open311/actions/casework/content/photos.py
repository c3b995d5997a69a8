"""Photos of a report: shown or kept, parts made black, put in words; originals stay apart and are destroyed in time."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta

from open311.actions.casework.opening import locked, opened
from open311.actions.casework.work import Work
from open311.actions.photos import media as files_of_photos
from open311.adapters.photos import images
from open311.adapters.photos.images import Photo
from open311.base.errors import Conflict, Invalid, NotFound, problem
from open311.base.text import tidy
from open311.core import Core
from open311.model import photo_boxes
from open311.model.access.actor import WORKER, Actor, Right
from open311.model.casework.decisions import PhotoEdit
from open311.model.events import Event, is_decided
from open311.model.events.event_kinds import EventKind
from open311.model.media import Media, MediaVisibility, StoredFile
from open311.model.photo_boxes import Box
from open311.model.service_request import Visibility
from open311.model.staff.audit import AuditKind
from open311.model.task_names import TaskName
from open311.storage import events, jobs, media
from open311.storage.desk.case import originals, presence, undo
from open311.storage.desk.outside import questions, ratings
from open311.storage.requests import service_requests
from open311.storage.staff_accounts import audit

ALT_LENGTH = 500
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Redaction:
    """A photo with black boxes, drawn and stored before the report is locked: drawing takes too long for that."""

    photo: Media
    boxes: tuple[Box, ...]
    file: StoredFile


def original_of(core: Core, media_id: int, actor: Actor) -> bytes:
    """The file as it was sent, for those who may see originals; raises `NotFound` once it is destroyed.

    That somebody looks at one of which a part was made black is written down.
    """
    photo = _find(core, media_id)
    with core.database.read() as conn:
        request = service_requests.find_any(conn, photo.service_request_id)
    if request is None:
        raise _unknown(media_id)
    actor.require(Right.SEE_ORIGINALS, request.jurisdiction_id)
    data = core.media_store.get(photo.original_key or photo.key)
    if data is None:
        raise _unknown(media_id)
    if photo.original_key is not None:
        # What was made black is somebody's personal data again, as a contact that is shown.
        with core.database.begin() as conn:
            subject = f"request:{photo.service_request_id}"
            audit.append(conn, core.now(), str(actor), AuditKind.ORIGINAL_SEEN, subject)
    return data


def destroy_originals(core: Core) -> int:
    """Delete what was replaced, texts and files, once its time is over; returns how many.

    What else at a case is kept for a time goes with it: undo, questions, ratings, presence.
    """
    with core.database.begin() as conn:
        count = originals.forget_texts(conn, core.now())
        undo.forget(conn, core.now())
        questions.forget(conn, core.now())
        ratings.forget(conn, core.now())
        presence.forget(conn, core.now())
        photos = originals.ended_photos(conn, core.now(), AT_ONCE)
    # Each in a transaction of its own: a report that is worked on just now holds up no more than its own photos.
    for media_id in photos:
        with core.database.begin() as conn:
            photo = media.find(conn, media_id)
            # Erased since they were listed.
            if photo is None or photo.original_key is None:
                continue
            work = locked(core, conn, photo.service_request_id, WORKER)
            _destroy(work, media_id, photo.original_key)
            work.write()
            count += 1
    return count


def _destroy(work: Work, media_id: int, original_key: str) -> None:
    jobs.defer(work.conn, TaskName.FORGET_MEDIA, keys=[original_key])
    media.change(work.conn, media_id, original_key=None, original_until=None)
    work.tell_staff(EventKind.ORIGINAL_DESTROYED, media_id=media_id)


def destroy_original(work: Work, photo: Media) -> None:
    """Delete what was sent at once, within an act: nobody sees any more what was made black."""
    if photo.original_key is None:
        raise Invalid(problem("error.photo.not_black"))
    _destroy(work, photo.id, photo.original_key)


@contextmanager
def drawn(
    core: Core, service_request_id: int, edits: Sequence[PhotoEdit], actor: Actor
) -> Iterator[Mapping[int, Redaction]]:
    """New files for the photos that get boxes, by the id of the photo; taken away again when nothing comes of it."""
    drawings = [_drawing(core, service_request_id, edit, actor) for edit in edits if edit.boxes is not None]
    with files_of_photos.in_store(core, [picture for _, _, picture in drawings]) as files:
        yield {
            photo.id: Redaction(photo, boxes, file)
            for (photo, boxes, _), file in zip(drawings, files.kept, strict=True)
        }
        # Only when the block ended without an error: whatever was raised in it has left by now.
        files.attached = True


def _drawing(
    core: Core, service_request_id: int, edit: PhotoEdit, actor: Actor
) -> tuple[Media, tuple[Box, ...], Photo]:
    photo = _find(core, edit.media_id)
    if photo.service_request_id != service_request_id:
        raise _unknown(edit.media_id)
    boxes, earlier = photo_boxes.checked(edit.boxes or ()), photo_boxes.from_stored(photo.boxes)
    # Only who may see what is below a box may take it away.
    anew = photo.original_key is not None and Right.SEE_ORIGINALS in actor.rights
    data = core.media_store.get(photo.original_key if anew and photo.original_key else photo.key)
    if data is None:
        raise _unknown(edit.media_id)
    picture = images.blackened(data, [box.pixels for box in boxes])
    return photo, boxes if anew else (*earlier, *boxes), picture


def replace(work: Work, redaction: Redaction) -> None:
    """Put the new file in the place of the old one, within an act."""
    photo = _own(work, redaction.photo.id)
    # Somebody else has put another file there while this one was drawn; their boxes would be lost.
    if photo.key != redaction.photo.key:
        raise Conflict(
            problem("error.case.changed", service_request_id=work.number), revision=work.case.revision
        )
    original = photo.original_key or photo.key
    # The former drawing goes, but not the original, which at the first drawing is the same file.
    useless = {photo.thumb_key, photo.key} - {original, None}
    jobs.defer(work.conn, TaskName.FORGET_MEDIA, keys=sorted(str(key) for key in useless))
    closed, days = work.request.closed_datetime, timedelta(days=work.catalogue.desk.originals_days)
    media.change(
        work.conn,
        photo.id,
        **asdict(redaction.file),
        # Of the picture without boxes; the worker makes a new one.
        thumb_key=None,
        dhash=None,
        boxes=photo_boxes.stored(redaction.boxes),
        # Somebody has looked: what they left is meant to be seen.
        suggested=[],
        original_key=original,
        # Without an end while the report is open: somebody may object to what was blackened.
        original_until=max(closed + days, work.now) if closed else None,
    )
    jobs.defer(work.conn, TaskName.MAKE_THUMBNAIL, media_id=photo.id)
    work.tell_staff(EventKind.PHOTO_REDACTED, in_feed=True, media_id=photo.id, boxes=len(redaction.boxes))
    _bring_up_to_date(work, photo)


def describe(work: Work, photo: Media, text: str) -> None:
    words = tidy(text)
    if len(words) > ALT_LENGTH:
        raise Invalid(problem("error.edit.length", field="alt", most=ALT_LENGTH))
    if words == (photo.alt or ""):
        return
    media.change(work.conn, photo.id, alt=words or None)
    shown = photo.visibility is MediaVisibility.PUBLIC
    if shown and work.is_public:
        work.touch()
    work.tell_staff(EventKind.PHOTO_DESCRIBED, in_feed=shown, media_id=photo.id)


def publish_photo(
    core: Core, media_id: int, actor: Actor, *, expected_revision: int | None = None
) -> MediaVisibility:
    """Let everybody see a photo, as soon as everybody sees what it came with; returns who may see it now."""
    return _show(core, media_id, actor, expected_revision, public=True)


def hide_photo(
    core: Core, media_id: int, actor: Actor, *, expected_revision: int | None = None
) -> MediaVisibility:
    """Keep a photo for staff alone."""
    return _show(core, media_id, actor, expected_revision, public=False)


def _show(
    core: Core, media_id: int, actor: Actor, expected_revision: int | None, *, public: bool
) -> MediaVisibility:
    number = _find(core, media_id).service_request_id
    with opened(core, number, actor, Right.CHECK, expected_revision) as work:
        return show(work, _own(work, media_id), public=public)


def show(work: Work, photo: Media, *, public: bool) -> MediaVisibility:
    """Show or keep a photo within an act."""
    new_visibility = _most(work, photo) if public else MediaVisibility.INTERNAL
    if photo.visibility is new_visibility:
        return new_visibility
    media.change(work.conn, photo.id, visibility=new_visibility)
    work.remember_photo(photo.id, photo.visibility)
    noticed = MediaVisibility.PUBLIC in (new_visibility, photo.visibility)
    work.tell_staff(
        EventKind.PHOTO_PUBLISHED if public else EventKind.PHOTO_HIDDEN, in_feed=noticed, media_id=photo.id
    )
    _bring_up_to_date(work, photo)
    return new_visibility


def edit(work: Work, photo_edit: PhotoEdit, redactions: Mapping[int, Redaction]) -> None:
    """All that is to be done with a photo, within an act."""
    if photo_edit.media_id in redactions:
        replace(work, redactions[photo_edit.media_id])
    if photo_edit.destroy_original:
        destroy_original(work, _own(work, photo_edit.media_id))
    if photo_edit.alt is not None:
        describe(work, _own(work, photo_edit.media_id), photo_edit.alt)
    if photo_edit.public is not None:
        show(work, _own(work, photo_edit.media_id), public=photo_edit.public)


def _most(work: Work, photo: Media) -> MediaVisibility:
    """As public as a photo may be now: not more than the request, or the update, that it came with."""
    if photo.update_id is None:
        checked = work.request.visibility not in (Visibility.HELD, Visibility.WITHHELD)
        return MediaVisibility.PUBLIC if checked else MediaVisibility.HELD
    history = events.of_request(work.conn, work.number)
    if _telling(history, photo.update_id):
        return MediaVisibility.PUBLIC
    return MediaVisibility.INTERNAL if is_decided(history, photo.update_id) else MediaVisibility.HELD


def _telling(history: Sequence[Event], update_id: int) -> Event | None:
    updates = (
        event for event in history if event.is_update and event.public and event.update_id == update_id
    )
    return next(updates, None)


def _bring_up_to_date(work: Work, photo: Media) -> None:
    """Have the paths that the public reads be those of the files that it may see."""
    paths = media.public_paths(work.conn, work.number, photo.update_id)
    if photo.update_id is None:
        if paths != media.shown_paths(work.conn, work.number):
            work.change(photos=paths)
        return
    update = _telling(events.of_request(work.conn, work.number), photo.update_id)
    if update is not None and paths != update.data.get("photos", []):
        events.show_photos(work.conn, update.id, paths)
        work.touch()


def _find(core: Core, media_id: int) -> Media:
    with core.database.read() as conn:
        photo = media.find(conn, media_id)
    if photo is None:
        raise _unknown(media_id)
    return photo


def _own(work: Work, media_id: int) -> Media:
    """A photo of the locked report, as it is now."""
    photo = media.find(work.conn, media_id)
    if photo is None or photo.service_request_id != work.number:
        raise _unknown(media_id)
    return photo


def _unknown(media_id: int) -> NotFound:
    return NotFound(problem("error.photo.unknown", media_id=media_id))
