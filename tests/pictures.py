"""Pictures for tests, drawn on the spot, and ways to spoil them."""

import zlib
from io import BytesIO
from typing import Any

import pillow_heif
from PIL import Image, ImageDraw, ImageFilter

GPS_IFD, MAKE, ORIENTATION, DESCRIPTION = 0x8825, 0x010F, 0x0112, 0x010E
SECRET = "Secret Street 1"


def two_colours(width: int = 64, height: int = 32, mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), "red")
    image.paste("blue", (width // 2, 0, width, height))
    return image.convert(mode)


def a_large_photo(**options: Any) -> bytes:
    """A picture that no encoder makes small."""
    return written(Image.effect_noise((200, 200), 80).convert("RGB"), "JPEG", **options)


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


def a_face(size: int = 480, at: tuple[int, int] = (0, 0), of: tuple[int, int] | None = None) -> Image.Image:
    """Somebody's head, drawn well enough for a detector, in a larger picture if one is asked for."""
    face = Image.new("RGB", (1000, 1000), "#8899aa")
    draw = ImageDraw.Draw(face)
    draw.ellipse((25, 875, 975, 1600), fill="#334466")
    draw.rectangle((400, 700, 600, 950), fill="#c58c6a")
    draw.ellipse((240, 125, 760, 775), fill="#3a2a1c")
    draw.ellipse((285, 210, 715, 800), fill="#e0ac8a")
    for side in (-1, 1):
        cheek, eye = 500 + side * 120, 500 + side * 90
        draw.ellipse((cheek - 70, 450, cheek + 70, 650), fill="#d89f7c")
        draw.ellipse((eye - 50, 422, eye + 50, 478), fill="#f7f3ee")
        draw.ellipse((eye - 23, 425, eye + 23, 475), fill="#2b1a10")
        draw.line((eye - 65, 385, eye, 367, eye + 65, 385), fill="#3a2a1c", width=20)
        draw.ellipse((500 + side * 20 - 10, 585, 500 + side * 20 + 10, 600), fill="#7a4a30")
    draw.polygon(((500, 475), (460, 580), (540, 580)), fill="#cf9672")
    draw.ellipse((420, 645, 580, 700), fill="#a84a48")
    draw.line((425, 672, 575, 672), fill="#6b2320", width=8)
    small = face.filter(ImageFilter.GaussianBlur(10)).resize((size, size))
    whole = Image.new("RGB", of or small.size, "#a9b7c4")
    whole.paste(small, at)
    return whole
