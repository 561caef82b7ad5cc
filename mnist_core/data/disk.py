"""What a data set takes on the disk, and giving that back."""

from pathlib import Path

from mnist_core.data.catalog import dataset_spec
from mnist_core.data.datasets import forget, locate
from mnist_core.errors import DataError
from mnist_core.settings import Settings


def place_and_size(name: str) -> tuple[Path, int] | None:
    """The folder in which a data set is, and the bytes of its files; None where it is not here."""
    root = locate(name)
    if root is None:
        return None
    return root, sum((root / file).stat().st_size for file in dataset_spec(name).files)


def removable(name: str) -> bool:
    """Whether the app put it there: what lies where MNIST_LAB_DATA says is not ours."""
    return locate(name) == Settings().downloads


def remove(name: str) -> None:
    """Delete the files of a data set that the app put there; who trains on it has it in memory.

    Raises:
        DataError: it is not here, or was not put there by the app, or cannot be deleted.
    """
    spec, root = dataset_spec(name), locate(name)
    if root is None:
        raise DataError(f"{spec.title} is not on this machine, so there is nothing to remove.")
    if not removable(name):
        raise DataError(f"{spec.title} is in {root}, which MNIST_LAB_DATA names: remove it there.")
    try:
        for file in spec.files:
            (root / file).unlink(missing_ok=True)
        if spec.own_files:
            (root / spec.own_files[0]).parent.rmdir()
    except OSError as error:
        raise DataError(f"{error.filename} cannot be deleted: {error.strerror}.") from error
    finally:
        forget()
