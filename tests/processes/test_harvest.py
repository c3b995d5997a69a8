"""`open311 harvest` and `open311 import` as an operator types them, beside a server that runs."""

import json
from pathlib import Path

from tests.checker.broken import Little, a_request, serving
from tests.ports import free_port
from tests.processes.running import answers, get, run, started, wait_for

ROWS = (
    "service_request_id,requested_datetime,service_code,status\n"
    "A-1,2019-03-02T09:30:00+01:00,MUELL_WILD,closed\n"
    "A-2,neulich,MUELL_WILD,open\n"
)


def test_a_running_server_shows_what_was_harvested_and_imported(
    fresh_database_url: str, tmp_path: Path
) -> None:
    port = free_port()
    settings = {"DATABASE_URL": fresh_database_url, "OPEN311_DATA_DIR": str(tmp_path), "PORT": str(port)}
    file = tmp_path / "old.csv"
    file.write_text(ROWS, encoding="utf-8")
    little = Little()
    little.requests.append(a_request(12) | {"updated_datetime": "neulich", "status": "wartet"})
    with serving(little) as url, started(tmp_path / "log", "serve", **settings):
        assert wait_for(lambda: answers(port))
        nowhere = run(
            "harvest", "add", url, "--jurisdiction", "x.example", "--time-zone", "Europe", **settings
        )
        assert (nowhere.returncode, "Europe/Berlin" in nowhere.stderr) == (2, True), nowhere.stderr
        added = run("harvest", "add", url, "--jurisdiction", "elsewhere.example", "--delay", "0", **settings)
        assert added.returncode == 0, added.stderr
        taken = run("harvest", "run", **settings)
        assert (taken.returncode, "13 new" in taken.stdout) == (0, True), taken.stderr
        path = "/open311/v2/requests.json?jurisdiction_id=elsewhere.example&page=1"

        def shown() -> bool:
            try:
                return len(json.loads(get(port, path))) == 13
            except OSError:
                return False

        assert wait_for(shown)
        listed = run("harvest", "list", **settings)
        assert "elsewhere" in listed.stdout
        shown_now = run("harvest", "show", "elsewhere.example", **settings)
        assert "status 'wartet' is taken for open" in shown_now.stdout, shown_now.stderr
        moved = run("import", str(file), **settings)
        assert (moved.returncode, moved.stdout.split(",")[0]) == (1, "1 new"), moved.stderr
        assert "neulich" in (tmp_path / "old.csv.rejects.csv").read_text(encoding="utf-8")
        assert len(json.loads(get(port, "/open311/v2/requests.json?service_request_id=A-1"))) == 1
        removed = run("harvest", "remove", "elsewhere.example", "--yes", **settings)
        assert removed.returncode == 0, removed.stderr
        assert wait_for(lambda: not shown())


def test_a_mapping_that_is_wrong_is_told_in_words(fresh_database_url: str, tmp_path: Path) -> None:
    file, mapping = tmp_path / "old.csv", tmp_path / "mapping.yaml"
    file.write_text(ROWS, encoding="utf-8")
    mapping.write_text("colums: {}", encoding="utf-8")
    done = run("import", str(file), "--mapping", str(mapping), DATABASE_URL=fresh_database_url)
    assert (done.returncode, "colums" in done.stderr) == (1, True)
