"""Pages and orders of GET service requests (georeport.md 5.1, 5.10)."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Connection
from werkzeug.test import TestResponse

from open311.model.service_request import Status
from open311.web import pagination
from tests.serving import START, Api, MakeCore, an_api
from tests.stored import days_ago, ids, store

FIELDS = ("requested_datetime", "updated_datetime", "status", "service_code", "service_request_id")
# More than any test here has; a mistake in what lies behind a cursor would go round for ever.
MOST_PAGES = 1000


@pytest.fixture
def stored(conn: Connection) -> list[int]:
    """23 requests with many equal values, over four years; their ids, newest first."""
    found = []
    for number in range(23):
        moment = days_ago(1 + (number // 3) * 170)
        found.append(
            store(
                conn,
                requested_datetime=moment,
                updated_datetime=max(moment, days_ago(number % 4)),
                service_code=("AMPEL", "KANAL", "MUELL_WILD")[number % 3],
                status=(Status.OPEN, Status.CLOSED)[number % 2],
            )
        )
    return sorted(found, key=lambda number: (-((number - found[0]) // 3), number), reverse=True)


def joined(pages: list[list[int]]) -> list[int]:
    """The rows of all pages."""
    return [number for page in pages for number in page]


def links(response: TestResponse) -> dict[str, str]:
    """The addresses of a `Link` header by their relation."""
    found = re.findall(r'<([^>]+)>; rel="([a-z]+)"', response.headers.get("Link", ""))
    return {rel: address for address, rel in found}


def follow(api: Api, address: str) -> TestResponse:
    """The answer at an address of a `Link` header."""
    parts = urlsplit(address)
    return api.client.get(f"{parts.path}?{parts.query}")


def walk(api: Api, **query: Any) -> Iterator[list[int]]:
    """Every page behind a query, by `rel="next"`."""
    response = api.raw("/requests.json", **query)
    for _ in range(MOST_PAGES):
        assert response.status_code == 200, response.text
        yield ids(response.json or [])
        if "next" not in links(response):
            return
        response = follow(api, links(response)["next"])
    pytest.fail("the pages have no end")


@pytest.mark.parametrize(
    "size", ["page_size", "per_page", "limit", "max_requests"], ids=lambda name: f"R-189 {name}"
)
def test_pages_are_disjoint_and_complete(api: Api, stored: list[int], size: str) -> None:
    """R-189: whatever its age, since pages bound the answer anyway."""
    pages = [ids(api.get("/requests", **{"page": page, size: 5})) for page in range(1, 7)]
    assert [len(page) for page in pages] == [5, 5, 5, 5, 3, 0]
    assert joined(pages) == stored


def test_page_zero_is_the_first_page(api: Api, stored: list[int]) -> None:
    """R-189"""
    pages = [ids(api.get("/requests", page=page, page_size=5)) for page in (0, 1)]
    assert pages[0] == pages[1] == stored[:5]


@pytest.mark.parametrize("page", [7, 1000, 999_999_999, 10**12, 10**30], ids=lambda page: f"R-189 {page}")
def test_page_past_the_end_is_empty(api: Api, stored: list[int], page: int) -> None:
    response = api.raw("/requests.json", page=page, page_size=5)
    assert (response.status_code, response.json) == (200, [])
    assert response.headers["X-Result-Count"] == "23"
    assert "next" not in links(response)


@pytest.mark.parametrize("size", [1000, 1001, 5000, 10**12, 10**30], ids=lambda size: f"R-189 {size}")
def test_a_page_holds_at_most_1000(api: Api, stored: list[int], size: int) -> None:
    response = api.raw("/requests.json", page_size=size)
    assert ids(response.json or []) == stored
    assert response.headers["X-Page-Size"] == "1000"


@pytest.mark.parametrize("name", ["page", "page_size", "per_page", "limit", "offset", "max_requests"])
@pytest.mark.parametrize("value", ["x", "-1", "1.5", "1e3", "٣", "0x1"], ids=lambda value: f"R-189 {value}")
def test_what_is_no_number_is_400(api: Api, name: str, value: str) -> None:
    api.get("/requests", 400, **{name: value})


def test_page_without_rows_is_400(api: Api) -> None:
    """R-189"""
    api.get("/requests", 400, page_size=0)


def test_limit_and_offset(api: Api, stored: list[int]) -> None:
    """R-189"""
    assert ids(api.get("/requests", limit=4, offset=6)) == stored[6:10]
    assert ids(api.get("/requests", limit=4, offset=22)) == stored[22:]
    assert api.get("/requests", limit=4, offset=23) == []
    assert ids(api.get("/requests", offset=20)) == stored[20:]


def test_totals_and_links_stand_in_headers(api: Api, stored: list[int]) -> None:
    """R-189"""
    response = api.raw("/requests.json", page=2, page_size=5, status="open")
    totals = {name: response.headers[f"X-{name}"] for name in ("Result-Count", "Page-Count", "Page-Size")}
    assert totals == {"Result-Count": "12", "Page-Count": "3", "Page-Size": "5"}
    exposed = response.headers["Access-Control-Expose-Headers"].lower()
    for name in ("link", "x-result-count", "x-page-count", "x-page-size"):
        assert name in re.split(r"\s*,\s*", exposed)
    found = links(response)
    assert set(found) == {"next", "prev", "first", "last"}
    for address in found.values():
        asked = parse_qs(urlsplit(address).query)
        assert (asked["page_size"], asked["status"]) == (["5"], ["open"])
        assert address.startswith("http://localhost/open311/v2/requests.json?")


def test_beyond_what_is_counted_no_number_of_pages_is_told(
    api: Api, stored: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-189: whoever walks up to it would stop too early."""
    monkeypatch.setattr(pagination, "COUNT_LIMIT", 20)
    response = api.raw("/requests.json", page=1, page_size=5)
    assert response.headers["X-Result-Count"] == "20"
    assert "X-Page-Count" not in response.headers
    assert set(links(response)) == {"next"}


