"""`open311 account` and `open311 audit` on the command line."""

import json
from pathlib import Path

import psycopg
import pytest

from tests.processes.running import run

ADA = ("Ada Muster", "ada@stadt.example")


@pytest.fixture
def database(fresh_database_url: str) -> str:
    return fresh_database_url


def told(database: str, *words: str, status: int = 0) -> str:
    """What a command says, which must end like this."""
    done = run(*words, DATABASE_URL=database, OPEN311_BASE_URL="https://report.example")
    assert done.returncode == status, done.stderr
    return done.stderr if status else done.stdout


def test_the_first_administrator_gets_a_link_alone_on_the_last_line(database: str) -> None:
    done = run(
        "account",
        "add",
        *ADA,
        "--role",
        "admin",
        DATABASE_URL=database,
        OPEN311_BASE_URL="https://report.example",
    )
    [line] = done.stdout.splitlines()
    assert line.startswith("https://report.example/staff/welcome/")
    token = line.rpartition("/")[2]
    assert token not in done.stderr
    with psycopg.connect(database) as conn:
        stored = conn.execute("select digest, kind from account_links").fetchall()
    assert token not in str(stored)
    assert "invited" in told(database, "account", "list")


def test_somebody_comes_changes_and_leaves(database: str) -> None:
    told(
        database,
        "account",
        "add",
        "Rita Muster",
        "rita@stadt.example",
        "--role",
        "worker",
        "--unit",
        "STADTREINIGUNG",
        "--area",
        "NORD",
    )
    number = told(
        database, "account", "role", "rita@stadt.example", "--role", "reader", "--ends", "2030-12-31"
    )
    assert "reader, ludwigshafen.de" in number
    shown = told(database, "account", "show", "RITA@stadt.example")
    assert "worker, ludwigshafen.de, units STADTREINIGUNG, areas NORD" in shown
    assert "2030-12-31T23:00:00Z" in shown
    told(database, "account", "take", number.split()[1].rstrip(":"))
    first = told(database, "account", "invite", "rita@stadt.example")
    assert told(database, "account", "invite", "rita@stadt.example") != first
    told(database, "account", "unlock", "rita@stadt.example")
    told(database, "account", "end", "rita@stadt.example")
    assert "left" in told(database, "account", "list")
    told(database, "account", "return", "rita@stadt.example")
    assert "invited" in told(database, "account", "list")


def test_what_cannot_be_is_told_in_a_line(database: str) -> None:
    wrong = {
        ("account", "end", "nobody@stadt.example"): "there is no account of nobody@stadt.example",
        ("account", "add", *ADA, "--role", "worker", "--unit", "NOWHERE"): "there is no unit NOWHERE",
        ("account", "add", *ADA, "--role", "reader", "--ends", "tomorrow"): "tomorrow is no day",
        ("account", "invite", "nobody@stadt.example", "--mail"): "there is no account",
    }
    for words, line in wrong.items():
        said = told(database, *words, status=2)
        assert line in said
        assert "Traceback" not in said
    assert "email address" in told(
        database, "account", "add", "Ada", "no address", "--role", "admin", status=1
    )
    told(database, "account", "add", *ADA, "--role", "admin")
    assert "already" in told(database, "account", "add", *ADA, "--role", "admin", status=1)
    assert "not in use" in told(database, "account", "reset", ADA[1], status=1)


def test_the_log_says_what_was_done_here_and_shows_when_it_was_changed(database: str) -> None:
    told(database, "account", "add", *ADA, "--role", "admin")
    lines = [json.loads(line) for line in told(database, "audit", "export").splitlines()]
    assert [line["kind"] for line in lines] == ["invited", "role_given", "invited", "log_exported"]
    assert all(line["actor"].startswith("cli:") for line in lines)
    assert "The chain holds" in told(database, "audit", "check")
    with psycopg.connect(database) as conn:
        conn.execute("update audit set subject = 'account:9' where id = 2")
    assert "breaks at line 2" in told(database, "audit", "check", status=1)


def test_a_file_of_accounts_is_brought_in_and_refusals_are_told_by_line(
    database: str, tmp_path: Path
) -> None:
    file = tmp_path / "staff.csv"
    file.write_text("name,email,role\nBea,bea@stadt.example,checker\nCem,cem@stadt.example,boss\n")
    refused = told(database, "account", "import", str(file), "--dry-run", status=1)
    assert "Would be: 1 new, 0 got a role, 0 unchanged, 1 refused" in refused
    done = run(
        "account", "import", str(file), DATABASE_URL=database, OPEN311_BASE_URL="https://report.example"
    )
    assert done.returncode == 1
    [line] = done.stdout.splitlines()
    assert line.startswith("bea@stadt.example,https://report.example/staff/welcome/")
    assert "line 3: There is no role “boss”" in done.stderr
