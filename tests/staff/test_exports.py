"""What staff take along: of their own cases alone, without names, safe in spreadsheets, bounded and written down."""

import csv
import io
import re
import zipfile
from collections.abc import Sequence

import pytest
from lxml import etree
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.actions.exports import export_files
from open311.actions.staff_accounts import staff_retention
from open311.adapters import work_sheets
from open311.adapters.work_sheets import Sheet, printable
from open311.core import Core
from open311.model.access.actor import ALL_RIGHTS, Actor, ActorKind
from open311.model.casework.bulk import write_numbers
from open311.model.staff.roles import Role
from open311.model.task_names import TaskName
from open311.staff.lists import exports
from tests.jobs import work
from tests.serving import Api, Clock
from tests.staff.desk import Desk, Employee, membership

ACTOR = Actor(ActorKind.STAFF, "9999", ALL_RIGHTS)
FORMULA = '=HYPERLINK("https://evil.example")'


@pytest.fixture
def bea(desk: Desk) -> Employee:
    """A checker."""
    return desk.employee(Role.CHECKER, name="Bea Geheimname")


def rows_of(employee: Employee, query: str = "") -> list[dict[str, str]]:
    """The CSV of a view as a spreadsheet reads it."""
    answer = employee.get(f"/staff/reports.csv?{query}")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    answer.get_data()
    answer.close()
    return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


def cells_of(employee: Employee, query: str = "") -> str:
    """All that stands in the workbook of a view."""
    answer = employee.get(f"/staff/reports.xlsx?{query}")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
        return "\n".join(etree.fromstring(book.read("xl/sharedStrings.xml")).itertext())


def test_one_person_takes_one_file_along_at_a_time(bea: Employee, desk: Desk) -> None:
    """Each holds a thread for as long as it is read; the others find room meanwhile."""
    unread = bea.client.get("/staff/reports.csv")
    forms = ("csv", "xlsx", "pdf")
    assert [bea.client.get(f"/staff/reports.{form}").status_code for form in forms] == [429] * 3
    colleague = desk.employee(Role.CHECKER, email="ada@stadt.example")
    assert colleague.get("/staff/reports.csv").status_code == 200
    assert unread.get_data()
    unread.close()
    assert bea.get("/staff/reports.csv").status_code == 200


def test_a_view_is_taken_along_as_it_is_filtered(bea: Employee, api: Api) -> None:
    # Longer than what a line of the list shows of it.
    told = f"{FORMULA} {'Ein langer Weg. ' * 60}Ende."
    number = api.report(service_code="STRASSENSCHADEN", description=told, **{"attribute[WO]": "fahrbahn"})
    api.report()
    [row] = rows_of(bea, "service=STRASSENSCHADEN")
    assert row["number"] == number
    assert row["description"] == f"'{told}"
    assert (row["visibility"], row["stage"], row["unit"]) == ("held", "check", "TIEFBAU")
    assert told in cells_of(bea, "service=STRASSENSCHADEN")
    assert told in cells_of(bea, f"picked={number}")
    assert bea.get("/staff/reports.pdf?service=STRASSENSCHADEN").get_data()[:5] == b"%PDF-"
    assert "reports.pdf?service=STRASSENSCHADEN" in bea.get("/staff/reports?service=STRASSENSCHADEN").text


def test_no_sender_and_no_colleague_is_in_any_of_them(bea: Employee, api: Api, core: Core) -> None:
    number = int(api.report(email="kim@example.org", first_name="Kim", phone="0621 123456"))
    casework.assign_person(core, number, bea.account_id, ACTOR)
    casework.add_note(core, number, "Vermerk über Herrn Muster", ACTOR)
    everything = f"{rows_of(bea)} {cells_of(bea)}"
    for words in ("kim@", "Kim", "123456", "Geheimname", "Herrn Muster", f"staff:{bea.account_id}"):
        assert words not in everything


def test_each_takes_along_what_they_may_and_no_more(desk: Desk, bea: Employee, api: Api) -> None:
    api.report(service_code="STRASSENSCHADEN", description="Kanarienvogel", **{"attribute[WO]": "fahrbahn"})
    other = desk.employee(membership(Role.WORKER, units=("STADTREINIGUNG",)), email="rita@stadt.example")
    assert rows_of(other, "stage=all") == []
    assert "Kanarienvogel" not in cells_of(other, "stage=all")
    reader = desk.employee(Role.READER, email="lea@stadt.example")
    for form in ("csv", "xlsx", "pdf"):
        assert reader.get(f"/staff/reports.{form}").status_code == 403
    assert "reports.csv" not in reader.get("/staff/reports").text


