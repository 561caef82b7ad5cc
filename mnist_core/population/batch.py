"""What a population holds for a batch of pictures: sums, activations, their gradients, dropout.

Every layer is kept as (units of all members, pictures), so a member's part is a view.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from mnist_core.nn.gradient import Function
from mnist_core.nn.state import TrainState, epoch_generator
from mnist_core.population.layout import Layout


class Block:
    """What one hidden layer holds: tensors of shape (units of all members, pictures).

    ``keep`` is what the activation is multiplied by: dropout, or zero for padded units.
    ``sums``, ``active`` and ``out`` share memory where they can; there is a ``grad`` in training.
    """

    def __init__(
        self, shape: tuple[int, int], f: Function, keep: Tensor | None, training: bool, like: Tensor
    ) -> None:
        self.f = f
        self.keep = keep
        self.active = like.new_empty(shape)
        self.sums = torch.empty_like(self.active) if f.needs_sum else self.active
        self.out = self.active if keep is None else torch.empty_like(self.active)
        self.grad = torch.empty_like(self.active) if training else self.active[:0]

    def activate(self) -> None:
        self.f.forward(self.sums, out=self.active)
        if self.keep is not None:
            torch.mul(self.active, self.keep, out=self.out)

    def differentiate(self) -> None:
        """Turn the gradient of ``out`` in ``grad`` into that of ``sums``."""
        if self.keep is not None:
            self.grad.mul_(self.keep)
        self.f.backward(self.grad, self.sums, self.active)


class Batch:
    """The tensors for a batch of a certain length, allocated once.

    Attributes:
        blocks: one for each hidden layer.
        logits, member_logits: (outputs of all members, pictures), (members, classes, pictures).
        member_grad: room for something of the shape of ``member_logits``; at last its gradient.
        sums, grads: of each layer; ``sum_parts`` and so on are views by bucket.
    """

    def __init__(
        self, layout: Layout, f: Function, dropout: bool, length: int, training: bool, like: Tensor
    ) -> None:
        depth, members = layout.depth, len(layout.widths)
        self.blocks = []
        for layer in range(depth):
            shape = (layout.units(layer), length)
            keep = None
            if training and dropout:
                keep = like.new_zeros(shape)
            elif f.moves_zero:
                keep = layout.per_unit(layer, [1.0] * members, padding=0.0).to(like.device)
            self.blocks.append(Block(shape, f, keep, training, like))
        self.logits = like.new_empty(layout.units(depth), length)
        self.grad = torch.empty_like(self.logits)
        self.member_logits = self.logits.view(members, -1, length)
        self.member_grad = self.grad.view(members, -1, length)
        self.sums = [*(block.sums for block in self.blocks), self.logits]
        self.outs = [layout.parts(i, block.out) for i, block in enumerate(self.blocks)]
        self.sum_parts = [layout.parts(i, t) for i, t in enumerate(self.sums)]
        if training:
            self.grads = [*(block.grad for block in self.blocks), self.grad]
            self.grad_parts = [layout.parts(i, t) for i, t in enumerate(self.grads)]


class Dropout:
    """Draws which units are kept.

    On a CPU the numbers are those that ``MnistModel`` draws when it is alone. ``together`` they are
    drawn for all members at once: other numbers, that depend on who the members are.
    """

    def __init__(
        self, states: Sequence[TrainState], layout: Layout, together: bool, device: torch.device
    ) -> None:
        self.layout = layout
        self.together = epoch_generator(states[0].config.seed, states[0].epoch, device)
        # Equal seeds and sizes draw equal numbers: once is enough.
        self._sources: dict[tuple[object, ...], tuple[torch.Generator, list[int]]] = {}
        for k, state in enumerate(() if together else states):
            c = state.config
            if c.dropout:
                key = (c.seed, state.epoch, c.hidden_sizes)
                source = epoch_generator(c.seed, state.epoch, device)
                self._sources.setdefault(key, (source, []))[1].append(k)
        # A uniform number is never above 2, so padded units are always dropped; their
        # 1 / (1 - 2) is then -1 times nothing.
        shares = [state.config.dropout for state in states]
        self._below = [
            layout.per_unit(i, shares, padding=2.0).to(device) for i in range(layout.depth)
        ]
        self._scale = [(1 - below).reciprocal_() for below in self._below]

    def draw(self, batch: Batch) -> None:
        """Fill the ``keep`` of every block: 0, or 1 / (1 - dropout)."""
        for layer, block in enumerate(batch.blocks):
            assert block.keep is not None
            if not self._sources:
                block.keep.uniform_(generator=self.together)
            views = self.layout.parts(layer, block.keep)
            for source, members in self._sources.values():
                size = self.layout.widths[members[0]][layer]
                uniform = torch.rand(
                    block.keep.shape[1], size, device=block.keep.device, generator=source
                )
                for member in members:
                    number, place = self.layout.places[member]
                    views[number][place, :size] = uniform.t()
            block.keep.ge_(self._below[layer]).mul_(self._scale[layer])
