"""What a picture costs is known before it is decoded."""

import random
import subprocess
import sys
from contextlib import suppress

import pytest

from open311.adapters.photos import image_cost, images
from open311.base.errors import Invalid
from tests.hostile_pictures import TOO_COMPLEX, exif_of_large_values
from tests.pictures import a_photo, two_colours, written


@pytest.mark.parametrize("kind", TOO_COMPLEX)
def test_what_costs_too_much_is_refused_before_it_is_decoded(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "_in_child", lambda *_: pytest.fail("it was decoded"))
    with pytest.raises(Invalid) as refused:
        images.clean(TOO_COMPLEX[kind]())
    assert refused.value.problems[0].key == "error.photo.too_complex"


def test_much_exif_of_a_heif_file_is_refused_once_it_is_found() -> None:
    with pytest.raises(Invalid) as refused:
        images.clean(written(two_colours(16, 16), "HEIC", exif=exif_of_large_values()))
    assert refused.value.problems[0].key == "error.photo.too_complex"


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"progressive": True, "optimize": True}])
def test_a_camera_s_jpeg_is_not(options: dict[str, bool]) -> None:
    image_cost.check(written(two_colours(3000, 2000).effect_spread(3), quality=92, **options), "JPEG")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_whatever_is_changed_in_a_file_it_is_judged(kind: str) -> None:
    """Each of a thousand damaged files is let through or refused; none is an error of ours."""
    chance = random.Random(311)
    whole = a_photo("HEIC" if kind == "HEIF" else kind)
    for _ in range(1000):
        data = bytearray(whole[: chance.randrange(12, len(whole) + 1)])
        for _ in range(chance.randrange(4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with suppress(Invalid):
            image_cost.check(bytes(data), kind)


REACHES_NOTHING = """
import os, socket
from open311.adapters.photos import images
images.load()
images.give_up_everything(images.CHILD_SECONDS, images.CHILD_MEMORY)
attempts = {
    "a file": lambda: open("/etc/hostname"),
    "the environment of the server": lambda: open(f"/proc/{os.getppid()}/environ", "rb"),
    "its memory": lambda: open(f"/proc/{os.getppid()}/mem", "rb"),
    "a folder": lambda: os.listdir("/"),
    "the network": lambda: socket.socket(),
    "its rights back": lambda: os.setuid(0),
    "its limits back": lambda: __import__("resource").setrlimit(7, (100, 100)),
}
for name, attempt in attempts.items():
    try:
        attempt()
    except (OSError, ValueError):
        continue
    print(name, end=";")
"""


def test_a_decoder_reaches_nothing() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", REACHES_NOTHING], capture_output=True, text=True, check=False
    )
    reached = ended.stdout
    assert (reached, ended.stderr[-500:]) == ("", "")
