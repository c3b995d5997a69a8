"""The mark of the public site as pictures for home screens: a pin with a tick, on a city's colour."""

from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw

Point = tuple[float, float]

MEDIA_TYPE = "image/png"
# The figures of static/pages/mark.svg, on a square of 48.
SQUARE = 48
CORNER = 12
PIN_TOP: Point = (24, 7)
PIN_CURVES: Sequence[tuple[Point, Point, Point]] = (
    ((16.8, 7), (11, 12.7), (11, 19.8)),
    ((11, 29), (24, 41), (24, 41)),
    ((24, 41), (37, 29), (37, 19.8)),
    ((37, 12.7), (31.2, 7), (24, 7)),
)
TICK: Sequence[Point] = ((18.5, 20.3), (22.5, 24.3), (30, 16.3))
TICK_WIDTH = 3.6
# What a launcher may cut off leaves a circle of four fifths.
SAFE = 0.85
STEPS = 24
FINER = 4
# One colour on white needs few in between.
COLOURS = 64


@lru_cache(maxsize=64)
def mark(size: int, colour: str, *, maskable: bool) -> bytes:
    """The mark as a PNG of so many pixels. A maskable one fills its square, with room for whatever shape is cut out."""
    edge = size * FINER
    picture = Image.new("RGBA", (edge, edge), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    corner = 0 if maskable else CORNER * edge / SQUARE
    draw.rounded_rectangle((0, 0, edge - 1, edge - 1), corner, fill=colour)
    _draw_pin(draw, edge, SAFE if maskable else 1.0, colour)
    drawn = BytesIO()
    smooth = picture.resize((size, size), Image.Resampling.LANCZOS)
    smooth.quantize(COLOURS, Image.Quantize.FASTOCTREE).save(drawn, "PNG", optimize=True)
    return drawn.getvalue()


def _draw_pin(draw: ImageDraw.ImageDraw, edge: int, scale: float, colour: str) -> None:
    def placed(point: Point) -> Point:
        x, y = ((coordinate - SQUARE / 2) * scale + SQUARE / 2 for coordinate in point)
        return x * edge / SQUARE, y * edge / SQUARE

    draw.polygon([placed(point) for point in _outline()], fill="white")
    width = TICK_WIDTH * scale * edge / SQUARE
    points = [placed(point) for point in TICK]
    draw.line(points, fill=colour, width=round(width))
    for x, y in points:
        draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=colour)


def _outline() -> list[Point]:
    points, start = [PIN_TOP], PIN_TOP
    for first, second, end in PIN_CURVES:
        points += [_on_curve(start, first, second, end, step / STEPS) for step in range(1, STEPS + 1)]
        start = end
    return points


def _on_curve(a: Point, b: Point, c: Point, d: Point, t: float) -> Point:
    u = 1 - t
    x, y = (u**3 * a[i] + 3 * u * u * t * b[i] + 3 * u * t * t * c[i] + t**3 * d[i] for i in (0, 1))
    return x, y
