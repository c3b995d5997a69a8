"""`open311 addresses import` on the command line."""

from pathlib import Path

import psycopg
import pytest

from tests.processes.running import run

GOOD = "\ufeffStraße;Hausnummer;Zusatz;PLZ;Ort;Breite;Länge\nLudwigstraße;12;a;67059;Ludwigshafen;49,4811;8,4464\n"


def imported(database: str, file: Path, contents: str | bytes) -> tuple[int, str]:
    """Exit code and what was said."""
    file.write_bytes(contents if isinstance(contents, bytes) else contents.encode())
    done = run("addresses", "import", str(file), DATABASE_URL=database)
    return done.returncode, done.stdout + done.stderr


def labels(database: str) -> list[str]:
    """What is in the list, the streets that were derived from it last."""
    with psycopg.connect(database) as conn:
        return [row[0] for row in conn.execute("select label from addresses order by id")]


def test_a_list_replaces_the_one_before(fresh_database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    assert imported(fresh_database_url, file, GOOD) == (0, "1 address is in the list now.\n")
    assert labels(fresh_database_url) == [
        "Ludwigstraße 12a, 67059 Ludwigshafen",
        "Ludwigstraße, 67059 Ludwigshafen",
    ]
    code, _ = imported(fresh_database_url, file, 'street,lat,lon\n"A, B",49.48,8.44\n\nC,49.48,8.45\n')
    assert code == 0
    assert labels(fresh_database_url) == ["A, B", "C"]
    excel = "sep=;\nstreet;lat;lon\nStraße;49,48;8,44\n".encode("utf-16")
    assert (imported(fresh_database_url, file, excel)[0], labels(fresh_database_url)) == (0, ["Straße"])
    code, _ = imported(fresh_database_url, file, '"street","nr",plz,lat,lon\nA,NULL,null,49.48,8.44\n')
    assert (code, labels(fresh_database_url)) == (0, ["A"])
    french = "numero;rep;nom_voie;code_postal;nom_commune;x;y;lon;lat\n"
    rows = "12;bis;Rue de la Paix;75002;Paris;651032;6863411;2.33;48.86\n3;\\N;Quai;<Null>;(null);1;2;2.34;48.87\n"
    code, _ = imported(fresh_database_url, file, french + rows)
    assert labels(fresh_database_url)[:2] == ["Rue de la Paix 12bis, 75002 Paris", "Quai 3"]


def test_a_row_that_cannot_be_read_is_left_out_and_named(fresh_database_url: str, tmp_path: Path) -> None:
    rows = "".join(f"Ludwigstraße,{number},49.48,8.44\n" for number in range(1, 11))
    contents = f"street,nr,lat,lon\n{rows}Am Rhein,1,north,8.44\nAm Rhein,2,49.48,8.45\n"
    code, words = imported(fresh_database_url, tmp_path / "list.csv", contents)
    assert (code, words) == (
        0,
        "11 addresses are in the list now.\n1 row was left out, since it cannot be read: line 12.\n",
    )
    assert "Am Rhein 2" in labels(fresh_database_url)


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        ("", "street, lat, long"),
        ("street,lat\nA,1\n", "long"),
        ("street,lat,lon\n", "no addresses"),
        ("street,lat,lon\nA,49.48,8.44\nB,north,8.44\n", "Line 3"),
        ("street,lat,lon\nA,49.48\n", "Line 2"),
        ("street,lat,lon\nA,91,8\n", "Line 2"),
        ("street,lat,lon\nA,nan,8\n", "Line 2"),
        ('street,lat,lon\n"A\nB",49.48,8.44\nC,north,8\n', "Line 4"),
        ('street,lat,lon\n"A,49.48,8.44\nC,49.48,8\n', "Line 2"),
        ("street,lat,lon\nStraße,49.48,8.44\n".encode("latin-1"), "UTF-8"),
    ],
)
def test_a_list_that_cannot_be_read_changes_nothing(
    fresh_database_url: str, tmp_path: Path, contents: str | bytes, said: str
) -> None:
    file = tmp_path / "list.csv"
    imported(fresh_database_url, file, GOOD)
    code, words = imported(fresh_database_url, file, contents)
    assert code == 1, words
    assert said in words
    assert len(labels(fresh_database_url)) == 2
