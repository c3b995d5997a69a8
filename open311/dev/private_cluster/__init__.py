"""The private PostGIS cluster behind `open311 dev` and the tests.

A PostgreSQL server of our own, started as a child process from the distribution's binaries. It listens on no port, only
on a socket that its owner alone may enter, keeps its data between starts, and ends with the process that started it.
"""

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from open311.base.errors import ConfigurationError
from open311.dev.private_cluster.installed import program_of, programs
from open311.dev.private_cluster.server import Cluster, url_of
from open311.settings import Settings

__all__ = ["DATABASE", "Cluster", "cluster", "database_url", "keep_port", "port", "programs", "running_url"]

DATABASE = "open311"
PORT_FILE = "port"


def cluster(
    data_dir: Path,
    *,
    durable: bool = True,
    say: Callable[[str], None] | None = None,
    copy_of: Cluster | None = None,
) -> Cluster:
    """The private cluster that lives in `data_dir/postgres`; use it in a `with` statement.

    Only tests give up `durable`. `say` gets the rare line that the operator should read. With `copy_of` it is a
    streaming replica of a running one.
    """
    return Cluster(data_dir, durable, say or _to_standard_error, copy_of)


def running_url(data_dir: Path, name: str) -> str | None:
    """The address of database `name` in the cluster that some process keeps running in `data_dir`; None without one."""
    try:
        lines = (data_dir / "postgres/data/postmaster.pid").read_text().splitlines()
    except OSError:
        return None
    # After a crash the file stays, and another program may have the number of the process.
    if len(lines) < 5 or program_of(lines[0]) != "postgres":
        return None
    return url_of(Path(lines[4]), name)


def database_url(settings: Settings) -> str:
    """The database that the settings name, else the private one that a running `open311 dev` keeps."""
    url = settings.database_url or running_url(settings.data_dir, DATABASE)
    if url is None:
        raise ConfigurationError(
            f"DATABASE_URL is not set, and no `open311 dev` runs in {settings.data_dir}; "
            "set DATABASE_URL to a PostGIS database, or start `open311 dev` first"
        )
    return url


def keep_port(data_dir: Path, port: int) -> None:
    """Let the commands beside this `open311 dev` know where its server answers."""
    (data_dir / PORT_FILE).write_text(f"{port}\n")


def port(settings: Settings, environ: Mapping[str, str] = os.environ) -> int:
    """The port of the settings, else that of the `open311 dev` whose private database is used."""
    if settings.database_url is None and not environ.get("PORT"):
        with suppress(OSError, ValueError):
            return int((settings.data_dir / PORT_FILE).read_text())
    return settings.port


def _to_standard_error(line: str) -> None:
    print(line, file=sys.stderr)
