"""Accounts out of a file: once, by line, and every line that can be done is done."""

import pytest

from open311.actions.staff_accounts import account_import, accounts
from open311.actions.staff_accounts.account_import import LineOutcome
from open311.base.errors import Invalid
from open311.core import Core
from open311.model.access.actor import cli_actor
from open311.model.staff.rights import Membership

HEAD = "name;email;role;units;ends\n"


def brought_in(core: Core, text: str, *, dry_run: bool = False) -> list[str]:
    """What became of each line: done, or the keys of what was wrong with it."""
    told = []
    for line in account_import.lines(text):
        try:
            told.append(account_import.bring_in(core, cli_actor(), line, dry_run=dry_run).done.value)
        except Invalid as refused:
            told.append(f"{line.number}: {' '.join(problem.key for problem in refused.problems)}")
    return told


def roles(core: Core) -> dict[str, list[Membership]]:
    """The roles of each account by its address."""
    return {account.email: list(held) for account, held in accounts.manageable(core, cli_actor())}


def test_each_line_makes_an_account_or_gives_a_role(core: Core) -> None:
    text = (
        "\ufeff"
        + HEAD
        + "Rita Muster;rita@stadt.example;worker;STADTREINIGUNG TIEFBAU;2026-12-31\n"
        + "\n"
        + '"Muster; Bea";bea@stadt.example;checker;;\n'
        + "Rita Muster;RITA@stadt.example;reader;;\n"
    )
    assert brought_in(core, text) == [LineOutcome.ADDED, LineOutcome.ADDED, LineOutcome.ROLE_GIVEN]
    held = roles(core)
    assert [role.role for role in held["rita@stadt.example"]] == ["worker", "reader"]
    assert held["rita@stadt.example"][0].units == ("STADTREINIGUNG", "TIEFBAU")
    assert str(held["rita@stadt.example"][0].ends_datetime).startswith("2026-12-31 23:00")
    assert brought_in(core, text) == [LineOutcome.UNCHANGED] * 3
    assert roles(core) == held


def test_areas_make_a_role_another_one(core: Core) -> None:
    head = "name;email;role;areas\n"
    north, south = (f"Rita;rita@stadt.example;checker;{area}\n" for area in ("NORD", "SUED"))
    assert brought_in(core, head + north) == ["added"]
    assert brought_in(core, head + north) == ["unchanged"]
    assert brought_in(core, head + south) == ["2: desk.role.areas"]
    assert brought_in(core, head + "Rita;rita@stadt.example;checker;NORD MITTE\n") == ["role_given"]
    assert [role.areas for role in roles(core)["rita@stadt.example"]] == [("NORD",), ("NORD", "MITTE")]


def test_another_last_day_takes_the_place_of_the_one_before(core: Core) -> None:
    line = "Rita;rita@stadt.example;reader;;2026-12-31\n"
    assert brought_in(core, HEAD + line + line.replace("2026-12-31", "2027-06-30")) == ["added", "role_given"]
    [role] = roles(core)["rita@stadt.example"]
    assert str(role.ends_datetime).startswith("2027-06-30")


def test_a_refused_line_is_told_by_its_number_and_the_others_are_done(core: Core) -> None:
    text = HEAD + (
        ";nobody;boss;NIRGENDS;someday\n"
        'Bea;bea@stadt.example;checker;;\n"Rita\nMuster";rita@stadt.example;reader;;\n'
        "Cem;cem@stadt.example\n"
    )
    assert brought_in(core, text) == [
        "2: desk.account.name desk.account.email error.accounts.role desk.role.units desk.role.date",
        "added",
        "added",
        "6: error.accounts.role",
    ]
    assert set(roles(core)) == {"bea@stadt.example", "rita@stadt.example"}


def test_a_dry_run_changes_nothing(core: Core) -> None:
    text = HEAD + "Bea;bea@stadt.example;checker;;\nCem;cem@stadt.example;boss;;\n"
    assert brought_in(core, text, dry_run=True) == ["added", "3: error.accounts.role"]
    assert roles(core) == {}


def test_whoever_has_left_is_not_brought_back_by_a_file(core: Core) -> None:
    text = HEAD + "Bea;bea@stadt.example;checker;;\n"
    brought_in(core, text)
    [account] = [account for account, _ in accounts.manageable(core, cli_actor())]
    accounts.end(core, cli_actor(), account.id)
    assert brought_in(core, text) == ["2: desk.account.left"]


@pytest.mark.parametrize("text", ["", "name,email\nBea,b@x.example\n", "name,email,role,salary\n", "\x00"])
def test_a_file_with_another_head_is_refused_whole(text: str) -> None:
    with pytest.raises(Invalid):
        list(account_import.lines(text))
