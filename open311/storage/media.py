"""Photos: what is known about each; the files themselves are in the media store."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, union_all, update

from open311.model.access.visibility import EVERYBODYS
from open311.model.media import Media, MediaVisibility, StoredFile, path
from open311.storage.tables import draft_photos, inbox_photos, media, service_requests

_m = media.c


def add(
    conn: Connection,
    service_request_id: int,
    files: Sequence[StoredFile],
    visibility: MediaVisibility,
    created: datetime,
    update_id: int | None = None,
) -> list[int]:
    """Make stored files the photos of a request, or of an update to it, behind those it has; returns their ids."""
    if not files:
        return []
    # The caller has locked the request, so no two photos get the same position.
    next_position = select(func.coalesce(func.max(_m.position), -1) + 1).where(
        _m.service_request_id == service_request_id
    )
    first = conn.execute(next_position).scalar_one()
    common = {
        "service_request_id": service_request_id,
        "visibility": visibility,
        "created_datetime": created,
        "update_id": update_id,
    }
    return [
        conn.execute(
            insert(media).values(**asdict(file), **common, position=first + place).returning(_m.id)
        ).scalar_one()
        for place, file in enumerate(files)
    ]


def find(conn: Connection, media_id: int) -> Media | None:
    """The photo with this id, whoever may see it."""
    return _one(conn, _m.id == media_id)


def _one(conn: Connection, *conditions: Any) -> Media | None:
    row = conn.execute(select(media).where(*conditions)).one_or_none()
    return _media(row) if row else None


def _media(row: Any) -> Media:
    return Media(**dict(row._mapping) | {"visibility": MediaVisibility(row.visibility)})


def find_file(conn: Connection, key: str) -> Media | None:
    """The photo that a file belongs to, itself or its small copy, whoever may see it."""
    return _one(conn, or_(_m.key == key, _m.thumb_key == key))


def find_public(conn: Connection, key: str) -> Media | None:
    """The photo with this key, if everybody may see it and its request."""
    row = conn.execute(
        select(media)
        .join(service_requests, service_requests.c.id == _m.service_request_id)
        .where(
            _m.key == key,
            _m.visibility == MediaVisibility.PUBLIC,
            service_requests.c.visibility == EVERYBODYS,
        )
    ).one_or_none()
    return _media(row) if row else None


def of_request(conn: Connection, service_request_id: int) -> list[Media]:
    """All photos of a request and of its updates, in order."""
    query = select(media).where(_m.service_request_id == service_request_id).order_by(_m.position)
    return [_media(row) for row in conn.execute(query)]


def held(conn: Connection, limit: int) -> list[Media]:
    """Photos that await moderation, the oldest first."""
    query = select(media).where(_m.visibility == MediaVisibility.HELD).order_by(_m.id).limit(limit)
    return [_media(row) for row in conn.execute(query)]


def change(conn: Connection, media_id: int, **values: Any) -> None:
    """Write what is different about a photo."""
    conn.execute(update(media).where(_m.id == media_id).values(**values))


def publish_held(conn: Connection, service_request_id: int, update_id: int | None = None) -> list[int]:
    """Let everybody see the photos of a request, or of one update to it, that have not been kept internal.

    Returns their ids.
    """
    held = _m.visibility == MediaVisibility.HELD
    theirs = _came_with(service_request_id, update_id)
    shown = update(media).where(*theirs, held).values(visibility=MediaVisibility.PUBLIC)
    return list(conn.execute(shown.returning(_m.id)).scalars())


def keep_internal(conn: Connection, service_request_id: int, update_id: int) -> None:
    """Keep the photos of an update for staff alone."""
    theirs = _came_with(service_request_id, update_id)
    conn.execute(update(media).where(*theirs).values(visibility=MediaVisibility.INTERNAL))


def _came_with(service_request_id: int, update_id: int | None) -> tuple[Any, ...]:
    return _m.service_request_id == service_request_id, _m.update_id.is_not_distinct_from(update_id)


def public_paths(conn: Connection, service_request_id: int, update_id: int | None = None) -> list[str]:
    """What belongs into `service_requests.photos`, or into the event that tells of an update."""
    public = _m.visibility == MediaVisibility.PUBLIC
    query = select(_m.key).where(*_came_with(service_request_id, update_id), public).order_by(_m.position)
    return [path(key) for key in conn.execute(query).scalars()]


def descriptions(conn: Connection, service_request_id: int) -> dict[str, str]:
    """What is on the public photos of a request and its updates, in words, by their path; only of those described."""
    described = (
        _m.service_request_id == service_request_id,
        _m.visibility == MediaVisibility.PUBLIC,
        _m.alt.is_not(None),
    )
    rows = conn.execute(select(_m.key, _m.alt).where(*described))
    return {path(row.key): row.alt for row in rows}


def shown_paths(conn: Connection, service_request_id: int) -> list[str]:
    """What is in `service_requests.photos` now."""
    query = select(service_requests.c.photos).where(service_requests.c.id == service_request_id)
    return list(conn.execute(query).scalar_one())


def outside_urls(conn: Connection, service_request_id: int) -> list[str]:
    """The pictures elsewhere that the sender named."""
    query = select(service_requests.c.media_urls).where(service_requests.c.id == service_request_id)
    return list(conn.execute(query).scalar_one_or_none() or ())


def suggest(conn: Connection, media_id: int, key: str, suggestions: Sequence[Mapping[str, Any]]) -> None:
    """Remember what may have to be black on a photo's file, unless the file has been replaced meanwhile."""
    # A detector takes seconds. Boxes of a file that was replaced meanwhile would lie on the wrong picture.
    mine = (_m.id == media_id, _m.key == key, _m.suggested.is_(None))
    conn.execute(update(media).where(*mine).values(suggested=list(suggestions)))


def set_thumbnail(conn: Connection, media_id: int, key: str, thumb_key: str, dhash: int) -> bool:
    """Remember the small copy of a photo's file, and what it looks like; False when nobody waits for it any more."""
    # Likewise: a copy of the old file would show what was made black in the new one.
    mine = (_m.id == media_id, _m.key == key, _m.thumb_key.is_(None))
    changed = conn.execute(update(media).where(*mine).values(thumb_key=thumb_key, dhash=dhash))
    return changed.rowcount > 0


def keys_of_request(conn: Connection, service_request_id: int) -> list[str]:
    theirs = _m.service_request_id == service_request_id
    names = select(_m.key, _m.thumb_key, _m.original_key).where(theirs)
    return [key for row in conn.execute(names) for key in row if key]


def known_keys(conn: Connection, keys: Sequence[str]) -> set[str]:
    """Those of `keys` that a photo, the draft of a report, or a mail that came in points to."""
    names = (_m.key, _m.thumb_key, _m.original_key, draft_photos.c.key, inbox_photos.c.key)
    queries = (select(name).where(name.in_(keys)) for name in names)
    return set(conn.execute(union_all(*queries)).scalars())
