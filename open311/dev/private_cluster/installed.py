"""Where the distribution keeps PostgreSQL and PostGIS, and how their programs are run."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from open311.base.errors import ConfigurationError

PROGRAMS = Path("/usr/lib/postgresql")
EXTENSIONS = Path("/usr/share/postgresql")
MAJOR_OF_RELEASE = {"debian 12": 15, "debian 13": 17, "ubuntu 24.04": 16}


@dataclass(frozen=True, slots=True)
class Account:
    """The operating system's user that the server runs as."""

    uid: int
    gid: int


def programs(major: str | None = None) -> Path:
    """The folder of the newest PostgreSQL that has PostGIS, or of version `major`; `ConfigurationError` without one."""
    folders = [
        folder.name
        for folder in PROGRAMS.glob("[1-9]*")
        if (folder / "bin/postgres").exists()
        and (EXTENSIONS / folder.name / "extension/postgis.control").exists()
    ]
    of_major = [name for name in folders if major in (None, name)]
    if not of_major:
        package = f"postgresql-{major}-postgis-3" if major else _package()
        raise ConfigurationError(
            "PostGIS is missing; install it with: apt-get update && "
            f"apt-get install -y --no-install-recommends {package}"
            " (or set DATABASE_URL to a PostGIS database)"
        )
    return PROGRAMS / max(of_major, key=float) / "bin"


def _package() -> str:
    try:
        lines = Path("/etc/os-release").read_text().splitlines()
    except OSError:
        lines = []
    release = dict(line.split("=", 1) for line in lines if "=" in line)
    name = f"{release.get('ID', '')} {release.get('VERSION_ID', '')}".replace('"', "")
    major = MAJOR_OF_RELEASE.get(name)
    return f"postgresql-{major}-postgis-3" if major else "postgis 'postgresql-*-postgis-3'"


def command(account: Account | None) -> list[str]:
    """The beginning of a command that runs as `account`, or as we do, and is interrupted when our thread ends."""
    drop = [f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"] if account else []
    return ["setpriv", *drop, "--pdeathsig", "INT"]


def surroundings() -> dict[str, Any]:
    """What `subprocess` gives such a command."""
    # The server's user may not be able to enter our folder; PG… and LC_… variables of ours would change what it does.
    return {
        "cwd": "/",
        "stdin": subprocess.DEVNULL,
        "env": {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
    }


def fingerprint(folder: Path) -> str:
    """Changes when the server program is replaced; empty while it is missing, in the middle of an upgrade."""
    try:
        program = (folder / "postgres").stat()
    except FileNotFoundError:
        return ""
    return f"{program.st_ino} {program.st_mtime_ns}"


def program_of(pid: str) -> str:
    """The name of the program that runs as process `pid`; empty when none does."""
    try:
        return Path(f"/proc/{int(pid)}/comm").read_text().strip()
    except (OSError, ValueError):
        return ""
