"""`open311 catalogue` on the command line."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from open311.catalogue_file import CatalogueError, load
from open311.cli import commands
from open311.settings import shipped

FIRST_CITY = shipped("categories.yaml")


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(commands, ["catalogue", *map(str, words)])


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The first city's file with three things changed."""
    text = FIRST_CITY.read_text(encoding="utf-8")
    text = text.replace("response_days: 30", "response_days: 21").replace("key: rutsche", "key: rutschbahn")
    path = tmp_path / "changed.yaml"
    path.write_text(text.replace("type: batch", "active: false"), encoding="utf-8")
    return path


def test_check_says_ok_and_counts() -> None:
    result = run("check", FIRST_CITY)
    assert result.exit_code == 0
    assert result.stdout.startswith("ok ludwigshafen.de: 15 services, 10 statuses")


def test_check_without_a_path_takes_the_catalogue_in_use(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPEN311_CATALOGUE", str(tmp_path / "nothing.yaml"))
    result = run("check")
    assert result.exit_code == 1
    assert "nothing.yaml: cannot be read" in result.stdout


def test_check_shows_every_problem_with_its_line_and_fails(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    text = FIRST_CITY.read_text(encoding="utf-8")
    text = text.replace("agency: TIEFBAU", "agency: HOCHBAU").replace(
        "icon: broom", "icon: Broom\n    ikon: broom"
    )
    broken.write_text(text, encoding="utf-8")
    result = run("check", broken)
    lines = text.splitlines()
    wanted = {
        f"{broken}:{lines.index('    agency: HOCHBAU') + 1}: services.STRASSENSCHADEN.agency: 'HOCHBAU' is not among",
        f"{broken}:{lines.index('    icon: Broom') + 1}: services.STRASSE_SCHMUTZ.icon: 'Broom' is not allowed",
        f"{broken}:{lines.index('    ikon: broom') + 1}: services.STRASSE_SCHMUTZ.ikon: unknown key",
    }
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == len(wanted)
    assert all(any(line.startswith(beginning) for line in result.stdout.splitlines()) for beginning in wanted)


def test_check_counts_and_names_texts_that_wait_for_translation(tmp_path: Path) -> None:
    path = tmp_path / "more.yaml"
    text = FIRST_CITY.read_text(encoding="utf-8").replace("languages: [de, en]", "languages: [de, en, tr]")
    path.write_text(text, encoding="utf-8")
    result = run("check", path)
    assert result.exit_code == 0
    assert "texts are not translated into tr yet: jurisdiction.name, jurisdiction.contact, " in result.stdout
    assert "statuses.GEMELDET.label and others" in result.stdout


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_show_prints_what_loads_as_the_same_catalogue(tmp_path: Path, form: str) -> None:
    result = run("show", FIRST_CITY, "--format", form)
    copy = tmp_path / "copy.yaml"
    copy.write_text(result.stdout, encoding="utf-8")
    assert load(copy) == load(FIRST_CITY)


def test_show_of_a_folder_has_all_jurisdictions(tmp_path: Path) -> None:
    text = FIRST_CITY.read_text(encoding="utf-8")
    for name in ("mainz.example", "worms.example"):
        changed = text.replace("ludwigshafen.de", name)
        (tmp_path / f"{name}.yaml").write_text(changed, encoding="utf-8")
    shown = json.loads(run("show", tmp_path, "--format", "json").stdout)
    assert [catalogue["jurisdiction"]["jurisdiction_id"] for catalogue in shown] == [
        "mainz.example",
        "worms.example",
    ]
    assert list(yaml.safe_load_all(run("show", tmp_path, "--format", "yaml").stdout)) == shown


def test_show_prints_a_table_with_every_service() -> None:
    result = run("show", FIRST_CITY)
    assert result.exit_code == 0
    for code in load(FIRST_CITY).services:
        assert code in result.stdout


def test_diff_of_equal_catalogues_is_empty() -> None:
    result = run("diff", FIRST_CITY, FIRST_CITY)
    assert (result.exit_code, result.stdout) == (0, "")


def test_diff_shows_what_was_added_removed_and_changed(changed: Path) -> None:
    result = run("diff", FIRST_CITY, changed)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        '- services.SPIELGERAET.attributes.GERAET.values.rutsche: {"de": "Rutsche", "en": "Slide"}',
        '+ services.SPIELGERAET.attributes.GERAET.values.rutschbahn: {"de": "Rutsche", "en": "Slide"}',
        "~ services.MARKIERUNG.response_days: 30 → 21",
        '~ services.KANAL.type: "batch" → "realtime"',
        "+ services.KANAL.active: false",
    ]


def test_diff_shows_another_order(tmp_path: Path) -> None:
    document = yaml.safe_load(FIRST_CITY.read_text(encoding="utf-8"))
    document["services"].reverse()
    path = tmp_path / "reversed.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    assert run("diff", FIRST_CITY, path).stdout.splitlines() == ["~ services: in another order"]


def test_a_broken_catalogue_cannot_be_shown(tmp_path: Path) -> None:
    assert isinstance(run("show", tmp_path).exception, CatalogueError)
