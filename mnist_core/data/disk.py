"""What a data set takes on the disk, and giving that back."""

from pathlib import Path

from mnist_core.data.catalog import DATASETS
from mnist_core.data.datasets import forget, locate
from mnist_core.errors import DataError
from mnist_core.settings import Settings


def place_and_size(name: str) -> tuple[Path, int] | None:
    """The folder in which a data set is, and the bytes of its files; None where it is not here."""
    root = locate(name)
    if root is None:
        return None
    return root, sum((root / file).stat().st_size for file in DATASETS[name].files)


def removable(name: str) -> bool:
    """Whether the app downloaded it: what lies where MNIST_LAB_DATA says is not ours."""
    return locate(name) == Settings().downloads


def remove(name: str) -> None:
    """Delete the files of a data set that was downloaded; who trains on it has it in memory.

    Raises:
        DataError: it is not here, or was not downloaded by the app, or cannot be deleted.
    """
    title, root = DATASETS[name].title, locate(name)
    if root is None:
        raise DataError(f"{title} is not on this machine, so there is nothing to remove.")
    if not removable(name):
        raise DataError(f"{title} is in {root}, which MNIST_LAB_DATA names: remove it there.")
    try:
        for file in DATASETS[name].files:
            (root / file).unlink(missing_ok=True)
    except OSError as error:
        raise DataError(f"{error.filename} cannot be deleted: {error.strerror}.") from error
    finally:
        forget()
