"""Photos for staff who may see their case; the files as they were sent for those who may see originals."""

from flask import Response, request
from flask.typing import ResponseReturnValue

from open311.actions import casework
from open311.base.errors import NotFound, problem
from open311.http import current
from open311.model.access.actor import Right
from open311.model.media import KEY
from open311.staff.blueprint import page
from open311.staff.rendering import NOT_KEPT
from open311.staff.seen_case import find_case
from open311.storage import media


@page("/photos/<key>", Right.SEE_REPORTS)
def photo(key: str) -> ResponseReturnValue:
    """A photo, or its small copy, whoever else may see it."""
    return picture(key)


def picture(key: str) -> Response:
    """The file of a photo; raises `NotFound` for one of a case that the actor may not see."""
    core = current.core()
    unknown = NotFound(problem("error.path"))
    if not KEY.fullmatch(key):
        raise unknown
    with core.database.read() as conn:
        stored_file = media.find_file(conn, key)
    if stored_file is None:
        raise unknown
    # For what it raises: a photo is as secret as its case.
    find_case(stored_file.service_request_id)
    data = core.media_store.get(key)
    if data is None:
        raise unknown
    return _picture(data)


@page("/reports/<number:number>/originals/<number:media_id>", Right.SEE_ORIGINALS, Right.SEE_UNIT_ORIGINALS)
def photo_original(number: int, media_id: int) -> ResponseReturnValue:
    """A photo as it was sent, while that is kept."""
    seen = find_case(number)
    if media_id not in {photo.id for photo in seen.whole.photos}:
        raise NotFound(problem("error.path"))
    return _picture(casework.original_of(current.core(), media_id, seen.actor))


def _picture(data: bytes) -> Response:
    response = Response(data, content_type="image/jpeg")
    response.headers["Cache-Control"] = NOT_KEPT
    # Whatever else a file may pretend to be, it is a picture and no page.
    response.headers["X-Content-Type-Options"] = "nosniff"
    # A photo in a tab of its own is a document: nothing in it may run.
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    if request.args.get("download"):
        response.headers["Content-Disposition"] = "attachment"
    return response