def test_a_sheet_of_a_list_has_the_whole_text_and_the_answers(
    desk: Desk, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: list[Sheet] = []
    written = work_sheets.written

    def noted(title: str, language: str, head: tuple[str, str], sheets: Sequence[Sheet]) -> bytes:
        printed.extend(sheets)
        return written(title, language, head, sheets)

    monkeypatch.setattr(work_sheets, "written", noted)
    told = f"{'Ein langer Weg. ' * 60}Ende."
    sent = {"service_code": "STRASSENSCHADEN", "attribute[WO]": "fahrbahn", "description": told}
    number = api.report(**sent)
    bea = desk.employee(Role.CHECKER)
    for path in ("reports.pdf", f"reports.pdf?picked={number}", f"reports/{number}/sheet.pdf"):
        assert bea.get(f"/staff/{path}").status_code == 200
    assert len(printed) == 3
    for sheet in printed:
        sections = dict(sheet.sections)
        assert sections["Beschreibung"] == [told]
        assert sections["Angaben zur Kategorie"] == ["Wo ist der Schaden?: Fahrbahn"]


def test_a_case_is_printed_by_whoever_may_export_it(desk: Desk, bea: Employee, api: Api) -> None:
    sent = {"service_code": "STRASSENSCHADEN", "attribute[WO]": "fahrbahn"}
    number = api.report(**sent, description="Löcher \U0001f573 中文 \u202e $x$ #panic() \\")
    answer = bea.get(f"/staff/reports/{number}/sheet.pdf")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="reports-{number}.pdf"'
    document = answer.get_data()
    for mark in (b"pdfuaid", b"/StructTreeRoot", b"/Lang(de)"):
        assert mark in document
    other = desk.employee(membership(Role.WORKER, units=("STADTREINIGUNG",)), email="rita@stadt.example")
    assert other.get(f"/staff/reports/{number}/sheet.pdf").status_code == 404


def test_what_is_taken_along_stands_in_the_log_without_the_words_of_a_search(
    bea: Employee, api: Api, conn: Connection
) -> None:
    number = api.report(description="Kanarienvogel")
    rows_of(bea, "q=kanarienvogel&stage=open")
    cells_of(bea)
    bea.get(f"/staff/reports/{number}/sheet.pdf")
    lines = conn.execute(text("select subject, data from audit where kind = 'exported' order by id")).all()
    assert [(line.subject, line.data["format"], line.data["rows"]) for line in lines] == [
        (None, "csv", 1),
        (None, "xlsx", 1),
        (f"request:{number}", "sheet", 1),
    ]
    assert lines[0].data["filters"] == {"q": "…", "stage": "open"}


def test_more_than_somebody_waits_for_is_written_by_the_worker(
    desk: Desk, bea: Employee, api: Api, conn: Connection, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [api.report(description=FORMULA) for _ in range(3)]
    monkeypatch.setattr(exports, "MOST_IN_WORKBOOK", 2)
    monkeypatch.setattr(export_files, "AT_ONCE", 2)
    assert len(rows_of(bea)) == 3
    page = str(bea.get("/staff/reports.xlsx?stage=all").location)
    assert "Arbeitsmappe schreiben lassen" in bea.get(page).text
    for _ in range(2):
        bea.post("/staff/exports", 303, stage="all", ask="xlsx")
    assert "wird geschrieben" in bea.get("/staff/exports").text
    assert work(desk.core, conn, TaskName.WRITE_EXPORT) == 1
    [path] = re.findall(r"/staff/exports/\d+\.xlsx", bea.get("/staff/exports").text)
    assert "Herunterladen (3 Zeilen)" in bea.text
    with zipfile.ZipFile(io.BytesIO(bea.get(path).get_data())) as book:
        sheet = book.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    cells = "\n".join(etree.fromstring(sheet).itertext())
    assert cells.count(FORMULA) == 3
    assert all(f">{number}<".encode() in sheet for number in numbers)
    other = desk.employee(Role.CHECKER, email="cem@stadt.example")
    assert other.get(path).status_code == 404
    for stage in ("check", "work", "accept"):
        bea.post("/staff/exports", 303, stage=stage)
    assert conn.execute(text("select count(*) from export_files")).scalar_one() == 3
    clock.forward(days=2)
    staff_retention.tidy(desk.core)
    assert conn.execute(text("select count(*) from export_files")).scalar_one() == 0
    assert conn.execute(text("select count(*) from export_parts")).scalar_one() == 0


def test_whoever_may_no_longer_export_gets_no_workbook(
    desk: Desk, bea: Employee, api: Api, conn: Connection
) -> None:
    api.report()
    bea.post("/staff/exports", 303, stage="all")
    conn.execute(text("delete from memberships"))
    work(desk.core, conn, TaskName.WRITE_EXPORT)
    assert conn.execute(text("select count(*) from export_files")).scalar_one() == 0


def test_more_sheets_than_somebody_waits_for_are_written_by_the_worker(
    desk: Desk, bea: Employee, api: Api, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = sorted(int(api.report()) for _ in range(3))
    api.report(service_code="STRASSENSCHADEN", **{"attribute[WO]": "fahrbahn"})
    monkeypatch.setattr(exports, "MOST_SHEETS_AT_ONCE", 2)
    picked = write_numbers(numbers)
    for query in ("stage=all", f"picked={picked}"):
        page = str(bea.get(f"/staff/reports.pdf?{query}").location)
        assert "Arbeitsblätter schreiben lassen" in bea.get(page).text
        name, value = query.split("=")
        bea.post("/staff/exports", 303, ask="pdf", **{name: value})
    assert "3 gewählte Meldungen" in bea.get("/staff/exports").text
    assert work(desk.core, conn, TaskName.WRITE_EXPORT) == 2
    page = bea.get("/staff/exports").text
    assert ("Herunterladen (3 Blätter)" in page, "Herunterladen (4 Blätter)" in page) == (True, True)
    paths = re.findall(r"/staff/exports/\d+\.pdf", page)
    assert [sheets_in(bea.get(path).get_data()) for path in paths] == [3, 4]
    assert bea.get(paths[0].replace(".pdf", ".xlsx")).status_code == 404
    lines = conn.execute(text("select data from audit where kind = 'exported' order by id")).scalars().all()
    assert lines == [
        {"format": "pdf", "rows": 4, "filters": {"stage": "all"}},
        {"format": "pdf", "rows": 3, "filters": {}},
    ]


def sheets_in(document: bytes) -> int:
    """How many pages a PDF has."""
    return len(re.findall(rb"/Type\s*/Page\b", document))


def test_sheets_of_cases_that_are_gone_are_an_empty_file(
    desk: Desk, bea: Employee, api: Api, conn: Connection
) -> None:
    number = int(api.report())
    bea.post("/staff/exports", 303, ask="pdf", picked=write_numbers([number]))
    casework.erase(desk.core, number, ACTOR)
    work(desk.core, conn, TaskName.WRITE_EXPORT)
    assert "Herunterladen (0 Blätter)" in bea.get("/staff/exports").text


def test_no_paper_is_printed_of_nothing_or_of_too_much(
    bea: Employee, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        api.report()
    monkeypatch.setattr(exports, "MOST_SHEETS", 2)
    assert bea.get("/staff/reports.pdf").status_code == 400
    assert "Grenzen Sie die Ansicht mit Filtern ein" in bea.text
    assert bea.get("/staff/reports.pdf?q=nirgends").status_code == 400


def test_a_sheet_has_letters_for_all_that_it_prints() -> None:
    letters = [chr(number) for first, last in work_sheets.COVERED for number in range(first, last + 1)]
    kept = "".join(letter for letter in letters if printable(letter) == letter)
    assert len(kept) > 1_700
    lines = [kept[start : start + 80] for start in range(0, len(kept), 80)]
    sheet = Sheet(
        "Alle Zeichen", "https://report.example/reports/1", [("a", "b")], [("Zeichen", lines), ("Leer", [])]
    )
    assert work_sheets.written("Probe", "de", ("Was", "Wert"), [sheet])[:5] == b"%PDF-"
    assert printable("a\u0000\U0001f573\u202eb") == "a□□□b"
