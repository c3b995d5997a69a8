"""Bring a database to the tables this release expects."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from psycopg.errors import FeatureNotSupported, InsufficientPrivilege, UndefinedFile
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from open311.errors import ConfigurationError
from open311.settings import shipped

if TYPE_CHECKING:
    from alembic.config import Config

# Two processes that start at once must not migrate at once; the number is arbitrary but must stay.
LOCK = 3_110_001
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
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    try:
        with engine.begin() as connection:
            connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            config.attributes["connection"] = connection
            migration(config, revision)
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


def current(url: str) -> tuple[str | None, str | None]:
    """The revision of the database, and the one this release expects."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            there = connection.scalar(text("select to_regclass('alembic_version')"))
            present = connection.scalar(text("select version_num from alembic_version")) if there else None
    except OperationalError as reason:
        raise ConfigurationError(f"the database cannot be reached: {reason.orig}") from None
    finally:
        engine.dispose()
    return present, _expected()


def _expected() -> str | None:
    """The last revision: each is a file whose name begins with its number."""
    names = [path.name for path in shipped("migrations").glob("versions/[0-9]*.py")]
    return max(names)[:4] if names else None


def require_current(url: str) -> None:
    """Raise `ConfigurationError` unless the database answers and has the tables this release expects."""
    present, expected = current(url)
    if present != expected:
        raise ConfigurationError(
            f"the database is at {present or 'no revision'}, expected is {expected}; run `open311 db upgrade`"
        )
