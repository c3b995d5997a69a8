"""The checklists of CONTRIBUTING.md name each place that has to change, and no other."""

import inspect
import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import fields
from enum import StrEnum
from functools import cache
from pathlib import Path

import pytest

from open311.app import application
from open311.georeport import examples
from open311.model.catalogue import Datatype
from open311.model.events.event_kinds import EventKind
from open311.model.fields import TEXT, roles_of
from open311.model.search import RequestSearch
from open311.model.service_request import ServiceRequest
from open311.model.task_names import TaskName
from open311.notifications.model.mail_links import VALID_FOR, Purpose
from open311.settings import Settings
from open311.settings.options import OPTIONS
from tests.house.documents import ROOT
from tests.house.test_modules import tracked

PACKAGE = "open311/"
NAME = re.compile(r"`([\w./-]+/[\w./-]*|[\w-]+\.(?:py|md|yaml|toml|po))`")
# Written by a command, which the checklists name instead.
WRITTEN = {"schemas/openapi.json", "schemas/staff-openapi.json"}


@cache
def checklists() -> dict[str, str]:
    """Each checklist by what it adds."""
    _, _, text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## How to add one")
    parts = re.split(r"^\*\*(.+?)\.?\*\*", text, flags=re.MULTILINE)
    titles = parts[1::2]
    assert len(titles) == len({*titles}), "two checklists have one title"
    return dict(zip(titles, parts[2::2], strict=True))


def named(title: str) -> set[str]:
    """The files and folders that a checklist names, from the root of the project."""
    return {_from_root(name) for name in NAME.findall(checklists()[title])}


def _from_root(name: str) -> str:
    if name == "messages.po":
        return f"{PACKAGE}translations/en/messages.po"
    roots = ("", PACKAGE, "migrations/versions/")
    return next((root + name for root in roots if (ROOT / root / name).exists()), name)


def code_named(title: str) -> set[str]:
    """The same without tests."""
    return {name for name in named(title) if not name.startswith("tests/")}


def places(kind: type[StrEnum], *, excused: Iterable[StrEnum] = ()) -> set[str]:
    """The files of the program that hold every member of an enum, as a word or by its name."""
    spellings = [
        re.compile(rf'"{member.value}"|\b{kind.__name__}\.{member.name}\b') for member in {*kind} - {*excused}
    ]
    return {
        name
        for name, text in tracked().items()
        if name.startswith((PACKAGE, "schemas/"))
        and name not in WRITTEN
        and all(spelling.search(text) for spelling in spellings)
    }


@pytest.mark.parametrize("title", checklists())
def test_each_file_that_a_checklist_names_is_there(title: str) -> None:
    missing = [
        name
        for name in named(title)
        if not any(ROOT.glob(name.replace("NNNN", "[0-9]*").replace("what", "*")))
    ]
    assert missing == []


