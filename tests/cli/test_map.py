"""`open311 map import` on the command line."""

from pathlib import Path

from tests.basemap.extracts import an_extract
from tests.processes.running import run


def test_a_map_is_read_in_and_counted(fresh_database_url: str, tmp_path: Path) -> None:
    file = an_extract(tmp_path / "town.osm.pbf")
    done = run("map", "import", str(file), DATABASE_URL=fresh_database_url)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("The map is served: ")
    assert "1 thing with a number" in done.stdout


def test_what_is_wrong_is_said_in_one_line(fresh_database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "town.osm.pbf"
    file.write_text("no map", encoding="utf-8")
    done = run("map", "import", str(file), DATABASE_URL=fresh_database_url)
    assert done.returncode == 1
    assert "town.osm.pbf cannot be read as a map" in done.stderr
    assert "Traceback" not in done.stderr
    done = run("map", "import", str(file), "--field", "name", DATABASE_URL=fresh_database_url)
    assert done.returncode == 2
