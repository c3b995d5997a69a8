"""The list of reports: complete without scripts and without a map; its filters live in the address."""

import re

import pytest

from open311.actions import casework
from open311.core import Core
from tests.actors import CLARA
from tests.serving import Api, Clock

CARD = re.compile(r'data-number="(\d+)"')


def listed(api: Api, path: str = "/") -> list[str]:
    """The numbers of the reports on a page of the list."""
    return CARD.findall(api.client.get(path).text)


def test_shows_name_place_text_and_status_in_words(api: Api) -> None:
    number = api.report(description="Drei Matratzen", address_string="Ludwigstraße 12")
    html = api.client.get("/").text
    assert f'href="/reports/{number}"' in html
    for words in ("Wilde Müllablagerung", "Ludwigstraße 12", "Drei Matratzen", "gemeldet (neu, ungeprüft)"):
        assert words in html
    assert "1 Meldung<" in html


def test_the_town_is_not_said_again_in_each_address(api: Api) -> None:
    api.report(address_string="Ludwigstraße 12, Ludwigshafen am Rhein")
    assert '<p class="card__address">Ludwigstraße 12</p>' in api.client.get("/").text


@pytest.mark.parametrize(("language", "day"), [("de", "2. März 2026"), ("en", "2 March 2026")])
def test_days_are_written_as_people_here_write_them(api: Api, language: str, day: str) -> None:
    api.report()
    assert day in api.client.get("/", headers={"Accept-Language": language}).text


def test_a_search_leads_to_what_it_finds(api: Api) -> None:
    html = api.client.get("/").text
    assert re.findall(r'action="([^"]+)" role="search"', html) == ["/#found"]
    assert 'id="found"' in html


def test_colour_and_shape_go_with_the_word(api: Api, core: Core) -> None:
    number = api.report()
    casework.set_status(core, int(number), "GELOEST", CLARA)
    html = api.client.get(f"/reports/{number}").text
    assert re.search(
        r'status-GELOEST"[^<]*><use href="[^"]*#shape-square"></use></svg><span>gelöst</span>', html
    )
    assert ".status-GELOEST { color: #2e7d32; }" in api.client.get("/city.css").text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("service_code=MUELL_WILD", [2, 0]),
        ("service_code=MUELL_WILD,STRASSENLATERNE", [2, 1, 0]),
        ("detailed_status=PROCESSED", [1]),
        ("detailed_status=PROCESSED&detailed_status=PENDING", [2, 1, 0]),
        ("days=7", [2]),
        ("days=30", [2, 1]),
        ("q=Sofa", [2]),
        ("q=&service_code=&days=", [2, 1, 0]),
        ("q=Sofa&detailed_status=PROCESSED", []),
    ],
)
def test_filters_are_combined(api: Api, core: Core, clock: Clock, query: str, found: list[int]) -> None:
    numbers = [api.report(description="Matratzen")]
    clock.forward(days=20)
    sent = api.post({"service_code": "STRASSENLATERNE", "attribute[DEFEKT]": "aus"})
    numbers.append(sent[0]["service_request_id"])
    casework.publish(core, int(numbers[1]), CLARA)
    casework.set_status(core, int(numbers[1]), "GELOEST", CLARA)
    clock.forward(days=20)
    numbers.append(api.report(description="Ein Sofa"))
    assert listed(api, f"/?{query}") == [numbers[place] for place in found]


def test_pages_follow_each_other_by_links(api: Api) -> None:
    sent = [api.report(description=f"Müll {number}") for number in range(45)][::-1]
    seen, path = [], "/?q=M%C3%BCll"
    for _ in range(3):
        html = api.client.get(path).text
        seen += CARD.findall(html)
        links = re.findall(r'<link rel="next" href="([^"]+)"', html)
        path = links[0].replace("&amp;", "&") if links else ""
    assert seen == sent
    assert path == ""
    assert listed(api, "/?q=M%C3%BCll&page=2") == sent[20:40]


@pytest.mark.parametrize("query", ["days=never", "days=0", "cursor=x", "page=-1", "q=" + "x" * 2000])
def test_a_filter_that_cannot_be_read_is_named_and_left_out(api: Api, query: str) -> None:
    number = api.report()
    response = api.client.get(f"/?{query}")
    assert response.status_code == 400
    assert 'role="alert"' in response.text
    assert CARD.findall(response.text) == [number]


def test_a_selection_links_to_its_feed(api: Api) -> None:
    html = api.client.get("/?service_code=MUELL_WILD&bbox=8.4,49.4,8.5,49.5").text
    feed = re.findall(r'<a [^>]*href="([^"]+feed\.atom[^"]*)"', html)
    assert feed == ["/open311/v2/feed.atom?service_code=MUELL_WILD&amp;bbox=8.4%2C49.4%2C8.5%2C49.5"]


def test_an_empty_list_says_so(api: Api) -> None:
    assert "Noch ist nichts gemeldet" in api.client.get("/").text
    assert "Dazu gibt es keine Meldungen" in api.client.get("/?q=Nashorn").text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("bbox=8.4,49.4,8.5,49.5", "In diesem Ausschnitt der Karte liegt nichts."),
        ("bbox=8.4,49.4,8.5,49.5&q=Matratze", "Versuchen Sie es mit weniger Filtern."),
    ],
)
def test_an_empty_part_of_the_map_does_not_blame_filters_that_nobody_chose(
    api: Api, query: str, words: str
) -> None:
    html = api.client.get(f"/?{query}").text
    assert words in html
    assert "Ganze Stadt zeigen" in html


def test_behind_the_end_of_the_list_a_link_leads_back_to_its_last_page(api: Api) -> None:
    for number in range(21):
        api.report(description=f"Müll {number}")
    html = api.client.get("/?page=99").text
    assert "So weit reicht die Liste nicht" in html
    assert re.findall(r'rel="prev" href="([^"]+)"', html) == ["/?page=2", "/?page=2#found"]
