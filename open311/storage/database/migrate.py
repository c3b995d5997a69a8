"""Bring a database to the tables this release expects."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

from psycopg.errors import FeatureNotSupported, InsufficientPrivilege, LockNotAvailable, UndefinedFile
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from open311.base.errors import ConfigurationError
from open311.settings import shipped
from open311.storage.database import advisory_locks

if TYPE_CHECKING:
    from alembic.config import Config

BEFORE_FIRST_RELEASE = "0000"
TOO_OLD = (
    "the database was made before release 0.1.0 and cannot be brought up to date: make a new one with "
    "`createdb`, name it in DATABASE_URL, and run `open311 db upgrade` (demo data: `open311 demo`)"
)
# A migration that waits for a table makes everybody else wait behind it, so it soon gives up and comes again: before
# `deadlock_timeout` (1 s), too, or PostgreSQL would end a writer's transaction instead of ours.
LOCK_WAIT = "400ms"
TRIES = 300
AGAIN_SECONDS = 2.0
# Not Alembic's own name: the revisions of the commits before 0.1.0 are kept under that, and must not be taken for ours.
REVISION_TABLE = "schema_revision"
_REVISION = text("select version_num from schema_revision")
_TABLES = text(
    "select to_regclass('schema_revision') is not null,"
    " to_regclass('alembic_version') is not null and to_regclass('service_requests') is not null"
)
# What a server says that has no PostGIS, or to a user who may not make extensions or tables.
LACKING = (FeatureNotSupported, InsufficientPrivilege, UndefinedFile)


def _config() -> "Config":
    # A server only asks where the database is, and would load Alembic longer than all the rest.
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(shipped("migrations")))
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate up to `revision`; nothing happens when the database is there already."""
    from alembic import command

    _run(url, command.upgrade, revision)


def downgrade(url: str, revision: str) -> None:
    """Migrate down to `revision` (`base` for an empty database)."""
    from alembic import command

    _run(url, command.downgrade, revision)


def _run(url: str, migration: "Callable[[Config, str], None]", revision: str) -> None:
    from alembic.util import CommandError

    config = _config()
    engine = _engine(url)
    try:
        with engine.connect() as connection, _alone(connection):
            if revision_of(connection) == BEFORE_FIRST_RELEASE:
                raise ConfigurationError(TOO_OLD)
            connection.execute(text(f"set lock_timeout = '{LOCK_WAIT}'"))
            connection.commit()
            config.attributes["connection"] = connection
            _try(connection, lambda: migration(config, revision))
    except DBAPIError as reason:
        if isinstance(reason.orig, LACKING):
            raise ConfigurationError(
                f"the database cannot be migrated: {str(reason.orig).splitlines()[0]}; install PostGIS on its server, "
                "let a superuser run `create extension postgis` in it, and let the user of DATABASE_URL own it"
            ) from None
        if isinstance(reason, OperationalError):
            raise ConfigurationError(f"the database cannot be reached: {reason.orig}") from None
        raise
    except CommandError as reason:
        raise ConfigurationError(f"the database cannot be migrated to {revision}: {reason}") from None
    finally:
        engine.dispose()


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """While nobody else migrates.

    Asked for again and again rather than waited for: an index that is built concurrently waits for whoever waits.
    """
    while not connection.scalar(
        text("select pg_try_advisory_lock(:lock)"), {"lock": advisory_locks.MIGRATION}
    ):
        connection.rollback()
        time.sleep(AGAIN_SECONDS)
    connection.commit()
    yield
    connection.rollback()
    connection.execute(text("select pg_advisory_unlock(:lock)"), {"lock": advisory_locks.MIGRATION})
    connection.commit()


def _try(connection: Connection, migration: Callable[[], None]) -> None:
    """Migrate, and go on from the last migration that was done when a table stays locked by others."""
    for attempt in count(1):
        try:
            migration()
        except OperationalError as reason:
            if not isinstance(reason.orig, LockNotAvailable):
                raise
            connection.rollback()
            if attempt == TRIES:
                raise ConfigurationError(
                    f"the tables stayed locked over {TRIES} tries; end what holds them (a dump, an open session: "
                    "`select pid, query, xact_start from pg_stat_activity order by xact_start`), and run this again"
                ) from None
            sys.stderr.write(
                f"A table is locked by others; trying again in {AGAIN_SECONDS} s ({attempt} of {TRIES}).\n"
            )
            time.sleep(AGAIN_SECONDS)
        else:
            connection.commit()
            return


def current(url: str) -> tuple[str | None, str]:
    """The revision of the database, and the one this release expects."""
    with connected(url) as connection:
        return revision_of(connection), expected()


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """One connection, without a pool; raises `ConfigurationError` when the database is out of reach."""
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    except OperationalError as reason:
        raise ConfigurationError(f"the database cannot be reached: {reason.orig}") from None
    finally:
        engine.dispose()


def revision_of(conn: Connection) -> str | None:
    """The revision of the database; None when nothing was ever migrated, `BEFORE_FIRST_RELEASE` for an older one."""
    present, former = conn.execute(_TABLES).one()
    if not present:
        return BEFORE_FIRST_RELEASE if former else None
    revision: str | None = conn.scalar(_REVISION)
    return revision


def expected() -> str:
    """The last revision: each is a file whose name begins with its number."""
    # By the names of files, since asking Alembic would load it in every server.
    return max(path.name for path in shipped("migrations").glob("versions/[0-9]*.py"))[:4]


def advice(present: str | None) -> str | None:
    """What to do about a database at `present`; None when it is where this release expects it."""
    goal = expected()
    if present == goal:
        return None
    if present == BEFORE_FIRST_RELEASE:
        return TOO_OLD
    if present is None or present < goal:
        return f"the database is at {present or 'no revision'}, expected is {goal}; run `open311 db upgrade`"
    return (
        f"the database is at {present}, which is newer than the {goal} of this release; install the release that "
        f"migrated it, or take it back with that release: `open311 db downgrade {goal}`"
    )


def _engine(url: str) -> Engine:
    return create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
