"""A city's history moves in, from files and from older servers."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from open311.actions import casework, catalogue_publication
from open311.base.errors import Invalid
from open311.base.problems import in_words
from open311.core import Core
from open311.federation import upsert
from open311.federation.catalogues import HARVESTED
from open311.federation.imports import csv_import, server_import
from open311.federation.imports.csv_mapping import Columns, CsvMapping
from open311.federation.imports.import_run import ImportOptions
from open311.model.events.event_kinds import EventKind
from open311.model.service_request import Visibility
from open311.storage import events
from tests.actors import CLARA
from tests.checker.broken import Little, serving
from tests.serving import Api, Clock, an_api

HEAD = ["service_request_id", "requested_datetime", "service_code", "status", "description", "lat", "long"]
GOOD = ["SR-1", "2019-03-02T09:30:00+01:00", "MUELL_WILD", "closed", "Matratzen", "49.48", "8.44"]


@pytest.fixture
def a_file(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes rows to a file."""

    def write(*rows: list[str], head: list[str] = HEAD, name: str = "old.csv") -> Path:
        path = tmp_path / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([head, *rows])
        return path

    return write


def move_in(core: Core, path: Path, **options: Any) -> dict[str, int]:
    """Import a file; the counts that are not zero."""
    catalogue = core.catalogues.in_force[0]
    counts = csv_import.import_file(core, catalogue, path, ImportOptions(**options), rejects(path))
    return {name: number for name, number in counts.as_dict().items() if number}


def rejects(path: Path) -> Path:
    """Where rejected rows go."""
    return path.with_suffix(".rejects")


def stored(conn: Connection) -> int:
    """How many requests there are."""
    return int(conn.execute(text("select count(*) from service_requests")).scalar_one())


def test_a_row_becomes_a_request_with_its_history(core: Core, api: Api, a_file: Callable[..., Path]) -> None:
    assert move_in(core, a_file(GOOD)) == {"new": 1}
    [found] = api.get("/requests", service_request_id="SR-1", extensions="true")
    assert (found["status"], found["description"], found["lat"]) == ("closed", "Matratzen", 49.48)
    assert found["requested_datetime"] == "2019-03-02T09:30:00+01:00"
    assert found["extended_attributes"]["reference"] == "SR-1"
    assert [note["type"] for note in found["notes"]] == ["submitted", "status_changed"]
    assert not rejects(a_file(GOOD)).exists()


def test_foreign_ids_are_found_by_filter_and_by_words(
    core: Core, api: Api, a_file: Callable[..., Path]
) -> None:
    move_in(core, a_file(GOOD, ["17", *GOOD[1:]]))
    assert len(api.get("/requests", service_request_id="SR-1, 17")) == 2
    [found] = api.get("/requests", q="SR-1", page=1)
    own = found["service_request_id"]
    assert [request["service_request_id"] for request in api.get("/requests", service_request_id=own)] == [
        own
    ]
    assert api.get("/requests", service_request_id="SR-2") == []


def test_an_id_of_ours_wins_over_the_same_digits_elsewhere(
    core: Core, api: Api, a_file: Callable[..., Path]
) -> None:
    own = api.report()
    move_in(core, a_file([own, *GOOD[1:]]))
    assert [request["service_request_id"] for request in api.get("/requests", service_request_id=own)] == [
        own
    ]


def test_doing_it_again_stores_nothing_twice(
    core: Core, conn: Connection, a_file: Callable[..., Path]
) -> None:
    move_in(core, a_file(GOOD), source="old")
    assert move_in(core, a_file(GOOD), source="old") == {"same": 1}
    longer = a_file(GOOD, ["SR-2", *GOOD[1:]], name="longer.csv")
    assert move_in(core, longer, source="old") == {"new": 1, "same": 1}
    assert stored(conn) == 2


def test_a_row_that_says_something_else_changes_the_request(
    core: Core, api: Api, a_file: Callable[..., Path]
) -> None:
    move_in(core, a_file([*GOOD[:3], "open", *GOOD[4:]]), source="old")
    assert move_in(core, a_file(GOOD), source="old") == {"changed": 1}
    [found] = api.get("/requests", service_request_id="SR-1", extensions="true")
    assert (found["status"], found["notes"][-1]["type"]) == ("closed", "status_changed")


