"""Figures: each number of what is open leads to exactly that many cases; times, shares, and never a person."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from lxml import html
from sqlalchemy import text

from open311.actions import casework
from open311.actions.upkeep import desk_figures
from open311.model.casework.decisions import Decision, Outcome
from open311.model.staff.roles import Role
from tests.actors import CLARA
from tests.serving import Api, Clock, an_api
from tests.staff.desk import Desk, Employee, membership

HELD = {"service_code": "FAHRZEUG_ALT", "attribute[FARBE]": "rot"}


@pytest.fixture
def citizens(desk: Desk) -> Api:
    return an_api(desk.core)


def vera_of(desk: Desk) -> Employee:
    """Signed in only when she looks: sessions do not last for days."""
    return desk.employee(Role.SUPERVISOR, email="vera@stadt.example", name="Vera")


def held(citizens: Api) -> int:
    return int(citizens.post(HELD)[0]["service_request_id"])


def numbers(employee: Employee, path: str = "/staff/figures") -> Iterator[tuple[int, str]]:
    """The numbers of the page that lead somewhere, and where."""
    page = html.fromstring(employee.get(path).text)
    assert employee.response.status_code == 200, employee.text
    for link in page.xpath("//td//a"):
        yield int(link.text.replace(".", "")), link.get("href")


def figures_of(desk: Desk, employee: Employee, query: str = "") -> str:
    """The words of the page, once the worker has counted."""
    desk_figures.add_up(desk.core)
    assert employee.get(f"/staff/figures{query}").status_code == 200
    return employee.text


def row(employee: Employee, table: str, name: str) -> list[str]:
    """The cells of a row of the page at hand."""
    page = html.fromstring(employee.response.text)
    [found] = page.xpath(f"//table[caption/@id='{table}']//tr[th='{name}']")
    return [" ".join(cell.text_content().split()) for cell in found.iter("td")]


def test_each_number_leads_to_that_many_cases(desk: Desk, citizens: Api, clock: Clock) -> None:
    for _ in range(3):
        held(citizens)
    citizens.report()
    clock.forward(days=20)
    held(citizens)
    clock.forward(minutes=5)
    vera = vera_of(desk)
    leading = list(numbers(vera))
    assert {"overdue=1", "stage=check", "unit=STADTREINIGUNG"} <= {
        part for _, href in leading for part in href.partition("?")[2].split("&")
    }
    for number, href in leading:
        rows = html.fromstring(vera.get(href).text).xpath("//tbody/tr")
        assert (href, len(rows)) == (href, number)


def test_times_run_from_receipt_and_shares_are_of_what_came_in(
    desk: Desk, citizens: Api, clock: Clock
) -> None:
    """Journey 10: half are checked within three hours, 15 % are not for the public."""
    reports = [held(citizens) for _ in range(20)]
    clock.forward(hours=3)
    for number in reports:
        outcome = Outcome.WITHHOLD if number in reports[:3] else Outcome.PUBLISH
        casework.decide(desk.core, number, Decision(outcome=outcome), CLARA)
    clock.forward(hours=45)
    for number in reports[:10]:
        casework.set_status(desk.core, number, "GELOEST", CLARA)
    vera = vera_of(desk)
    figures_of(desk, vera, "?days=30")
    cells = row(vera, "course-units", "Kommunaler Vollzugsdienst")
    assert cells[:2] == ["20", "3 Std. 3 Std."]
    assert cells[4:8] == ["2 Tage 2 Tage", "100 %", "15 %", "0 %"]
    assert row(vera, "course-services", "Kfz ohne Zulassung") == cells
    assert row(vera, "course-units", "Alle") == cells


@pytest.mark.parametrize(
    ("came", "days", "times"),
    [
        # From Thursday to the Tuesday after Easter: Friday and Monday are holidays.
        (datetime(2026, 4, 2, 8, tzinfo=UTC), 5, ["5 Tage 5 Tage", "1 Arbeitstag 1 Arbeitstag"]),
        # A Saturday's report that is done on Monday.
        (datetime(2026, 3, 7, 8, tzinfo=UTC), 2, ["2 Tage 2 Tage", "1 Arbeitstag 1 Arbeitstag"]),
        (datetime(2026, 3, 3, 8, tzinfo=UTC), 0, ["0 Min. 0 Min.", "0 Arbeitstage 0 Arbeitstage"]),
        # Half past eleven at night in the city is another day than in Greenwich.
        (datetime(2026, 3, 3, 23, 30, tzinfo=UTC), 1, ["24 Std. 24 Std.", "1 Arbeitstag 1 Arbeitstag"]),
    ],
)
def test_times_are_told_in_working_days_of_the_city(
    desk: Desk, citizens: Api, clock: Clock, came: datetime, days: int, times: list[str]
) -> None:
    clock.now = came
    numbers = [int(citizens.report()) for _ in range(5)]
    clock.forward(days=days)
    for number in numbers:
        casework.set_status(desk.core, number, "GELOEST", CLARA)
    vera = vera_of(desk)
    shown = []
    for unit in ("clock", "days"):
        figures_of(desk, vera, f"?days=30&times={unit}")
        shown.append(row(vera, "course-units", "Alle")[4])
    assert shown == times
    rows = list(csv.DictReader(io.StringIO(vera.get("/staff/figures.csv?days=30").text)))
    assert (rows[0]["done_half_seconds"], rows[0]["done_half_working_days"]) == (
        str(days * 86400),
        times[1].partition(" ")[0],
    )


def test_what_is_added_up_is_what_one_counts_in_the_cases(desk: Desk, citizens: Api, clock: Clock) -> None:
    """Adding up again changes nothing; what is erased, or leaves the year, leaves the figures."""
    places = [("49.477", "8.445"), ("49.51", "8.40")]
    for lat, long in places * 3:
        citizens.report(lat=lat, long=long)
    for _ in range(4):
        held(citizens)
    with desk.core.database.read() as conn:
        by_service = text("select service_code, count(*) from cases group by 1 order by 1")
        counted = {row[0]: row[1] for row in conn.execute(by_service)}
    assert counted == {"FAHRZEUG_ALT": 4, "MUELL_WILD": 6}
    for hour in range(2):
        assert desk_figures.add_up(desk.core) == 1
        assert desk_figures.add_up(desk.core) == 0
        vera = desk.employee(Role.SUPERVISOR, email=f"vera{hour}@stadt.example")
        rows = csv.DictReader(io.StringIO(vera.get("/staff/figures.csv?days=365").text))
        services = [(line["name"], line["received"]) for line in rows if line["table"] == "service"]
        assert services == [("Wilde Müllablagerung", "6"), ("Kfz ohne Zulassung", "<5")]
        clock.forward(hours=2)
    clock.forward(days=366)
    late = desk.employee(Role.SUPERVISOR, email="late@stadt.example")
    assert "In dieser Zeit ist nichts eingegangen." in figures_of(desk, late, "?days=365")


def test_before_the_worker_has_counted_that_is_said(desk: Desk, citizens: Api) -> None:
    citizens.report()
    vera = vera_of(desk)
    assert "alle zehn Minuten gezählt" in " ".join(vera.get("/staff/figures").text.split())
    assert len(vera.get("/staff/figures.csv").text.splitlines()) == 1


def test_who_sees_one_district_is_told_of_it_alone(desk: Desk, citizens: Api) -> None:
    for _ in range(5):
        number = int(citizens.report(lat="49.477", long="8.445"))
    for _ in range(6):
        citizens.report(lat="49.51", long="8.40")
    [area] = casework.show(desk.core, number, CLARA).case.areas
    south = desk.employee(membership(Role.CHECKER, areas=(area,)), email="sued@stadt.example", name="Sued")
    figures_of(desk, south)
    assert row(south, "course-units", "Alle")[0] == "5"
    [week] = html.fromstring(south.response.text).xpath("//table[.//th='Woche vom']/tbody/tr")
    assert week.findall("td")[0].text == "5"
    assert row(south, "course-channels", "Programm (Open311)")[0] == "5"


def test_ways_districts_weeks_and_reasons_are_told_and_taken_along(
    desk: Desk, citizens: Api, clock: Clock
) -> None:
    """The first report of a year before stands beside the week that it came in."""
    for _ in range(6):
        citizens.report(lat="49.477", long="8.445")
    clock.forward(days=364)
    numbers = [int(citizens.report(lat="49.477", long="8.445")) for _ in range(6)]
    citizens.report(lat="49.51", long="8.40")
    for number in numbers[:3]:
        casework.set_status(desk.core, number, "GELOEST", CLARA)
    for number in numbers[3:]:
        casework.withhold(desk.core, number, CLARA, "PRIVATGRUND")
    clock.forward(minutes=2)
    vera = vera_of(desk)
    figures_of(desk, vera, "?days=30")
    assert row(vera, "course-areas", "Südliche Innenstadt") == ["6", "50 %", "100 %", "50 %"]
    assert row(vera, "course-channels", "Programm (Open311)")[0] == "7"
    assert "Die ältesten offenen" in vera.text
    page = html.fromstring(vera.response.text)
    [week] = page.xpath("//table[.//th='Woche vom']/tbody/tr")
    assert [cell.text_content() for cell in week.iter("td")][:2] == ["7", "6"]
    # Of fewer than five nobody learns how many.
    [reason] = page.xpath("//table[.//th='Grund']/tbody/tr")
    assert [cell.text_content() for cell in reason.iter("td")] == ["<5"]
    table = vera.get("/staff/figures.csv?days=30")
    assert table.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(table.text)))
    assert rows[0][:3] == ["table", "name", "received"]
    assert ["area", "Südliche Innenstadt", "6"] in [cells[:3] for cells in rows]
    assert {len(cells) for cells in rows} == {len(rows[0])}
    reader = desk.employee(Role.READER, email="rita@stadt.example", name="Rita")
    assert reader.get("/staff/figures.csv").status_code == 403


def test_few_reports_tell_nothing(desk: Desk, citizens: Api, clock: Clock) -> None:
    held(citizens)
    vera = vera_of(desk)
    figures_of(desk, vera)
    assert row(vera, "course-services", "Kfz ohne Zulassung")[0] == "<5"
    clock.forward(days=40)
    vera = desk.employee(Role.SUPERVISOR, email="late@stadt.example", name="Vera")
    assert "In dieser Zeit ist nichts eingegangen." in figures_of(desk, vera, "?days=30")
    assert vera.get("/staff/figures?days=4000").status_code == 200


def test_a_lead_sees_the_own_unit_alone(desk: Desk, citizens: Api) -> None:
    held(citizens)
    citizens.report()
    lead = membership(Role.LEAD, units=("STADTREINIGUNG",))
    lutz = desk.employee(lead, email="lutz@stadt.example", name="Lutz")
    figures_of(desk, lutz)
    assert "Stadtreinigung" in lutz.text
    assert "Vollzugsdienst" not in lutz.text


@pytest.mark.parametrize("role", [Role.READER, Role.ADMIN])
def test_others_are_refused(desk: Desk, role: Role) -> None:
    employee = desk.employee(role, email="rita@stadt.example", name="Rita")
    assert employee.get("/staff/figures").status_code == 403
