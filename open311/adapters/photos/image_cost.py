"""Estimates what a picture would cost to decode (decompression bombs), before any decoder sees a byte of it.

Pixels alone do not tell. A progressive JPEG goes over all of them again with each scan, and a scan that changes nothing
takes thirty bytes; a HEIC may show one large tile a thousand times. So the work is bounded here, in pixels that are
gone over, and in parts, each of which a decoder looks at by itself.
"""

import re
import struct
from collections.abc import Callable, Iterator, Mapping

from open311.base.errors import Invalid, problem

# A camera's progressive JPEG has ten scans; encoders that try harder, up to twenty.
MOST_SCANS = 100
MOST_MEGAPIXELS_OF_SCANS = 600
MOST_SEGMENTS = 2000
MOST_PADDING = 64 * 1024
# Cameras write 64 KB of Exif at most. Each of its entries may name all of the rest as its value, which Pillow copies.
MOST_EXIF = 256 * 1024
EXIF_SEGMENT, EXIF_MARK = 0xE1, b"Exif\0"
MOST_CHUNKS = 20_000
# PNG allows one; Pillow unpacks each, to a megabyte.
MOST_PROFILES = 1
MOST_FRAMES = 50
MOST_BOXES = 10_000
# A telephone cuts 12 megapixels into 48 tiles; those at the edge are larger than what is seen of them.
MOST_TILES = 1024
MOST_MEGAPIXELS_OF_TILES = 60
# Boxes within boxes: HEIF nests four deep.
DEEPEST = 8

JPEG, PNG, WEBP, HEIF = "JPEG", "PNG", "WEBP", "HEIF"
# Baseline, extended and progressive, Huffman: what cameras write. Arithmetic and lossless ones take far longer.
FRAMES = b"\xc0\xc1\xc2"
OTHER_FRAMES = b"\xc3\xc5\xc6\xc7\xc9\xca\xcb\xcd\xce\xcf"
SCAN, END, ALONE = 0xDA, 0xD9, bytes([1, *range(0xD0, 0xD9)])
# Within the data of a scan: a marker that is neither a stuffed FF nor a restart.
_NEXT_MARKER = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")


def check(data: bytes, kind: str) -> None:
    """Raise `Invalid` for a picture that would take too long, or that no camera writes."""
    try:
        _CHECKS[kind](data)
    except (IndexError, struct.error):
        raise _unreadable() from None


def check_exif(length: int) -> None:
    """Raise `Invalid` for so many bytes of Exif as would take too long to read."""
    if length > MOST_EXIF:
        raise _too_complex()


def _too_complex() -> Invalid:
    return Invalid(problem("error.photo.too_complex"))


def _unreadable() -> Invalid:
    return Invalid(problem("error.photo.unreadable"))