def test_a_better_mapping_mends_what_came_in_before(
    core: Core, conn: Connection, api: Api, a_file: Callable[..., Path]
) -> None:
    """The same file: moments, the names of services, and who reported; and then nothing more."""
    head = [*HEAD, "kind", "ended", "mail"]
    path = a_file(
        [
            "SR-1",
            GOOD[1],
            "WINTER",
            *GOOD[3:],
            "Winterdienst",
            "2019-03-05T10:00:00+01:00",
            "kim@example.org",
        ],
        head=head,
    )
    first = {"source": "old", "keep_services": True}
    better = CsvMapping(columns={"service_name": "kind", "closed_datetime": "ended", "email": "mail"})
    assert move_in(core, path, **first) == {"new": 1}
    catalogue_publication.publish(core, HARVESTED)
    assert move_in(core, path, **first, mapping=better) == {"changed": 1}
    catalogue_publication.publish(core, HARVESTED)
    [found] = api.get("/requests", service_request_id="SR-1", extensions="true")
    closed = "2019-03-05T10:00:00+01:00"
    assert (found["service_name"], found["updated_datetime"]) == ("Winterdienst", closed)
    about = found["extended_attributes"]
    assert (about["closed_datetime"], about["detailed_status_datetime"]) == (closed, closed)
    assert casework.show(core, int(found["service_request_id"]), CLARA).reporter["email"] == "kim@example.org"
    assert move_in(core, path, **first, mapping=better) == {"same": 1}


def test_a_better_mapping_leaves_what_was_decided_here_since(
    core: Core, conn: Connection, api: Api, a_file: Callable[..., Path]
) -> None:
    """Staff have edited and closed it, and the reporter wanted to be forgotten."""
    path = a_file([*GOOD, "2019-03-05T10:00:00+01:00", "kim@example.org"], head=[*HEAD, "ended", "mail"])
    move_in(core, path, source="old")
    [found] = api.get("/requests", service_request_id="SR-1")
    number = int(found["service_request_id"])
    casework.edit(core, number, {"description": "Sperrmüll"}, CLARA)
    casework.set_status(core, number, "IN_BEARBEITUNG", CLARA)
    casework.set_status(core, number, "GELOEST", CLARA)
    events.append(
        conn, number, "ludwigshafen.de", EventKind.PERSON_FORGOTTEN, at=core.now(), actor=CLARA, public=False
    )
    before = casework.show(core, number, CLARA).request
    mapping = CsvMapping(columns={"closed_datetime": "ended", "email": "mail"})
    assert move_in(core, path, source="old", mapping=mapping) == {"same": 1}
    after = casework.show(core, number, CLARA)
    assert (after.request, after.reporter) == (before, {})


BAD = [
    (["", *GOOD[1:]], "service_request_id fehlt"),
    (["SR-2", "neulich", *GOOD[2:]], "requested_datetime ist „neulich“, das ist kein Zeitpunkt"),
    (["SR-2", "", *GOOD[2:]], "requested_datetime fehlt oder ist kein Zeitpunkt"),
    (["SR-2", GOOD[1], "NICHTS", *GOOD[3:]], "Den service_code „NICHTS“ gibt es hier nicht"),
    (["SR-2", *GOOD[1:3], "vielleicht", *GOOD[4:]], "Den Status „vielleicht“ gibt es hier nicht"),
    (["SR-2", *GOOD[1:5], "491", "8"], "lat und long sind „491“ und „8“, das ist kein Ort"),
    (["SR-2", *GOOD[1:5], "49.1", ""], "lat steht allein; nötig sind lat und long"),
    (["SR-2", GOOD[1]], "2 Spalten statt 7"),
]


@pytest.mark.parametrize(("row", "reason"), BAD, ids=[reason for _, reason in BAD])
def test_a_bad_row_is_kept_aside_with_line_and_reason(
    core: Core, conn: Connection, a_file: Callable[..., Path], row: list[str], reason: str
) -> None:
    path = a_file(GOOD, row, ["SR-3", *GOOD[1:]])
    assert move_in(core, path) == {"new": 2, "refused": 1}
    with rejects(path).open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [["line", "reason", *HEAD], ["3", reason, *row]]
    assert stored(conn) == 2


