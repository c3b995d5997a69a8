"""A PMTiles file below the reports: read by ranges, in light and dark, with nobody else asked."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from open311.app import create_app
from tests.basemap.pmtiles_file import a_map_of_water
from tests.browser.conftest import DESK, PHONE, Visit
from tests.browser.town import Town, served

FILE = "/streets.pmtiles"


@pytest.fixture(scope="module")
def base(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The town, with a file of tiles."""
    file = a_map_of_water(tmp_path_factory.mktemp("water") / "water.pmtiles")
    core = replace(town.core, settings=replace(town.core.settings, map_file=file))
    with served(create_app(core)) as address:
        yield address


@pytest.mark.parametrize(
    ("language", "size", "colours", "water"),
    [
        pytest.param("de-DE", PHONE, "light", (0x80, 0xDE, 0xEA), id="German-phone"),
        pytest.param("en-GB", DESK, "dark", (0x31, 0x35, 0x3F), id="English-desk-dark"),
    ],
)
def test_its_tiles_are_drawn_and_a_place_can_be_chosen_on_them(
    visit: Visit, base: str, language: str, size: tuple[int, int], colours: str, water: tuple[int, int, int]
) -> None:
    visitor = visit(language, size, colours, base=base)
    ranges = list[str]()
    visitor.page.on(
        "request", lambda asked: ranges.append(asked.headers.get("range", "")) if FILE in asked.url else None
    )
    visitor.opens("/report")
    place = visitor.page.locator("[data-pick-map]")
    place.scroll_into_view_if_needed()
    visitor.page.locator("[data-pick-map][data-ready][aria-busy=false]").wait_for(timeout=60_000)
    assert ranges
    assert all(asked.startswith("bytes=") for asked in ranges)
    drawn = Image.open(BytesIO(place.screenshot())).convert("RGB")
    colours_seen = {colour for _, colour in drawn.getcolors(drawn.width * drawn.height) or []}
    assert water in colours_seen
    assert visitor.barriers() == []
    visitor.page.locator("[data-pick-take]").click()
    visitor.page.wait_for_function("() => document.forms[0].elements.lat.value !== ''")
