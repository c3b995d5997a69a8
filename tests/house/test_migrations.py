"""Migrations stand one behind the other, each in a file that bears its number."""

import re

from tests.house.documents import ROOT

FILES = sorted((ROOT / "migrations" / "versions").glob("*.py"))


def test_each_number_is_one_file_and_follows_the_one_before() -> None:
    """Also when two branches have taken the same one."""
    numbers = [file.name[:4] for file in FILES]
    assert numbers == [f"{number:04}" for number in range(1, len(FILES) + 1)]
    for before, file in zip([None, *numbers], FILES, strict=False):
        source = file.read_text(encoding="utf-8")
        assert re.search(rf'^revision = "{file.name[:4]}"$', source, re.MULTILINE), file.name
        down = f'"{before}"' if before else "None"
        assert re.search(rf"^down_revision = {down}$", source, re.MULTILINE), file.name
