"""Views of the list: kept for oneself or shared with a unit, counted, and found by what was asked for."""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from lxml import html
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.actions.staff_accounts import accounts
from open311.core import Core
from open311.model.access.actor import ALL_RIGHTS, Actor, ActorKind, cli_actor
from open311.model.staff.roles import Role
from tests.serving import Api, Clock
from tests.staff.desk import Desk, Employee, membership

UNIT = "TIEFBAU"
ACTOR = Actor(ActorKind.STAFF, "9999", ALL_RIGHTS)
Views = dict[str, str]


@pytest.fixture
def bea(desk: Desk) -> Employee:
    """A checker of the citizens' advice unit."""
    return desk.employee(membership(Role.CHECKER, units=("BUERGERBERATUNG", UNIT)))


def views_of(employee: Employee, path: str = "/staff/reports") -> Views:
    """The views above the list: address by words, with the count."""
    page = html.fromstring(employee.get(path).text)
    return {
        " ".join(link.text_content().split()): link.get("href")
        for link in page.xpath("//nav[@class='views']//a")
    }


def test_a_view_is_a_search_with_a_name_and_a_count(bea: Employee, api: Api) -> None:
    for _ in range(2):
        api.report(service_code="STRASSENSCHADEN", **{"attribute[WO]": "fahrbahn"})
    bea.post("/staff/reports/views", 303, name="  Löcher ", service="STRASSENSCHADEN", stage="check")
    assert bea.response.location == "/staff/reports?done=view_kept&stage=check&service=STRASSENSCHADEN"
    views = views_of(bea)
    assert views["Löcher (2)"] == "/staff/reports?stage=check&service=STRASSENSCHADEN"
    assert "steht jetzt über der Liste" in bea.get("/staff/reports?stage=check&done=view_kept").text
    assert len(html.fromstring(bea.get(views["Löcher (2)"]).text).xpath("//tbody/tr")) == 2


def test_how_long_a_case_waits_is_told_in_working_days_too(
    desk: Desk, bea: Employee, api: Api, clock: Clock
) -> None:
    number = api.report(service_code="STRASSENSCHADEN", **{"attribute[WO]": "fahrbahn"})
    clock.forward(days=7)
    desk.sign_in(bea)
    for path in ("reports", f"reports/{number}", "check", f"check/{number}"):
        bea.get(f"/staff/{path}")
        assert "seit 7 Tagen, davon 5 Arbeitstage" in bea.text, path


def test_a_shared_view_is_seen_by_the_unit_alone(desk: Desk, bea: Employee) -> None:
    bea.post("/staff/reports/views", 303, name="Liegt lange", untouched="14", share=f"ludwigshafen.de {UNIT}")
    colleague = desk.employee(membership(Role.WORKER, units=(UNIT,)), email="rita@stadt.example")
    other = desk.employee(membership(Role.WORKER, units=("STADTREINIGUNG",)), email="lutz@stadt.example")
    assert "Liegt lange Bereich Tiefbau (0)" in views_of(colleague)
    assert not any("Liegt lange" in words for words in views_of(other))
    [view_id] = colleague.client.get("/staff/reports/views").text.split('id="view-')[1].split('"')[:1]
    for employee in (colleague, other):
        employee.post(f"/staff/reports/views/{view_id}/change", 404, name="Meins")
        employee.post(f"/staff/reports/views/{view_id}/remove", 404)
        employee.post(f"/staff/reports/views/{view_id}/move", 404, move="up")
    bea.post(f"/staff/reports/views/{view_id}/change", 303, name="Lange still", counted="1")
    assert "Lange still Bereich Tiefbau (0)" in views_of(colleague)
    bea.post(f"/staff/reports/views/{view_id}/remove", 303)
    assert not any("Lange still" in words for words in views_of(colleague))


