"""Pictures for tests, drawn on the spot, and ways to spoil them."""

import zlib
from io import BytesIO
from typing import Any

import pillow_heif
from PIL import Image

GPS_IFD, MAKE, ORIENTATION, DESCRIPTION = 0x8825, 0x010F, 0x0112, 0x010E
SECRET = "Secret Street 1"


def two_colours(width: int = 64, height: int = 32, mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), "red")
    image.paste("blue", (width // 2, 0, width, height))
    return image.convert(mode)


def exif(orientation: int = 1) -> Image.Exif:
    """Metadata as a telephone writes it: maker, a text, and where the picture was taken."""
    found = Image.Exif()
    found[MAKE] = "Telephone of Kim"
    found[DESCRIPTION] = SECRET
    found[ORIENTATION] = orientation
    found.get_ifd(GPS_IFD).update({1: "N", 2: (49.0, 28.0, 52.0), 3: "E", 4: (8.0, 26.0, 47.0)})
    return found


def written(image: Image.Image, format: str = "JPEG", **options: Any) -> bytes:
    """The picture as a file."""
    file = BytesIO()
    if format == "HEIC":
        pillow_heif.from_pillow(image).save(file, quality=90, **options)
    else:
        image.save(file, format, **options)
    return file.getvalue()


def a_photo(format: str = "JPEG", **options: Any) -> bytes:
    """A small picture with metadata."""
    return written(two_colours(), format, exif=exif().tobytes(), **options)


def a_bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that says it has this many pixels."""
    rows = b"\x00" * ((width // 8 + 1) * min(height, 1000))
    header = width.to_bytes(4) + height.to_bytes(4) + b"\x01\x00\x00\x00\x00"
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4) for name, data in chunks
    )


def opened(data: bytes) -> Image.Image:
    """A file as a picture, its pixels read."""
    image = Image.open(BytesIO(data))
    image.load()
    return image


def colour(image: Image.Image, x: float, y: float) -> str:
    """The nearest of red, blue and white, at a place given in parts of width and height."""
    found = image.convert("RGB").getpixel((int(x * image.width), int(y * image.height)))
    known = {"red": (255, 0, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}
    assert isinstance(found, tuple)
    pixel = found
    return min(known, key=lambda name: sum((a - b) ** 2 for a, b in zip(known[name], pixel, strict=True)))
