"""Photos of made-up reports: drawn, so that nobody's car or street is in them."""

from collections.abc import Callable, Mapping
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

SIZE = (1280, 960)
KERB = 620
DARK, LIGHT, GREEN = "#22262a", "#f4f4f2", "#6f8f5a"


def photo_of(service_code: str) -> bytes:
    """A JPEG of what is reported under a service; a hole in the road where there is no drawing of its own."""
    image = Image.new("RGB", SIZE, "#b9cbd9")
    pen = ImageDraw.Draw(image)
    _street(pen)
    DRAWINGS.get(service_code, _hole)(pen)
    written = BytesIO()
    image.save(written, "JPEG", quality=85)
    return written.getvalue()


def _street(pen: ImageDraw.ImageDraw) -> None:
    pen.rectangle((0, KERB, *SIZE), fill="#6b7178")
    pen.rectangle((0, KERB - 40, SIZE[0], KERB), fill="#a9adb2")
    pen.rectangle((40, 90, 480, KERB - 40), fill="#b98b6a")
    for left in (100, 300):
        pen.rectangle((left, 180, left + 120, 330), fill="#dfe6ec", outline="#7c5a44", width=8)
    pen.ellipse((900, 120, 1260, 430), fill=GREEN)
    pen.rectangle((1060, 400, 1095, KERB - 40), fill="#6a4f3b")


def _van(pen: ImageDraw.ImageDraw) -> None:
    pen.rounded_rectangle((430, 330, 1130, 740), 36, fill=LIGHT, outline="#8b8f93", width=5)
    pen.rectangle((480, 380, 660, 500), fill="#9fb4c4")
    for left in (500, 910):
        pen.ellipse((left, 660, left + 150, 810), fill=DARK)
        pen.ellipse((left + 45, 705, left + 105, 765), fill="#9aa0a6")
    pen.rectangle((690, 640, 880, 695), fill="white", outline=DARK, width=4)
    pen.text((704, 642), "LU AB 311", fill=DARK, font=ImageFont.load_default(38))


def _litter(pen: ImageDraw.ImageDraw) -> None:
    pen.rounded_rectangle((420, 560, 900, 720), 30, fill="#8d5b4c")
    pen.rounded_rectangle((440, 470, 880, 600), 30, fill="#a56b59")
    for left in (860, 980, 1060):
        pen.ellipse((left, 600, left + 170, 760), fill="#2d4a7a")
        pen.polygon([(left + 65, 610), (left + 105, 610), (left + 85, 560)], fill="#2d4a7a")


def _lamp(pen: ImageDraw.ImageDraw) -> None:
    pen.rectangle((700, 120, 722, 660), fill="#4d5358")
    pen.line((711, 130, 850, 90), fill="#4d5358", width=18)
    pen.rounded_rectangle((820, 78, 950, 118), 14, fill=DARK)


def _swing(pen: ImageDraw.ImageDraw) -> None:
    pen.rectangle((0, KERB - 40, *SIZE), fill="#d9c8a0")
    for left, right in ((520, 440), (1080, 1160)):
        pen.line((left, 220, right, 760), fill="#a03c2e", width=22)
    pen.line((500, 225, 1100, 225), fill="#a03c2e", width=22)
    pen.line((700, 225, 700, 620), fill=DARK, width=6)
    pen.line((840, 225, 870, 480), fill=DARK, width=6)
    pen.polygon([(690, 610), (705, 640), (850, 760), (830, 730)], fill=DARK)


def _hole(pen: ImageDraw.ImageDraw) -> None:
    pen.ellipse((520, 690, 960, 860), fill="#43484d")
    pen.ellipse((590, 720, 900, 835), fill="#2a2e32")


DRAWINGS: Mapping[str, Callable[[ImageDraw.ImageDraw], None]] = {
    "FAHRZEUG_ALT": _van,
    "MUELL_WILD": _litter,
    "MUELLBEHAELTER": _litter,
    "STRASSENLATERNE": _lamp,
    "SPIELGERAET": _swing,
}
