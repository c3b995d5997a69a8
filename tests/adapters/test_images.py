"""What becomes of a photo that a stranger sent."""

import os
import subprocess
import sys

import pytest
from PIL import Image, ImageCms

from open311.adapters.photos import child_process, fork_server, images
from open311.base.errors import Busy, Invalid
from tests.pictures import SECRET, a_bomb, a_photo, colour, exif, opened, two_colours, written

FORMATS = ("JPEG", "PNG", "WEBP", "HEIC")
GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def refusal(data: bytes) -> str:
    """The key of what is wrong with a file."""
    with pytest.raises(Invalid) as refused:
        images.clean(data)
    return refused.value.problems[0].key


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_becomes_a_jpeg_with_the_same_picture(format: str) -> None:
    """R-190"""
    photo = images.clean(a_photo(format))
    shown = opened(photo.data)
    assert (shown.format, shown.mode, shown.size) == ("JPEG", "RGB", (64, 32))
    assert (photo.width, photo.height, photo.media_type) == (64, 32, "image/jpeg")
    assert (colour(shown, 0.2, 0.5), colour(shown, 0.8, 0.5)) == ("red", "blue")


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_is_left_of_metadata(format: str) -> None:
    """R-190: neither place, maker, comment, profile nor XMP, byte for byte."""
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><place>Secret Street 1</place></x:xmpmeta>'
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    more = {} if format == "HEIC" else {"xmp": xmp, "icc_profile": profile}
    if format == "JPEG":
        more["comment"] = b"Secret Street 1"
    sent = a_photo(format, **more)
    assert SECRET.encode() in sent
    cleaned = images.clean(sent).data
    for trace in (
        SECRET.encode(),
        b"Telephone",
        b"Exif",
        b"xmpmeta",
        b"http",
        b"ICC_PROFILE",
        b"sRGB",
        b"MM\x00*",
    ):
        assert trace not in cleaned
    assert b"Exif" not in images.thumbnail(cleaned).data
    shown = opened(cleaned)
    assert not shown.getexif()
    assert set(shown.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize(
    ("orientation", "size", "top_left", "bottom_right"),
    [
        (1, (64, 32), "red", "blue"),
        (3, (64, 32), "blue", "red"),
        (6, (32, 64), "red", "blue"),
        (8, (32, 64), "blue", "red"),
    ],
)
@pytest.mark.parametrize("with_profile", [False, True])
def test_the_picture_stands_upright(
    orientation: int, size: tuple[int, int], top_left: str, bottom_right: str, with_profile: bool
) -> None:
    """R-190"""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    more = {"icc_profile": profile} if with_profile else {}
    sent = written(two_colours(), exif=exif(orientation).tobytes(), **more)
    shown = opened(images.clean(sent).data)
    assert shown.size == size
    assert (colour(shown, 0.1, 0.1), colour(shown, 0.9, 0.9)) == (top_left, bottom_right)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(("place", "type"), [(17, 1), (105, 0), (119, 1)], ids=["text", "side", "degrees"])
def test_odd_metadata_are_no_fault_of_the_picture(format: str, place: int, type: int) -> None:
    """Tags of a wrong type, as some programs write them. What can be read of the rest still counts."""
    sent = bytearray(exif(6).tobytes())
    sent[place] = type
    assert opened(images.clean(written(two_colours(), format, exif=bytes(sent))).data).size == (32, 64)


def test_a_large_photo_is_scaled_down() -> None:
    """Its longest edge is 2560 then."""
    photo = images.clean(written(two_colours(4000, 3000)))
    assert opened(photo.data).size == (photo.width, photo.height) == (2560, 1920)


def test_a_machine_without_time_is_no_fault_of_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its sender is told to come again; only what used up the seconds of its own process is refused."""
    monkeypatch.setattr(fork_server, "GRACE_SECONDS", -images.CHILD_SECONDS)
    with pytest.raises(Busy):
        images.clean(written(two_colours()))


def test_transparency_becomes_white() -> None:
    """A JPEG knows none."""
    image = two_colours(mode="RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 32, 32))
    shown = opened(images.clean(written(image, "PNG")).data)
    assert (colour(shown, 0.2, 0.5), colour(shown, 0.8, 0.5)) == ("white", "blue")


@pytest.mark.parametrize("mode", ["L", "P", "LA", "I;16", "1"])
def test_unusual_kinds_of_pixels_are_read(mode: str) -> None:
    """Of PNG; cameras for special purposes write them."""
    image = two_colours().convert("L").convert(mode)
    assert opened(images.clean(written(image, "PNG")).data).size == (64, 32)


def test_fine_shades_of_grey_stay_shades() -> None:
    """16 bits a pixel, in a PNG."""
    image = Image.frombytes("I;16", (64, 32), (b"\x00\x40" * 32 + b"\x00\xc0" * 32) * 32)
    shown = opened(images.clean(written(image, "PNG")).data)
    found = [shown.getpixel((x, 16)) for x in (10, 50)]
    assert found == [pytest.approx((grey,) * 3, abs=2) for grey in (0x40, 0xC0)]


def test_colours_for_printing_are_read() -> None:
    """CMYK, in a JPEG."""
    shown = opened(images.clean(written(two_colours(mode="CMYK"))).data)
    assert (colour(shown, 0.2, 0.5), colour(shown, 0.8, 0.5)) == ("red", "blue")


@pytest.mark.parametrize(
    "data",
    [GIF, SVG, b"a text named photo.jpg", b"", b"%PDF-1.7", b"<html></html>", b"BM" + bytes(60), bytes(5000)],
    ids=["GIF", "SVG", "text", "nothing", "PDF", "HTML", "BMP", "zeros"],
)
def test_what_is_no_photo_is_refused(data: bytes) -> None:
    """R-190, by its content, whatever it is called"""
    assert refusal(data) == "error.photo.type"


@pytest.mark.parametrize("format", FORMATS)
def test_a_truncated_file_is_refused(format: str) -> None:
    """R-190"""
    whole = written(two_colours(800, 600).effect_spread(20), format)
    assert refusal(whole[: len(whole) // 2]) == "error.photo.unreadable"


@pytest.mark.parametrize(
    "head", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x00\x00WEBP", b"\0\0\0\x18ftypheic"]
)
def test_noise_behind_the_first_bytes_is_refused(head: bytes) -> None:
    """R-190"""
    assert refusal(head + bytes(range(256)) * 20) == "error.photo.unreadable"


@pytest.mark.parametrize("tail", [b"PK\x03\x04 program.jar", SVG, b"<?php system($_GET[0]); ?>"])
def test_nothing_is_left_of_a_second_file_in_the_first(tail: bytes) -> None:
    """Polyglots: a picture that is a program as well"""
    before, after = written(two_colours(), comment=tail), written(two_colours()) + tail
    for sent in (before, after):
        assert tail in sent
        assert tail not in images.clean(sent).data


@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (1_000_000, 100), (5001, 5000)])
def test_a_bomb_is_refused_before_it_goes_off(width: int, height: int) -> None:
    """R-190: some kilobytes that would become a billion pixels"""
    bomb = a_bomb(width, height)
    assert len(bomb) < 50_000
    assert refusal(bomb) == "error.photo.pixels"


def test_only_a_photo_that_is_scaled_while_it_is_read_may_be_very_large() -> None:
    """A progressive JPEG takes ten times the memory of a plain one."""
    image = Image.new("L", (6000, 5000))
    assert images.clean(written(image)).width == 2560
    assert refusal(written(image, progressive=True)) == "error.photo.pixels"


def test_the_decoding_process_cannot_take_much_memory() -> None:
    """The second bound, should a decoder need more than it says."""
    code = "images.load(); images.give_up_everything(8, images.CHILD_MEMORY); bytearray(images.CHILD_MEMORY)"
    code = f"from open311.adapters.photos import images; {code}"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert b"MemoryError" in ended.stderr


def test_the_decoding_process_knows_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords stay with the server."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:secret@host/database")
    assert not {"DATABASE_URL", "OPEN311_MEDIA_SECRET_KEY"} & set(child_process.HANDED_ON)
    assert "DATABASE_URL" in os.environ
    assert images.clean(a_photo()).width == 64


def test_a_thumbnail_is_small() -> None:
    """480 pixels at most."""
    small = images.thumbnail(images.clean(written(two_colours(2000, 1000))).data)
    assert opened(small.data).size == (480, 240)
    assert colour(opened(small.data), 0.8, 0.5) == "blue"
