"""The pictures that a run learnt from, was validated on, and was tested with."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mnist_core.data.datasets import read_again
from mnist_core.data.split import SPLIT_SEED, split_indices
from mnist_core.runs.records import Run

Part = Literal["validation", "training", "test"]
PARTS: tuple[Part, ...] = ("validation", "training", "test")


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures of a data set, with their answers.

    images: uint8 (N, height, width) or (N, height, width, 3); labels: int64 (N,);
    numbers: int64 (N,), the place of each in the data set's training or test file, from 0 on;
    classes: the names of the labels.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    numbers: NDArray[np.int64]
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def of(self, rows: NDArray[np.int64] | slice) -> "Pictures":
        """Those in the given rows."""
        return Pictures(self.images[rows], self.labels[rows], self.numbers[rows], self.classes)


def pictures_of(run: Run, part: Part) -> Pictures:
    """The pictures of a part of the data that ``run`` was trained with; nothing is downloaded.

    As they are: distortions are for training alone. The digits that a person taught it are left
    out.

    Raises:
        DataError: the data set is not on this machine.
    """
    data = read_again(run.config.dataset, run.data.get("source", ""))
    if part == "test":
        numbers = np.arange(len(data.test_labels))
        return Pictures(data.test_images, data.test_labels, numbers, data.classes)
    train, val = split_indices(len(data.labels), run.config.val_fraction, SPLIT_SEED)
    numbers = train if part == "training" else val
    return Pictures(data.images[numbers], data.labels[numbers], numbers, data.classes)