def test_a_right_to_some_services_is_none_to_the_views_of_a_unit(desk: Desk, bea: Employee) -> None:
    """They are for all cases of the unit: whoever sees some of these neither shares nor changes nor removes one."""
    share = f"ludwigshafen.de {UNIT}"
    bea.post("/staff/reports/views", 303, name="Liegt lange", untouched="14", share=share)
    narrowed = desk.employee(
        membership(Role.LEAD, units=(UNIT,), services=("STRASSENSCHADEN",)), email="lutz@stadt.example"
    )
    assert "Liegt lange Bereich Tiefbau (0)" in views_of(narrowed)
    [view_id] = narrowed.get("/staff/reports/views").text.split('id="view-')[1].split('"')[:1]
    assert f"views/{view_id}/change" not in narrowed.response.text
    narrowed.post("/staff/reports/views", 403, name="Meins", overdue="1", share=share)
    narrowed.post(f"/staff/reports/views/{view_id}/remove", 404)
    narrowed.post("/staff/reports/views", 303, name="Meins", overdue="1")
    assert "Meins (0)" in views_of(narrowed)


def test_views_are_put_in_order_and_counted_or_not(desk: Desk, bea: Employee) -> None:
    """One's own and those of a unit each among themselves; a new one is the last."""
    for name in ("Zuerst", "Dann", "Am Ende"):
        bea.post("/staff/reports/views", 303, name=name, overdue="1")
    bea.post("/staff/reports/views", 303, name="Geteilt", overdue="1", share=f"ludwigshafen.de {UNIT}")

    def names() -> list[str]:
        kept = [
            words for words in views_of(bea) if words.startswith(("Zuerst", "Dann", "Am Ende", "Geteilt"))
        ]
        return [words.partition(" (")[0].partition(" Bereich")[0] for words in kept]

    assert names() == ["Zuerst", "Dann", "Am Ende", "Geteilt"]
    page = html.fromstring(bea.get("/staff/reports/views").text)
    ids = {
        " ".join(title.text_content().split()): title.get("id").removeprefix("view-")
        for title in page.xpath("//h2[starts-with(@id, 'view-')]")
    }
    moves = [("Am Ende", "up"), ("Zuerst", "down"), ("Zuerst", "down"), ("Zuerst", "down"), ("Geteilt", "up")]
    for name, move in moves:
        bea.post(f"/staff/reports/views/{ids[name]}/move", 303, move=move)
    assert names() == ["Am Ende", "Dann", "Zuerst", "Geteilt"]
    bea.post(f"/staff/reports/views/{ids['Dann']}/change", 303, name="Dann")
    assert {"Dann", "Zuerst (0)"} <= {*views_of(bea)}


def test_nobody_shares_without_the_right_or_with_a_unit_of_others(desk: Desk, bea: Employee) -> None:
    worker = desk.employee(membership(Role.WORKER, units=(UNIT,)), email="rita@stadt.example")
    for employee, unit in ((worker, UNIT), (bea, "GRUENFLAECHEN"), (bea, "NIRGENDS")):
        employee.post(
            "/staff/reports/views", 403, name="Für alle", overdue="1", share=f"ludwigshafen.de {unit}"
        )
    bea.post("/staff/reports/views", 403, name="Für alle", overdue="1", share="speyer.de TIEFBAU")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "", "overdue": "1"}, "Namen mit höchstens 60 Zeichen"),
        ({"name": "x" * 61, "overdue": "1"}, "Namen mit höchstens 60 Zeichen"),
        ({"name": "Alles"}, "Wählen Sie erst einen Filter"),
    ],
)
def test_says_what_is_wrong_and_keeps_the_filters(bea: Employee, fields: Views, words: str) -> None:
    bea.post("/staff/reports/views", 400, **fields)
    assert words in bea.text
    hidden = html.fromstring(bea.response.text).xpath("//input[@type='hidden']/@name")
    assert "overdue" in hidden or "overdue" not in fields


def test_there_is_an_end_to_views(bea: Employee, core: Core, conn: Connection) -> None:
    for number in range(20):
        bea.post("/staff/reports/views", 303, name=f"Ansicht {number}", overdue="1")
    bea.post("/staff/reports/views", 400, name="Noch eine", overdue="1")
    accounts.end(core, cli_actor(), bea.account_id)
    assert conn.execute(text("select count(*) from views")).scalar_one() == 0


