"""One process, and one thread in it, at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock
from sqlalchemy import create_engine, text

from mnist_core.settings import sqlite_file

OPENING = 60.0  # seconds in which another process makes the tables of a new database
LOCK_KEY = 0x6D6E697374  # "mnist": any number will do that nobody else uses in this database


@contextmanager
def alone(uri: str) -> Iterator[None]:
    """Nobody else opens the database meanwhile: two that make its tables break each other's.

    Raises:
        OSError: the folder of an SQLite file cannot be made or written, or somebody has been
            opening it for longer than ``OPENING``.
    """
    path = sqlite_file(uri)
    if path is not None:
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
