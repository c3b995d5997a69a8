"""The commands of docs/backup.md, as they stand there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from open311.dev import private_cluster
from tests.house.documents import ROOT
from tests.processes.running import environment

BLOCK = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def block(beginning: str) -> str:
    """The block of commands of the document that begins like this."""
    found = [
        text for text in BLOCK.findall((ROOT / "docs/backup.md").read_text()) if text.startswith(beginning)
    ]
    assert len(found) == 1, beginning
    return str(found[0])


@pytest.fixture
def shell(cluster_url: str, fresh_database_url: str, tmp_path: Path) -> dict[str, str]:
    """What an operator's shell knows: the programs, and where the databases are; names are of this test alone."""
    parts = conninfo_to_dict(cluster_url.replace("DATABASE", "postgres"))
    programs = f"{private_cluster.programs()}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    return environment(
        PATH=programs,
        PGHOST=str(parts["host"]),
        PGPORT=str(parts["port"]),
        PGUSER=str(parts["user"]),
        DATABASE_URL=fresh_database_url,
        OPEN311_DATA_DIR=str(tmp_path),
    )


def run(commands: str, folder: Path, variables: dict[str, str]) -> str:
    """What a shell says to commands, each of which must go well."""
    done = subprocess.run(
        ["bash", "-euc", commands], cwd=folder, env=variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_saving_restoring_and_rehearsing_go_as_they_are_written(
    cluster_url: str, shell: dict[str, str], tmp_path: Path
) -> None:
    run(block("pg_dump"), tmp_path, shell)
    here = shell | {"DATABASE_URL": cluster_url.replace("DATABASE", "open311")}
    try:
        said = run(block("createdb --template=template0 open311"), tmp_path, here)
        assert "as expected" in said
        assert "Skipped 0 mails" in said
        parts = shell | {"OPEN311_DATA_DIR": str(tmp_path)}
        assert "can be restored: 0 requests" in run(
            block("createdb --template=template0 rehearsal"), tmp_path, parts
        )
    finally:
        with psycopg.connect(cluster_url.replace("DATABASE", "postgres"), autocommit=True) as admin:
            admin.execute("drop database if exists open311 with (force)")
