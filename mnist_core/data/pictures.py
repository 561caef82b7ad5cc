"""Pictures and labels in memory, read without PyTorch."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

    from mnist_core.data.resident import ResidentDataset


def in_rows(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Pictures of uint8 (N, ...) as networks take them: float32 (N, numbers) in [0, 1]."""
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(255)


@dataclass(frozen=True)
class ImageDataset:
    """Pictures and labels in memory.

    ``images`` and ``test_images`` are uint8 of shape (N, height, width) or (N, height, width, 3);
    ``labels`` and ``test_labels`` int64 (N,). ``source`` says where they were read from;
    ``notice`` is empty unless this is not the full data set; its first line says so, the second
    why.
    """

    name: str
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.int64]
    classes: tuple[str, ...]
    source: str
    notice: str = ""

    @property
    def image_shape(self) -> tuple[int, ...]:
        return tuple(self.images.shape[1:])

    @property
    def in_size(self) -> int:
        """Numbers in one picture (784 for MNIST)."""
        return int(self.images[0].size)

    def to(self, device: "torch.device") -> "ResidentDataset":
        """The whole data set as float32 in [0, 1] on ``device``, pictures flattened."""
        from mnist_core.data.resident import ResidentDataset  # to look at pictures needs no PyTorch

        parts = (self.images, self.labels, self.test_images, self.test_labels)
        return ResidentDataset.on(device, *parts, len(self.classes))