def test_links_lead_to_the_pages_they_name(api: Api, stored: list[int]) -> None:
    """R-189"""
    found = links(api.raw("/requests.json", page=3, page_size=5))
    pages = {rel: ids(follow(api, address).json or []) for rel, address in found.items()}
    assert pages == {"next": stored[15:20], "prev": stored[5:10], "first": stored[:5], "last": stored[20:]}
    assert set(links(api.raw("/requests.json", page=1, page_size=5))) == {"next", "last"}
    assert set(links(api.raw("/requests.json", page=5, page_size=5))) >= {"prev", "first"}


def test_links_keep_the_format_and_the_locale_and_leave_the_key_out(api: Api, stored: list[int]) -> None:
    """R-189"""
    for suffix in ("xml", "json"):
        response = api.raw(
            f"/requests.{suffix}", page_size=5, locale="en", api_key=api.key, q="müll & matratzen"
        )
        response = api.raw(f"/requests.{suffix}", page_size=5, locale="en", api_key=api.key)
        address = links(response)["next"]
        assert f"/requests.{suffix}?" in address
        assert "locale=en" in address
        assert api.key not in address
        assert follow(api, address).content_type == response.content_type


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("sign", ["", "-"], ids=["up", "down"])
def test_numbered_pages_and_links_say_the_same_in_every_order(
    api: Api, stored: list[int], name: str, sign: str
) -> None:
    """R-189"""
    order = f"{sign}{name}"
    by_links = list(walk(api, sort=order, page_size=4))
    by_numbers = [ids(api.get("/requests", sort=order, page=page, page_size=4)) for page in range(1, 7)]
    assert by_links == by_numbers
    assert sorted(joined(by_links)) == sorted(stored)


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("sign", ["", "-"], ids=["up", "down"])
def test_rows_come_in_the_order_that_was_asked_for(api: Api, stored: list[int], name: str, sign: str) -> None:
    """R-189, georeport.md 5.10"""
    rows = api.get("/requests", sort=f"{sign}{name}", page=1)
    values = [int(row[name]) if name == "service_request_id" else row[name] for row in rows]
    if "datetime" in name:
        values = [type(START).fromisoformat(value) for value in values]
    assert values == sorted(values, reverse=sign == "-")
    assert len(set(map(str, values))) > 1


