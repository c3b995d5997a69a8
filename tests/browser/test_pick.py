"""The place of a report on a map: by pointer, by keyboard, or not at all."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Route, expect

from open311.actions.addresses import address_list
from open311.basemap import importing
from open311.basemap.importing import ImportOptions
from tests.basemap.extracts import an_extract, forget_addresses, forget_maps
from tests.browser.conftest import DESK, NARROW, PHONE, Visit
from tests.browser.navigators import Visitor
from tests.browser.site import Site
from tests.serving import first_city

HERE = "Ludwigstraße 12, 67059 Ludwigshafen"
MAP = "[data-pick-map]"
# The first report of the site, and a street in Mannheim.
NEAR, OUTSIDE = (49.4811, 8.4464), (49.4875, 8.4660)
# A lamp, and a place from which it is 74 pixels to the left and 29 up.
LAMP, BESIDE_LAMP = (49.4812, 8.4464), (49.4811, 8.4468)
LOOKS = [
    # The longer words on the smaller telephone.
    pytest.param("de-DE", NARROW, "dark", id="German-narrow-dark"),
    pytest.param("en-GB", DESK, "light", id="English-desk"),
]


@pytest.fixture(scope="module", autouse=True)
def streets(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Streets to find a place by, without which no map is offered for that."""
    file = an_extract(tmp_path_factory.mktemp("streets") / "town.osm.pbf")
    importing.import_map(site.core, first_city(), file, ImportOptions(), lambda counts: None)
    yield
    forget_maps(site.core)


@pytest.fixture(scope="module", autouse=True)
def addresses(site: Site) -> Iterator[None]:
    """One address, for as long as these tests run."""
    head = "street,house_number,zipcode,city,lat,long"
    address_list.replace_list(
        site.core, first_city(), iter((head, "Ludwigstraße,12,67059,Ludwigshafen,49.4811,8.4464"))
    )
    yield
    forget_addresses(site.core)


def opens_map(visitor: Visitor) -> None:
    """Go to the place step, where the map stands beside the search."""
    visitor.opens("/report")
    visitor.page.locator(MAP).scroll_into_view_if_needed()
    visitor.page.locator(f"{MAP}[data-ready]").wait_for(timeout=60_000)


def looks_at(visitor: Visitor, place: tuple[float, float]) -> None:
    """Enter a position as other parts of the form do; the map follows."""
    visitor.page.evaluate(
        """async ([lat, long]) => {
            const form = document.querySelector("script[src$='/form.js']").src;
            (await import(form.replace("form.js", "form-place.js"))).setPosition(document.forms[0], lat, long);
        }""",
        [str(degrees) for degrees in place],
    )


def position(visitor: Visitor) -> tuple[float, float]:
    """What would be sent, once the server has put it in words."""
    visitor.page.locator("[data-position] .link-button").wait_for()
    lat, long = (float(visitor.page.locator(f"[name={name}]").input_value()) for name in ("lat", "long"))
    return lat, long


@pytest.mark.parametrize(("language", "size", "colours"), LOOKS)
def test_a_tap_enters_the_place_and_tells_what_is_there(
    visit: Visit, site: Site, language: str, size: tuple[int, int], colours: str
) -> None:
    visitor = visit(language, size, colours)
    opens_map(visitor)
    looks_at(visitor, NEAR)
    visitor.page.locator("[data-position] li").first.wait_for()
    visitor.page.locator(f"{MAP}[aria-busy=false]").wait_for(timeout=60_000)
    expect(visitor.page.locator("#address")).to_have_value(HERE)
    told = visitor.page.locator("[data-position-status]").text_content() or ""
    assert HERE in told
    assert ("mehrere Meldungen" if language == "de-DE" else "Several reports") in told
    assert visitor.barriers() == []
    assert visitor.overflow() <= 0
    box = visitor.page.locator(MAP).bounding_box()
    assert box is not None
    # Near the lamp means the lamp.
    looks_at(visitor, BESIDE_LAMP)
    visitor.page.wait_for_function("() => document.querySelector('[data-position] .link-button')")
    visitor.page.locator(f"{MAP}[aria-busy=false]").wait_for(timeout=60_000)
    beside = {"x": box["width"] / 2 - 70, "y": box["height"] / 2 - 24}
    visitor.page.locator(f"{MAP} canvas").click(position=beside)
    visitor.page.locator("[data-position]").get_by_text(
        re.compile(r"(Laterne|lamp) 4711", re.IGNORECASE)
    ).wait_for()
    assert position(visitor) == pytest.approx(LAMP, abs=2e-6)
    looks_at(visitor, NEAR)
    position(visitor)
    visitor.page.locator(f"{MAP} canvas").click(position={"x": box["width"] / 2 - 40, "y": box["height"] / 2})
    visitor.page.wait_for_function("long => document.forms[0].elements.long.value < long", arg=str(NEAR[1]))
    lat, long = position(visitor)
    assert lat == pytest.approx(NEAR[0], abs=0.0005)
    assert 8.43 < long < NEAR[1] - 0.0001
    assert visitor.overflow_of_large_text() <= 0


def test_keys_move_the_map_under_the_cross_and_take_it(visit: Visit, site: Site) -> None:
    visitor = visit()
    opens_map(visitor)
    looks_at(visitor, NEAR)
    position(visitor)
    canvas = visitor.page.locator(f"{MAP} canvas")
    canvas.focus()
    for key in ("ArrowUp", "Enter"):
        canvas.press(key)
    visitor.page.wait_for_function("lat => document.forms[0].elements.lat.value > lat", arg=str(NEAR[0]))
    assert position(visitor)[0] > NEAR[0]
    assert visitor.path == "/report"