def test_lines_are_counted_as_an_editor_does(core: Core, a_file: Callable[..., Path]) -> None:
    path = a_file([*GOOD[:4], "zwei\nZeilen", *GOOD[5:]], ["", *GOOD[1:]])
    move_in(core, path)
    assert rejects(path).read_text(encoding="utf-8").splitlines()[1].startswith("4,")


def test_bytes_that_are_no_text_are_refused(core: Core, a_file: Callable[..., Path]) -> None:
    path = a_file(GOOD)
    path.write_bytes(path.read_bytes() + "SR-2,2019-01-01,MUELL_WILD,open,Müll,,\n".encode("cp1252"))
    assert move_in(core, path) == {"new": 1, "refused": 1}


def test_a_mapping_names_columns_words_dates_and_encoding(
    core: Core, api: Api, a_file: Callable[..., Path], tmp_path: Path
) -> None:
    path = tmp_path / "amt.csv"
    rows = "Nr;Eingang;Art;Stand;Text;PLZ\n4711;02.03.2019 09:30;Sperrmüll;erledigt;Müll;67059\n"
    path.write_bytes(rows.encode("cp1252"))
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(
        """
        columns: {service_request_id: Nr, requested_datetime: Eingang, service_code: Art, status: Stand,
                  description: Text, zipcode: PLZ}
        services: {Sperrmüll: MUELL_WILD}
        statuses: {erledigt: GELOEST}
        dates: "%d.%m.%Y %H:%M"
        encoding: cp1252
        constants: {address: Rathaus}
        """,
        encoding="utf-8",
    )
    assert move_in(core, path, mapping=csv_import.read_mapping(mapping)) == {"new": 1}
    [found] = api.get("/requests", service_request_id="4711")
    assert (found["requested_datetime"], found["address"]) == ("2019-03-02T09:30:00+01:00", "Rathaus")
    assert (found["status"], found["zipcode"], found["description"]) == ("closed", "67059", "Müll")


@pytest.mark.parametrize(
    "document",
    [
        "- 1",
        "colums: {}",
        "columns: 3",
        "columns: {foo: bar}",
        "time_zone: Europe/Nowhere",
        "a: [",
        "columns: {a: b}",
        "encoding: klingon",
        "delimiter: ab",
        "delimiter: {a: b}",
        "time_zone: {a: b}",
        "time_zone: Europe",
        "encoding: [utf-8]",
        "encoding: base64",
        "dates: '%Q'",
        "dates: heute",
        "dates: {a: b}",
        "constants: [a]",
    ],
)
def test_a_mapping_that_is_not_right_is_refused(tmp_path: Path, document: str) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(document, encoding="utf-8")
    with pytest.raises(Invalid):
        csv_import.read_mapping(path)


@pytest.mark.parametrize(
    "words", [{"services": {"*": "ANDERES"}}, {"statuses": {"erledigt": "FERTIG"}}], ids=str
)
def test_a_mapping_to_what_the_catalogue_does_not_have_is_refused(
    core: Core, conn: Connection, a_file: Callable[..., Path], words: dict[str, dict[str, str]]
) -> None:
    with pytest.raises(Invalid, match=r"error\.import\.mapping"):
        move_in(core, a_file(GOOD), mapping=CsvMapping(**words))
    assert stored(conn) == 0
    assert not rejects(a_file(GOOD)).exists()


def test_a_file_without_the_needed_columns_is_refused(core: Core, a_file: Callable[..., Path]) -> None:
    with pytest.raises(Invalid, match="error"):
        move_in(core, a_file(["1"], head=["Nr"]))


@pytest.mark.parametrize("line_end", ["\u2028", "\u2029", "\x85"])
def test_a_file_whose_lines_end_as_no_csv_does_is_refused(
    core: Core, a_file: Callable[..., Path], line_end: str
) -> None:
    path = a_file(GOOD)
    path.write_text(path.read_text(encoding="utf-8").replace("\n", line_end), encoding="utf-8")
    with pytest.raises(Invalid, match=r"error\.import\.line_ends"):
        move_in(core, path)


