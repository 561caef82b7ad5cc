"""Pictures and labels in memory, and on a device."""

from dataclasses import dataclass

import torch
from torch import Tensor


def as_rows(images: Tensor) -> Tensor:
    """Pictures of uint8 (N, ...) as networks take them: float32 (N, numbers) in [0, 1]."""
    return images.flatten(1).float().div_(255)


@dataclass(frozen=True)
class ImageDataset:
    """Pictures and labels in memory.

    ``images`` and ``test_images`` are uint8 of shape (N, height, width) or (N, height, width, 3);
    ``labels`` and ``test_labels`` int64 (N,). ``source`` says where they were read from;
    ``notice`` is empty unless this is not the full data set; its first line says so, the second
    why.
    """

    name: str
    images: Tensor
    labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    classes: tuple[str, ...]
    source: str
    notice: str = ""

    @property
    def image_shape(self) -> tuple[int, ...]:
        return tuple(self.images.shape[1:])

    @property
    def in_size(self) -> int:
        """Numbers in one picture (784 for MNIST)."""
        return self.images[0].numel()

    def to(self, device: torch.device) -> "ResidentDataset":
        """The whole data set as float32 in [0, 1] on ``device``, pictures flattened."""

        return ResidentDataset(
            images=as_rows(self.images.to(device)),
            labels=self.labels.to(device),
            test_images=as_rows(self.test_images.to(device)),
            test_labels=self.test_labels.to(device),
            classes=len(self.classes),
        )


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
