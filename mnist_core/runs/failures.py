"""Every failure of a store as one sentence: what, where, and what to do."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from alembic.util.exc import CommandError
from filelock import Timeout
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from mnist_core.errors import RunNotFoundError, StoreError, StoreUnavailableError
from mnist_core.settings import place, sqlite_file

FULL = ("the disk is full", "Free some space, then try again")
LOCKED = (
    "another program holds the file",
    "Close that program or wait until it is done, then try again",
)
DAMAGED = (
    "the file is damaged or no database",
    "Move it away or put a copy of it back; where there is none, a new one is made",
)
READ_ONLY = (
    "it cannot be written",
    "Make it writable, or name another folder with MNIST_LAB_HOME",
)
UNOPENED = (
    "it cannot be opened",
    "Check that its folder is there and can be written, or name another with MNIST_LAB_HOME",
)
GONE = ("it is gone", "Put it back from a copy of the folder, or train again")
UNKNOWN_FILE = ("it does not work", "Check that its folder is there and can be written")
UNKNOWN_SERVER = ("it does not work", "Check that it runs and that MLFLOW_TRACKING_URI is right")

# An import fails where the driver of a server's database is not installed, a command of Alembic
# where a database has tables that this version knows nothing of.
FAILURES = (MlflowException, SQLAlchemyError, sqlite3.Error, OSError, ImportError, CommandError)

# What is wrong and what to do about it, by SQLite's result code and by the system's error number.
BY_SQLITE = {
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: UNOPENED,
}
BY_SYSTEM = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EFBIG: FULL,
    errno.EROFS: READ_ONLY,
    errno.EACCES: READ_ONLY,
    errno.EPERM: READ_ONLY,
    errno.ENOENT: GONE,
}


@contextmanager
def store_errors(uri: str) -> Iterator[None]:
    """Turn whatever MLflow, SQLAlchemy, SQLite and the file system raise into a StoreError.

    Raises:
        RunNotFoundError: the store has no such run.
        StoreUnavailableError: the store may work again in a moment: it is locked or restarts.
        StoreError: it needs a person; the message names the path and the remedy.
    """
    try:
        yield
    except StoreError:
        raise
    except FAILURES as error:
        if getattr(error, "error_code", "") == "RESOURCE_DOES_NOT_EXIST":
            raise RunNotFoundError(f"not in {place(uri)}: {error}") from error
        kind = StoreUnavailableError if is_transient(error, uri) else StoreError
        raise kind(_sentence(error, uri)) from error


def _chain(error: BaseException) -> list[BaseException]:
    """The error, and what it was raised from."""
    steps: list[BaseException] = []
    step: BaseException | None = error
    while step is not None:
        steps.append(step)
        step = step.__cause__ or step.__context__
    return steps


def _remedy(error: BaseException) -> tuple[str, str] | None:
    """What is wrong and what to do, if the innermost error that has a number is a known one."""
    for step in reversed(_chain(error)):
        if isinstance(step, Timeout):
            return LOCKED
        if isinstance(step, OSError) and step.errno in BY_SYSTEM:
            return BY_SYSTEM[step.errno]
        if isinstance(step, sqlite3.Error):
            # The low byte is the kind; sqlite3 sets no code on errors that it raises itself.
            code = getattr(step, "sqlite_errorcode", 0) & 0xFF
            if code in BY_SQLITE:
                return BY_SQLITE[code]
    return None


def is_transient(error: BaseException, uri: str) -> bool:
    """Whether the store may work again in a moment."""
    if sqlite_file(uri) is not None:
        return _remedy(error) is LOCKED
    kinds = (OperationalError, InterfaceError, ConnectionError)
    if any(isinstance(step, kinds) for step in _chain(error)):
        return True
    # A tracking server that is not there: MLflow gives no kind of its own.
    return "API request to" in str(error) and "Max retries" in str(error)


def _sentence(error: BaseException, uri: str) -> str:
    steps = _chain(error)
    default = UNKNOWN_SERVER if sqlite_file(uri) is None else UNKNOWN_FILE
    reason, remedy = _remedy(error) or default
    named = [step.filename for step in steps if isinstance(step, OSError) and step.filename]
    # The innermost error is the shortest: the outer ones repeat it with the SQL around it.
    detail = str(steps[-1]).strip() or type(steps[-1]).__name__
    return f"{named[0] if named else place(uri)}: {reason} ({detail}). {remedy}."
