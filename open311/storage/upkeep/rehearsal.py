"""A backup restored on trial: into an empty database, by PostgreSQL's own program."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import text

from open311.base.errors import ConfigurationError
from open311.storage.database import migrate
from open311.storage.upkeep import schema

_OCCUPIED = text("""
    select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
        and not exists (select from pg_depend where objid = pg_class.oid and deptype = 'e') order by 1 limit 1
""")
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
    program = shutil.which("pg_restore")
    if program is None:
        raise ConfigurationError("pg_restore is missing; install postgresql-client")
    parts = conninfo_to_dict(url.replace("postgresql+psycopg:", "postgresql:", 1))
    variables = {variable: str(parts[name]) for name, variable in VARIABLES.items() if parts.get(name)}
    # Otherwise pg_restore carries on after an error and exits with success: half a database would pass for a whole.
    command = [program, "--exit-on-error", f"--dbname={parts['dbname']}", str(dump)]
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise ConfigurationError(f"the backup cannot be restored: {lines[0]}")
