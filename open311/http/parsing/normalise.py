"""Reading requests of old and careless clients: addresses, encodings and bodies that are almost right.

georeport.md 3.3 (slashes), 3.5 (encodings), 6.1 Q1 (boundaries).
"""

import binascii
import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from open311.base.charsets import decode
from open311.base.errors import Invalid, problem
from open311.http import current, urls
from open311.http.parsing import multipart

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SANDBOX = re.compile(r"^/open311/test(?=/v2/|/v2$|/discovery)")
SUFFIX = re.compile(rf"\.({'|'.join(urls.SUFFIXES)})$", re.IGNORECASE)
# A boundary with a letter that no bare word may have (RFC 2046, 5.1.1), such as `/` or `=`, and without its quotes.
UNQUOTED_BOUNDARY = re.compile(
    r'(?P<before>;\s*boundary=)(?P<boundary>[^";,]*[^\w!#$%&\'*+.^`|~;",-][^";,]*)', re.IGNORECASE
)
MAX_FIELDS = 2000
# A photo of the largest kind as base64, percent signs included.
MAX_TEXT_PART = 16 * 1024 * 1024
AT_ONCE = 64 * 1024
_LONE_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def pairs(raw: bytes) -> list[tuple[str, str]]:
    """Names and values of a query."""
    return list(_pairs(raw.split(b"&")))


def _pairs(fields: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    for number, field in enumerate(fields, 1):
        if number > MAX_FIELDS:
            raise Invalid(problem("error.body.too_many_fields", most=MAX_FIELDS))
        if field:
            name, _, value = field.partition(b"=")
            yield _unquoted(name), _unquoted(value)


def _unquoted(text: bytes) -> str:
    # Names, numbers and codes have nothing to unquote, and they are most of what is sent.
    return decode(text if text.isalnum() else _without_escapes(text.replace(b"+", b" ")))


def _without_escapes(text: bytes) -> bytes:
    if b"%" not in text:
        return text
    # Quoted-printable is the same with another sign, and read in C: the library's function takes a second for each
    # megabyte of percent signs.
    whole = _LONE_PERCENT.sub(b"%25", text)
    return binascii.a2b_qp(whole.replace(b"=", b"=3D").replace(b"%", b"="))


def _fields(stream: IO[bytes]) -> Iterator[bytes]:
    """The fields of a form-encoded body, one by one: decoded as a whole it would take five times its size."""
    rest = bytearray()
    while block := stream.read(AT_ONCE):
        rest += block
        if b"&" in block:
            *whole, last = rest.split(b"&")
            yield from map(bytes, whole)
            rest = last
        # A field without an end: it is never yielded, so nobody else would count it.
        if len(rest) > MAX_TEXT_PART:
            raise RequestEntityTooLarge
    yield bytes(rest)


def _without_nul(fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """No text in a database holds NUL, and nobody types it."""
    return [(name.replace("\0", ""), value.replace("\0", "")) for name, value in fields]


class Form(FormDataParser):
    """A body parser that decodes leniently and says so when a body cannot be read at all."""

    def _parse_urlencoded(self, stream: IO[bytes], *_: Any) -> Any:
        return stream, self.cls(_without_nul(_pairs(_fields(stream)))), self.cls()

    def _parse_multipart(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str]
    ) -> Any:
        def open_file(content_type: str | None, name: str) -> IO[bytes]:
            return self.stream_factory(content_length, content_type, name, None)

        try:
            boundary = options.get("boundary", "").encode("ascii")
            decoder = multipart.Decoder(boundary, self.max_form_memory_size, max_parts=self.max_form_parts)
            fields, files = multipart.read(stream, decoder, open_file, MAX_TEXT_PART)
        except ValueError:
            raise Invalid(problem("error.body.unreadable")) from None
        return stream, self.cls(_without_nul(fields)), self.cls(files)


class LenientRequest(Request):
    """A request that old clients can make."""

    # Bodies are read by it in whichever front door they arrive; pages and interfaces see the same clean fields.
    form_data_parser_class = Form
    max_form_memory_size = MAX_TEXT_PART
    max_form_parts = MAX_FIELDS

    def __init__(self, environ: "WSGIEnvironment", *args: Any, **kwargs: Any) -> None:
        super().__init__(environ, *args, **kwargs)
        self.max_content_length = environ[current.CORE].settings.max_body_bytes

    @cached_property
    def args(self) -> MultiDict[str, str]:
        return ImmutableMultiDict(pairs(self.query_string))

    @cached_property
    def posted_object(self) -> dict[str, Any]:
        """The JSON object in the body; empty when there is none, `Invalid` when it cannot be read."""
        if not self.is_json:
            return {}
        try:
            # .NET and editors of Windows begin with a mark that JSON forbids (RFC 8259, 8.1).
            posted = json.loads(decode(self.get_data().removeprefix(BOM_UTF8)))
        # A few thousand `[` in a row end Python's own stack before any limit of ours.
        except (ValueError, RecursionError):
            posted = None
        if not isinstance(posted, dict):
            raise Invalid(problem("error.body.unreadable"))
        return posted


class Normaliser:
    """WSGI middleware: one spelling for what old clients spell in several ways.

    Collapses `//`, strips one trailing `/`, lowers the suffix, quotes a broken multipart boundary, and marks requests
    to the test endpoint. No redirect: old HTTP stacks do not repeat a POST.
    """

    def __init__(self, app: "WSGIApplication", *, sandbox: bool) -> None:
        self.app = app
        self.sandbox = sandbox

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if "//" in path:
            path = re.sub("//+", "/", path)
        if len(path) > 1 and path.endswith("/"):
            path = path[:-1]
        path = SUFFIX.sub(_lower, path)
        if self.sandbox and SANDBOX.match(path):
            path = SANDBOX.sub("/open311", path)
            environ[current.SANDBOX] = True
        environ["PATH_INFO"] = path
        content_type = environ.get("CONTENT_TYPE", "")
        if content_type.lower().startswith("multipart/"):
            environ["CONTENT_TYPE"] = UNQUOTED_BOUNDARY.sub(_quoted, content_type)
        return self.app(environ, start_response)


def _lower(match: re.Match[str]) -> str:
    return match[0].lower()


def _quoted(match: re.Match[str]) -> str:
    return f'{match["before"]}"{match["boundary"].strip()}"'
