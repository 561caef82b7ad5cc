"""What whoever runs the app looks at: versions, memory and disk."""

import platform
import shutil
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from mnist_core.files import size_of
from mnist_core.settings import Settings

SHOWN = ("mnist-lab", "torch", "streamlit", "mlflow-skinny", "optuna", "distributed", "numpy")


def versions() -> dict[str, str]:
    """Python's and the packages' versions; "not installed" of one that is not there."""
    found = {"Python": platform.python_version()}
    for name in SHOWN:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


@dataclass(frozen=True)
class Memory:
    """Bytes: of this process, of those that it started, and what the machine has left."""

    page: int
    workers: int
    available: int


def memory() -> Memory:
    """The memory now, workers that another process started aside."""
    process = psutil.Process()
    workers = 0
    for child in process.children(recursive=True):
        try:
            workers += child.memory_info().rss
        except psutil.Error:  # it has just ended
            continue
    available: int = psutil.virtual_memory().available
    return Memory(process.memory_info().rss, workers, available)


@dataclass(frozen=True)
class Disk:
    """Bytes: what each entry of the home folder takes, and what its disk has left."""

    home: Path
    parts: dict[str, int]
    free: int


def disk() -> Disk:
    """The home folder as it is now; looks at every file in it.

    Raises:
        OSError: it cannot be read.
    """
    home = Settings().home
    entries = [path for path in home.iterdir() if path.suffix != ".lock"] if home.is_dir() else []
    parts = {path.name: size_of(path) for path in sorted(entries)}
    at = next(path for path in (home, *home.parents) if path.exists())
    return Disk(home, parts, shutil.disk_usage(at).free)
