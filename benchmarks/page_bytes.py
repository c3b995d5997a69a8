"""`python -m benchmarks.page_bytes URL`: requests and bytes of the pages of a running site, as a browser counts them.

Nothing is kept from page to page. Modules, the map's library and its tiles are told apart; a map is waited for.
"""

import argparse
import shutil
from collections import defaultdict
from collections.abc import Callable

from playwright.sync_api import Browser, Error, Request, sync_playwright

PHONE = {"width": 360, "height": 740}
PATHS = ("/", "/?service_code=STRASSENLATERNE", "/report", "/statistics", "/alerts", "/help", "/easy")
SOFTWARE_GL = ("--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
# Whatever else a page asks for is the page itself.
KINDS: dict[str, Callable[[str], bool]] = {
    "tiles": lambda url: "/tiles/" in url,
    "library": lambda url: "/vendor/" in url and "maplibre" in url,
    "modules": lambda url: "/static/modules/" in url or "/map" in url.rpartition("/static/")[2],
}


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page_bytes")
    parser.add_argument("url")
    parser.add_argument("paths", nargs="*", default=PATHS)
    asked = parser.parse_args()
    print("| page | requests | page, kB | modules, kB | map library, kB | tiles | tiles, kB | in all, kB |")
    print("|---|---|---|---|---|---|---|---|")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(SOFTWARE_GL))
        for path in asked.paths:
            print(_line(path, _sent(browser, asked.url + path)), flush=True)
        browser.close()


def _sent(browser: Browser, url: str) -> dict[str, list[float]]:
    """Bytes of each answer, as they came over the wire, by kind."""
    context = browser.new_context(viewport=PHONE, locale="de-DE", is_mobile=True, service_workers="block")  # type: ignore[arg-type]
    page = context.new_page()
    answered = list[Request]()
    # Of the whole context, since the map's worker asks for its tiles.
    context.on("requestfinished", lambda request: answered.append(request))
    page.goto(url)
    if page.locator("[data-code]").count():
        page.locator("[data-code]").first.scroll_into_view_if_needed()
        try:
            page.locator("[data-code][aria-busy=false]").wait_for(timeout=30_000)
        except Error:
            print(f"the map of {url} was not drawn")
    page.wait_for_load_state("networkidle")
    sizes = defaultdict[str, list[float]](list)
    for request in answered:
        if request.url.startswith("http"):
            kind = next((name for name, holds in KINDS.items() if holds(request.url)), "page")
            told = request.sizes()
            sizes[kind].append(told["responseBodySize"] + told["responseHeadersSize"])
    context.close()
    return sizes


def _line(path: str, sizes: dict[str, list[float]]) -> str:
    def thousands(*kinds: str) -> str:
        return f"{sum(sum(sizes.get(kind, [])) for kind in kinds) / 1000:.0f}"

    requests = sum(len(answers) for answers in sizes.values())
    parts = [thousands(kind) for kind in ("page", "modules", "library")]
    tiles = [str(len(sizes.get("tiles", []))), thousands("tiles"), thousands(*sizes)]
    return f"| `{path}` | {' | '.join([str(requests), *parts, *tiles])} |"


if __name__ == "__main__":
    main()
