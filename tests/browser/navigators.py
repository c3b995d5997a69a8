"""What people do with the site, in words of their own; where things stand on a page is known here alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, Response

from tests.house.documents import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What differs between two looks at the same page.
OF_COLOUR = ["color-contrast", "link-in-text-block"]
# What is right with a page is most of what axe has to say, and took four fifths of the time.
RUN = """async ([type, values, off, looks]) => {
  const rules = Object.fromEntries(off.map((rule) => [rule, { enabled: false }]));
  const options = { runOnly: { type, values }, rules, resultTypes: ["violations"] };
  const part = looks ? { include: looks.flatMap((look) => window.wordsOfLook.get(look)) } : document;
  return (await axe.run(part, options)).violations;
}"""
# All that the contrast of words rests on, once for each kind of words in sight: their colour, size, weight and line,
# and the colours behind them. The page keeps which words look so.
LOOKS_OF_WORDS = """() => {
  const known = new Map([[null, { own: "", chain: "" }]]);
  const behind = (element) => {
    if (!known.has(element)) {
      const outer = behind(element.parentElement);
      const { color, backgroundColor, backgroundImage, opacity } = getComputedStyle(element);
      const own = [color, backgroundColor, backgroundImage !== "none", opacity].join();
      known.set(element, { own, chain: own === outer.own ? outer.chain : own + ";" + outer.chain });
    }
    return known.get(element);
  };
  const hasWords = ({ childNodes }) => [...childNodes].some(({ nodeType, data }) => nodeType === 3 && data.trim());
  const words = [...document.body.querySelectorAll("*")].filter(
    (element) => (hasWords(element) || element.matches("input, select, textarea")) && element.checkVisibility(),
  );
  const look = (element) => {
    const { fontSize, fontWeight, textDecorationLine } = getComputedStyle(element);
    return [element.tagName, fontSize, fontWeight, textDecorationLine, behind(element).chain].join(" ");
  };
  window.wordsOfLook = new Map();
  for (const element of words) {
    const key = look(element);
    window.wordsOfLook.set(key, [...(window.wordsOfLook.get(key) ?? []), element]);
  }
  return [...window.wordsOfLook.keys()];
}"""
NARROW, TWICE = (320, 700), (640, 900)
# What axe has judged since the tests began: the same colours are right or wrong on whatever page they stand.
_judged_looks: set[str] = set()


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
        for status in statuses:
            self.page.get_by_label(status, exact=True).check()
        if service:
            self.page.locator("#service_code").select_option(label=service)
        if days:
            self.page.locator("#days").select_option(value=days)
        self.page.locator("details.filters__more button[type=submit]").click()
        self.rests()

    def presses(self, words: str) -> None:
        """Press a button and wait for the next page."""
        self.goes_by(self.page.get_by_role("button", name=words, exact=True).last)

    def goes_by(self, part: Locator) -> None:
        """Click what leads to another page, and wait for the whole of it."""
        # A click alone waits until the next page begins, and that is empty then.
        with self.page.expect_navigation():
            part.click()

    def types(self, **values: str) -> None:
        """Type into fields, by their ids."""
        for name, value in values.items():
            self.page.locator(f"#{name}").fill(value)

    def chooses(self, id: str) -> None:
        """Choose one of several, by its id."""
        self.page.locator(f"[id='{id}']").check()

    def tabs_to(self, selector: str) -> None:
        """Press the tab key until the focus is there."""
        for _ in range(80):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"the tab key does not reach {selector}")

    def goes_on_by_key(self, key: str = "Enter") -> None:
        """Press a key and wait for the next page."""
        with self.page.expect_navigation():
            self.page.keyboard.press(key)

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
        return self.page.locator(".map__sheet")

    def is_inside_the_window(self, part: Locator) -> bool:
        """Whether nothing of a part of the page is cut off."""
        box, window = part.bounding_box(), self.page.viewport_size
        assert box is not None
        assert window is not None
        right, bottom = box["x"] + box["width"], box["y"] + box["height"]
        return min(box["x"], box["y"]) >= 0 and right <= window["width"] and bottom <= window["height"]

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
            "([before]) => location.href !== before || document.querySelector('.map__sheet')",
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
        """What axe finds wrong with the page as it is now: rule, and where.

        At contrast it looks only at words that look as none before: that is a third of its work.
        """
        return self._axe("tag", RULES, off=OF_COLOUR) + self._barriers_of_new_looks()

    def _axe(
        self, kind: str, rules: list[str], off: Sequence[str] = (), looks: list[str] | None = None
    ) -> list[str]:
        if not self.page.evaluate("'axe' in window"):
            script = AXE.read_text(encoding="utf-8")
            self.page.evaluate(script)
            # The next pages have it from the start: what the browser runs at each of them it compiles once.
            self.page.add_init_script(script)
        violations: list[dict[str, Any]] = self.page.evaluate(RUN, [kind, rules, off, looks])
        return [
            f"{violation['id']}: {node['target']} {node.get('failureSummary', '')}"
            for violation in violations
            for node in violation["nodes"]
        ]

    def barriers_of_every_look(self) -> list[str]:
        """320 pixels wide: in light and dark, printed, and with text of twice the size."""
        before: Any = self.page.viewport_size or {}
        self._becomes(NARROW)
        found = self.barriers() + self._barriers_of_other_colours() + self._barriers_of_width()
        found += ["text of twice the size: wider than its window"] * (self.overflow_of_large_text() > 0)
        self._becomes((before["width"], before["height"]))
        return found

    def barriers_of_other_words(self) -> list[str]:
        """What may be wrong with a page in the second language, as it is now, and whether its words are too long."""
        before: Any = self.page.viewport_size or {}
        found = self.barriers()
        self._becomes(NARROW)
        found += self._barriers_of_width()
        self._becomes((before["width"], before["height"]))
        return found

    def barriers_in(self, language: str) -> list[str]:
        """The one in the language with the longer words, the other in any other."""
        return self.barriers_of_every_look() if language == "de" else self.barriers_of_other_words()

    def _barriers_of_width(self) -> list[str]:
        return ["wider than its window"] * (self.overflow() > 0)

    def _barriers_of_other_colours(self) -> list[str]:
        self.page.emulate_media(color_scheme="dark")
        found = [f"dark: {barrier}" for barrier in self._barriers_of_new_looks()]
        self.page.emulate_media(color_scheme="dark", media="print")
        found += [f"printed: {barrier}" for barrier in self._barriers_of_new_looks()]
        self.page.emulate_media(color_scheme="light", media="screen")
        return found

    def _barriers_of_new_looks(self) -> list[str]:
        looks = [look for look in self.page.evaluate(LOOKS_OF_WORDS) if look not in _judged_looks]
        if not looks:
            return []
        found = self._axe("rule", OF_COLOUR, looks=looks)
        if not found:
            _judged_looks.update(looks)
        return found

    def overflow_of_large_text(self) -> int:
        """How many pixels the page is too wide where text has twice its size; the window stays as it is then."""
        self._becomes(TWICE)
        self.page.evaluate("document.documentElement.style.fontSize = '200%'")
        found = self.overflow()
        self.page.evaluate("document.documentElement.style.fontSize = ''")
        return found

    def _becomes(self, size: tuple[int, int]) -> None:
        wanted: Any = {"width": size[0], "height": size[1]}
        if self.page.viewport_size != wanted:
            self.page.set_viewport_size(wanted)

    def overflow(self) -> int:
        """How many pixels the page is wider than the window."""
        wide: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return wide
