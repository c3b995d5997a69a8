"""Memory that processes of one host share, and which nobody has to clear away."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from open311.base import shared_memory as module
from open311.base.shared_memory import shared_memory

OTHER = """
import sys
from pathlib import Path
from open311.base import shared_memory as module
module._folder = lambda: Path(sys.argv[1])
memory = module.shared_memory("{name}", 8)
print(memory[0])
memory[0] = 2
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "_folder", lambda: tmp_path)
    return tmp_path


def test_is_forgotten_when_the_last_one_leaves(folder: Path) -> None:
    name = secrets.token_hex(8)
    first, second = shared_memory(name, 8), shared_memory(name, 8)
    first[0] = 1
    other = [sys.executable, "-c", OTHER.format(name=name), folder]
    assert subprocess.run(other, capture_output=True, check=True).stdout == b"1\n"
    del first
    words = second.cast("Q")
    del second
    assert words[0] == 2
    del words
    assert list(folder.iterdir()) == []
    assert shared_memory(name, 8)[0] == 0


def test_a_link_that_somebody_laid_leads_nowhere(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    target = tmp_path_factory.mktemp("elsewhere") / "target"
    (folder / f"open311-{os.getuid()}-link").symlink_to(target)
    with pytest.raises(OSError, match="symbolic links"):
        shared_memory("link", 8)
    assert not target.exists()
