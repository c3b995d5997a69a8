"""Bodies and parts of bodies that arrive in a coding: packed by gzip or deflate, or as letters by base64."""

import binascii
import quopri
import tempfile
import zlib
from collections.abc import Iterable
from typing import IO, Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.exceptions import RequestEntityTooLarge

from open311.base.charsets import text_codec
from open311.base.errors import Invalid, problem
from open311.http.base_address import FAILED

# gzip or zlib, whichever it is; old clients send bare deflate under either name.
BY_ITS_HEAD, BARE = 32 + zlib.MAX_WBITS, -zlib.MAX_WBITS
# Of parts, beside those that change nothing.
CODINGS = ("base64", "quoted-printable")
# Charsets change nothing, either: old clients of Java and .NET put `UTF-8` here.
UNCHANGED = frozenset({"", "identity", "none"})
PACKED = frozenset({"gzip", "x-gzip", "deflate"})
AT_ONCE = 64 * 1024
KEPT_IN_MEMORY = 1024 * 1024


class Decompressor:
    """WSGI middleware: `application` sees bodies as they were before they were packed, up to `limit` bytes."""

    def __init__(self, application: WSGIApplication, limit: int) -> None:
        self._application = application
        self._limit = limit

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Unpack the body, if it is packed."""
        coding = environ.get("HTTP_CONTENT_ENCODING", "").strip().lower()
        # Some clients send the same headers with every request, whether it has a body or not.
        if coding in UNCHANGED or environ["REQUEST_METHOD"] == "GET" or text_codec(coding):
            return self._application(environ, start_response)
        if coding not in PACKED:
            environ[FAILED] = Invalid(problem("error.body.coding", known="gzip, deflate"))
            return self._application(environ, start_response)
        with tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY) as body:
            try:
                length = self._unpack(environ["wsgi.input"], body)
            except zlib.error:
                environ[FAILED] = Invalid(problem("error.body.unreadable"))
            except RequestEntityTooLarge as too_large:
                environ[FAILED] = too_large
            else:
                body.seek(0)
                # The framework is to see no trace of the coding: it would believe the old length, or none.
                environ |= {"wsgi.input": body, "CONTENT_LENGTH": str(length)}
                del environ["HTTP_CONTENT_ENCODING"]
                environ.pop("HTTP_TRANSFER_ENCODING", None)
            return self._application(environ, start_response)

    def _unpack(self, source: Any, body: IO[bytes]) -> int:
        length, packed = 0, source.read(AT_ONCE)
        unpacker = zlib.decompressobj(BY_ITS_HEAD if _has_head(packed) else BARE)
        while packed:
            # Piece by piece, so that it is counted before it is there: a kilobyte may unpack to a megabyte.
            piece = unpacker.decompress(packed, AT_ONCE)
            length += body.write(piece)
            if length > self._limit:
                raise RequestEntityTooLarge
            packed = unpacker.unconsumed_tail or source.read(AT_ONCE)
        if not unpacker.eof:
            raise zlib.error("the body ends too early")
        return length


def _has_head(packed: bytes) -> bool:
    return packed[:2] == b"\x1f\x8b" or (packed[:1] == b"\x78" and int.from_bytes(packed[:2]) % 31 == 0)


def decoded_part(data: bytes, coding: str) -> bytes:
    """A part of a multipart body without its `Content-Transfer-Encoding`; as it is where that says nothing true."""
    if coding == "base64":
        try:
            return binascii.a2b_base64(data)
        except binascii.Error:
            return data
    return quopri.decodestring(data) if coding == "quoted-printable" else data
