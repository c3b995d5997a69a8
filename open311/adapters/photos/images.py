"""Photos from strangers: what they may be, and what becomes of them.

A photo is taken apart and drawn again, always as a JPEG in sRGB: nothing that hid in the file, neither a place nor a
program, gets into the copy. Decoders are large C programs that meet hostile bytes here, so they run in a process of
their own, with little memory, little time and none of the server's secrets.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, TypeVar

from PIL import ExifTags, Image, ImageCms
from PIL.Image import Transpose

from open311.adapters.photos import image_cost
from open311.adapters.photos.child_process import ChildFailed
from open311.adapters.photos.confinement import give_up_everything
from open311.adapters.photos.fork_server import ForkServer
from open311.base.errors import Invalid, problem

Told = TypeVar("Told")

MEDIA_TYPE = "image/jpeg"
# Enough to read a street sign or a number plate.
LONGEST_EDGE = 2560
# The width of a card on a telephone with two pixels a point.
THUMBNAIL_EDGE = 480
QUALITY = 85

# What a decoder needs per pixel differs: a plain JPEG is scaled while it is read, everything else comes in full size.
MEGAPIXELS = 50
MEGAPIXELS_IN_FULL_SIZE = 25
CHILD_MEMORY = 640 * 1024 * 1024
# Of processor time: a photo of a telephone takes one.
CHILD_SECONDS = 8

FIRST_BYTES: Mapping[str, Callable[[bytes], bool]] = {
    "JPEG": lambda head: head.startswith(b"\xff\xd8\xff"),
    "PNG": lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"),
    "WEBP": lambda head: head.startswith(b"RIFF") and head[8:12] == b"WEBP",
    "HEIF": lambda head: head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"heim", b"heis", b"mif1"),
}
# What makes a picture upright, by the orientation that its metadata name.
UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class Photo:
    """A clean picture: a JPEG with pixels and nothing else.

    `place` is where the file said it was taken, latitude and longitude: to be offered to its sender, never kept.
    """

    data: bytes
    width: int
    height: int
    media_type: str = MEDIA_TYPE
    place: tuple[float, float] | None = None


def kind_of(head: bytes) -> str | None:
    """Which of `FIRST_BYTES` the first bytes are those of, whatever the sender calls it; None for anything else."""
    return next((kind for kind, matches in FIRST_BYTES.items() if matches(head)), None)


def clean(data: bytes) -> Photo:
    """The picture in `data`, upright, at most `LONGEST_EDGE` wide or high, without metadata.

    Raises `Invalid` for what is not a photo, is damaged, has too many pixels or would take too long; `Busy` when the
    machine has no time for it.
    """
    kind = kind_of(data[:16])
    if kind is None:
        raise Invalid(problem("error.photo.type"))
    image_cost.check(data, kind)
    head, _, picture = _in_child(data, kind).partition(b"\n")
    measured: Mapping[str, Any] = json.loads(head)
    if "key" in measured:
        raise Invalid(problem(measured["key"], **measured["values"]))
    place = measured.get("place")
    return Photo(
        picture, measured["width"], measured["height"], place=(place[0], place[1]) if place else None
    )


# One a process, whatever serves there: it holds nothing but the decoders.
_decoders = ForkServer(__name__)


def _in_child(data: bytes, kind: str) -> bytes:
    try:
        return _decoders.run(data, CHILD_SECONDS, kind)
    except ChildFailed:
        # A decoder that crashed, or was stopped at one of its limits, met a file that is no photo.
        return _refused("error.photo.unreadable")


def _refused(key: str, **values: Any) -> bytes:
    return json.dumps({"key": key, "values": values}).encode() + b"\n"


def thumbnail(data: bytes) -> Photo:
    """A small copy of a clean picture."""
    with Image.open(BytesIO(data), formats=("JPEG",)) as image:
        image.draft("RGB", (THUMBNAIL_EDGE, THUMBNAIL_EDGE))
        image.thumbnail((THUMBNAIL_EDGE, THUMBNAIL_EDGE), reducing_gap=2.0)
        return _drawn_anew(image)


def blackened(data: bytes, boxes: Sequence[Callable[[int, int], tuple[int, int, int, int]]]) -> Photo:
    """A clean picture with black boxes, each given as a function from its size to left, top, right and bottom.

    The pixels below are gone, not covered: the file is written again from what is left.
    """
    with Image.open(BytesIO(data), formats=("JPEG",)) as image:
        pixels = image.convert("RGB")
    for box in boxes:
        pixels.paste("black", box(pixels.width, pixels.height))
    return _drawn_anew(pixels)


def dhash(data: bytes) -> int:
    """64 bits, as a signed number, that differ in few places for pictures that look alike (difference hash)."""
    with Image.open(BytesIO(data), formats=("JPEG",)) as image:
        image.draft("L", (72, 64))
        grey = image.convert("L").resize((9, 8), Image.Resampling.LANCZOS).tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            bits = bits << 1 | (grey[row * 9 + column] > grey[row * 9 + column + 1])
    return bits - (1 << 64) if bits >> 63 else bits


def load() -> None:
    """All that a child will need: a process that gave everything up can load no more of itself."""
    from PIL import MpoImagePlugin, TiffImagePlugin, WebPImagePlugin  # noqa: F401
    from pillow_heif import options, register_heif_opener

    options.DECODE_THREADS = 1
    register_heif_opener(thumbnails=False)
    Image.preinit()


def answer(data: bytes, kind: str) -> bytes:
    """In a child: the clean copy of a file, or why there is none."""
    give_up_everything(CHILD_SECONDS, CHILD_MEMORY)
    try:
        photo = _cleaned(data, kind)
        head = {"width": photo.width, "height": photo.height, "place": photo.place}
        return json.dumps(head).encode() + b"\n" + photo.data
    except Invalid as refused:
        return _refused(refused.problems[0].key, **refused.problems[0].values)
    except MemoryError:
        return _refused("error.photo.pixels", most=MEGAPIXELS)
    except Exception:
        # Whatever a decoder stumbles over, the file is at fault.
        return _refused("error.photo.unreadable")


def _cleaned(data: bytes, kind: str) -> Photo:
    # Our own bounds, checked before a pixel is decoded, stand in for Pillow's warning.
    Image.MAX_IMAGE_PIXELS = None
    with Image.open(BytesIO(data), formats=(kind,)) as image:
        _check_size(image)
        # Where it lies in a HEIF file is known only now.
        image_cost.check_exif(len(image.info.get("exif") or b""))
        turn, place = _from_metadata(image, _turn), _from_metadata(image, _place)
        # A JPEG can be made smaller while it is read, so a large one never lies whole in memory.
        image.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
        image.thumbnail((LONGEST_EDGE, LONGEST_EDGE), reducing_gap=2.0)
        pixels = _in_common_colours(image)
        return replace(_drawn_anew(pixels if turn is None else pixels.transpose(turn)), place=place)


def _from_metadata(image: Image.Image, read: Callable[[Image.Exif], Told | None]) -> Told | None:
    """What the metadata say; None when they say nothing, or nonsense: that is no fault of the picture."""
    try:
        return read(image.getexif())
    except Exception:  # Metadata may be damaged in as many ways as pictures.
        return None


def _turn(exif: Image.Exif) -> Transpose | None:
    return UPRIGHT.get(exif.get(ExifTags.Base.Orientation, 1))


def _place(exif: Image.Exif) -> tuple[float, float] | None:
    """Where the camera was, by its own account."""
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    lat, long = (_degrees(gps[value], gps[side]) for side, value in ((1, 2), (3, 4)))
    believable = abs(lat) <= 90 and abs(long) <= 180 and (lat, long) != (0, 0)
    return (round(lat, 6), round(long, 6)) if believable else None


def _degrees(parts: Any, side: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    return (degrees + minutes / 60 + seconds / 3600) * (-1 if side.strip("\0") in ("S", "W") else 1)


def _check_size(image: Image.Image) -> None:
    scaled_while_read = image.format in ("JPEG", "MPO") and "progressive" not in image.info
    most = MEGAPIXELS if scaled_while_read else MEGAPIXELS_IN_FULL_SIZE
    if image.width * image.height > most * 1_000_000:
        raise Invalid(problem("error.photo.pixels", most=most))


def _in_common_colours(image: Image.Image) -> Image.Image:
    """The picture in sRGB, where a profile says that it is in other colours; browsers assume sRGB."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "CMYK"):
        return image
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return image
    return converted or image


def _drawn_anew(image: Image.Image) -> Photo:
    """The pixels alone, on white where the picture is transparent, on a canvas that never knew the file."""
    canvas = Image.new("RGB", image.size, "white")
    if image.mode.startswith("I"):
        # 16 bits a pixel, which a plain conversion would clip to white.
        image = image.point(lambda grey: grey / 256).convert("L")
    if image.has_transparency_data:
        pixels = image.convert("RGBA")
        canvas.paste(pixels, mask=pixels)
    else:
        canvas.paste(image.convert("RGB"))
    written = BytesIO()
    canvas.save(written, "JPEG", quality=QUALITY, optimize=True, progressive=False)
    return Photo(written.getvalue(), canvas.width, canvas.height)
