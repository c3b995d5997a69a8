"""The documents say what the code does."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from open311.cli import commands
from tests.house import documents
from tests.house.documents import CHANGES, NUMBER, PRIVACY, REQUIREMENTS, ROOT, ROW, SETTINGS
from tests.house.test_modules import tracked

# Requirements no test names yet, and why. An entry must go as soon as a test names it.
NOT_YET: dict[str, str] = {}
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
# A file by its whole path, of a kind that is never made by running something.
FILE = re.compile(
    r"(?<![\w./-])(?:open311|tests|benchmarks|tools|deploy|docs|migrations)/[\w./-]+\.(?:py|md|sh)\b"
)
# A command as somebody would type it: in a line, or a quotation, of its own.
COMMAND = re.compile(r"^\s*(?:\.venv/bin/)?open311 (\S.*)$", re.MULTILINE)
OPTION = re.compile(r"--[a-z][a-z-]*")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]


def test_the_table_of_settings_is_the_one_in_the_code() -> None:
    assert SETTINGS.read_text(encoding="utf-8") == documents.settings_document(), "run `make docs`"


def test_the_table_of_event_kinds_is_the_one_in_the_code() -> None:
    assert CHANGES.read_text(encoding="utf-8") == documents.changes_document(), "run `make docs`"


def test_the_record_of_personal_data_is_the_one_in_the_code() -> None:
    assert PRIVACY.read_text(encoding="utf-8") == documents.privacy_document(), "run `make docs`"


def test_the_table_of_requirements_names_the_tests_of_today() -> None:
    assert REQUIREMENTS.read_text(encoding="utf-8") == documents.requirements_document(), "run `make docs`"


def test_every_requirement_is_tested_or_excused() -> None:
    numbers = {found["number"] for found in ROW.finditer(REQUIREMENTS.read_text(encoding="utf-8"))}
    assert numbers == {f"R-{number:03}" for number in range(1, 201)}
    assert numbers - set(documents.tested()) == set(NOT_YET)


def test_no_test_names_a_requirement_that_there_is_not() -> None:
    numbers = {found["number"] for found in ROW.finditer(REQUIREMENTS.read_text(encoding="utf-8"))}
    assert set(documents.tested()) <= numbers


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_documents_lead_somewhere(page: Path) -> None:
    targets = LINK.findall(CODE.sub("", page.read_text(encoding="utf-8")))
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


def test_each_decision_has_a_number_of_its_own_and_a_status() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    heads = [page.read_text(encoding="utf-8").splitlines()[:3] for page in pages]
    numbers = [int(page.name[:4]) for page in pages]
    assert numbers == [*range(1, len(pages) + 1)]
    assert [head[0].partition(".")[0] for head in heads] == [f"# {number}" for number in numbers]
    assert [head[2] for head in heads if " Status: " not in head[2]] == []


def test_the_readme_names_requirements_that_there_are() -> None:
    named = set(NUMBER.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    assert named <= {f"R-{number:03}" for number in range(1, 201)}


def test_every_file_of_the_project_that_is_named_is_there() -> None:
    """In documents, comments and docstrings alike; the map of the standard names files of other projects."""
    elsewhere = {"docs/georeport.md", "CHANGELOG.md"}
    missing = [
        f"{place}: {name}"
        for place, text in tracked().items()
        if place not in elsewhere
        for name in FILE.findall(text)
        if "NNNN" not in name and not (ROOT / name).exists()
    ]
    assert missing == []


def _not_there(typed: str) -> Iterator[str]:
    """What a command line names that `open311` does not have."""
    command: click.Command = commands
    for word in typed.split():
        if not isinstance(command, click.Group) or not re.fullmatch("[a-z][a-z-]*", word):
            break
        inner = command.get_command(click.Context(command), word)
        if inner is None:
            yield word
            return
        command = inner
    if not isinstance(command, click.Group):
        options = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
        yield from sorted({*OPTION.findall(typed)} - options - {"--help"})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_is_named_is_there(page: Path) -> None:
    code = (span.strip("`") for span in CODE.findall(page.read_text(encoding="utf-8")))
    lines = [line for span in code for line in COMMAND.findall(span)]
    assert [(line, name) for line in lines for name in _not_there(line)] == []
