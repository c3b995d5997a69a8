"""The guard of all browser tests: whoever asks somebody else is noticed."""

from playwright.sync_api import Browser

from tests.browser.conftest import Watch


def test_asking_somebody_else_is_noticed_in_each_page_of_a_browser(plain_chromium: Browser) -> None:
    watch, context = Watch(), plain_chromium.new_context()
    watch.over(context)
    context.new_page().set_content('<img src="http://elsewhere.example/x.png">')
    with context.expect_page() as opened:
        context.pages[0].evaluate("void open('https://192.0.2.1/')")
    opened.value.wait_for_load_state()
    context.close()
    assert watch.strayed == ["http://elsewhere.example/x.png", "https://192.0.2.1/"]
