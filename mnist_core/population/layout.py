"""How many networks share a few large tensors, and what that takes in memory.

The first layers are stacked into one matrix, because they hold nearly all weights: K networks of
h units become one (K * h, in_size) matrix, and one product serves them all. What comes after is a
batched product over a bucket of networks of nearly the same width, padded to the widest with
units whose weights are zero.
"""

from dataclasses import dataclass
from itertools import accumulate, pairwise

import torch
from torch import Tensor

from mnist_core.config.train import TrainConfig
from mnist_core.nn.training import EVAL_BATCH
from mnist_core.population.inputs import Columns

# A bucket pads its members by less than this factor. At 1.15, 64 widths drawn at random from
# 16..256 make some 20 buckets and 6 % of padding; a grid of widths makes one bucket a width.
MAX_PADDING = 1.15

SLOTS: dict[str, tuple[str, ...]] = {  # what PyTorch's optimizers call their tensors
    "sgd": (),
    "momentum": ("momentum_buffer",),
    "adam": ("exp_avg", "exp_avg_sq"),
    "adamw": ("exp_avg", "exp_avg_sq"),
}

# config.hidden_sizes is followed by the classes: the outputs of every layer.
Widths = tuple[int, ...]


@dataclass(frozen=True)
class Bucket:
    """Consecutive members padded to the same widths; ``rows`` is their share of the first layer."""

    members: slice
    rows: slice
    widths: Widths

    def __len__(self) -> int:
        return int(self.members.stop - self.members.start)


def make_buckets(widths: list[Widths]) -> list[Bucket]:
    """Cut members, sorted by their widths, into runs of which none is padded by MAX_PADDING."""
    starts = [0]
    for i in range(len(widths)):
        layers = list(zip(*widths[starts[-1] : i + 1], strict=True))
        if any(max(sizes) > min(sizes) * MAX_PADDING for sizes in layers):
            starts.append(i)
    spans = list(pairwise([*starts, len(widths)]))
    padded = [tuple(map(max, zip(*widths[a:b], strict=True))) for a, b in spans]
    rows = accumulate(((b - a) * w[0] for (a, b), w in zip(spans, padded, strict=True)), initial=0)
    return [
        Bucket(slice(a, b), slice(top, end), w)
        for (a, b), w, (top, end) in zip(spans, padded, pairwise(rows), strict=True)
    ]


def places(buckets: list[Bucket]) -> list[tuple[int, int]]:
    """For each member the number of its bucket and its place there."""
    return [(number, place) for number, b in enumerate(buckets) for place in range(len(b))]


def units(buckets: list[Bucket], layer: int) -> int:
    """Units of a layer, over all members and with their padding."""
    return sum(len(bucket) * bucket.widths[layer] for bucket in buckets)


def parts(buckets: list[Bucket], layer: int, flat: Tensor) -> list[Tensor]:
    """View a layer's (units of all members, n) as one (members, units, n) for each bucket."""
    heights = [len(bucket) * bucket.widths[layer] for bucket in buckets]
    return [
        part.view(len(bucket), bucket.widths[layer], -1)
        for bucket, part in zip(buckets, flat.split(heights), strict=True)
    ]


class Packed:
    """One number for every weight of every member: the weights, or their gradients, or a slot.

    Attributes:
        first: the first layers' weights of the common inputs, (rows, common inputs).
        rare: their biases, and their weights of the rare inputs, (1 + rare inputs, rows): to take
            the weights of a few inputs is then to copy a few rows.
        upper: the weights of the layers after the first; each has for every bucket
            (members, out, in).
        upper_bias: their biases, (units of all members, 1) for each layer.
        columns: which inputs those are.
    """

    def __init__(self, buckets: list[Bucket], columns: Columns, device: torch.device) -> None:
        self.buckets = buckets
        self.columns = columns
        self._places = places(buckets)
        rows = units(buckets, 0)
        self.first = torch.zeros(rows, len(columns.common), device=device)
        self.rare = torch.zeros(1 + len(columns.rare), rows, device=device)
        layers = range(1, len(buckets[0].widths))
        self.upper = [
            [torch.zeros(len(b), b.widths[i], b.widths[i - 1], device=device) for b in buckets]
            for i in layers
        ]
        self.upper_bias = [torch.zeros(units(buckets, i), 1, device=device) for i in layers]
        self._bias_parts = [parts(buckets, *layer) for layer in enumerate(self.upper_bias, 1)]

    def rows(self, member: int) -> slice:
        """A member's share of the first layer, with its padding."""
        number, place = self._places[member]
        bucket = self.buckets[number]
        height = bucket.widths[0]
        top = bucket.rows.start + place * height
        return slice(top, top + height)

    def views(self, member: int) -> list[Tensor]:
        """The padded weights of one member, in the order of ``MnistModel.parameters()``.

        Without those of rare inputs.
        """
        number, place = self._places[member]
        rows = self.rows(member)
        views = [self.first[rows], self.rare[0, rows]]
        for weights, biases in zip(self.upper, self._bias_parts, strict=True):
            views += [weights[number][place], biases[number][place, :, 0]]
        return views

    def load(self, member: int, tensors: list[Tensor]) -> None:
        """Take over a member's tensors, which have the shapes of its own parameters."""
        for i, (view, tensor) in enumerate(zip(self.views(member), tensors, strict=True)):
            if i == 0:
                rare = tensor.index_select(1, self.columns.rare)
                self.rare[1:, self.rows(member)][:, : len(rare)] = rare.t()
                tensor = tensor.index_select(1, self.columns.common)
            view[tuple(slice(n) for n in tensor.shape)] = tensor

    def save(self, member: int, tensors: list[Tensor]) -> None:
        """The inverse of ``load``. Columns that are not kept stay as they are in ``tensors``."""
        for i, (view, tensor) in enumerate(zip(self.views(member), tensors, strict=True)):
            if i == 0:
                rare = self.rare[1:, self.rows(member)][:, : len(tensor)]
                tensor.index_copy_(1, self.columns.rare, rare.t())
                tensor.index_copy_(1, self.columns.common, view[: len(tensor)])
            else:
                tensor.copy_(view[tuple(slice(n) for n in tensor.shape)])


def member_bytes(config: TrainConfig, in_size: int, classes: int) -> int:
    """Upper estimate of the memory that one member takes while its group trains, in bytes.

    Weights, gradients and optimizer slots, padded, and what each layer holds for a batch: sum,
    activation, dropout and gradient.
    """
    sizes = (in_size, *config.hidden_sizes, classes)
    weights = sum(a * b + b for a, b in pairwise(sizes))
    units = sum(sizes[1:])
    copies = 2 + len(SLOTS[config.optimizer])
    return 4 * int(MAX_PADDING * (copies * weights + 4 * units * (EVAL_BATCH + config.batch_size)))
