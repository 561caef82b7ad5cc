"""Real processes, real signals, real disks. Tests wait for conditions, not for times."""

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mnist_core.jobs.queue import JobQueue
from mnist_core.runs.store import RunStore

PATIENCE = 600.0  # seconds until a condition counts as never coming; busy machines are slow


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Look again and again until ``condition`` holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.2)  # looking all the time would take the cores from what is looked at


@pytest.fixture
def data(small_mnist: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Workers and pages use the small data set."""
    monkeypatch.setenv("MNIST_LAB_DATA", str(small_mnist))
    return small_mnist


@pytest.fixture
def queue(data: Path) -> Iterator[JobQueue]:
    """A queue over an empty store, with workers of its own."""
    opened = JobQueue(RunStore())
    yield opened
    opened.close()


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


def make_read_only(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Use up all the space that is left on a disk; deleting the file frees it."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    free = os.statvfs(disk)
    assert free.f_bavail == 0
    return filler
