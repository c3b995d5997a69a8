"""GET feed.atom and requests/{id}.atom: Atom with GeoRSS."""

import warnings
from typing import Any
from xml.etree import ElementTree

import pytest

from open311.actions import casework
from open311.actions.reporting import updates
from open311.core import Core
from open311.storage import events
from tests.actors import CLARA
from tests.builders import a_catalogue, a_jurisdiction
from tests.serving import Api, Clock, MakeCore, an_api, first_city

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import feedparser

ATOM = "{http://www.w3.org/2005/Atom}"
NASTY = 'Müll & <script>alert("1")</script> \x00\x0b\ufffe ]]>'


def feed(api: Api, path: str = "/feed.atom", **query: Any) -> Any:
    """A feed as a feed reader understands it; one it has to guess at is an error."""
    response = api.raw(path, **query)
    assert response.status_code == 200, response.text
    assert response.content_type == "application/atom+xml; charset=utf-8"
    valid(response.data)
    parsed = feedparser.parse(response.data)
    assert not parsed.bozo, parsed.get("bozo_exception")
    return parsed


def valid(body: bytes) -> None:
    """What RFC 4287 demands of a feed and of each entry."""
    root = ElementTree.fromstring(body)
    assert root.tag == f"{ATOM}feed"
    for element in (root, *root.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1
    assert root.find(f"{ATOM}author/{ATOM}name") is not None
    assert [link.get("rel") for link in root.findall(f"{ATOM}link")].count("self") == 1
    names = [element.findtext(f"{ATOM}id") for element in root.findall(f"{ATOM}entry")]
    assert len(set(names)) == len(names)


def close(core: Core, number: str, notes: str = "Erledigt & fertig") -> None:
    """Close a report."""
    casework.set_status(core, int(number), first_city().default_status("closed").code, CLARA, notes)


def test_what_changed_last_comes_first(api: Api, core: Core, clock: Clock) -> None:
    first, second = api.report(), api.report()
    clock.forward(hours=1)
    close(core, first)
    entries = feed(api).entries
    assert [entry.id.rpartition("/")[2] for entry in entries] == [f"{first}.atom", f"{second}.atom"]
    assert entries[0].updated == "2026-03-02T09:30:00Z"
    assert entries[0].published == "2026-03-02T08:30:00Z"
    assert "Erledigt & fertig" in entries[0].content[0].value


def test_old_reports_that_changed_are_there(api: Api, core: Core, clock: Clock) -> None:
    number = api.report()
    clock.forward(days=400)
    close(core, number)
    assert len(feed(api).entries) == 1


def test_an_entry_has_its_place(api: Api) -> None:
    api.report(lat="49.48", long="8.44")
    assert feed(api).entries[0].where == {"type": "Point", "coordinates": (8.44, 49.48)}


def test_any_text_is_escaped(api: Api) -> None:
    api.report(description=NASTY, address_string=NASTY)
    entry = feed(api).entries[0]
    assert entry.content[0].type == "text/plain"
    assert '<script>alert("1")</script>' in entry.content[0].value
    assert "<script>" in entry.title_detail.value or "&lt;script&gt;" in entry.title


def test_no_personal_data(api: Api) -> None:
    """R-174"""
    api.report(email="geheim@example.org", first_name="Geheim", phone="0123456")
    body = api.raw("/feed.atom").text
    assert "geheim" not in body.lower()
    assert "0123456" not in body


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"service_code": "MARKIERUNG"}, 1),
        ({"bbox": "8.40,49.40,8.42,49.50"}, 1),
        ({"q": "stoffmatr"}, 1),
        ({"service_code": "NONE"}, 0),
        ({}, 3),
    ],
    ids=str,
)
def test_filters_narrow_it(api: Api, core: Core, query: dict[str, str], expected: int) -> None:
    casework.publish(core, int(api.report(service_code="MARKIERUNG")), CLARA)
    api.report(lat="49.48", long="8.41")
    api.report(description="Schaumstoffmatratze")
    assert len(feed(api, **query).entries) == expected


