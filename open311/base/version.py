"""Which release runs here, and which commit it was built from."""

import json
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from open311 import __version__

_PACKAGE = Path(__file__).parent.parent
# Written into a wheel by hatch_build.py.
_RECORD = _PACKAGE / "shipped/build.json"


@dataclass(frozen=True, slots=True)
class Build:
    """`commit` is None when nobody can tell; it ends in `-dirty` when files differed from it."""

    version: str
    commit: str | None

    def __str__(self) -> str:
        return f"{self.version} ({self.commit or 'commit unknown'})"


@cache
def build() -> Build:
    """From the record in a wheel, or from git in a checkout."""
    if _RECORD.exists():
        return Build(**json.loads(_RECORD.read_text(encoding="utf-8")))
    return Build(__version__, _commit_of_checkout())


def _commit_of_checkout() -> str | None:
    folder = _PACKAGE.parent
    if not (folder / ".git").exists():
        return None
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