def test_hostile_filters_and_names_do_no_harm(bea: Employee) -> None:
    odd = {
        "name": "<script>alert(1)</script>",
        "q": "'\"><b>\x00 %",
        "since": "0001-01-01",
        "until": "9999-12-31",
        "untouched": "9" * 30,
    }
    bea.post("/staff/reports/views", 303, **odd)
    page = bea.get(bea.response.location)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert (
        bea.get(
            "/staff/reports?priority=%F0%9F%92%A9&flag=x&order=x&stage=x&person=7&area='&since=0001-01-01"
        ).status_code
        == 200
    )


def test_only_lists_of_open_cases_are_in_the_order_of_deadlines_or_urgency(bea: Employee) -> None:
    """In an archive of years that would be a sort of all of it, for deadlines that are over."""
    for filters, chosen, offered in (
        ("", "due", 6),
        ("stage=work&order=priority", "priority", 6),
        ("stage=done", "newest", 3),
        ("stage=all&order=due", "newest", 3),
        ("status=GELOEST&order=priority", "newest", 3),
        ("visibility=published&order=touched", "touched", 3),
    ):
        page = html.fromstring(bea.get(f"/staff/reports?{filters}").text)
        [orders] = page.xpath("//select[@name='order']")
        assert (orders.value, len(orders.value_options)) == (chosen, offered), filters


def test_units_districts_and_channels_are_chosen_by_name(bea: Employee, api: Api) -> None:
    number = api.report(service_code="STRASSENSCHADEN", **{"attribute[WO]": "fahrbahn"})
    chosen = {"unit": UNIT, "area": "MITTE", "channel": "phone"}
    page = html.fromstring(bea.get(f"/staff/reports?{urlencode(chosen)}").text)
    names = {"unit": "Bereich Tiefbau", "area": "Südliche Innenstadt", "channel": "Telefon"}
    for name, words in names.items():
        [box] = page.xpath(f"//input[@name='{name}'][@checked]")
        assert (box.get("value"), box.getparent().text_content().strip()) == (chosen[name], words)
    chips = [" ".join(chip.text_content().split()) for chip in page.xpath("//a[@class='chip']")]
    assert all(any(words in chip for chip in chips) for words in names.values())
    # A program's own word, or a code of an older catalogue, is not lost by the next press.
    other = html.fromstring(bea.get("/staff/reports?channel=MängelApp&unit=ALT").text)
    assert other.xpath("//input[@checked][@name!='columns']/@value") == ["ALT", "MängelApp"]
    assert number in bea.get("/staff/reports?channel=api").text


def listed(employee: Employee, query: str) -> set[int]:
    page = html.fromstring(employee.get(f"/staff/reports?{query}").text)
    return {int(number) for number in page.xpath("//tbody/tr/th/a/text()")}


def test_several_values_of_a_filter_are_chosen_and_taken_off_one_by_one(bea: Employee, api: Api) -> None:
    hole = int(api.report(service_code="STRASSENSCHADEN", **{"attribute[WO]": "fahrbahn"}))
    lamp = int(api.report(service_code="MUELLBEHAELTER"))
    waste = int(api.report(service_code="MUELL_WILD"))
    assert listed(bea, "service=STRASSENSCHADEN&service=MUELLBEHAELTER&stage=check") == {hole, lamp}
    page = html.fromstring(
        bea.get("/staff/reports?service=STRASSENSCHADEN,MUELLBEHAELTER&order=dormant").text
    )
    chips = page.xpath("//a[@class='chip']/@href")
    assert chips[:2] == [
        "/staff/reports?service=MUELLBEHAELTER&order=dormant",
        "/staff/reports?service=STRASSENSCHADEN&order=dormant",
    ]
    assert listed(bea, "order=dormant") == {hole, lamp, waste}
    bea.post("/staff/reports/views", 303, name="Zwei", service=["MUELLBEHAELTER", "MUELL_WILD"])
    assert views_of(bea)["Zwei (2)"] == "/staff/reports?service=MUELLBEHAELTER%2CMUELL_WILD"
    # More than there is room for restrict by those that have it.
    assert listed(bea, "service=" + ",".join(["MUELLBEHAELTER", *map(str, range(10_000))])) == {lamp}


