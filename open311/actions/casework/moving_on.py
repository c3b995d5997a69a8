"""Moving a report on as staff do it: status, words, letter and photos in one act."""

from collections.abc import Sequence

from open311.actions.casework.conversation import correspondence
from open311.actions.casework.opening import opened
from open311.actions.casework.progress import status_moves
from open311.actions.casework.work import Work
from open311.actions.photos import media
from open311.base.errors import Invalid, problem
from open311.base.text import tidy
from open311.core import Core
from open311.model.access.actor import Actor, Right
from open311.model.casework.gaps import require_filled
from open311.model.casework.progress import Progress, publishable
from open311.model.media import Media, path
from open311.storage import events
from open311.storage import media as storage


def move_on(
    core: Core,
    service_request_id: int,
    progress: Progress,
    actor: Actor,
    *,
    expected_revision: int | None = None,
) -> int:
    """Move a request to a detailed status of its catalogue, and tell of it.

    That it is a duplicate is said by joining it with the report it repeats, which alone can be followed from then on.
    """
    notes = tidy(progress.status_notes or "") or None
    require_filled(notes)
    pictures, problems = media.read(core, progress.photos)
    Invalid.unless_empty(problems)
    with (
        media.in_store(core, pictures) as files,
        opened(core, service_request_id, actor, Right.SET_STATUS, expected_revision) as work,
    ):
        status = status_moves.status_of(work, progress.status)
        if status.is_for_duplicates and work.request.parent_id is None:
            raise Invalid(problem("error.status.duplicate", status=progress.status))
        status_moves.require_words(work, status, notes, needed=progress.needs_words)
        work.is_quiet = not progress.mail
        if progress.message:
            work.require(Right.WRITE_REPORTER)
            correspondence.write_answer(work, progress.message)
        published = photos_of_staff(work, progress.published)
        if progress.shown or published:
            work.require(Right.WRITE_PUBLIC)
        shown = [path(photo.key) for photo in published]
        shown += files.paths if progress.shown else []
        # The last line of the act, so that its photos come with it.
        status_moves.move(work, status, notes, {"photos": shown} if shown and work.is_public else {})
        work.bring(files, shown=progress.shown, published=[photo.id for photo in published])
    return work.case.revision


def set_status(
    core: Core,
    service_request_id: int,
    to: str,
    actor: Actor,
    status_notes: str | None = None,
    *,
    needs_words: bool = False,
    expected_revision: int | None = None,
) -> int:
    """Move a request to a detailed status of its catalogue, with a public note alone."""
    progress = Progress(status=to, status_notes=status_notes, needs_words=needs_words)
    return move_on(core, service_request_id, progress, actor, expected_revision=expected_revision)


def photos_of_staff(work: Work, media_ids: Sequence[int]) -> list[Media]:
    """Photos that staff have taken of the case and kept to themselves; raises `Invalid` for others."""
    if not media_ids:
        return []
    history = events.of_request(work.conn, work.number)
    offered = {photo.id: photo for photo in publishable(storage.of_request(work.conn, work.number), history)}
    if strange := [str(media_id) for media_id in media_ids if media_id not in offered]:
        raise Invalid(problem("error.photo.unknown", media_id=", ".join(strange)))
    return [offered[media_id] for media_id in media_ids]
