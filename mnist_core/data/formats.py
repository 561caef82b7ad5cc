"""The files of the data sets as arrays: checked first, since people move and cut files."""

import hashlib
import pickle
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mnist_core.errors import DataError

# Each data set's files in the order in which they are read: for training, then for the test.
IDX_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
# CIFAR's files are pickles, which can run any program: only these, by their MD5, are opened.
CIFAR_FILES = {
    "cifar10": {
        "data_batch_1": "c99cafc152244af753f735de768cd75f",
        "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
        "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
        "data_batch_4": "634d18415352ddfa80567beed471001a",
        "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
        "test_batch": "40351d587109b95175f43aff81a1287e",
        "batches.meta": "5ff9c542aee3614f3951f8cda6e48888",
    },
    "cifar100": {
        "train": "16019d7e3df5f24257cddd939b257f8d",
        "test": "f0ef6b0ae62326f3e7ffdfab6717acfc",
        "meta": "7973b15100ade9c7d40fb424638fde48",
    },
}


class Pictures(NamedTuple):
    """What files hold: uint8 images (N, ...) and labels (N,), and the classes if they are named."""

    images: NDArray[np.uint8]
    labels: NDArray[Any]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[Any]
    classes: tuple[str, ...] = ()


def read_idx(paths: list[Path]) -> Pictures:
    """MNIST's four files, in the order of ``IDX_FILES``.

    Raises:
        DataError: one cannot be read or is damaged; it is named and left as it is.
    """
    images, labels, test_images, test_labels = map(_idx_array, paths)
    return Pictures(images, labels, test_images, test_labels)


def _idx_array(path: Path) -> NDArray[np.uint8]:
    """An IDX file, its length compared with its own header (yann.lecun.com/exdb/mnist)."""
    data = _bytes(path)
    dimensions = int(data[3]) if len(data) > 3 else 0
    whole = len(data) >= 4 * (dimensions + 1)
    if bytes(data[:3]) != b"\0\0\x08" or dimensions not in (1, 3, 4) or not whole:
        raise DataError(f"{path} is damaged: it does not begin as a file of MNIST's format does")
    shape = struct.unpack_from(f">{dimensions}I", data.data, 4)
    expected = 4 * (dimensions + 1) + int(np.prod(shape, dtype=object))
    if len(data) != expected:
        raise DataError(
            f"{path} is damaged: its header announces {expected:,} bytes and it has {len(data):,}. "
            "It was left as it is; move it away to have it fetched again."
        )
    return data[4 * (dimensions + 1) :].reshape(shape)


def as_idx(array: NDArray[Any]) -> bytes:
    """Numbers from 0 to 255 of any shape as an IDX file."""
    head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return head + array.astype(np.uint8).tobytes()


def read_cifar(paths: list[Path]) -> Pictures:
    """The files of CIFAR-10 or CIFAR-100, in the order of ``CIFAR_FILES``.

    Raises:
        DataError: see ``read_idx``.
    """
    sums = next(s for s in CIFAR_FILES.values() if [*s] == [path.name for path in paths])
    *batches, meta = _unpickled(paths, sums)
    images = [b["data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1) for b in batches]
    labels = [np.array(b["labels"] if "labels" in b else b["fine_labels"]) for b in batches]
    names = meta["label_names"] if "label_names" in meta else meta["fine_label_names"]
    return Pictures(
        np.concatenate(images[:-1]),
        np.concatenate(labels[:-1]),
        np.ascontiguousarray(images[-1]),
        labels[-1],
        tuple(names),
    )


def _unpickled(paths: list[Path], sums: dict[str, str]) -> Iterator[dict[str, Any]]:
    for path in paths:
        data = _bytes(path).tobytes()
        if hashlib.md5(data, usedforsecurity=False).hexdigest() != sums[path.name]:
            raise DataError(
                f"{path} is damaged: its checksum is wrong. It was left as it is; move it away to "
                "have it fetched again."
            )
        yield pickle.loads(data, encoding="latin1")


def _bytes(path: Path) -> NDArray[np.uint8]:
    try:
        return np.fromfile(path, np.uint8)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