def test_columns_are_chosen_and_kept_with_a_view(bea: Employee, api: Api, core: Core) -> None:
    number = int(api.report(service_code="MUELL_WILD", lat="49.477", long="8.445"))
    casework.set_status(core, number, "IN_BEARBEITUNG", ACTOR, "Wir holen es am Montag ab")

    def heads(query: str) -> list[str]:
        page = html.fromstring(bea.get(f"/staff/reports?{query}").text)
        return [head.text_content() for head in page.xpath("//thead//th")][1:]

    assert heads("") == ["Nummer", "Foto", "Was und wo", "Alter", "Frist", "Zuständig", "Status"]
    chosen = ["last_word", "area", "channel", "nonsense"]
    assert heads(urlencode({"columns": [*chosen, "touched"]}, doseq=True)) == [
        "Nummer",
        "Bezirk",
        "Zuletzt geändert",
        "Eingang",
        "Letzte öffentliche Nachricht",
    ]
    assert "Wir holen es am Montag ab" in bea.text
    assert "Südliche Innenstadt" in bea.text
    bea.post("/staff/reports/views", 303, name="Worte", columns=chosen, service="MUELL_WILD")
    assert "columns=last_word%2Carea%2Cchannel" in views_of(bea)["Worte (1)"]


def test_open_cases_of_a_colleague_are_listed_and_neither_counted_nor_kept_nor_taken_along(
    desk: Desk, api: Api, core: Core
) -> None:
    lead = desk.employee(membership(Role.LEAD, units=(UNIT,)), email="lutz@stadt.example")
    rita = desk.account(
        membership(Role.WORKER, units=(UNIT,)), email="rita@stadt.example", name="Rita Muster"
    )
    other = desk.account(
        membership(Role.WORKER, units=("STADTREINIGUNG",)), email="gabi@stadt.example", name="Gabi Muster"
    )
    numbers = [int(api.report(service_code="STRASSENSCHADEN", **{"attribute[WO]": "fahrbahn"})) for _ in "ab"]
    for number in numbers:
        casework.publish(core, number, ACTOR)
        casework.assign(core, number, UNIT, ACTOR)
    for account_id in (rita, other):
        casework.assign_person(core, numbers[0], account_id, cli_actor())
        # Of another unit nobody is named, so what is asked of them restricts nothing.
        assert listed(lead, f"person={account_id}") == ({numbers[0]} if account_id == rita else {*numbers})
    casework.assign_person(core, numbers[0], rita, cli_actor())
    page = lead.get(f"/staff/reports?person={rita}&stage=all").text
    assert "Person: Rita Muster" in lead.text
    assert "Gabi Muster" not in page
    assert "reports.csv" not in page
    for path in ("reports.csv", "reports.xlsx", "reports.pdf"):
        assert lead.get(f"/staff/{path}?person={rita}").status_code == 400
    lead.post("/staff/exports", 400, person=rita)
    lead.post("/staff/reports/views", 400, name="Rita", person=rita)
    # A case that is done is nobody's, even for whoever asks for all.
    casework.set_status(core, numbers[0], "GELOEST", ACTOR, "Erledigt.")
    assert listed(lead, f"person={rita}&stage=all") == set()


def test_a_search_by_words_looks_into_every_visibility_and_stage(bea: Employee, api: Api, core: Core) -> None:
    """FMS#367 and #3616: what is hidden, withheld or closed stays to be found by whoever may."""
    held, published, withheld, hidden, closed = (
        int(api.report(description=f"Kanarienvogel {n}")) for n in range(5)
    )
    acts: tuple[Callable[[], object], ...] = (
        lambda: casework.withhold(core, withheld, ACTOR),
        lambda: casework.hide(core, hidden, ACTOR),
        lambda: casework.set_status(core, closed, "GELOEST", ACTOR, "Erledigt."),
    )
    for act in acts:
        act()

    def found(query: str) -> set[int]:
        page = html.fromstring(bea.get(f"/staff/reports?{query}").text)
        return {int(number) for number in page.xpath("//tbody/tr/th/a/text()")}

    assert found("q=kanarienvogel") == {held, published, withheld, hidden, closed}
    assert found("q=kanarienvogel&stage=open") == {held, published, withheld}
    assert found("visibility=hidden") == {hidden}
    assert found("status=GELOEST") == {closed}
    assert found("") == {held, published, withheld}
