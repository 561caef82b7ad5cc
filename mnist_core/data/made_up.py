"""Pictures that nobody drew, to measure speed with: it does not depend on what is on them."""

import torch

from mnist_core.data.resident import ResidentDataset, as_rows

DIFFERENT = 1000  # pictures; beyond that they come again


def made_up(count: int, device: torch.device, dtype: torch.dtype) -> ResidentDataset:
    """``count`` pictures of MNIST's size and number of classes on a device, and no test part.

    A fifth of the numbers of a class's centre are not 0, as in MNIST. The same each time.
    """
    random = torch.Generator().manual_seed(0)
    centres = torch.rand(10, 28, 28, generator=random)
    centres *= torch.rand(10, 28, 28, generator=random) < 0.2
    which = torch.arange(min(count, DIFFERENT)) % 10
    noise = torch.rand(len(which), 28, 28, generator=random)
    drawn = as_rows((255 * centres[which] * noise).to(torch.uint8)).to(device, dtype)
    rows = torch.arange(count, device=device) % DIFFERENT
    images, labels = drawn.index_select(0, rows), rows % 10
    return ResidentDataset(images, labels, images[:0], labels[:0], 10)
