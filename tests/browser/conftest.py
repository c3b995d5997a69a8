"""A real Chromium against a real server. Whatever leaves this machine fails the test."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.browser.navigators import Visitor
from tests.browser.site import Site, running
from tests.browser.town import Town, a_town

INSTALL = "Chromium is missing; run: tools/install-system.sh chromium-headless-shell"
PHONE, DESK, NARROW = (390, 844), (1280, 900), (320, 700)
# Drawn by the processor: what it draws is the same on every machine. The page around a map is painted without GL,
# which is half the work.
SOFTWARE_GL = (
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",
)
NO_GL = ("--disable-gpu", "--disable-webgl", "--disable-webgl2", "--disable-3d-apis")
OWN_HOSTS = {"127.0.0.1", "localhost", None}
ALWAYS = (
    "--no-sandbox",
    # What a page asks of anybody else fails at once, and is noticed.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
    # No page lives long enough for its scripts to gain from being compiled a second and third time.
    "--js-flags=--no-opt --no-maglev",
)

# Milliseconds that a busy machine may take; `expect` would give up after five seconds, whatever a context is told.
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)

Visit = Callable[..., Visitor]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    here = Path(__file__).parent
    for item in items:
        if item.path.parent == here:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def site(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The public site of the first city."""
    with running(tmp_path_factory.mktemp("site"), new_database()) as found:
        yield found


@pytest.fixture(scope="package")
def town(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A site whose clock, mails and catalogue are in the test's hands."""
    with a_town(new_database(), tmp_path_factory.mktemp("town")) as found:
        yield found


@pytest.fixture(scope="package")
def launch() -> Iterator[Callable[..., Browser]]:
    """A function that starts Debian's Chromium, if possible the one without windows: it takes a quarter of the work."""
    program = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if program is None:
        pytest.fail(INSTALL, pytrace=False)
    with sync_playwright() as playwright:
        begun: list[Browser] = []

        def start(*switches: str) -> Browser:
            chromium = playwright.chromium
            begun.append(chromium.launch(executable_path=program, args=[*ALWAYS, *switches]))
            return begun[-1]

        yield start
        for browser in begun:
            browser.close()


@pytest.fixture(scope="package")
def chromium(launch: Callable[..., Browser]) -> Browser:
    """A Chromium that can draw a map."""
    return launch(*SOFTWARE_GL)


@pytest.fixture(scope="package")
def plain_chromium(launch: Callable[..., Browser]) -> Browser:
    """A Chromium that cannot."""
    return launch(*NO_GL)


@dataclass
class Watch:
    """What browsers did that they should not: whom else they asked, and what was refused or failed."""

    strayed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        """Watch all pages of a browser, those it opens by itself and its workers too."""
        context.on("request", lambda request: self._note(request.url))
        context.on("console", lambda said: self.refused.append(said.text) if _is_policy(said.text) else None)
        context.on("weberror", lambda failed: self.refused.append(str(failed.error)))

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in OWN_HOSTS:
            self.strayed.append(url)


@pytest.fixture
def visit(request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A function that gives a visitor with a browser of their own; language, size, colours and scripts as wished."""
    contexts = []
    watch = Watch()

    def make(
        language: str = "de-DE",
        size: tuple[int, int] = DESK,
        colours: str = "light",
        scripts: bool = True,
        zoom: float = 1,
        drawing: bool = True,
        base: str = "",
        keeps: bool = False,
    ) -> Visitor:
        width, height = size
        browser: Browser = request.getfixturevalue("chromium" if drawing else "plain_chromium")
        context = browser.new_context(
            locale=language,
            viewport={"width": int(width / zoom), "height": int(height / zoom)},
            device_scale_factor=zoom,
            color_scheme="dark" if colours == "dark" else "light",
            java_script_enabled=scripts,
            reduced_motion="reduce",
            # What a browser keeps for later is a matter of its own, and must not answer in the server's place.
            service_workers="allow" if keeps else "block",
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        watch.over(context)
        return Visitor(context.new_page(), base or request.getfixturevalue("site").base)

    yield make
    for context in contexts:
        context.close()
    assert watch.strayed == [], "the browser asked somebody else"
    assert watch.refused == [], "a script failed, or the content policy refused something"


def _is_policy(text: str) -> bool:
    return "Content Security Policy" in text or "Content-Security-Policy" in text
