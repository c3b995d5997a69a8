"""Which characters the bytes of an answer mean (RFC 7303, 3: byte order mark, header, declaration)."""

import codecs
import re
from collections.abc import Iterator

from open311.base.charsets import LenientMessage, text_codec

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# A document begins with `<`, `[` or `{`; where the zeros are tells the rest.
ZEROS = (
    (b"[<\\[{]\0\0\0", "utf-32-le"),
    (b"\0\0\0[<\\[{]", "utf-32-be"),
    (b"[<\\[{]\0", "utf-16-le"),
    (b"\0[<\\[{]", "utf-16-be"),
)
DECLARED = re.compile(rb"""\A\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
# Servers say these by default, whatever they send.
DEFAULTS = ("iso8859-1", "ascii", "cp1252")
LAST_RESORT = "cp1252"


def decoded(body: bytes, content_type: str = "") -> str:
    """The text of a body. What says so first and fits wins; nothing is refused."""
    for mark, encoding in MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, errors="replace")
    for encoding in _candidates(body, content_type):
        try:
            return body.decode(encoding)
        except UnicodeError:
            continue
    return body.decode(LAST_RESORT, errors="replace")


def _candidates(body: bytes, content_type: str) -> Iterator[str]:
    for pattern, encoding in ZEROS:
        if re.match(pattern, body):
            yield encoding
    declaration = DECLARED.match(body)
    for name in (_charset(content_type), declaration[1].decode("ascii") if declaration else ""):
        codec = text_codec(name)
        if codec in DEFAULTS:
            # What is UTF-8 throughout is hardly ever anything else.
            yield "utf-8"
            yield LAST_RESORT
        elif codec:
            yield codec
    yield "utf-8"


def _charset(content_type: str) -> str:
    header = LenientMessage()
    header["Content-Type"] = content_type.encode("ascii", "ignore").decode()
    return header.get_content_charset() or ""
