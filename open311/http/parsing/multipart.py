"""Multipart bodies part by part, as careless clients write them (georeport.md 5.2, 6.1)."""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import IO

from werkzeug.datastructures import FileStorage, Headers
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from open311.base.charsets import decode
from open311.http.parsing.content_coding import CODINGS, decoded_part

AT_ONCE = 64 * 1024
# That of a part has a name and a type; servers allow as much for all of a request.
LONGEST_HEAD = 16 * 1024
Part = Field | File
# From a content type and a name.
OpenFile = Callable[[str | None, str], IO[bytes]]


class Decoder(MultipartDecoder):
    """Werkzeug's decoder, which also reads the head of a part that is not in UTF-8.

    Windows and old Java write names of files as Latin-1, and a report is not refused for that.
    """

    def _parse_headers(self, data: bytes | bytearray) -> Headers:
        if len(data) > LONGEST_HEAD:
            raise ValueError("the head of a part is too long")
        return super()._parse_headers(decode(bytes(data)).encode())


def read(
    stream: IO[bytes], decoder: MultipartDecoder, open_file: OpenFile, longest_text: int
) -> tuple[list[tuple[str, str]], list[tuple[str, FileStorage]]]:
    """The texts and the files of a body by name, in order; raises ValueError for one that cannot be read."""
    texts, files = list[tuple[str, str]](), list[tuple[str, FileStorage]]()
    for part, encoded in _parts(stream, decoder, open_file, longest_text):
        content = _decoded(encoded, part.headers)
        if _is_file(part):
            files.append((part.name, FileStorage(content, _file_name(part), part.name, headers=part.headers)))
        # A part whose name cannot be read has none.
        elif part.name is not None:
            texts.append((part.name, decode(content.read())))
    return texts, files


def _parts(
    stream: IO[bytes], decoder: MultipartDecoder, open_file: OpenFile, longest_text: int
) -> Iterator[tuple[Part, IO[bytes]]]:
    """Each part with its content, to be read from the beginning."""
    part: Part | None = None
    content: IO[bytes] = BytesIO()
    for event in _events(stream, decoder):
        if isinstance(event, Field | File):
            part = event
            is_file = _is_file(part)
            content = open_file(part.headers.get("Content-Type"), _file_name(part)) if is_file else BytesIO()
        elif isinstance(event, Data) and part:
            content.write(event.data)
            if content.tell() > longest_text and not _is_file(part):
                raise RequestEntityTooLarge
            if not event.more_data:
                content.seek(0)
                yield part, content


def _is_file(part: Part) -> bool:
    """Whether a part is a file: one with a name, or a picture that was sent without one."""
    return isinstance(part, File) or part.headers.get("Content-Type", "").lower().startswith("image/")


def _file_name(part: Part) -> str:
    return part.filename if isinstance(part, File) else ""


def _decoded(content: IO[bytes], headers: Headers) -> IO[bytes]:
    coding = headers.get("Content-Transfer-Encoding", "").strip().lower()
    return BytesIO(decoded_part(content.read(), coding)) if coding in CODINGS else content


def _events(stream: IO[bytes], decoder: MultipartDecoder) -> Iterator[Event]:
    while not isinstance(event := decoder.next_event(), Epilogue):
        if isinstance(event, NeedData):
            decoder.receive_data(stream.read(AT_ONCE) or None)
        else:
            yield event
