"""Which inputs a population multiplies with its weights: zeros contribute nothing.

Of MNIST's 784 pixels 717 are ever inked, and 516 in a batch of 100 pictures (the mean of an
epoch's batches). An input without ink adds nothing to a sum and its weights have a gradient of
zero, so to leave it out changes nothing but the order in which numbers are added. Without the rare
inputs, which are taken batch by batch, a step takes 1.21 times as long for 64 members of 32 units,
1.28 times for 128 and 1.24 times for the grid of ``benchmarks.population``: one core, medians of
24 blocks of 8 steps, in turns.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from mnist_core.data.resident import ResidentDataset

MULTIPLE = 16  # a product over 719 columns instead of 720 costs 10 % of the update's speed
# A rare input that is needed costs half as much again as a common one: its weights are copied.
NEEDED = 2 / 3


class Columns(NamedTuple):
    """Inputs by number: ``common`` are always multiplied, ``rare`` where a batch has ink there.

    Those in neither are zero in every picture.
    """

    common: Tensor
    rare: Tensor


class Inputs(NamedTuple):
    """A batch as the first layer wants it.

    ``common`` is (pictures, common inputs). ``rare`` is (pictures, 1 + n): a one, of which the
    weight is the bias, and the n rare inputs in which this batch has ink. ``active`` says which
    (1 + n,): 0 for the one, i + 1 for input number i of ``Columns.rare``.
    """

    common: Tensor
    rare: Tensor
    active: Tensor


def input_use(data: ResidentDataset) -> Tensor:
    """The share of all pictures, 0 to 1, in which an input is not zero: float64 (in_size,), CPU."""
    # Counted in float32, which is exact up to 16 million, since an Apple GPU has no float64.
    used = torch.zeros(data.in_size, device=data.images.device)
    pictures = (data.images, data.test_images)
    for images in pictures:
        for part in images.split(1000):  # a third of the time that it takes at once
            used += (part != 0).float().sum(0)
    return used.cpu().double() / sum(map(len, pictures))


def choose_columns(
    use: Tensor, batch_size: int, by_batch: bool, device: torch.device | str = "cpu"
) -> Columns:
    """Sort the inputs by how often they are needed.

    Args:
        use: see ``input_use``.
        batch_size: pictures in a batch.
        by_batch: whether inputs may be left out batch by batch; else none is rare.
        device: where the numbers of the inputs are wanted.
    """
    needed = 1 - (1 - use) ** batch_size  # the chance that one of a batch's pictures has ink there
    wanted = int(((needed > NEEDED) if by_batch else use > 0).sum())
    live = int((use > 0).sum())
    count = min(-(-wanted // MULTIPLE) * MULTIPLE, len(use))
    ranked = use.sort(descending=True, stable=True).indices
    common, rare = ranked[:count], ranked[count : max(live, count)]
    return Columns(common.sort().values.to(device), rare.sort().values.to(device))


def pick(x: Tensor, columns: Columns) -> Inputs:
    """Take pictures, (pictures, in_size), apart."""
    everything = len(columns.common) == x.shape[1]
    common = x if everything else x.index_select(1, columns.common)
    rare = x.new_ones(len(x), 1 + len(columns.rare))
    if not len(columns.rare):
        return Inputs(common, rare, columns.rare.new_zeros(1))
    torch.index_select(x, 1, columns.rare, out=rare[:, 1:])
    active = rare.any(0).nonzero()[:, 0]
    return Inputs(common, rare.index_select(1, active), active)
