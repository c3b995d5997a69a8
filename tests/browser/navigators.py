"""What people do with the site, in words of their own; where things stand on a page is known here alone."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, Response

from tests.house.documents import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}})"


@dataclass
class Visitor:
    """Somebody with a browser."""

    page: Page
    base: str

    def opens(self, path: str = "/") -> Response:
        """Go to an address."""
        response = self.page.goto(self.base + path)
        assert response is not None
        return response

    def opens_list(self) -> None:
        """Go to the list of reports."""
        self.opens("/")

    def searches(self, words: str) -> None:
        """Type words and send them."""
        self.page.get_by_role("searchbox").fill(words)
        self.page.get_by_role("searchbox").press("Enter")
        self.rests()

    def opens_filters(self) -> None:
        """Show the filters behind the words."""
        self.page.locator("details.filters__more > summary").click()

    def filters(self, *statuses: str, service: str = "", days: str = "") -> None:
        """Choose by label, and apply."""
        for each in statuses:
            self.page.get_by_label(each, exact=True).check()
        if service:
            self.page.locator("#service_code").select_option(label=service)
        if days:
            self.page.locator("#days").select_option(value=days)
        self.page.locator("details.filters__more button[type=submit]").click()
        self.rests()

    def rests(self) -> None:
        """Wait for whatever is on its way, be it a page or a new list."""
        self.page.wait_for_load_state()
        self.page.wait_for_function("() => !document.querySelector('#found[aria-busy=true]')")

    def sees_the_map(self) -> None:
        """Wait for the map, and for all that belongs on it."""
        # Playwright's own way waits for frames, which software draws slowly.
        self.page.locator("#map").evaluate("element => element.scrollIntoView({block: 'nearest'})")
        self.page.locator("#map[data-ready][aria-busy=false]").wait_for(timeout=60_000)

    @property
    def canvas(self) -> Locator:
        """What the map is drawn on."""
        return self.page.locator("#map canvas")

    @property
    def popup(self) -> Locator:
        """What the map says about one report."""
        return self.page.locator(".maplibregl-popup")

    @property
    def area(self) -> list[float]:
        """The edges of the part of the map that the list is about: west, south, east, north."""
        found = parse_qs(urlsplit(self.page.url).query).get("bbox", [""])[0]
        return [float(edge) for edge in found.split(",") if edge]

    def goes_in(self, key: str = "Enter") -> None:
        """Press a key on the map and wait until map and list have followed."""
        before = self.page.url
        self.canvas.press(key)
        self.page.wait_for_function(
            "([before]) => location.href !== before || document.querySelector('.maplibregl-popup')",
            arg=[before],
        )
        self.sees_the_map()
        self.rests()

    def follows(self, name: str) -> None:
        """Click a link by its words."""
        self.page.get_by_role("link", name=name, exact=True).first.click()
        self.rests()

    @property
    def reports(self) -> Locator:
        """The reports of the list."""
        return self.page.locator("#reports > li")

    @property
    def heading(self) -> str:
        """What the page is about."""
        return self.page.locator("h1").inner_text()

    @property
    def path(self) -> str:
        """Where the visitor is."""
        return self.page.url.removeprefix(self.base)

    def barriers(self) -> list[str]:
        """What axe finds wrong with the page as it is now: rule, and where."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: dict[str, Any] = self.page.evaluate(RUN, RULES)
        return [
            f"{each['id']}: {node['target']} {node.get('failureSummary', '')}"
            for each in found["violations"]
            for node in each["nodes"]
        ]

    def overflow(self) -> int:
        """How many pixels the page is wider than the window."""
        wide: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return wide
