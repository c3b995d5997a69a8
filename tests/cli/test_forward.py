"""`open311 forward` on the command line."""

from pathlib import Path

import pytest

from tests.processes.running import run

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("retry", "100001"), "Request 100001 is not handed on to anybody."),
        (("link", "100001", "501"), "Request 100001 is not handed on to anybody."),
        (("list", "--state", "lost"), "lost"),
    ],
)
def test_what_cannot_be_done_is_told(fresh_database_url: str, words: tuple[str, ...], told: str) -> None:
    done = run("forward", *words, DATABASE_URL=fresh_database_url)
    assert done.returncode != 0
    assert told in done.stderr


def test_a_catalogue_names_the_other_server(fresh_database_url: str, tmp_path: Path) -> None:
    usual = (ROOT / "categories.yaml").read_text(encoding="utf-8")
    first = "  - service_code: MUELL_WILD\n"
    for written, told in (
        ("url: https://works.example/v2, api_key: works, when: received", ""),
        ("url: works.example", "an address such as https://works.example.org/open311/v2"),
        ("url: https://works.example, api_key: SECRET=1", "a name in OPEN311_FORWARD_KEYS"),
        ("api_key: works", "lacks url"),
        ("url: https://works.example, when: never", "published, received"),
    ):
        file = tmp_path / "categories.yaml"
        file.write_text(usual.replace(first, f"{first}    forward: {{{written}}}\n", 1), encoding="utf-8")
        done = run("catalogue", "check", str(file), DATABASE_URL=fresh_database_url)
        assert (done.returncode == 0) == (not told), done.stderr
        assert told in done.stdout + done.stderr
