"""`open311 key` on the command line."""

import psycopg
import pytest

from tests.processes.running import run


@pytest.fixture
def database(fresh_database_url: str) -> str:
    return fresh_database_url


def key(database: str, *words: str) -> str:
    """Standard output of `open311 key WORDS`, which must go well."""
    done = run("key", *words, DATABASE_URL=database)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_key_stands_alone_on_the_last_line(database: str) -> None:
    """R-050: so that a script can take it."""
    done = run("key", "add", "Annas App", DATABASE_URL=database)
    secret = done.stdout.splitlines()[-1]
    assert (done.returncode, done.stdout) == (0, f"{secret}\n")
    assert len(secret) >= 40
    assert secret == secret.strip()
    assert secret not in done.stderr


def test_keys_are_listed_without_their_secrets(database: str) -> None:
    """R-049, R-056."""
    anna = key(database, "add", "Anna").strip()
    bernd = key(database, "add", "Bernd", "--scope", "read-held", "--scope", "report").strip()
    assert key(database, "revoke", "Anna").strip()
    listed = key(database, "list")
    for word in ("Anna", "Bernd", "read-held", "report", "revoked"):
        assert word in listed
    assert anna not in listed
    assert bernd not in listed


def test_a_key_is_listed_with_its_jurisdictions(database: str) -> None:
    """R-049: those it was made for; all only when that was asked for."""
    key(database, "add", "Anna")
    key(database, "add", "Bernd", "--all-jurisdictions")
    rows = [line.split("│")[1:-1] for line in key(database, "list").splitlines() if "│" in line]
    assert [(row[0].strip(), row[2].strip()) for row in rows] == [
        ("Anna", "ludwigshafen.de"),
        ("Bernd", "all"),
    ]


def test_only_a_hash_is_at_rest(database: str) -> None:
    """R-056."""
    secret = key(database, "add", "Anna").strip()
    with psycopg.connect(database) as connection:
        rows = connection.execute("select k::text from keys k").fetchall()
    assert len(rows) == 1
    assert secret not in rows[0][0]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("add", "Anna"), "there is a key named 'Anna' already"),
        (("revoke", "nobody"), "no key named 'nobody' is in force"),
        (("add", "Bernd", "--scope", "everything"), "everything"),
        (("add",), "NAME"),
        (("add", "Bernd", "--jurisdiction", "worms.de"), "no jurisdiction 'worms.de' is in force"),
        (("add", "Bernd", "--jurisdiction", "x", "--all-jurisdictions"), "exclude each other"),
        (("add", ""), "needs a name"),
        (("add", " "), "needs a name"),
        (("add", "a\nb"), "needs a name"),
        (("add", "a\udcff"), "write it in UTF-8"),
        (("add", "x" * 201), "needs a name"),
    ],
)
def test_what_cannot_be_done_is_told_in_words(database: str, words: tuple[str, ...], told: str) -> None:
    """R-049."""
    key(database, "add", "Anna")
    done = run("key", *words, DATABASE_URL=database)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_revoked_key_stays_revoked(database: str) -> None:
    """R-049."""
    key(database, "add", "Anna")
    key(database, "revoke", "Anna")
    assert run("key", "revoke", "Anna", DATABASE_URL=database).returncode == 2


def test_a_database_without_tables_is_told_with_the_command_that_makes_them(cluster_url: str) -> None:
    done = run("key", "list", DATABASE_URL=cluster_url.replace("DATABASE", "postgres"))
    assert done.returncode == 2
    assert "run `open311 db upgrade`" in done.stderr
    assert "Traceback" not in done.stderr