def test_outside_the_city_is_told_at_once_and_not_entered(visit: Visit, site: Site) -> None:
    visitor = visit(size=PHONE)
    opens_map(visitor)
    looks_at(visitor, OUTSIDE)
    told = visitor.page.get_by_role("status").filter(has_text="außerhalb von Ludwigshafen")
    told.wait_for(state="attached")
    expect(visitor.page.locator("[name=lat]")).to_have_value("")
    assert visitor.page.locator("[data-position]").inner_text().startswith("Der Ort liegt außerhalb")


def test_words_of_the_writer_are_replaced_only_by_the_writer(visit: Visit, site: Site) -> None:
    visitor = visit()
    opens_map(visitor)
    visitor.page.locator("#address").fill("hinter dem Kiosk")
    looks_at(visitor, NEAR)
    position(visitor)
    expect(visitor.page.locator("#address")).to_have_value("hinter dem Kiosk")
    visitor.page.get_by_role("button", name=f"Als Adresse eintragen: {HERE}").click()
    expect(visitor.page.locator("#address")).to_have_value(HERE)
    visitor.page.get_by_role("button", name="Diese Position nicht verwenden").click()
    expect(visitor.page.locator("[name=lat]")).to_have_value("")


def test_where_no_map_can_be_drawn_the_address_is_enough(visit: Visit, site: Site) -> None:
    visitor = visit(drawing=False)
    visitor.opens("/report")
    visitor.page.get_by_text("Die Adresse genügt").wait_for()
    expect(visitor.page.get_by_text("Tippen oder klicken")).to_be_hidden()
    plain = visit(scripts=False, drawing=False)
    plain.opens("/report")
    expect(plain.page.locator(".pick")).to_be_hidden()


def test_streets_from_elsewhere_that_do_not_come_leave_nothing_to_press(visit: Visit, site: Site) -> None:
    visitor = visit()

    def streets_of_others(route: Route) -> None:
        page = re.sub(r'data-(below|streets)="[^"]*"', r'data-\1=""', route.fetch().text())
        route.fulfill(body=page.replace('data-below=""', f'data-below="{site.base}/none.json"'))

    visitor.page.route("**/report", streets_of_others)
    visitor.opens("/report")
    visitor.page.locator(MAP).scroll_into_view_if_needed()
    visitor.page.get_by_text("Die Adresse genügt").wait_for()
    expect(visitor.page.get_by_text("Tippen oder klicken")).to_be_hidden()
    # It would take what is in the middle of a map that nobody sees.
    expect(visitor.page.get_by_text("Diese Stelle nehmen")).to_be_hidden()


def test_a_suggestion_is_taken_by_keys_and_the_map_flies_there(visit: Visit, site: Site) -> None:
    visitor = visit()
    opens_map(visitor)
    box = visitor.page.locator("#address")
    box.press_sequentially("ludwig")
    options = visitor.page.get_by_role("option")
    options.first.wait_for()
    assert options.first.inner_text() == "Ludwigstraße, 67059 Ludwigshafen"
    assert visitor.barriers() == []
    box.press("ArrowDown")
    box.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "suggestion-1")
    box.press("Enter")
    expect(box).to_have_value(HERE)
    expect(box).to_have_attribute("aria-expanded", "false")
    assert position(visitor) == NEAR
    visitor.page.locator(".pick__pin").wait_for()
    # What was chosen follows the pin.
    looks_at(visitor, (49.4700, 8.4300))
    visitor.page.wait_for_function("() => document.forms[0].elements.address.value === ''")


def test_a_rough_position_is_a_circle_and_not_taken(visit: Visit, site: Site) -> None:
    visitor = visit()
    visitor.page.context.grant_permissions(["geolocation"])
    visitor.page.context.set_geolocation({"latitude": NEAR[0], "longitude": NEAR[1], "accuracy": 8000})
    opens_map(visitor)
    locate = visitor.page.get_by_role("button", name="Meinen Standort verwenden")
    locate.click()
    visitor.page.get_by_text("nur auf etwa 8 km genau, das genügt nicht").wait_for()
    expect(visitor.page.locator("[name=lat]")).to_have_value("")
    expect(visitor.page.locator(".pick__pin")).to_have_count(0)
    visitor.page.context.set_geolocation({"latitude": NEAR[0], "longitude": NEAR[1], "accuracy": 90})
    locate.click()
    visitor.page.get_by_text("nur auf etwa 90 m genau. Prüfen").wait_for()
    assert position(visitor) == NEAR


def test_outside_is_all_that_is_said_of_a_position_there(visit: Visit, site: Site) -> None:
    visitor = visit()
    visitor.page.context.grant_permissions(["geolocation"])
    visitor.page.context.set_geolocation({"latitude": OUTSIDE[0], "longitude": OUTSIDE[1], "accuracy": 10})
    opens_map(visitor)
    visitor.page.get_by_role("button", name="Meinen Standort verwenden").click()
    visitor.page.locator("[data-position]").get_by_text("außerhalb von Ludwigshafen").wait_for()
    assert visitor.page.locator("[data-locate-status]").inner_text() == ""
