"""What PostgreSQL's errors mean in the one error tree: gone, full, locked, refused, our bug."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors

from regard.core.errors import Broken, Refused, RegardError, Unavailable
from regard.store.postgresql.connecting import shown

_TRY_AGAIN = (
    errors.LockNotAvailable,
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.QueryCanceled,
)
# The second is no OperationalError, though the connection is gone: this process stood still.
_GONE = (psycopg.OperationalError, errors.IdleInTransactionSessionTimeout)
_NOT_ALLOWED = (errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction)


@contextmanager
def telling(location: str) -> Iterator[None]:
    """Turn an error of PostgreSQL into the one of ours that it means."""
    try:
        yield
    except psycopg.Error as error:
        raise _told(error, shown(location)) from error


def _told(error: psycopg.Error, place: str) -> RegardError:
    if isinstance(error, _TRY_AGAIN):
        return Unavailable(f"The store {place} is locked: {_line(error)}.", code="locked")
    if isinstance(error, (errors.DiskFull, errors.IoError)):
        return Unavailable(
            f"The disk of {place} is full or failing: {_line(error)}.",
            retry_after_s=30,
            code="disk_full",
            hint="Nothing was acknowledged; free space and the senders will try again.",
        )
    if isinstance(error, _NOT_ALLOWED):
        return Refused(
            f"The store {place} cannot be written: {_line(error)}.",
            code="store_not_writable",
            hint="Name the primary server, and a user that owns the database.",
        )
    if isinstance(error, _GONE):
        return Unavailable(
            f"The database {place} does not answer: {_line(error)}.",
            retry_after_s=5,
            code="store_unreachable",
            hint="Nothing was acknowledged; the senders will try again.",
        )
    return Broken(f"The store {place} failed: {_line(error)}.")


def _line(error: psycopg.Error) -> str:
    said = str(error).strip().splitlines()
    return said[0].rstrip(".") if said else type(error).__name__
