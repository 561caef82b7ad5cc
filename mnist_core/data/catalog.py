"""The data sets: what each is called, which files it has, and where they are served."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from mnist_core.config.train import DatasetName
from mnist_core.data.formats import CIFAR_FILES, IDX_FILES, Pictures, read_cifar, read_idx
from mnist_core.data.own import ABOUT, about, folder, is_own, own_titles, picture_files, read_own
from mnist_core.errors import ConfigError, DataError, Problem

CIFAR = "https://www.cs.toronto.edu/~kriz/"


@dataclass(frozen=True)
class Archive:
    """A file as it is served: its name, its length in bytes and its MD5 checksum.

    ``files`` are what it unpacks to, as paths below the folder of all data sets.
    """

    name: str
    size: int
    md5: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class DatasetSpec:
    """What is known of a data set; pictures, labels and their shapes are read from its files.

    ``torchvision_name`` is its class there: files lie where that class looks for them, and the
    programs that train a run again use it. ``classes`` are empty where the files name them.
    ``mirrors`` are addresses to which an archive's name is added. ``ends`` are the numbers in a
    picture and the count of classes, for who asks before its files are here. ``shows_digits`` says
    whether a network that learnt it can read what is drawn. ``own_files`` are those of a data set
    of somebody's own, which has no archives and is served nowhere.
    """

    title: str
    torchvision_name: str
    mirrors: tuple[str, ...]
    archives: tuple[Archive, ...]
    read: Callable[[list[Path]], Pictures]
    classes: tuple[str, ...] = ()
    has_sample: bool = False
    ends: tuple[int, int] = (784, 10)
    shows_digits: bool = False
    own_files: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """All its files in the order in which ``read`` takes them, below a root."""
        return (*(file for archive in self.archives for file in archive.files), *self.own_files)

    def missing(self, root: Path) -> list[Path]:
        """Those of its files that are not below ``root``."""
        return [root / file for file in self.files if not (root / file).exists()]


def _idx(
    title: str,
    name: str,
    mirrors: tuple[str, ...],
    sizes: tuple[int, int, int, int],
    sums: tuple[str, str, str, str],
    classes: tuple[str, ...],
    is_mnist: bool = False,
) -> DatasetSpec:
    archives = tuple(
        Archive(f"{file}.gz", size, md5, (f"{name}/raw/{file}",))
        for file, size, md5 in zip(IDX_FILES, sizes, sums, strict=True)
    )
    return DatasetSpec(
        title,
        name,
        mirrors,
        archives,
        read_idx,
        classes,
        has_sample=is_mnist,
        shows_digits=is_mnist,
    )


# Addresses and checksums are torchvision's, which a test compares. It is not asked for them while
# the app runs: importing it takes 1 s and 155 MB a process.
DATASETS: dict[str, DatasetSpec] = {
    "mnist": _idx(
        "MNIST",
        "MNIST",
        ("https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"),
        (9_912_422, 28_881, 1_648_877, 4_542),
        (
            "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "d53e105ee54ea40749a09fcbcd1e9432",
            "9fb629c4189551a2d022fa330f9573f3",
            "ec29112dd5afa0611ce80d1b7f02629c",
        ),
        tuple("0123456789"),
        is_mnist=True,
    ),
    "fashion_mnist": _idx(
        "Fashion-MNIST",
        "FashionMNIST",
        ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
        (26_421_880, 29_515, 4_422_102, 5_148),
        (
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "25c81989df183df01b3e8a0aad5dffbe",
            "bef4ecab320f06d8554ea6380940ec79",
            "bb300cfdad3c16e7a12a480ee83cd310",
        ),
        (
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
    ),
    "kmnist": _idx(
        "KMNIST",
        "KMNIST",
        ("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
        (18_165_135, 29_497, 3_041_136, 5_120),
        (
            "bdb82020997e1d708af4cf47b453dcf7",
            "e144d726b3acfaa3e44228e80efcd344",
            "5c965bf0a639b31b8f53240b1b52f4d7",
            "7320c461ea6c1c855c0b718fb2a4b134",
        ),
        ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    ),
    "cifar10": DatasetSpec(
        "CIFAR-10",
        "CIFAR10",
        (CIFAR,),
        (
            Archive(
                "cifar-10-python.tar.gz",
                170_498_071,
                "c58f30108f718f92721af3b95e74349a",
                tuple(f"cifar-10-batches-py/{name}" for name in CIFAR_FILES["cifar10"]),
            ),
        ),
        read_cifar,
        ends=(3072, 10),
    ),
    "cifar100": DatasetSpec(
        "CIFAR-100",
        "CIFAR100",
        (CIFAR,),
        (
            Archive(
                "cifar-100-python.tar.gz",
                169_001_437,
                "eb9058c3a382ffc7106e4002c42a8d85",
                tuple(f"cifar-100-python/{name}" for name in CIFAR_FILES["cifar100"]),
            ),
        ),
        read_cifar,
        ends=(3072, 100),
    ),
}


def dataset_spec(name: str) -> DatasetSpec:
    """What is known of a data set by the name that a configuration gives it.

    Of one of somebody's own that is not on this machine, its name alone is known.

    Raises:
        DataError: one of somebody's own is here and cannot be read.
    """
    if not is_own(name):
        return DATASETS[name]
    known, first = about(name), f"{folder(name)}/{ABOUT}"
    if known is None:
        return DatasetSpec(name, "", (), (), read_own, own_files=(first,))
    return DatasetSpec(
        known.title,
        "",
        (),
        (),
        read_own,
        known.classes,
        ends=(known.side**2 * (3 if known.colour else 1), len(known.classes)),
        shows_digits=known.shows_digits,
        own_files=(first, *picture_files(name, known.colour)),
    )


def shows_digits(name: str) -> bool:
    """Whether a network that learnt this data set reads digits, as far as is known here."""
    try:
        return dataset_spec(name).shows_digits
    except DataError:
        return False


def check_known(name: str) -> None:
    """Refuse a data set of somebody's own that is not on this machine.

    Raises:
        ConfigError: it is none that there is; the data sets of others may be fetched yet.
    """
    if is_own(name) and about(name) is None:
        there = ", ".join((*get_args(DatasetName), *own_titles()))
        allowed = f"is not on this machine; there are {there}. Its zip can be added on Data"
        raise ConfigError([Problem("dataset", name, allowed)])
