"""Database errors as ours: out of reach, a deadlock that rolled back, or a bug."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from open311.base.errors import Busy, Unavailable, problem

# As SQLAlchemy tells it: no connection was to be had, or it was lost.
LOST = (OperationalError, InterfaceError, PoolTimeout)
# A standby, or a recovery that waits at its target: another connection may find who takes writes.
READ_ONLY = psycopg.errors.ReadOnlySqlTransaction
# As the driver tells it. Statements that were taken back or took too long are among them, too.
LOST_BY_DRIVER = (psycopg.OperationalError, psycopg.InterfaceError, READ_ONLY)
# Two transactions waited for each other, and PostgreSQL has taken this one back; its connection is sound.
CROSSED = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
CROSSED_AGAIN_SECONDS = 1

log = structlog.get_logger()


@contextmanager
def in_our_words() -> Iterator[None]:
    """Within the block, SQLAlchemy's errors come as `Unavailable` or `Busy`; a fault of ours stays one."""
    try:
        yield
    except LOST as lost:
        raise _out_of_turn(getattr(lost, "orig", None)) from lost
    except DBAPIError as error:
        if error.connection_invalidated or isinstance(error.orig, READ_ONLY):
            raise Unavailable(problem("error.unavailable")) from error
        if isinstance(error.orig, psycopg.Error):
            _forget_row(error.orig)
            error.args = error.orig.args
        raise


def raise_in_our_words(conn: Connection, error: psycopg.Error) -> None:
    """The same for an error of the driver, to which a statement went past SQLAlchemy; returns for a fault of ours."""
    if isinstance(error, LOST_BY_DRIVER):
        # SQLAlchemy has not seen the error, and would hand the dead connection to the next caller.
        if not isinstance(error, CROSSED):
            conn.invalidate(error)
        raise _out_of_turn(error) from error
    _forget_row(error)


def went_away(error: BaseException | None) -> bool:
    """Whether an error of a read says that the replica could not finish it, rather than that it took too long."""
    cause = getattr(error, "orig", error)
    return isinstance(cause, LOST_BY_DRIVER) and not isinstance(cause, psycopg.errors.QueryCanceled)


def _out_of_turn(error: BaseException | None) -> Busy | Unavailable:
    """What it means that a statement was not carried out: another was in its way, or the server is out of reach."""
    if isinstance(error, CROSSED):
        log.warning("transactions_crossed", reason=type(error).__name__)
        return Busy(problem("error.crossed"), retry_after=CROSSED_AGAIN_SECONDS)
    return Unavailable(problem("error.unavailable"))


def _forget_row(error: psycopg.Error) -> None:
    """Drop the details of an error: they quote the row, with a reporter's name and address, and errors are logged."""
    error.args = (error.diag.message_primary or type(error).__name__,)
