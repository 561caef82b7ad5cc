"""Pictures and labels on a device."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def as_rows(images: Tensor) -> Tensor:
    """Pictures of uint8 (N, ...) as networks take them: float32 (N, numbers) in [0, 1]."""
    return images.flatten(1).float().div_(255)


@dataclass(frozen=True)
class ResidentDataset:
    """A data set that lives on a device: images float32 (N, in_size), labels int64 (N,).

    The last ``extra`` images are a person's own. They are trained on and never validated on, so
    that validation stays the same for every run.
    """

    images: Tensor
    labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    classes: int
    extra: int = 0

    @property
    def in_size(self) -> int:
        return self.images.shape[1]

    @classmethod
    def on(
        cls,
        device: torch.device,
        images: NDArray[np.uint8],
        labels: NDArray[np.int64],
        test_images: NDArray[np.uint8],
        test_labels: NDArray[np.int64],
        classes: int,
    ) -> "ResidentDataset":
        """Pictures uint8 (N, ...) and labels (N,), as float32 in [0, 1] on ``device``."""
        parts = (
            torch.from_numpy(part).to(device) for part in (images, labels, test_images, test_labels)
        )
        seen, known, unseen, truth = parts
        return cls(as_rows(seen), known, as_rows(unseen), truth, classes)
