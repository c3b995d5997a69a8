"""`open311 --help` tells of each command what the command says of itself, though it loads none."""

import gc
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from open311.base.errors import ConfigurationError
from open311.cli import COMMANDS, Commands, commands, quietly, require_text


def test_the_list_of_commands_names_each_with_its_own_words() -> None:
    shown = " ".join(CliRunner().invoke(commands, ["--help"]).output.split())
    for name, command in COMMANDS.items():
        assert f"{name} {command.summary}" in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_a_summary_is_the_first_line_of_the_help(name: str) -> None:
    group = Commands()
    command = group.get_command(click.Context(group), name)
    assert command is not None
    assert command.get_short_help_str(1000) == COMMANDS[name].summary


def options(command: click.Command, path: str) -> Iterator[tuple[str, click.Option]]:
    """Every option of a command, or of those below it, with how it is typed."""
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from options(inner, f"{path} {name}")
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            yield f"{path} {parameter.opts[0]}", parameter


@pytest.mark.parametrize("name", COMMANDS)
def test_each_option_says_what_it_is_and_whether_it_may_be_repeated(name: str) -> None:
    group = Commands()
    command = group.get_command(click.Context(group), name)
    assert command is not None
    for typed, option in options(command, name):
        assert option.help, typed
        assert option.multiple == ("may be repeated" in option.help), typed


def test_an_argument_that_is_no_text_is_told(tmp_path: Path) -> None:
    """As a terminal sends it that still speaks ISO 8859-1; names of files may be any bytes."""
    with pytest.raises(ConfigurationError, match="write it in UTF-8"):
        require_text(["account", "show", "J\udcfcrgen"])
    odd = tmp_path / "M\udcfcll.csv"
    odd.touch()
    require_text(["import", str(odd)])


@pytest.mark.parametrize("arguments", [("jobs", "forget"), ("account", "take")])
def test_a_number_that_no_table_can_hold_is_told(arguments: tuple[str, ...]) -> None:
    told = CliRunner().invoke(commands, [*arguments, "9" * 20])
    assert told.exit_code == 2
    assert "is not in the range" in told.output


def test_nothing_looks_for_garbage_in_what_was_loaded() -> None:
    before = gc.get_freeze_count()
    with quietly():
        loaded: list[list[int]] = [[] for _ in range(1000)]
    assert gc.get_freeze_count() >= before + len(loaded)
    assert gc.isenabled()
