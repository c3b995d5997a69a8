"""Photos in what a client sent: any file part of a multipart body, or a data URI in the text `media`.

georeport.md 5.2: the name of the part does not matter; other texts in `media`, such as the address of a picture in the
memory of a telephone, mean nothing to us.
"""

import binascii
import re
from io import BytesIO
from typing import IO, Any

from marshmallow import fields

from open311.http.parsing.normalise import LenientRequest
from open311.web.fields import validation_error

DATA_URI = re.compile(r"data:image/[\w.+-]+(?:;[\w.+-]+=[^;,]*)*;base64,", re.IGNORECASE)


def media_parts(request: LenientRequest, texts: list[str]) -> dict[str, list[Any]]:
    """The argument `media`: uploaded files, then data URIs; absent where there are neither."""
    parts = [part for _, part in request.files.items(multi=True)]
    # A form in which no file was chosen sends a part without name and contents.
    files = [part for part in parts if part.filename or part.stream.read(1)]
    for file in files:
        file.stream.seek(0)
    photos_sent = [*files, *(text for text in texts if DATA_URI.match(text))]
    return {"media": photos_sent} if photos_sent else {}


class Photos(fields.Field[Any]):
    """Uploaded files, not yet looked at by a decoder."""

    def _deserialize(self, value: list[Any], attr: str | None, data: Any, **_: Any) -> Any:
        return tuple(_decoded(part) if isinstance(part, str) else part.stream for part in value)


def photos_field() -> Photos:
    """The argument `media` of a POST."""
    return Photos(
        metadata={
            "description": "Photos, as files; their names do not matter. Outside multipart, base64 data URIs.",
            "type": "array",
            "items": {"type": "string", "format": "binary"},
        }
    )


def _decoded(data_uri: str) -> IO[bytes]:
    # In a form that was not encoded with care, "+" arrives as a blank.
    encoded = (
        data_uri[data_uri.index(",") + 1 :].strip().replace(" ", "+").replace("\r", "").replace("\n", "")
    )
    try:
        return BytesIO(binascii.a2b_base64(encoded + "=" * (-len(encoded) % 4), strict_mode=True))
    except ValueError:
        raise validation_error("error.photo.base64") from None
