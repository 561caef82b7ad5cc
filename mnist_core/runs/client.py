"""MLflow's client with every failure turned into one sentence: what, where, and what to do."""

import functools
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError, SQLAlchemyError

from mnist_core.errors import RunNotFoundError, StoreError, StoreUnavailableError

SQLITE = "sqlite:///"
OPENING = 60.0  # seconds in which another process makes the tables of a new store
LOCK_KEY = 0x6D6E697374  # "mnist": any number will do that nobody else uses in this database
RETRY_INTERVAL = 0.5  # seconds between two attempts at a store that does not answer

FULL = ("the disk is full", "Free some space, then try again")
DAMAGED = (
    "the file is damaged or no database",
    "Move it away or put a copy of it back; where there is none, a new one is made",
)
READ_ONLY = (
    "it cannot be written",
    "Make it writable, or name another folder with MNIST_LAB_HOME",
)
# What an error's text contains, in lower case -> what that means and what to do about it.
REMEDIES = {
    "locked": (
        "another program holds the file",
        "Close that program or wait until it is done, then try again",
    ),
    "no space left": FULL,
    "disk is full": FULL,
    "file too large": FULL,
    "malformed": DAMAGED,
    "not a database": DAMAGED,
    "readonly": READ_ONLY,
    "read-only": READ_ONLY,
    "permission denied": READ_ONLY,
    "unable to open": (
        "it cannot be opened",
        "Check that its folder is there and can be written, or name another with MNIST_LAB_HOME",
    ),
}
UNKNOWN_FILE = ("it does not work", "Check that its folder is there and can be written")
UNKNOWN_SERVER = ("it does not work", "Check that it runs and that MLFLOW_TRACKING_URI is right")


def place(uri: str) -> str:
    """Where a store is, as a person would say it: the file's path, or the address, no password."""
    if uri.startswith(SQLITE):
        return uri.removeprefix(SQLITE)
    try:
        return make_url(uri).render_as_string(hide_password=True)
    except ArgumentError:
        return uri


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
    except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError) as error:
        if getattr(error, "error_code", "") == "RESOURCE_DOES_NOT_EXIST":
            raise RunNotFoundError(f"not in {place(uri)}: {error}") from error
        kind = StoreUnavailableError if _is_transient(error, uri) else StoreError
        raise kind(_sentence(error, uri)) from error


@contextmanager
def alone(uri: str) -> Iterator[None]:
    """One process at a time: two that make the tables of a new store break each other's."""
    if uri.startswith(SQLITE):
        path = Path(uri.removeprefix(SQLITE))
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock", timeout=OPENING):
            yield
    elif uri.startswith("postgresql"):
        engine = create_engine(uri)
        try:
            with engine.connect() as connection:
                connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK_KEY})
                yield  # the end of the connection frees it
        finally:
            engine.dispose()
    else:
        yield


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, and what it was raised from."""
    step: BaseException | None = error
    while step is not None:
        yield step
        step = step.__cause__ or step.__context__


def _is_transient(error: BaseException, uri: str) -> bool:
    if uri.startswith(SQLITE):
        return "locked" in str(error).lower()
    kinds = (OperationalError, InterfaceError, ConnectionError)
    if any(isinstance(step, kinds) for step in _chain(error)):
        return True
    # A tracking server that is not there: MLflow gives no kind of its own.
    return "API request to" in str(error) and "Max retries" in str(error)


def _sentence(error: BaseException, uri: str) -> str:
    steps = list(_chain(error))
    words = " ".join(str(step) for step in steps).lower()
    default = UNKNOWN_FILE if uri.startswith(SQLITE) else UNKNOWN_SERVER
    found = (remedy for sign, remedy in REMEDIES.items() if sign in words)
    reason, remedy = next(found, default)
    named = [step.filename for step in steps if isinstance(step, OSError) and step.filename]
    # The innermost error is the shortest: the outer ones repeat it with the SQL around it.
    detail = str(steps[-1]).strip() or type(steps[-1]).__name__
    return f"{named[0] if named else place(uri)}: {reason} ({detail}). {remedy}."


class StoreClient:
    """An ``MlflowClient`` whose methods raise what ``store_errors`` says.

    With ``patience`` (seconds) a method is tried again for so long while the store is
    unavailable: what training writes (rows, tags, artifacts) can be written twice without harm.
    """

    def __init__(self, uri: str, patience: float = 0.0) -> None:
        self._uri = uri
        self._patience = patience

    def __repr__(self) -> str:
        return f"StoreClient({place(self._uri)!r})"

    @functools.cached_property
    def _client(self) -> MlflowClient:
        """Opened with the first call, under its ``store_errors``."""
        return MlflowClient(self._uri)

    def __getattr__(self, name: str) -> Any:
        getattr(MlflowClient, name)  # a wrong name is an error here, not at its first call

        def call(*args: Any, **kwargs: Any) -> Any:
            return self.patiently(lambda: getattr(self._client, name)(*args, **kwargs))

        return call

    def patiently(self, action: Callable[[], Any]) -> Any:
        """Do ``action`` under ``store_errors``, with this client's patience."""
        deadline = time.monotonic() + self._patience
        while True:
            try:
                with store_errors(self._uri):
                    return action()
            except StoreUnavailableError:
                if time.monotonic() >= deadline:
                    raise
            time.sleep(RETRY_INTERVAL)
