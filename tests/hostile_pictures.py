"""Pictures that cost a decoder more than their size says, one kind a function, all made here."""

import struct
import zlib
from collections.abc import Callable, Mapping
from io import BytesIO

from tests.pictures import a_photo, two_colours, written


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def jpeg_of_empty_scans(count: int = 2000, width: int = 2000, height: int = 2000) -> bytes:
    """A progressive JPEG that is gone over again and again without a change: runs of blocks that end at once."""
    whole = written(two_colours(width, height), progressive=True)
    # A scan of bits that are refined, in which each symbol says that 32,767 blocks have nothing more.
    table = _segment(0xC4, bytes([0x10]) + bytes([1] + [0] * 15) + bytes([0xE0]))
    scan = _segment(0xDA, bytes([1, 1, 0x00, 1, 63, 0x00])) + b"\0" * 30
    return whole[:-2] + (table + scan) * count + whole[-2:]


def jpeg_of_a_slow_kind() -> bytes:
    """Arithmetic coding, which no camera writes."""
    return a_photo("JPEG").replace(b"\xff\xc0\x00\x11", b"\xff\xc9\x00\x11")


def jpeg_of_many_segments() -> bytes:
    """Hundreds of thousands of comments."""
    whole = a_photo("JPEG")
    return whole[:2] + _segment(0xFE, b"") * 300_000 + whole[2:]


def jpeg_of_padding() -> bytes:
    """Megabytes of the byte that may stand before a marker any number of times."""
    whole = a_photo("JPEG")
    return whole[:2] + b"\xff" * 2_000_000 + whole[2:]


def jpeg_of_nothing() -> bytes:
    """A head that never comes to its picture."""
    return a_photo("JPEG")[:20] + bytes(2_000_000)


def jpeg_of_much_exif() -> bytes:
    """Megabytes of it, each segment of which makes the decoder copy those before."""
    whole = a_photo("JPEG")
    return whole[:2] + _segment(0xE1, b"Exif\0\0" + bytes(4000)) * 1000 + whole[2:]


def exif_of_large_values(entries: int = 30_000) -> bytes:
    """Each entry has all of the rest as its value."""
    entry = struct.pack("<HHII", 1, 5, 40_000, 8)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", entries) + entry * entries + bytes(4)


def png_of_much_exif() -> bytes:
    return _with_chunks(_chunk(b"eXIf", exif_of_large_values()))


def webp_of_much_exif() -> bytes:
    return written(two_colours(16, 16), "WEBP", exif=exif_of_large_values())


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _with_chunks(chunks: bytes) -> bytes:
    whole = a_photo("PNG")
    return whole[:33] + chunks + whole[33:]


def png_of_many_chunks() -> bytes:
    """Hundreds of thousands of chunks that say nothing."""
    return _with_chunks(_chunk(b"teSt", b"") * 300_000)


def png_of_many_profiles() -> bytes:
    """Thousands of them, each a thousand times as long once it is unpacked."""
    return _with_chunks(_chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(1_000_000))) * 5000)


def png_of_many_frames() -> bytes:
    """An animation of a million pictures."""
    return _with_chunks(_chunk(b"acTL", struct.pack(">II", 1_000_000, 0)))


def webp_of_many_frames() -> bytes:
    """An animation of a thousand pictures."""
    file = BytesIO()
    frames = [two_colours(16, 16).effect_spread(9) for _ in range(80)]
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], duration=10)
    return file.getvalue()


def webp_of_many_chunks() -> bytes:
    """Hundreds of thousands of chunks that say nothing."""
    body = a_photo("WEBP")[12:] + struct.pack("<4sI", b"TeSt", 0) * 300_000
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, name) + body


def _heif(meta: bytes) -> bytes:
    return _box(b"ftyp", b"heic\0\0\0\0mif1heic") + _box(b"meta", b"\0\0\0\0" + meta)


def heif_of_one_tile_a_thousand_times() -> bytes:
    """A picture put together from one large tile, again and again."""
    size = _box(b"ispe", b"\0\0\0\0" + struct.pack(">II", 4990, 4990))
    owners = _box(b"ipma", struct.pack(">II", 0, 1) + struct.pack(">HB", 2, 1) + b"\x01")
    parts = _box(b"dimg", struct.pack(">HH", 1, 1000) + struct.pack(">H", 2) * 1000)
    return _heif(_box(b"iprp", _box(b"ipco", size) + owners) + _box(b"iref", b"\0\0\0\0" + parts))


def heif_of_many_tiles() -> bytes:
    """A picture put together from sixty thousand."""
    parts = _box(b"dimg", struct.pack(">HH", 1, 60_000) + struct.pack(">H", 2) * 60_000)
    return _heif(_box(b"iref", b"\0\0\0\0" + parts))


def heif_of_many_boxes() -> bytes:
    """Boxes without contents."""
    return _heif(_box(b"iprp", _box(b"ipco", _box(b"free", b"") * 200_000)))


def heif_of_boxes_in_boxes() -> bytes:
    """A box in a box in a box."""
    inner = b""
    for _ in range(2000):
        inner = _box(b"iprp", inner)
    return _heif(inner)


TOO_COMPLEX: Mapping[str, Callable[[], bytes]] = {
    make.__name__: make
    for make in (
        jpeg_of_empty_scans,
        jpeg_of_a_slow_kind,
        jpeg_of_many_segments,
        jpeg_of_padding,
        jpeg_of_nothing,
        jpeg_of_much_exif,
        png_of_much_exif,
        webp_of_much_exif,
        png_of_many_chunks,
        png_of_many_profiles,
        png_of_many_frames,
        webp_of_many_frames,
        webp_of_many_chunks,
        heif_of_one_tile_a_thousand_times,
        heif_of_many_tiles,
        heif_of_many_boxes,
        heif_of_boxes_in_boxes,
    )
}
