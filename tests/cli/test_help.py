"""`open311 --help` tells of each command what the command says of itself, though it loads none."""

import click
import pytest
from click.testing import CliRunner

from open311.cli import COMMANDS, Commands, commands


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
