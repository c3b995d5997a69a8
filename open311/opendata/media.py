"""Front door: `/media/KEY`, the photos that everybody may see, as pictures and nothing else."""

from flask import Blueprint, Flask, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from open311.base.errors import NotFound, problem
from open311.http import current
from open311.model.media import KEY, PATH, SMALL, Media
from open311.storage import media

# A photo can be hidden at any time, and then nobody may be served it from a copy: after a minute they ask again, and
# learn by the tag that it is the same.
FOR_NOW = "public, max-age=60, must-revalidate"
# Even if a browser took the file for a page, nothing in it could run or load.
AS_PICTURE_ONLY = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": "inline",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}

blueprint = Blueprint("media", __name__)


def install(app: Flask) -> None:
    app.register_blueprint(blueprint)


@blueprint.get(f"{PATH}/<key>")
def get_photo(key: str) -> AnyResponse:
    """A photo; missing unless it and its request are public."""
    photo = _public(key)
    return _answer(photo.key, photo.sha256, photo.media_type)


@blueprint.get(f"{SMALL}/<key>")
def get_small_photo(key: str) -> AnyResponse:
    """The small copy of a photo, found by the photo's own key; the photo itself until there is one."""
    photo = _public(key)
    if photo.thumb_key is None:
        return _answer(photo.key, photo.sha256, photo.media_type)
    return _answer(photo.thumb_key, photo.thumb_key, photo.media_type)


get_photo.access = get_small_photo.access = "public"  # type: ignore[attr-defined]


def _public(key: str) -> Media:
    if not KEY.fullmatch(key):
        raise _missing()
    with current.core().database.read() as conn:
        photo = media.find_public(conn, key)
    if photo is None:
        raise _missing()
    return photo


def _missing() -> NotFound:
    return NotFound(problem("error.path"))


def _answer(key: str, tag: str, media_type: str) -> AnyResponse:
    store = current.core().media_store
    elsewhere = store.address(key)
    if elsewhere:
        # Temporary: the signed address is good for minutes.
        response: AnyResponse = redirect(elsewhere, 302)
        response.headers["Cache-Control"] = FOR_NOW
        return response
    headers = AS_PICTURE_ONLY | {"Cache-Control": FOR_NOW, "ETag": f'"{tag[:64]}"'}
    # Decided before the store is asked for the file.
    if tag[:64] in request.if_none_match:
        return Response(status=304, headers=headers)
    data = store.get(key)
    if data is None:
        raise _missing()
    return Response(data, headers=headers, content_type=media_type)
