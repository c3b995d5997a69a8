"""Bring a database to the tables this release expects."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from open311.errors import ConfigurationError
from open311.settings import shipped

# Two processes that start at once must not migrate at once; the number is arbitrary but must stay.
LOCK = 3_110_001


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(shipped("migrations")))
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate up to `revision`; nothing happens when the database is there already."""
    _run(url, command.upgrade, revision)


def downgrade(url: str, revision: str) -> None:
    """Migrate down to `revision` (`base` for an empty database)."""
    _run(url, command.downgrade, revision)


def _run(url: str, migration: object, revision: str) -> None:
    config = _config()
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    try:
        with engine.begin() as connection:
            connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            config.attributes["connection"] = connection
            migration(config, revision)  # type: ignore[operator]
    except OperationalError as reason:
        raise ConfigurationError(f"the database cannot be reached: {reason.orig}") from None


def current(url: str) -> tuple[str | None, str | None]:
    """The revision of the database, and the one this release expects."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            present = MigrationContext.configure(connection).get_current_revision()
    except OperationalError as reason:
        raise ConfigurationError(f"the database cannot be reached: {reason.orig}") from None
    return present, ScriptDirectory.from_config(_config()).get_current_head()


def require_current(url: str) -> None:
    """Raise `ConfigurationError` unless the database answers and has the tables this release expects."""
    present, expected = current(url)
    if present != expected:
        raise ConfigurationError(
            f"the database is at {present or 'no revision'}, expected is {expected}; run `open311 db upgrade`"
        )
