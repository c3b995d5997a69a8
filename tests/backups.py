"""PostgreSQL's own programs, as an operator uses them."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from open311.dev import private_cluster
from open311.dev.private_cluster.installed import command, surroundings

_numbers = count(1)


def run(*words: str | Path, account: Any = None, **options: Any) -> str:
    """A program of PostgreSQL; what it said."""
    done = subprocess.run(
        [*command(account), *words], **surroundings() | options, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def dump(url: str, folder: Path) -> Path:
    """A dump of a database."""
    file = folder / f"{next(_numbers)}.dump"
    run(private_cluster.programs() / "pg_dump", "--format=custom", f"--file={file}", url)
    return file


def restore(file: Path, url: str, *options: str) -> str:
    """Restore a dump; what was said, which is nothing when all went well."""
    return run(
        private_cluster.programs() / "pg_restore", "--exit-on-error", *options, f"--dbname={url}", file
    )


@contextmanager
def an_empty_database(cluster_url: str) -> Iterator[str]:
    """The address of a database as `createdb --template=template0` makes it."""
    name = f"empty_{next(_numbers)}"
    with psycopg.connect(cluster_url.replace("DATABASE", "postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
        try:
            yield cluster_url.replace("DATABASE", name)
        finally:
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