def _jpeg(data: bytes) -> None:
    scans, pixels, exif = 0, 0, 0
    for marker, body in _segments(data):
        if marker == EXIF_SEGMENT and data.startswith(EXIF_MARK, body + 2):
            exif += struct.unpack_from(">H", data, body)[0]
            check_exif(exif)
        if marker in OTHER_FRAMES:
            raise _too_complex()
        if marker in FRAMES:
            height, width = struct.unpack_from(">HH", data, body + 3)
            pixels = max(pixels, height * width)
        scans += marker == SCAN
        if scans > MOST_SCANS or scans * pixels > MOST_MEGAPIXELS_OF_SCANS * 1_000_000:
            raise _too_complex()


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Each marker up to the end of the first picture, and where what belongs to it begins."""
    at, marker, padding = 2, 0, 0
    for _ in range(MOST_SEGMENTS):
        next_marker = _NEXT_MARKER.search(data, at)
        padding += _padding(data, at, next_marker, in_scan=marker == SCAN)
        if padding > MOST_PADDING:
            raise _too_complex()
        if next_marker is None or next_marker[1][0] == END:
            return
        marker, at = next_marker[1][0], next_marker.end()
        yield marker, at
        if marker not in ALONE:
            at += struct.unpack_from(">H", data, at)[0]
    raise _too_complex()


def _padding(data: bytes, at: int, next_marker: re.Match[bytes] | None, *, in_scan: bool) -> int:
    """How many bytes before a marker mean nothing; Pillow skips them one by one, in Python."""
    if next_marker is None:
        return 0 if in_scan else len(data) - at
    return next_marker.end() - 2 - (next_marker.start() if in_scan else at)


def _png(data: bytes) -> None:
    at, profiles = 8, 0
    for _ in range(MOST_CHUNKS):
        if at >= len(data):
            return
        length, name = struct.unpack_from(">I4s", data, at)
        if name == b"IEND":
            return
        if name == b"eXIf":
            check_exif(length)
        profiles += name == b"iCCP"
        many_frames = name == b"acTL" and struct.unpack_from(">I", data, at + 8)[0] > MOST_FRAMES
        if many_frames or profiles > MOST_PROFILES:
            raise _too_complex()
        at += length + 12
    raise _too_complex()


def _webp(data: bytes) -> None:
    at, frames = 12, 0
    for _ in range(MOST_CHUNKS):
        if at + 8 > len(data):
            return
        name, length = struct.unpack_from("<4sI", data, at)
        if name == b"EXIF":
            check_exif(length)
        frames += name == b"ANMF"
        if frames > MOST_FRAMES:
            break
        at += 8 + length + length % 2
    raise _too_complex()


def _heif(data: bytes) -> None:
    boxes = [*_boxes(data, 0, len(data), 0)]
    properties = [_area(data, name, body) for name, body, _ in boxes if name in _PROPERTIES]
    areas: dict[int, int] = {}
    tiles: list[int] = []
    for name, body, end in boxes:
        if name == b"ipma":
            areas |= _areas_of_items(data, body, end, properties)
        if name == b"iref":
            tiles += _parts_of_pictures(data, body, end)
    work = sum(areas.get(tile, 0) for tile in tiles)
    if len(tiles) > MOST_TILES or work > MOST_MEGAPIXELS_OF_TILES * 1_000_000:
        raise _too_complex()


# Boxes that hold others, and how many bytes are before those.
_HOLDERS: Mapping[bytes, int] = {b"meta": 4, b"iprp": 0, b"ipco": 0}
_PROPERTIES = {b"ispe", b"property"}


def _boxes(
    data: bytes, at: int, end: int, depth: int, inside: bytes = b""
) -> Iterator[tuple[bytes, int, int]]:
    """Each box: its name, where it begins and ends. What describes pictures is called `property`, but for sizes."""
    if depth > DEEPEST:
        raise _too_complex()
    for _ in range(MOST_BOXES):
        if at + 8 > end:
            return
        length, name = struct.unpack_from(">I4s", data, at)
        body = at + 8
        if length == 1:
            length, body = struct.unpack_from(">Q", data, body)[0], body + 8
        over = at + length if length else end
        if over < body or over > end:
            raise _unreadable()
        yield (b"property" if inside == b"ipco" and name != b"ispe" else name), body, over
        if name in _HOLDERS:
            yield from _boxes(data, body + _HOLDERS[name], over, depth + 1, name)
        at = over
    raise _too_complex()


def _area(data: bytes, name: bytes, body: int) -> int:
    if name != b"ispe":
        return 0
    width, height = struct.unpack_from(">II", data, body + 4)
    return int(width * height)


def _areas_of_items(data: bytes, body: int, end: int, properties: list[int]) -> dict[int, int]:
    """Item → its pixels, from the table of which properties belong to which item (ISO/IEC 23008-12, 9.3.2)."""
    head, count = struct.unpack_from(">II", data, body)
    at, areas = body + 8, dict[int, int]()
    item, index = (">I" if head >> 24 else ">H"), (">H" if head & 1 else ">B")
    for _ in range(min(count, MOST_BOXES)):
        number = struct.unpack_from(item, data, at)[0]
        at += struct.calcsize(item)
        many, at = data[at], at + 1
        for place in range(at, at + many * struct.calcsize(index), struct.calcsize(index)):
            which = struct.unpack_from(index, data, place)[0] & (0x7FFF if head & 1 else 0x7F)
            if 0 < which <= len(properties) and place < end:
                areas[number] = max(areas.get(number, 0), properties[which - 1])
        at += many * struct.calcsize(index)
    return areas


def _parts_of_pictures(data: bytes, body: int, end: int) -> list[int]:
    """The items that other pictures are put together from, as often as they are used."""
    number = ">I" if data[body] else ">H"
    size, at, parts = struct.calcsize(number), body + 4, list[int]()
    while at + 8 <= end and len(parts) <= MOST_TILES:
        length, name = struct.unpack_from(">I4s", data, at)
        if length < 8:
            raise _unreadable()
        if name == b"dimg":
            count = struct.unpack_from(">H", data, at + 8 + size)[0]
            places = range(at + 10 + size, at + 10 + size + count * size, size)
            parts += [struct.unpack_from(number, data, place)[0] for place in places]
        at += length
    return parts


_CHECKS: Mapping[str, Callable[[bytes], None]] = {JPEG: _jpeg, PNG: _png, WEBP: _webp, HEIF: _heif}
