"""How many networks share a few large tensors, and what that takes in memory.

The first layers are stacked into one matrix, because they hold nearly all weights: K networks of
h units become one (K * h, in_size) matrix, and one product serves them all. What comes after is a
batched product over a bucket of networks of nearly the same width, padded to the widest with
units whose weights are zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import prod

import torch
from torch import Tensor

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
    starts, low, high = [0], widths[0], widths[0]
    for i, layers in enumerate(widths):
        low, high = tuple(map(min, low, layers)), tuple(map(max, high, layers))
        if any(most > least * MAX_PADDING for least, most in zip(low, high, strict=True)):
            starts.append(i)
            low = high = layers
    spans = list(pairwise([*starts, len(widths)]))
    padded = [tuple(map(max, zip(*widths[a:b], strict=True))) for a, b in spans]
    rows = accumulate(((b - a) * w[0] for (a, b), w in zip(spans, padded, strict=True)), initial=0)
    return [
        Bucket(slice(a, b), slice(top, end), w)
        for (a, b), w, (top, end) in zip(spans, padded, pairwise(rows), strict=True)
    ]


class Layout:
    """Where the units of each member are.

    Attributes:
        widths: outputs of each layer, for each member.
        buckets: runs of members that are padded to the same widths.
        places: for each member the number of its bucket and its place there.
        depth: hidden layers.
    """

    def __init__(self, widths: list[Widths]) -> None:
        self.widths = widths
        self.buckets = make_buckets(widths)
        self.places = [(n, place) for n, b in enumerate(self.buckets) for place in range(len(b))]
        self.depth = len(widths[0]) - 1

    def units(self, layer: int) -> int:
        """Rows of a layer, over all members and with their padding."""
        return sum(len(bucket) * bucket.widths[layer] for bucket in self.buckets)

    def rows(self, member: int) -> slice:
        """A member's share of the first layer, with its padding."""
        number, place = self.places[member]
        bucket = self.buckets[number]
        top = bucket.rows.start + place * bucket.widths[0]
        return slice(top, top + bucket.widths[0])

    def parts(self, layer: int, flat: Tensor) -> list[Tensor]:
        """View a layer's (units of all members, n) as one (members, units, n) for each bucket."""
        heights = [len(bucket) * bucket.widths[layer] for bucket in self.buckets]
        return [
            part.view(len(bucket), bucket.widths[layer], -1)
            for bucket, part in zip(self.buckets, flat.split(heights), strict=True)
        ]

    def per_unit(self, layer: int, values: Sequence[float], padding: float) -> Tensor:
        """A column (units, 1) with each member's value, and ``padding`` for padded units."""
        column = torch.full((self.units(layer), 1), padding)
        views = self.parts(layer, column)
        for (number, place), widths, value in zip(self.places, self.widths, values, strict=True):
            views[number][place, : widths[layer]] = value
        return column


def copy_all(pairs: Sequence[tuple[Tensor, Tensor]]) -> None:
    """Copy each second tensor into the first, or into the first's leading part of that shape.

    One call for all: on a GPU, where each copy alone would be a kernel, few for all of them.
    """
    if pairs:
        into = [first[tuple(slice(n) for n in second.shape)] for first, second in pairs]
        torch._foreach_copy_(into, [second for _, second in pairs])


ALIGNED = 16  # numbers: a view begins where a cache line does


class Packed:
    """One number for every weight of every member: the weights, or their gradients, or a slot.

    Attributes:
        flat: all of it, (weights of all members with their padding,). The others are its views.
        first: the first layers' weights of the common inputs, (rows, common inputs).
        rare: their biases, and their weights of the rare inputs, (1 + rare inputs, rows): to take
            the weights of a few inputs is then to copy a few rows.
        upper: the weights of the layers after the first; each has for every bucket
            (members, out, in).
        upper_bias: their biases, (units of all members, 1) for each layer.
    """

    def __init__(self, layout: Layout, columns: Columns, device: torch.device) -> None:
        self.layout = layout
        self.columns = columns
        rows, layers = layout.units(0), range(1, layout.depth + 1)
        shapes: list[tuple[int, ...]] = [(rows, len(columns.common)), (1 + len(columns.rare), rows)]
        for i in layers:
            shapes += [(len(b), b.widths[i], b.widths[i - 1]) for b in layout.buckets]
            shapes.append((layout.units(i), 1))
        sizes = [-(-prod(shape) // ALIGNED) * ALIGNED for shape in shapes]
        self.flat = torch.zeros(sum(sizes), device=device)
        views = [
            part[: prod(shape)].view(shape)
            for part, shape in zip(self.flat.split(sizes), shapes, strict=True)
        ]
        self.first, self.rare, *rest = views
        each = len(layout.buckets) + 1
        self.upper = [rest[i * each : (i + 1) * each - 1] for i in range(layout.depth)]
        self.upper_bias = rest[each - 1 :: each]
        self._bias_parts = [layout.parts(*layer) for layer in enumerate(self.upper_bias, 1)]

    def views(self, member: int) -> list[Tensor]:
        """The padded weights of one member, in the order of ``MnistModel.parameters()``.

        Without those of rare inputs.
        """
        number, place = self.layout.places[member]
        rows = self.layout.rows(member)
        views = [self.first[rows], self.rare[0, rows]]
        for weights, biases in zip(self.upper, self._bias_parts, strict=True):
            views += [weights[number][place], biases[number][place, :, 0]]
        return views

    def load(self, members: dict[int, list[Tensor]]) -> None:
        """Take over members' tensors, which have the shapes of their own parameters."""
        pairs = []
        for member, (first, *others) in members.items():
            views = self.views(member)
            if first.shape[1] != views[0].shape[1]:
                rare = first.index_select(1, self.columns.rare)
                self.rare[1:, self.layout.rows(member)][:, : len(rare)] = rare.t()
                common = first.index_select(1, self.columns.common)
                views.pop(0)[: len(common)] = common
            else:
                others.insert(0, first)
            pairs += list(zip(views, others, strict=True))
        copy_all(pairs)

    def save(self, members: dict[int, list[Tensor]]) -> None:
        """The inverse of ``load``. Columns that are not kept stay as they are in the tensors."""
        pairs = []
        for member, (first, *others) in members.items():
            views = self.views(member)
            if first.shape[1] != views[0].shape[1]:
                rare = self.rare[1:, self.layout.rows(member)][:, : len(first)]
                first.index_copy_(1, self.columns.rare, rare.t())
                first.index_copy_(1, self.columns.common, views.pop(0)[: len(first)])
            else:
                others.insert(0, first)
            pairs += list(zip(views, others, strict=True))
        copy_all([(t, view[tuple(slice(n) for n in t.shape)]) for view, t in pairs])
