"""Disks of a test's own that can be full or read-only."""

import contextlib
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.helpers.waiting import wait_until


@contextlib.contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """A disk of its own that can be filled, or be made read-only with ``remount``."""
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"this user may not mount a disk here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def _given_back(database: sqlite3.Connection) -> bool:
    """Whether what a database reserved for changes is free again; not while somebody reads it."""
    busy, *_ = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def make_read_only(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Use up all the space that is left on a disk; deleting the file frees it.

    The databases on it first give back what they reserve, or they could go on for a while.
    """
    for database in disk.rglob("*.db"):
        with contextlib.closing(sqlite3.connect(database)) as connection:
            wait_until(partial(_given_back, connection), "nobody reads it")
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    free = os.statvfs(disk)
    assert free.f_bavail == 0
    return filler