def test_requests_of_unknown_services_are_kept_under_their_names_if_wished(
    core: Core, conn: Connection, a_file: Callable[..., Path]
) -> None:
    path = a_file([*GOOD, "Winterdienst"], head=[*HEAD, "service_name"])
    row = ["SR-9", GOOD[1], "WINTER", *GOOD[3:], "Winterdienst"]
    path = a_file(row, head=[*HEAD, "service_name"])
    assert move_in(core, path, keep_services=True) == {"new": 1}
    names = conn.execute(text("select service_name from services where service_code = 'WINTER'")).scalar_one()
    assert names == {"de": "Winterdienst"}


def test_a_kept_service_without_a_name_is_called_by_the_word_of_the_file(
    core: Core, conn: Connection, a_file: Callable[..., Path]
) -> None:
    row = [*GOOD[:2], "Street Lights: Outage", *GOOD[3:]]
    path = a_file(row, head=[*HEAD[:2], "type", *HEAD[3:]])
    mapping = CsvMapping(columns={"service_code": "type"})
    assert move_in(core, path, mapping=mapping, keep_services=True) == {"new": 1}
    made = text("select service_name from services where service_code like 'Street_Lights%'")
    assert conn.execute(made).scalar_one() == {"de": "Street Lights: Outage"}


