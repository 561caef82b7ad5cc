"""Optuna's storage: opened, waited for, and its failures said."""

import contextlib
import functools
import logging
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, RDBStorage
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from mnist_core.errors import StoreError
from mnist_core.runs.alone import alone
from mnist_core.runs.patience import patiently
from mnist_core.settings import Settings, place, sqlite_file

# What Optuna raises where a column or an attribute is nothing that it has written.
DAMAGED = (LookupError, ValueError, TypeError, AssertionError, OverflowError)

Storage = BaseStorage  # where studies are kept, for those who pass it on

optuna.logging.set_verbosity(optuna.logging.WARNING)
logging.getLogger("alembic").setLevel(logging.WARNING)


class PatientStorage(RDBStorage):
    """Optuna's, whose calls are tried again for ``patience`` seconds while it is unavailable."""

    def __init__(self, url: str, patience: float) -> None:
        self.patience = patience
        super().__init__(url)


def _patiently(call: Callable[..., Any]) -> Callable[..., Any]:
    """A call of ``RDBStorage`` as ``PatientStorage`` makes it."""

    @functools.wraps(call)
    def patient(storage: PatientStorage, *args: Any, **values: Any) -> Any:
        def passes(error: Exception) -> bool:
            if not isinstance(error, StorageInternalError | SQLAlchemyError):
                return False
            # Imports MLflow, for which no page that shows a study is to wait.
            from mnist_core.runs.failures import is_transient

            return is_transient(error, storage.url)

        def attempt() -> Any:
            try:
                return call(storage, *args, **values)
            except DAMAGED as error:
                # KeyError is Optuna's word for what is not there.
                if isinstance(error, KeyError) or not call.__name__.lstrip("_").startswith("get"):
                    raise
                what = " ".join(str(error).split()) or type(error).__name__
                raise StoreError(
                    f"the studies in {place(storage.url)} cannot be read: a record is damaged "
                    f"({what}). Put a copy of the database back, or move it away."
                ) from error

        return patiently(attempt, storage.patience, passes)

    return patient


# What Optuna's cache calls instead of some of the methods that every storage has.
CACHED = ("_create_new_trial", "_set_trial_param", "_get_trials")
for _name in (*BaseStorage.__abstractmethods__, *CACHED):
    setattr(PatientStorage, _name, _patiently(getattr(RDBStorage, _name)))


def open_storage(url: str | None = None, patience: float = 0.0) -> BaseStorage:
    """The studies' database, by default the one that ``Settings`` names.

    ``patience`` is for how many seconds to go on trying while it is locked or restarts.

    Raises:
        StoreError: it cannot be opened.
    """
    url = url or Settings().studies_uri
    try:
        path = sqlite_file(url)
        with alone(url):
            if path is not None:
                # A page that reads while a study writes waits for nobody in this mode.
                with contextlib.closing(sqlite3.connect(path)) as connection:
                    connection.execute("PRAGMA journal_mode=WAL")
            storage = PatientStorage(url, patience)
        if path is not None:
            event.listen(storage.engine, "connect", _write_without_waiting)
            storage.engine.dispose()  # the connections from before the line above
        return storage
    except (OSError, sqlite3.Error, SQLAlchemyError, RuntimeError, ImportError) as error:
        why = error.__cause__ if isinstance(error, ImportError) and error.__cause__ else error
        remedy = "" if sqlite_file(url) else " Check that it runs and that OPTUNA_STORAGE is right."
        raise StoreError(f"the studies in {place(url)} cannot be opened: {why}.{remedy}") from error


@contextlib.contextmanager
def storage_errors() -> Iterator[None]:
    """Whatever goes wrong with the studies' database is a StoreError; also a decorator."""
    try:
        yield
    except (StorageInternalError, SQLAlchemyError, sqlite3.Error) as error:
        uri = Settings().studies_uri
        why = str(error.__cause__ or error).partition("\n")[0]
        raise StoreError(
            f"the studies in {place(uri)} cannot be read or written: {why}. Wait until the "
            "database answers; a damaged file can be moved away."
        ) from error


def _write_without_waiting(connection: Any, _: object) -> None:
    """Do not wait for the disk after each write: with WAL, a crash of ours loses nothing."""
    connection.execute("PRAGMA synchronous=NORMAL")
