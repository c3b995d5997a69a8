"""Every page and state without barriers that a program can find: languages, colours, sizes, paper."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, NARROW, Visit
from tests.browser.site import Site
from tests.browser.town import FAULTS, Town

DASH = "\N{EN DASH}"
LANGUAGES = pytest.mark.parametrize(("language", "size"), [("de", NARROW), ("en", DESK)], ids=["de", "en"])
PAGES = {
    "list": "/",
    "filtered": "/?q=Matratzen&detailed_status=PENDING&days=30",
    "second page": "/?page=2",
    "nothing found": "/?q=Nashorn",
    "wrong filter": "/?days=never",
    "new": "/reports/{new}",
    "fixed": "/reports/{fixed}",
    "answers": "/reports/{answers}",
    "merged": "/reports/{merged}",
    "held": "/reports/{held}",
    "hidden": "/reports/{hidden}",
    "open data": "/open-data",
    "imprint": "/imprint",
    "privacy": "/privacy",
    "accessibility": "/accessibility",
    "update": "/reports/{new}/update",
    "objection": "/reports/{new}/objection",
    "figures": "/statistics",
    "help": "/help",
    "easy": "/easy",
    "no such page": "/no/such/page",
    "no mail": "/my-data",
}
OPEN_DATA = {
    "start": "/ogc",
    "collections": "/ogc/collections",
    "one collection": "/ogc/collections/ludwigshafen.de",
    "queryables": "/ogc/collections/ludwigshafen.de/queryables",
    "items": "/ogc/collections/ludwigshafen.de/items",
    "item": "/ogc/collections/ludwigshafen.de/items/{new}",
    "no such item": "/ogc/collections/ludwigshafen.de/items/1",
    "conformance": "/ogc/conformance",
    "description": "/ogc/api",
}


@LANGUAGES
def test_pages_have_no_barriers(visit: Visit, site: Site, language: str, size: tuple[int, int]) -> None:
    visitor = visit(language, size, drawing=False)
    found = {}
    for name, path in PAGES.items():
        visitor.opens(path.format(**site.numbers))
        found[name] = visitor.barriers_in(language)
        expect(visitor.page.locator("html")).to_have_attribute("lang", language)
    assert {name: barriers for name, barriers in found.items() if barriers} == {}


@LANGUAGES
def test_pages_of_open_data_have_no_barriers(
    visit: Visit, site: Site, language: str, size: tuple[int, int]
) -> None:
    visitor = visit(language, size, drawing=False)
    found = {}
    for name, path in OPEN_DATA.items():
        visitor.opens(path.format(**site.numbers) + "?f=html")
        found[name] = visitor.barriers_in(language)
        expect(visitor.page.locator("html")).to_have_attribute("lang", language)
    assert {name: barriers for name, barriers in found.items() if barriers} == {}


@LANGUAGES
def test_cities_and_errors_have_no_barriers(
    visit: Visit, town: Town, language: str, size: tuple[int, int]
) -> None:
    visitor = visit(language, size, drawing=False, base=town.base)
    found = {}
    for status in FAULTS:
        assert visitor.opens(f"/fault/{status}").status == status
        found[str(status)] = visitor.barriers_in(language)
    visitor.page.goto(town.variants["cities"])
    found["cities"] = visitor.barriers_in(language)
    assert {name: barriers for name, barriers in found.items() if barriers} == {}


def test_the_description_of_the_interface_can_be_read(visit: Visit, town: Town) -> None:
    visitor = visit("en-GB", drawing=False, base=town.base)
    visitor.opens("/open311/v2/docs")
    visitor.page.locator(".opblock").first.wait_for()
    # Swagger UI's headings and landmarks are its own; they are advice, no criterion of WCAG.
    advice = ("heading-order", "region")
    assert [barrier for barrier in visitor.barriers() if not barrier.startswith(advice)] == []
    visitor.page.set_viewport_size({"width": 320, "height": 700})
    assert visitor.overflow() <= 0


def test_the_keyboard_reaches_the_content_first(visit: Visit, site: Site) -> None:
    visitor = visit(drawing=False)
    visitor.opens_list()
    visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate("document.activeElement.getAttribute('href')") == "#content"
    visitor.page.keyboard.press("Enter")
    visitor.page.keyboard.press("Tab")
    visitor.page.wait_for_function("() => document.activeElement.closest('main')")


def test_a_screen_reader_hears_what_a_page_is_about(visit: Visit, site: Site) -> None:
    visitor = visit(drawing=False)
    visitor.opens("/?q=Sofa&page=1")
    new = site.numbers["new"]
    assert visitor.page.title() == f"Meldungen „Sofa“ {DASH} Mängelmelder Ludwigshafen am Rhein"
    expect(visitor.page.locator("body")).to_match_aria_snapshot(f"""
      - link "Zum Inhalt"
      - banner:
        - navigation "Sprache":
          - list:
            - listitem:
              - link "English"
        - navigation "Hauptmenü"
      - main:
        - heading "Mängel in Ludwigshafen" [level=1]
        - search "Meldungen filtern":
          - searchbox "Straße, Stichwort oder Nummer": Sofa
          - button "Suchen"
          - group: Nach Kategorie und Zeit filtern
        - heading "1 Meldung" [level=2]
        - list "1 Meldung":
          - listitem:
            - heading "Wilde Müllablagerung Nr. {new}" [level=3]:
              - link "Wilde Müllablagerung Nr. {new}"
            - paragraph: /gemeldet \\(neu, ungeprüft\\)/
      - contentinfo:
        - navigation "Rechtliches"
    """)
    visitor.opens(f"/reports/{site.numbers['fixed']}")
    expect(visitor.page.locator("main")).to_match_aria_snapshot("""
      - article:
        - heading "Defekte Straßenbeleuchtung" [level=1]
        - region "Status":
          - heading "Status" [level=2]
          - paragraph: gelöst
          - paragraph: Der Mangel ist behoben.
          - paragraph: Neues Leuchtmittel eingesetzt.
        - region "Ort":
          - heading "Ort" [level=2]
          - term: Adresse
          - definition: Ludwigstraße 12
        - region "Verlauf":
          - list:
            - listitem:
              - paragraph: gelöst
              - paragraph: Neues Leuchtmittel eingesetzt.
    """)


def test_a_screen_reader_hears_the_step_and_what_is_wrong_with_it(visit: Visit, town: Town) -> None:
    visitor = visit(drawing=False, base=town.base)
    visitor.opens("/report")
    visitor.types(address="Ebertpark")
    visitor.presses("Weiter")
    assert (
        visitor.page.title()
        == f"Worum geht es? {DASH} Schritt 2 von 5 {DASH} Mängelmelder Ludwigshafen am Rhein"
    )
    visitor.types(words="schaukel")
    expect(visitor.page.get_by_role("status").filter(has_text="Kategorie")).to_have_text("1 Kategorie passt.")
    visitor.chooses("service-SPIELGERAET")
    visitor.presses("Weiter")
    visitor.presses(f"Nein, keine Gefahr {DASH} weiter melden")
    visitor.presses("Weiter")
    assert visitor.page.title().startswith(f"Fehler: Defektes Spielgerät {DASH} Schritt 3 von 5")
    expect(visitor.page.locator("#wrong")).to_be_focused()
    expect(visitor.page.locator("main")).to_match_aria_snapshot("""
      - navigation "Schritte":
        - list:
          - listitem:
            - link "Ort"
          - listitem:
            - link "Kategorie"
          - listitem: Einzelheiten
          - listitem: Kontakt
          - listitem: Prüfen und senden
      - heading "Defektes Spielgerät" [level=1]
      - alert:
        - heading "2 Angaben fehlen noch oder sind nicht richtig" [level=2]
        - list:
          - listitem:
            - 'link "Bitte beantworten: Welcher Spielplatz?"'
          - listitem:
            - 'link "Bitte beantworten: Kann sich jemand verletzen?"'
      - textbox "Welcher Spielplatz?" [invalid]
      - group "Kann sich jemand verletzen?":
        - radio "Ja"
        - radio "Nein"
      - textbox "Was sollen wir wissen? (freiwillig)"
      - group "Fotos (freiwillig)"
      - button "Weiter"
    """)
    visitor.page.get_by_role("link", name="Bitte beantworten: Kann sich jemand verletzen?").click()
    expect(visitor.page.locator("#attribute-GEFAHR")).to_be_focused()