def test_a_kept_service_is_known_by_its_name_at_once(
    core: Core, api: Api, a_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """B15: a running server takes the name up without a change of the catalogue."""
    monkeypatch.setattr(catalogue_publication.CatalogueWatch, "changed", lambda watch: False)
    watch = catalogue_publication.Watch(core, HARVESTED)
    catalogue_publication.publish(core, HARVESTED)
    row = ["SR-9", GOOD[1], "", *GOOD[3:], "Street lights: outage"]
    assert move_in(core, a_file(row, head=[*HEAD, "service_name"]), keep_services=True) == {"new": 1}
    core.database.freshness.renew()
    watch.look()
    [found] = api.get("/requests", service_request_id="SR-9")
    assert found["service_name"] == "Street lights: outage"


def test_personal_columns_go_where_personal_data_belongs(
    core: Core, api: Api, a_file: Callable[..., Path]
) -> None:
    move_in(core, a_file([*GOOD, "kim@example.org"], head=[*HEAD, "email"]))
    [found] = api.get("/requests", service_request_id="SR-1", extensions="true")
    assert "kim@example.org" not in str(found)
    assert casework.show(core, int(found["service_request_id"]), CLARA).reporter["email"] == "kim@example.org"


def test_what_is_imported_held_is_not_public(core: Core, api: Api, a_file: Callable[..., Path]) -> None:
    move_in(core, a_file(GOOD), visibility=Visibility.HELD)
    assert api.get("/requests", service_request_id="SR-1") == []


def test_an_interrupted_import_goes_on_and_stores_nothing_half(
    core: Core, conn: Connection, a_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_import, "BATCH", 10)
    rows = [[f"SR-{number}", *GOOD[1:]] for number in range(35)]
    rows[12] = ["", *GOOD[1:]]
    path = a_file(*rows)
    catalogue = core.catalogues.in_force[0]
    told: list[int] = []

    def interrupt(_: Any, line: int) -> None:
        told.append(line)
        if len(told) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        csv_import.import_file(core, catalogue, path, ImportOptions(), rejects(path), interrupt)
    assert stored(conn) == 19
    again: list[int] = []
    csv_import.import_file(
        core, catalogue, path, ImportOptions(), rejects(path), lambda _, line: again.append(line)
    )
    assert (stored(conn), again) == (34, [31, 36])
    assert len(rejects(path).read_text(encoding="utf-8").splitlines()) == 2


def test_the_fingerprint_of_options_is_the_same_in_every_release() -> None:
    """An import that an update interrupts goes on, whatever classes are called by then."""
    options = ImportOptions(mapping=CsvMapping(services={"Müll": "MUELL_WILD"}), keep_services=True)
    assert options.fingerprint("content") == (
        "1a813f99c1a1575ca1c5eb62d5a21ba0a0ca84f50a4e8732c09c02b4eb6b0445"
    )
    assert (
        options.fingerprint("other")
        != options.fingerprint("content")
        != ImportOptions().fingerprint("content")
    )


def test_a_row_that_the_database_refuses_holds_up_no_batch(
    core: Core, conn: Connection, a_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_import, "BATCH", 4)
    original = upsert.upsert

    def refuse(core: Core, conn: Any, catalogue: Any, source: str, arrivals: Any, **more: Any) -> Any:
        if any(arrival.foreign_id == "SR-5" for arrival in arrivals):
            conn.execute(text("select 1 / 0"))
        return original(core, conn, catalogue, source, arrivals, **more)

    monkeypatch.setattr(upsert, "upsert", refuse)
    path = a_file(*([f"SR-{number}", *GOOD[1:]] for number in range(18)))
    assert move_in(core, path) == {"new": 17, "refused": 1}
    assert stored(conn) == 17
    [_, refused] = rejects(path).read_text(encoding="utf-8").splitlines()
    line, reason, number, *_ = next(csv.reader([refused]))
    assert (line, "DataError" in reason, number) == ("7", True, "SR-5")


def test_what_was_refused_is_looked_at_again(
    core: Core, conn: Connection, a_file: Callable[..., Path]
) -> None:
    """B2: with a mended mapping, and as it was once the catalogue has what was missing."""
    path = a_file(GOOD, ["SR-2", GOOD[1], "Sperrmüll", *GOOD[3:]])
    assert move_in(core, path) == {"new": 1, "refused": 1}
    assert move_in(core, path) == {"same": 1, "refused": 1}
    assert move_in(core, path, mapping=CsvMapping(services={"Sperrmüll": "MUELL_WILD"})) == {
        "new": 1,
        "same": 1,
    }
    assert not rejects(path).exists()
    assert stored(conn) == 2


def test_a_closed_row_was_updated_when_it_was_closed(
    core: Core, api: Api, a_file: Callable[..., Path]
) -> None:
    """B14: also where the time has no zone, and where the file says something earlier."""
    head = [*HEAD, "closed_datetime", "updated_datetime"]
    never = [*GOOD, "2019-04-01 12:00", ""]
    earlier = ["SR-2", *GOOD[1:], "2019-04-01T12:00:00+02:00", "2019-03-05T12:00:00+01:00"]
    move_in(core, a_file(never, earlier, head=head))
    found = api.get("/requests", service_request_id="SR-1,SR-2", extensions="true")
    assert {request["updated_datetime"] for request in found} == {"2019-04-01T12:00:00+02:00"}
    assert {request["extended_attributes"]["closed_datetime"] for request in found} == {
        "2019-04-01T12:00:00+02:00"
    }


@pytest.mark.parametrize("never", ["01.01.0001 00:00:00", "31.12.9999 23:59:59", "01.01.1900 00:00:00"])
def test_a_moment_that_stands_for_none_is_none(core: Core, a_file: Callable[..., Path], never: str) -> None:
    """B16: in the column that is needed the row is refused, in another one it is left out."""
    head, day = [*HEAD, "expected_datetime"], "02.03.2019 09:30:00"
    path = a_file(["SR-1", never, *GOOD[2:], day], ["SR-2", day, *GOOD[2:], never], head=head)
    assert move_in(core, path, mapping=CsvMapping(dates="%d.%m.%Y %H:%M:%S")) == {"new": 1, "refused": 1}


def test_characters_that_cannot_be_stored_are_left_out_of_every_column(
    core: Core, conn: Connection, a_file: Callable[..., Path]
) -> None:
    """B22"""
    head = [*HEAD, "email", "phone", "first_name", "address", "zipcode", "agency_responsible", "title"]
    odd = [cell if cell in GOOD[1:4] + GOOD[5:] else f"a\0b\x07c{cell}" for cell in GOOD]
    assert move_in(core, a_file([*odd, *["\0x\x1f"] * 7], head=head)) == {"new": 1}
    row = conn.execute(text("select email, phone, first_name from reporters where email = 'x'")).one()
    assert tuple(row) == ("x", "x", "x")


def test_a_quote_that_is_never_closed_costs_its_own_row(core: Core, a_file: Callable[..., Path]) -> None:
    """B23"""
    path = a_file(GOOD, ["SR-3", *GOOD[1:]], ["SR-4", *GOOD[1:]])
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[2] = lines[2].replace("Matratzen", '"Matratzen')
    path.write_text("\n".join(lines), encoding="utf-8")
    assert move_in(core, path) == {"new": 2, "refused": 1}
    assert (
        rejects(path)
        .read_text(encoding="utf-8")
        .splitlines()[1]
        .startswith("3,Ein Anführungszeichen wird nicht geschlossen")
    )


def test_what_was_refused_is_kept_in_the_letters_of_its_file(core: Core, tmp_path: Path) -> None:
    """B34: mended there, the file is imported with the same mapping."""
    path, mapping = tmp_path / "amt.csv", CsvMapping(encoding="cp1252", columns={"service_request_id": "Nr"})
    row = "7;neulich;MUELL_WILD;Müll für €\udc81\n"
    path.write_bytes(
        f"Nr;requested_datetime;service_code;description\n{row}".encode("cp1252", "surrogateescape")
    )
    assert move_in(core, path, mapping=mapping) == {"refused": 1}
    kept = rejects(path).read_bytes()
    assert "Müll für €".encode("cp1252") in kept
    mended = tmp_path / "mended.csv"
    mended.write_bytes(kept.replace(b";neulich;", b";2019-03-02;").replace(b"\x81", b""))
    assert move_in(core, mended, mapping=mapping, source="amt.csv") == {"new": 1}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_files_as_excel_writes_them_need_no_mapping(
    core: Core, api: Api, tmp_path: Path, encoding: str
) -> None:
    """Its encoding in a mark, what stands between the columns in a line of its own; the refused rows, too."""
    path = tmp_path / "excel.csv"
    rows = ("7;2019-03-02;MUELL_WILD;Müll", "8;neulich;MUELL_WILD;für € 5")
    written = "\r\n".join(
        ["sep=;", "service_request_id;requested_datetime;service_code;description", *rows, ""]
    )
    path.write_bytes(written.encode(encoding))
    assert move_in(core, path) == {"new": 1, "refused": 1}
    assert api.get("/requests", service_request_id="7")[0]["description"] == "Müll"
    kept = rejects(path).read_text(encoding=encoding)
    assert kept.splitlines()[1].startswith("4;")
    path.write_text(kept.replace("neulich", "2019-03-03"), encoding=encoding)
    assert move_in(core, path) == {"new": 1}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"Nr,Datum\n1,2019-03-02\n", "Es gibt: Nr, Datum"),
        (b"PK\x03\x04\x14\x00[Content_Types].xml\n", "kein Text"),
        ("service_request_id\n".encode("utf-16-le"), "kein Text"),
    ],
)
def test_a_file_without_the_columns_is_told_what_it_has(
    core: Core, tmp_path: Path, content: bytes, told: str
) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(content)
    with pytest.raises(Invalid) as refused:
        move_in(core, path)
    assert told in in_words(refused.value.problems[0], "de")


