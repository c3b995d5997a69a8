"""A catalogue file comes in whole or not at all, and every problem has its line."""

import math
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from open311 import catalogue_file
from open311.base.errors import ConfigurationError
from open311.base.text import XML_ILLEGAL, trimmed
from open311.catalogue_file import CatalogueError, CatalogueWatch, contents, document, limits, load, load_all
from open311.model.catalogue import Catalogue
from open311.settings import shipped

FIRST_CITY = shipped("categories.yaml")
BROKEN = sorted((Path(__file__).parent / "broken").glob("*.yaml"))
MINIMAL = """
jurisdiction: {jurisdiction_id: a.example, name: A, languages: [de], time_zone: UTC, contact: A, key_service: A}
statuses:
  - {code: NEW, label: neu, status: open, initial: true, colour: "#c62828", shape: circle,
     detailed_status: RECEIVED, update_status: open}
  - {code: DONE, label: fertig, status: closed, colour: "#2e7d32", shape: square,
     detailed_status: PROCESSED, update_status: fixed}
services: []
"""


Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "categories.yaml"
    path.write_text(MINIMAL, encoding="utf-8")
    return path


def problems(path: Path) -> list[tuple[int, str]]:
    with pytest.raises(CatalogueError) as refused:
        load(path)
    return [(problem.line, problem.message) for problem in refused.value.problems]


def expected(path: Path) -> list[tuple[int, str]]:
    """The parts of messages that a broken file says it must cause, with their lines."""
    lines = path.read_text(encoding="utf-8").splitlines()
    marked = [(number, line.partition("# wrong: ")[2]) for number, line in enumerate(lines, 1)]
    return [(number, part.strip()) for number, marks in marked if marks for part in marks.split(" | ")]


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_each_problem_of_a_broken_file_is_told_with_its_line(path: Path) -> None:
    """R-073, R-086, R-087, R-090: codes, orders, values and descriptions are right before they can be served."""
    found, wanted = problems(path), expected(path)
    for line, part in wanted:
        assert any(line == at and part in message for at, message in found), (line, part, found)
    unexpected = [
        (at, message)
        for at, message in found
        if not any(at == line and part in message for line, part in wanted)
    ]
    assert not unexpected


def test_a_problem_names_file_line_and_place() -> None:
    path = next(file for file in BROKEN if file.stem == "attributes")
    with pytest.raises(CatalogueError) as refused:
        load(path)
    first = refused.value.problems[0]
    assert str(first) == f"{path}:9: services.A.attributes.LIST: a singlevaluelist needs values"
    assert str(refused.value).splitlines() == [str(problem) for problem in refused.value.problems]
    assert isinstance(refused.value, ConfigurationError)


def test_a_problem_at_a_key_of_figures_names_the_key(file: Path) -> None:
    file.write_text(MINIMAL + "desk:\n  duplicates:\n    with:\n      '001': 5\n", encoding="utf-8")
    with pytest.raises(CatalogueError) as refused:
        load(file)
    [problem] = [problem for problem in refused.value.problems if "allowed" in problem.message]
    assert (problem.line, problem.path) == (MINIMAL.count("\n") + 4, "desk.duplicates.with.001")


def test_a_boundary_that_names_a_file_is_told_how(file: Path) -> None:
    file.write_text(MINIMAL + "boundary: stadt.geojson\n", encoding="utf-8")
    told = 'is "stadt.geojson"; a file is named by {file: stadt.geojson}'
    assert told in next(words for _, words in problems(file))


@pytest.mark.parametrize(
    ("raw", "line", "message"),
    [
        (b"a: 1\nb: M\xfcll\n", 2, "is not UTF-8"),
        (b"\xff\xfea\x00", 1, "is not UTF-8"),
        (b"a: [1, 2\nb: 3\n", 2, "is not YAML"),
        (b"a: 1\n\tb: 2\n", 2, "is not YAML"),
        (b"a: 1\nb: \x07\n", None, "is not YAML"),
        (b"a: *nowhere\n", 1, "is not YAML: found undefined alias"),
        (b"---\na: 1\n---\nb: 1\n", 3, "is not YAML"),
        (b"- a\n- b\n", 1, "is a list; allowed is a mapping"),
        (b"just words", 1, "allowed is a mapping"),
        (b"", 1, "lacks jurisdiction, statuses, services"),
        (b"~", 1, "lacks jurisdiction, statuses, services"),
        (b"a: &a [*a]", 1, "nested too deep"),
        (b"a: 1\nb: {de: \xe2\x80\x8b}", 2, "holds only characters that nobody sees"),
        (b"[" * 900, None, "is not YAML"),
        (b"[" * 100_000, None, "is not YAML"),
    ],
)
def test_what_is_no_document_is_refused(file: Path, raw: bytes, line: int | None, message: str) -> None:
    file.write_bytes(raw)
    found = problems(file)
    assert any(message in words and line in (None, at) for at, words in found), found