def test_pages_are_linked(api: Api) -> None:
    for _ in range(3):
        api.report()
    first = feed(api, page_size=2)
    address = next(link.href for link in first.feed.links if link.rel == "next")
    second = feedparser.parse(api.client.get(address).data)
    assert len(first.entries) == 2
    assert len(second.entries) == 1


def test_the_history_of_one_request(api: Api, core: Core, clock: Clock) -> None:
    number = api.report(description="Matratze")
    clock.forward(hours=1)
    close(core, number)
    found = feed(api, f"/requests/{number}.atom")
    assert [entry.updated for entry in found.entries] == ["2026-03-02T09:30:00Z", "2026-03-02T08:30:00Z"]
    assert found.entries[0].content[0].value == "Erledigt & fertig"
    assert number in found.feed.title


def test_a_line_of_the_history_keeps_its_name_when_another_is_taken_away(
    api: Api, core: Core, clock: Clock
) -> None:
    """RFC 4287 4.2.6: an id never changes."""
    number = api.report()
    for text in ("Falsch", "Richtig"):
        clock.forward(hours=1)
        casework.note(core, int(number), text, CLARA)
    before = {entry.id: entry.content[0].value for entry in feed(api, f"/requests/{number}.atom").entries}
    with core.database.read() as conn:
        wrong = next(
            event.id for event in events.of_request(conn, int(number)) if "Falsch" in str(event.data)
        )
    updates.hide(core, wrong, CLARA)
    after = {entry.id: entry.content[0].value for entry in feed(api, f"/requests/{number}.atom").entries}
    assert after == {name: text for name, text in before.items() if text != "Falsch"}


def test_a_line_without_a_status_has_a_title_in_words(api: Api, core: Core) -> None:
    number = api.report()
    casework.assign(core, int(number), "TIEFBAU", CLARA)
    assert feed(api, f"/requests/{number}.atom", locale="de").entries[0].title == "Geändert"


@pytest.mark.parametrize("several", [False, True])
def test_an_entry_leads_to_the_page_of_its_report(make_core: MakeCore, several: bool) -> None:
    other = a_catalogue(jurisdiction=a_jurisdiction(jurisdiction_id="mannheim.de", aliases=()))
    api = an_api(make_core(first_city(), *([other] if several else [])))
    api.report(jurisdiction_id="ludwigshafen.de")
    [entry] = feed(api, jurisdiction_id="ludwigshafen.de").entries
    assert [link.type for link in entry.links] == ["text/html"]
    assert api.client.get(entry.link).mimetype == "text/html"


@pytest.mark.parametrize("number", ["1", "x", "999999999999999999"])
def test_the_history_of_nothing_is_404(api: Api, number: str) -> None:
    """R-182"""
    assert api.raw(f"/requests/{number}.atom").status_code == 404


def test_the_history_of_a_hidden_request_is_404(api: Api, core: Core) -> None:
    """R-182"""
    number = api.report()
    casework.hide(core, int(number), CLARA)
    assert api.raw(f"/requests/{number}.atom").status_code == 404
    assert feed(api).entries == []


def test_it_speaks_the_language_of_the_reader(api: Api) -> None:
    """R-095"""
    assert feed(api, locale="en").feed.title == "Reports: Ludwigshafen on the Rhine"
    assert feed(api, locale="de").feed.title == "Meldungen: Ludwigshafen am Rhein"


def test_the_test_endpoint_links_to_itself(api: Api) -> None:
    api.base = "/open311/test/v2"
    api.report()
    assert "/open311/test/v2/feed.atom" in api.raw("/feed.atom").text
    assert api.client.get(feed(api).entries[0].links[0].href).mimetype == "application/json"


def test_an_unchanged_feed_is_304(api: Api) -> None:
    """R-199"""
    mark = api.raw("/feed.atom").headers["ETag"]
    assert api.client.get(f"{api.base}/feed.atom", headers={"If-None-Match": mark}).status_code == 304