def test_imports_reach_the_change_feed(core: Core, a_file: Callable[..., Path]) -> None:
    client = an_api(core)
    move_in(core, a_file(GOOD))
    page = client.raw("/changes.json").get_json()
    assert [change["request"]["extended_attributes"]["reference"] for change in page["changes"]] == ["SR-1"]


def test_the_history_of_a_server_becomes_our_own(core: Core, api: Api, clock: Clock) -> None:
    clock.forward(days=40)
    options = ImportOptions(mapping=CsvMapping(services={"WASTE": "MUELL_WILD"}))
    refused: list[Any] = []
    catalogue = core.catalogues.in_force[0]
    with serving(Little()) as url:
        counts = server_import.import_server(
            core, catalogue, url, options, delay=0, wait=lambda _: None, refuse=refused.append
        )
    assert (counts.new, counts.refused) == (6, 6)
    assert {refusal.reason("en") for refusal in refused} == {"service_code 'LIGHT' is unknown"}
    assert len(api.get("/requests", service_code="MUELL_WILD", page=1)) == 6


@pytest.mark.parametrize("unseen", ["\u3164", "\u2800", "\uffa0", "\u17b4", "\u200b"])
def test_a_cell_in_which_nobody_sees_anything_is_empty(unseen: str) -> None:
    columns = Columns(["address", "description"], CsvMapping())
    assert columns.fields([unseen, " Übung "]) == {"description": "Übung"}
