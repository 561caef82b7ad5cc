"""Fashion-MNIST whole, as Debian's package dataset-fashion-mnist has it.

``python -m tests.helpers.fashion`` installs it where there is none. Without apt-get, root or a sudo
that asks for no password nothing is installed, and the test that needs it is skipped.
"""

import gzip
import sys
from pathlib import Path

from mnist_core.data.formats import IDX_FILES
from tests.helpers.debian import provide

FOLDER = Path("/usr/share/datasets/fashion-mnist")


def folder() -> Path | None:
    """Where the package keeps its files, if it is installed."""
    return FOLDER if FOLDER.is_dir() else None


def lay_out(root: Path) -> None:
    """Unpack its four files below ``root`` as torchvision lays them out."""
    raw = root / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for name in IDX_FILES:
        (raw / name).write_bytes(gzip.decompress((FOLDER / f"{name}.gz").read_bytes()))


if __name__ == "__main__":
    sys.exit(provide("Fashion-MNIST", folder, "dataset-fashion-mnist"))
