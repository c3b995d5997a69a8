"""The way from a list to a case, on to its neighbours in the list, and back to filters, page and row."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from lxml import html

from open311.actions import casework
from open311.core import Core
from open311.model.casework.desk_search import PAGE_SIZE
from open311.model.staff.roles import Role
from tests.actors import CLARA
from tests.serving import Api
from tests.staff.desk import Desk, Employee

OLDEST = "/staff/reports?order=oldest"


@pytest.fixture
def bea(desk: Desk) -> Employee:
    return desk.employee(Role.CHECKER)


def rows_of(employee: Employee, path: str) -> list[str]:
    """Where the rows of a list lead."""
    links: list[str] = html.fromstring(employee.get(path).text).xpath("//tbody/tr/th/a[1]/@href")
    return links


def way(employee: Employee, case: str, words: str) -> str:
    """Where a link of a case leads."""
    [link] = html.fromstring(employee.get(case).text).xpath(f"//a[.='{words}']/@href")
    return str(link)


def walked(employee: Employee, case: str, words: str) -> str:
    """The case that a link to the next or previous one leads to."""
    return str(employee.get(way(employee, case, words)).location)


def number_of(case: str) -> int:
    return int(urlsplit(case).path.rpartition("/")[2])


@pytest.mark.parametrize(
    ("path", "ahead"),
    [
        (OLDEST, 1),
        # In the order of receipt, the newest first.
        ("/staff/reports?q=Kanarienvogel", -1),
        ("/staff/reports?near=49.4%2C8.44&order=distance", 1),
    ],
)
def test_one_walks_through_a_list_across_its_pages_and_comes_back_to_the_page(
    bea: Employee, api: Api, path: str, ahead: int
) -> None:
    numbers = [
        int(api.report(description="Kanarienvogel", lat=f"{49.47 + place / 10000:.4f}"))
        for place in range(PAGE_SIZE + 2)
    ][::ahead]
    rows = rows_of(bea, path)
    assert way(bea, rows[0], "Zurück zur Liste") == f"{path}#report-{numbers[0]}"
    assert f'id="report-{numbers[0]}"' in bea.get(path).text
    second = walked(bea, rows[-1], "Nächste in der Liste")
    assert number_of(second) == numbers[PAGE_SIZE]
    back, _, line = way(bea, second, "Zurück zur Liste").partition("#")
    assert f'id="{line}"' in bea.get(back).text
    assert len(rows_of(bea, back)) == 2
    last = walked(bea, second, "Nächste in der Liste")
    assert number_of(last) == numbers[-1]
    assert walked(bea, last, "Nächste in der Liste") == f"{back}&done=list_end#report-{numbers[-1]}"
    assert "Hier endet die Liste." in bea.get(f"{back}&done=list_end").text
    first_page = walked(bea, walked(bea, last, "Vorige in der Liste"), "Vorige in der Liste")
    assert first_page == rows[-1]
    assert "done=list_end" in walked(bea, rows[0], "Vorige in der Liste")


def test_acts_keep_the_way_and_a_case_that_left_the_list_leaves_its_row(
    bea: Employee, api: Api, core: Core
) -> None:
    first, acted, then = (int(api.report()) for _ in range(3))
    case = rows_of(bea, f"{OLDEST}&stage=accept")[1]
    form = html.fromstring(bea.get(case).text).xpath("//details[@id='act-note']//form")[0]
    bea.post(form.get("action"), 303, text="gesehen")
    assert parse_qs(urlsplit(bea.response.location).query) == {
        "done": ["saved"],
        "back": [f"{OLDEST}&stage=accept"],
        "row": ["2"],
    }
    casework.set_status(core, acted, "GELOEST", CLARA)
    assert number_of(walked(bea, case, "Vorige in der Liste")) == first
    assert number_of(walked(bea, case, "Nächste in der Liste")) == then


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/staff/reports",
        "//evil.example/staff",
        "/staff/../reports",
        "/staffs",
        "/staff/reports?q=" + "x" * 2000,
        "/staff/reports?after=%00&row=99",
    ],
)
def test_a_way_that_leads_elsewhere_is_the_way_to_the_list(bea: Employee, api: Api, back: str) -> None:
    number = api.report()
    case = f"/staff/reports/{number}?{urlencode({'back': back, 'row': 7})}"
    links = html.fromstring(bea.get(case).text).xpath("//li[@class='back']/a/@href")
    assert all(str(link).startswith("/staff/") for link in links)
    assert "evil" not in "".join(links)
    assert bea.get(case.replace("?", "/next?", 1)).status_code == 303


def test_each_page_with_cases_is_one_to_come_back_to(bea: Employee, api: Api) -> None:
    number = api.report()
    page = html.fromstring(bea.get("/staff/reports/map?stage=accept").text)
    [case] = page.xpath(f"//a[@id='report-{number}']/@href")
    assert way(bea, case, "Zurück zur Karte") == f"/staff/reports/map?stage=accept#report-{number}"
    assert "Nächste in der Liste" not in bea.text
    [feature] = bea.get("/staff/reports/map.geojson?stage=accept&bbox=8,49,9,50").get_json()["features"]
    assert "bbox=8%2C49%2C9%2C50" in way(bea, feature["properties"]["href"], "Zurück zur Karte")