def test_each_file_that_the_architecture_names_is_there() -> None:
    names = NAME.findall((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"))
    assert [name for name in names if not any(ROOT.glob(_from_root(name)))] == []


def test_the_architecture_shows_every_room() -> None:
    told = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = {folder.name for folder in (ROOT / PACKAGE).iterdir() if (folder / "__init__.py").exists()}
    assert {room for room in rooms if not re.search(rf"\b{room}\b", told)} == set()


def test_each_layer_that_the_architecture_opens_is_shown_with_all_its_rooms() -> None:
    rows = re.findall(
        r"^\| `([\w/]+)/` \| (.+) \|$", (ROOT / "docs" / "architecture.md").read_text(), re.MULTILINE
    )
    assert rows
    missing = {
        f"{layer}/{room.name}"
        for layer, rooms in rows
        for room in (ROOT / PACKAGE / layer).iterdir()
        if (room / "__init__.py").exists() and f"`{room.name}`" not in rooms
    }
    assert missing == set()


@pytest.mark.parametrize(
    "readme", sorted((ROOT / PACKAGE).rglob("README.md")), ids=lambda readme: readme.parent.name
)
def test_a_room_s_page_names_each_of_its_modules(readme: Path) -> None:
    page = readme.read_text(encoding="utf-8")
    modules = {module.stem for module in readme.parent.rglob("*.py")} - {"__init__"}
    assert {module for module in modules if not re.search(rf"\b{module}\b", page)} == set()


def a_text_of_a_request() -> None:
    """Where such texts stand by name is where a new one is added; staff may edit some in a file of their own."""
    texts = [name for name, role in roles_of(ServiceRequest).items() if TEXT in role]
    assert texts
    holders = {
        name
        for name, text in tracked().items()
        if name.startswith((PACKAGE, "schemas/"))
        and name not in WRITTEN
        and all(re.search(rf"\b{label}\b", text) for label in texts)
    }
    explained = {f"{PACKAGE}model/fields.py"}
    assert (
        holders - {f"{PACKAGE}actions/casework/content/texts.py"}
        == code_named("A text of a request") - explained
    )


def an_address() -> None:
    """Requests are found in one place."""
    assert code_named("An address") == {f"{PACKAGE}web/single_request.py"}


def an_attribute_datatype() -> None:
    """Whoever holds all datatypes needs the new one too, but for the checker, which knows the standard's."""
    assert places(Datatype) - {f"{PACKAGE}checker/services.py"} == code_named("An attribute datatype")


def a_kind_of_event() -> None:
    """One file knows all kinds; the documents are written from it."""
    assert places(EventKind) == code_named("A kind of event")


def a_task_of_the_worker() -> None:
    """Names and functions; the one that minds the queue is part of the worker."""
    assert places(TaskName, excused=[TaskName.RETRY_STALLED]) == code_named("A task of the worker")


def a_setting() -> None:
    """The rows of the table are the fields."""
    assert {option.field for option in OPTIONS} == {field.name for field in fields(Settings)}
    assert code_named("A setting") == {f"{PACKAGE}settings/"}


def a_message() -> None:
    """Every language has a file of that name."""
    assert code_named("A message") == {f"{PACKAGE}translations/en/messages.po"}


def a_language_of_messages() -> None:
    """A folder each."""
    folders = [file for file in (ROOT / PACKAGE / "translations").iterdir() if file.is_dir()]
    assert all((folder / "messages.po").is_file() for folder in folders)


def a_method_of_the_api() -> None:
    """Each view has its tests and its examples."""
    views = {
        view.__name__: view
        for view in map(inspect.unwrap, application().view_functions.values())
        if view.__module__ in ("open311.georeport.routes", "open311.georeport.updates")
    }
    assert len(views) > 5
    assert [name for name in views if not (ROOT / f"tests/georeport/test_{name}.py").exists()] == []
    assert {*views} == {*examples.ANSWERS}
    assert {name for name in views if name.startswith("post_")} == {*examples.BODIES}


def a_filter_of_lists() -> None:
    """What is searched by is known to the list's query and to the conditions in SQL, a page's own things apart."""
    apart = {"jurisdiction_id", "visibilities", "sort", "skip", "page_size", "after", "with_notes"}
    filters = {field.name for field in fields(RequestSearch)} - apart
    strategies = "".join(
        text for name, text in tracked().items() if name.startswith("open311/storage/search/")
    )
    asked = tracked()["open311/web/queries.py"]
    assert [filter_ for filter_ in filters if f".{filter_}" not in strategies] == []
    assert [
        filter_ for filter_ in filters if f"{filter_}=" not in asked and f'"{filter_}"' not in asked
    ] == []


def a_front_door() -> None:
    """Each is a layer of its own and mounted by the application."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = pyproject["tool"]["importlinter"]["contracts"][0]["layers"]
    doors = next(layer for layer in layers if "georeport" in layer).split(" | ")
    mounted = (ROOT / PACKAGE / "app.py").read_text(encoding="utf-8")
    assert [door for door in doors if f"open311.{door}" not in mounted] == []


def a_migration() -> None:
    """Each goes both ways."""
    texts = [text for name, text in tracked().items() if re.match(r"migrations/versions/\d", name)]
    assert all("def upgrade()" in text and "def downgrade()" in text for text in texts)


def a_mail_that_a_stranger_can_cause() -> None:
    """Each purpose has its time."""
    assert {*VALID_FOR} == {*Purpose}


def a_package() -> None:
    """Each that is named is pinned."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = (ROOT / "requirements.lock").read_text(encoding="utf-8").lower()
    names = [re.split(r"[\[<>=!~; ]", dependency)[0].lower() for dependency in project["dependencies"]]
    assert [
        name for name in names if f"{name}==" not in pinned.replace("_", "-") and f"{name}[" not in pinned
    ] == []


def a_service() -> None:
    """One file."""
    assert code_named("A service") == set()


CHECKS: dict[str, Callable[[], None]] = {
    check.__name__.replace("_", " ").capitalize().replace(" api", " API"): check
    for check in (
        a_service,
        a_text_of_a_request,
        an_address,
        an_attribute_datatype,
        a_language_of_messages,
        a_message,
        a_setting,
        a_method_of_the_api,
        a_filter_of_lists,
        a_kind_of_event,
        a_task_of_the_worker,
        a_front_door,
        a_migration,
        a_mail_that_a_stranger_can_cause,
        a_package,
    )
}


def test_each_checklist_has_a_check() -> None:
    assert {*CHECKS} == {*checklists()}


@pytest.mark.parametrize("title", CHECKS)
def test_the_code_is_as_the_checklist_says(title: str) -> None:
    CHECKS[title]()