@pytest.mark.parametrize(
    ("spelling", "meaning"),
    [
        ({"sort": "created"}, "requested_datetime"),
        ({"sort": "-created"}, "-requested_datetime"),
        ({"sort": "updated"}, "updated_datetime"),
        ({"sort": "-updated"}, "-updated_datetime"),
        ({"sort": "nid"}, "service_request_id"),
        ({"sort": "-nid"}, "-service_request_id"),
        ({"sort": "request_id"}, "service_request_id"),
        ({"sort": "updated DESC"}, "-updated_datetime"),
        ({"sort": "ASC"}, "requested_datetime"),
        ({"sort": "asc"}, "requested_datetime"),
        ({"sort": "DESC"}, "-requested_datetime"),
        ({"order_by": "-updated_datetime"}, "-updated_datetime"),
        ({"sort": "nid", "order_by": "-updated_datetime"}, "service_request_id"),
        ({"sort": "Blödsinn"}, "-requested_datetime"),
        ({"sort": "description"}, "-requested_datetime"),
        ({"sort": ""}, "-requested_datetime"),
    ],
    ids=lambda item: str(item),
)
def test_orders_have_other_names(api: Api, stored: list[int], spelling: dict[str, str], meaning: str) -> None:
    """georeport.md 5.10; an unknown order is the default one."""
    assert api.get("/requests", page=1, **spelling) == api.get("/requests", page=1, sort=meaning)


def test_pages_lift_the_limit_of_days(api: Api, stored: list[int]) -> None:
    """R-171, R-189: a paged answer is bounded anyway."""
    span = {"start_date": days_ago(3000).isoformat(), "end_date": START.isoformat()}
    api.get("/requests", 400, **span)
    for paging in ({"page": 1}, {"page_size": 1000}, {"limit": 1000}, {"offset": 0}, {"per_page": 1000}):
        assert ids(api.get("/requests", **span, **paging)) == stored
    assert len(api.get("/requests", page=1, start_date=days_ago(200).isoformat())) == 6
    assert len(api.get("/requests", page=1, end_date=days_ago(200).isoformat())) == 17


def test_plain_list_that_is_cut_off_links_to_the_rest(make_core: MakeCore, conn: Connection) -> None:
    """R-151, R-189: without a paging parameter, the next page keeps to the window of the first."""
    from tests.georeport.test_get_service_requests import fill

    fill(conn, 1500)
    old = store(conn, requested_datetime=days_ago(91))
    pages = list(walk(an_api(make_core())))
    assert [len(page) for page in pages] == [1000, 500]
    assert len(set(joined(pages))) == 1500
    assert old not in joined(pages)


def test_new_reports_do_not_move_the_pages_behind_a_link(
    api: Api, conn: Connection, stored: list[int]
) -> None:
    """R-189"""
    first = api.raw("/requests.json", page_size=5)
    newcomers = [store(conn, requested_datetime=START) for _ in range(7)]
    rest = follow(api, links(first)["next"])
    assert ids(first.json or []) + ids(rest.json or []) == stored[:10]
    assert not set(newcomers) & set(ids(rest.json or []))


@pytest.mark.parametrize(
    "cursor",
    ["x", "%00", "e30", "W10", "bnVsbA", "🙂", "a" * 5000, "WyJzdGF0dXMiLDAsIm9wZW4iLCJBIiwtMSwxLG51bGxd"],
    ids=lambda cursor: f"R-189 {cursor[:12]!a}",
)
def test_cursor_that_we_did_not_write_is_400(api: Api, cursor: str) -> None:
    api.get("/requests", 400, cursor=cursor)


def test_id_lists_have_no_pages(api: Api, stored: list[int]) -> None:
    """R-160, R-189"""
    response = api.raw("/requests.json", service_request_id=",".join(map(str, stored)), page_size=5, page=2)
    assert sorted(ids(response.json or [])) == sorted(stored)
    assert "Link" not in response.headers