def test_what_is_no_file_is_refused_instead_of_waited_for(file: Path) -> None:
    file.unlink(missing_ok=True)
    os.mkfifo(file)
    assert ("cannot be read: not a regular file", 0) in [(words, at) for at, words in problems(file)]
    file.unlink()
    file.symlink_to("/dev/zero")
    assert ("cannot be read: not a regular file", 0) in [(words, at) for at, words in problems(file)]


def test_a_small_file_that_grows_without_end_is_refused(file: Path) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 10)
    )
    file.write_text(bomb)
    assert any("more than 500000 values" in message for _, message in problems(file))


def test_a_ring_of_too_many_points_is_refused_before_it_is_built(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_VALUES", 100)
    file.write_text(f"{{ {', '.join(f'a{n}: 1' for n in range(99))} }}")
    assert document.read(file).data == {f"a{n}": 1 for n in range(99)}
    monkeypatch.setattr(document.yaml, "compose", lambda *_: pytest.fail("built"))
    file.write_text(f"boundary: {[[n, n] for n in range(40)]}")
    assert "boundary: {file: boundary.geojson}" in document.read(file).problems[0].message


def test_a_file_that_is_not_there_is_one_problem(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"nothing\.yaml: cannot be read: No such file"):
        load(tmp_path / "nothing.yaml")


def test_an_anchor_may_be_used_again(file: Path) -> None:
    file.write_text(MINIMAL.replace("name: A", "name: &a {de: A}").replace("contact: A", "contact: *a"))
    assert load(file).jurisdiction.contact.in_language("de") == "A"


def test_plain_words_stay_words(file: Path) -> None:
    services = (
        "services: [{service_code: A, service_name: {de: no}}, {service_code: B, service_name: 2026-01-01}]"
    )
    file.write_text(MINIMAL.replace("services: []", services))
    names = [service.service_name.in_language("de") for service in load(file).services.values()]
    assert names == ["no", "2026-01-01"]


def test_a_service_that_ended_leaves_its_name_to_another(file: Path) -> None:
    services = (
        "services: [{service_code: A, service_name: X, active: false}, {service_code: B, service_name: X}]"
    )
    file.write_text(MINIMAL.replace("services: []", services))
    assert [service.service_code for service in load(file).active_services()] == ["B"]
    file.write_text(MINIMAL.replace("services: []", services.replace("active: false", "active: true")))
    assert problems(file) == [(8, "'X' is given twice; each language needs one name a service")]


def test_a_boundary_may_have_ten_thousand_points(file: Path) -> None:
    angles = [2 * math.pi * step / 10_000 for step in range(10_000)]
    ring = [[8.4 + 0.1 * math.cos(angle), 49.4 + 0.1 * math.sin(angle)] for angle in angles]
    file.write_text(MINIMAL + f"boundary: {{type: Polygon, coordinates: [{[*ring, ring[0]]}]}}\n")
    assert load(file).jurisdiction.contains(49.45, 8.41)
    assert not load(file).jurisdiction.contains(49.45, 8.55)


def test_order_is_by_place_unless_it_is_stated(file: Path) -> None:
    """R-086."""
    attribute = "{{code: {0}, datatype: text, description: A{1}}}".format
    attributes = [attribute("X", ", order: 9"), attribute("Y", ""), attribute("Z", "")]
    services = f"services: [{{service_code: A, service_name: A, attributes: [{', '.join(attributes)}]}}]"
    file.write_text(MINIMAL.replace("services: []", services))
    found = [(attribute.code, attribute.order) for attribute in load(file).services["A"].attributes]
    assert found == [("Y", 2), ("Z", 3), ("X", 9)]


def test_a_comment_or_another_order_of_keys_leaves_the_digest(file: Path) -> None:
    before = load(file).digest
    file.write_text("# a comment\n" + MINIMAL.replace("code: NEW, label: neu", "label: {de: neu}, code: NEW"))
    assert load(file).digest == before


@pytest.mark.parametrize(
    ("old", "new"), [("neu", "Neu"), ("UTC", "Europe/Berlin"), ("c62828", "c62829"), ("name: A", "name: B")]
)
def test_another_word_gives_another_digest(file: Path, old: str, new: str) -> None:
    """R-067: what clients keep must be told apart from what is in force."""
    before = load(file).digest
    file.write_text(MINIMAL.replace(old, new))
    assert load(file).digest != before


def test_a_folder_holds_one_jurisdiction_a_file(tmp_path: Path) -> None:
    for name in "bac":
        (tmp_path / f"{name}.yaml").write_text(MINIMAL.replace("a.example", f"{name}.example"))
    (tmp_path / ".hidden.yaml").write_text("{")
    (tmp_path / "notes.txt").write_text("{")
    assert [catalogue.jurisdiction.jurisdiction_id for catalogue in load_all(tmp_path)] == [
        "a.example",
        "b.example",
        "c.example",
    ]


def test_a_folder_is_taken_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(MINIMAL)
    (tmp_path / "b.yaml").write_text(MINIMAL.replace("UTC", "Nowhere").replace("a.example", "b.example"))
    (tmp_path / "c.yaml").write_text(
        MINIMAL.replace("jurisdiction_id", "aliases: [A.example], jurisdiction_id")
    )
    with pytest.raises(CatalogueError) as refused:
        load_all(tmp_path)
    told = {(problem.file.name, problem.message) for problem in refused.value.problems}
    assert told == {
        ("b.yaml", "'Nowhere' is not a known time zone; one is Europe/Berlin"),
        ("c.yaml", "'A.example' also names a.yaml"),
        ("c.yaml", "'a.example' also names a.yaml"),
        ("c.yaml", "'A.example' is given twice"),
    }


def test_an_empty_folder_is_no_catalogue(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"holds no \*\.yaml file"):
        load_all(tmp_path)


def test_a_watch_notices_each_way_of_saving(file: Path) -> None:
    watch = CatalogueWatch(file)
    assert not watch.changed()
    file.write_text(MINIMAL + "# longer")
    assert [watch.changed(), watch.changed()] == [True, False]
    fresh = file.with_suffix(".new")
    fresh.write_text(MINIMAL + "# l0nger")
    os.replace(fresh, file)  # noqa: PTH105
    assert [watch.changed(), watch.changed()] == [True, False]
    file.unlink()
    assert [watch.changed(), watch.changed()] == [True, False]


def test_a_watch_on_a_folder_notices_files_that_come_and_go(tmp_path: Path) -> None:
    watch = CatalogueWatch(tmp_path)
    (tmp_path / "a.yaml").write_text(MINIMAL)
    assert [watch.changed(), watch.changed()] == [True, False]
    (tmp_path / "notes.txt").write_text("x")
    assert not watch.changed()
    (tmp_path / "a.yaml").rename(tmp_path / "b.yaml")
    assert [watch.changed(), watch.changed()] == [True, False]


def test_a_watch_that_looks_while_a_file_is_written_looks_again(file: Path) -> None:
    watch = CatalogueWatch(file)
    file.write_text(MINIMAL[:100])
    assert watch.changed()
    with pytest.raises(CatalogueError):
        load(file)
    file.write_text(MINIMAL)
    assert watch.changed()
    load(file)


SPEAKABLE = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).map(
    lambda text: re.sub(r"[\r\n]", " ", XML_ILLEGAL.sub("", text)).strip()
)
WORDS = SPEAKABLE.filter(trimmed)
CODES = st.from_regex(r"[A-Za-z_-][A-Za-z0-9_-]{0,20}", fullmatch=True)
TEXTS: st.SearchStrategy[Any] = st.fixed_dictionaries({"de": WORDS}, optional={"en": WORDS})
LIST_OF_VALUES: st.SearchStrategy[Any] = st.lists(
    st.fixed_dictionaries({"key": CODES, "name": TEXTS}),
    min_size=1,
    max_size=3,
    unique_by=lambda value: value["key"],
)


