"""A backup restored on trial: into an empty database, by PostgreSQL's own program."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import text

from open311.base.errors import ConfigurationError
from open311.storage.database import migrate
from open311.storage.upkeep import schema

_OCCUPIED = text("""
    select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
        and not exists (select from pg_depend where objid = pg_class.oid and deptype = 'e') order by 1 limit 1
""")
# Lines of `pg_restore --list`: what only the owner of an extension may do.
_EXTENSION = re.compile(r"\d+; \d+ \d+ (?:EXTENSION -|COMMENT - EXTENSION) (\S+)")
_OF_POSTGIS = re.compile(r"\d+; \d+ \d+ TABLE DATA \S+ spatial_ref_sys ")
_HOLDS = text("select count(*), max(updated_datetime) from service_requests")
# As libpq reads them, so that no password is in the list of processes.
VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "sslmode": "PGSSLMODE",
}


@dataclass(frozen=True, slots=True)
class Restored:
    """What a backup brought back: so many requests, the last of which changed at a moment."""

    requests: int
    newest: datetime | None


def restore(dump: Path, url: str) -> Restored:
    """Restore a dump into an empty database and look at it; raises `ConfigurationError` that says what is wrong."""
    with migrate.connected(url) as conn:
        occupied = conn.execute(_OCCUPIED).scalar()
    if occupied:
        raise ConfigurationError(
            f"the database to rehearse in is not empty (table {occupied}); make a new one with createdb"
        )
    _run(dump, url)
    schema.require_current(url)
    with migrate.connected(url) as conn:
        return Restored(*conn.execute(_HOLDS).one())


def _run(dump: Path, url: str) -> None:
    contents = _pg_restore(url, "--list", str(dump)).splitlines(keepends=True)
    with migrate.connected(url) as conn:
        there = set(conn.execute(text("select extname from pg_extension")).scalars())
    with NamedTemporaryFile("w", prefix="open311-", suffix=".list") as wanted:
        wanted.writelines(line for line in contents if not _of_extensions(line, there))
        wanted.flush()
        database = conninfo_to_dict(_libpq(url))["dbname"]
        # Without the first, pg_restore carries on after an error and exits with success: half a database would pass
        # for a whole. The others are for a user who is not the superuser that dumped it.
        options = ("--exit-on-error", "--no-owner", "--no-privileges")
        _pg_restore(url, *options, f"--use-list={wanted.name}", f"--dbname={database}", str(dump))


def _of_extensions(line: str, there: set[str]) -> bool:
    """Whether a line is about an extension that is there already."""
    if match := _EXTENSION.match(line):
        return match[1] in there
    return "postgis" in there and _OF_POSTGIS.match(line) is not None


def _libpq(url: str) -> str:
    return url.replace("postgresql+psycopg:", "postgresql:", 1)


def _pg_restore(url: str, *options: str) -> str:
    program = shutil.which("pg_restore")
    if program is None:
        raise ConfigurationError("pg_restore is missing; install postgresql-client")
    parts = conninfo_to_dict(_libpq(url))
    variables = {variable: str(parts[name]) for name, variable in VARIABLES.items() if parts.get(name)}
    done = subprocess.run([program, *options], env=os.environ | variables, capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        advice = (
            "; let a superuser run `create extension postgis` in the new database"
            if "create extension" in reason
            else ""
        )
        raise ConfigurationError(f"the backup cannot be restored: {reason}{advice}")
    return done.stdout