@st.composite
def attributes(draw: Any) -> dict[str, Any]:
    datatype = draw(
        st.sampled_from(["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"])
    )
    values = {"values": draw(LIST_OF_VALUES)} if datatype.endswith("list") else {}
    marks = st.fixed_dictionaries({}, optional={"required": st.booleans(), "public": st.booleans()})
    return {"code": draw(CODES), "datatype": datatype, "description": draw(TEXTS), **values, **draw(marks)}


SERVICES: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {
        "service_code": CODES,
        "service_name": TEXTS,
        "attributes": st.lists(attributes(), max_size=3, unique_by=lambda attribute: attribute["code"]),
    },
    optional={
        "description": TEXTS,
        "type": st.sampled_from(["realtime", "batch"]),
        "response_days": st.integers(1, 3650),
        "retention_days": st.integers(0, 36500),
        "moderated": st.booleans(),
        "active": st.booleans(),
        "stop_text": TEXTS,
    },
)


def names_differ(services: list[dict[str, Any]]) -> bool:
    for language in ("de", "en"):
        names = [
            service["service_name"].get(language, service["service_name"]["de"]).casefold()
            for service in services
        ]
        if len(names) != len(set(names)):
            return False
    return True


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("generated") / "categories.yaml"


def saved(document: Any, path: Path) -> Catalogue:
    path.write_text(yaml.dump(document, Dumper=Dumper, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return load(path)


@settings(deadline=None)
@given(st.lists(SERVICES, max_size=4, unique_by=lambda service: service["service_code"]).filter(names_differ))
def test_a_catalogue_that_is_written_and_read_again_is_the_same(scratch: Path, services: Any) -> None:
    document = yaml.safe_load(MINIMAL.replace("[de]", "[de, en]")) | {"services": services}
    first = saved(document, scratch)
    assert [service.service_code for service in first.services.values()] == [
        service["service_code"] for service in services
    ]
    assert saved(contents(first), scratch) == first


def test_the_first_city_is_the_same_when_written_and_read_again(scratch: Path) -> None:
    city = load(FIRST_CITY)
    assert saved(contents(city), scratch) == city


def test_two_equal_catalogues_do_not_differ() -> None:
    city = load(FIRST_CITY)
    assert catalogue_file.differences(city, city) == ()
