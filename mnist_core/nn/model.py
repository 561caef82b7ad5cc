"""The feedforward network and its activations."""

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "gelu": F.gelu,
    "none": lambda x: x,
}


def rename_tutorials(weights: Mapping[str, Any]) -> dict[str, Any]:
    """A state dict with ``MnistModel``'s names for the tutorial's.

    The tutorial calls its layers ``linear1``, ``linear2``, ...; here they are ``layers.0``,
    ``layers.1``, ... A dict that has one of these is returned as it is, and so is every other name.
    """
    if any(name.startswith("layers.") for name in weights):
        return dict(weights)
    return {
        re.sub(r"^linear([1-9]\d*)\.", lambda m: f"layers.{int(m[1]) - 1}.", name): value
        for name, value in weights.items()
    }


class MnistModel(nn.Module):
    """Linear layers with an activation between them: (N, in_size) -> logits (N, out_size).

    Pictures of any shape are flattened, so (N, 1, 28, 28) works as well as (N, 784).

    Args:
        in_size: numbers in one picture (784 for MNIST).
        hidden_size: units of the hidden layer, or of each one; an empty tuple for none.
        out_size: number of classes.
        activation: a key of ``ACTIVATIONS``.
        dropout: the share of hidden units zeroed at random in training mode, 0 to 1.
        generator: source of the initial weights and of dropout. Without one, PyTorch's global
            generator is used.
    """

    def __init__(
        self,
        in_size: int,
        hidden_size: int | tuple[int, ...],
        out_size: int,
        activation: str = "relu",
        dropout: float = 0.0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        hidden = (hidden_size,) if isinstance(hidden_size, int) else tuple(hidden_size)
        self._sizes = (in_size, *hidden, out_size)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(self._sizes))
        self.activation = activation
        self.dropout = dropout
        self.dropout_generator: torch.Generator | None = None
        if generator is not None:
            self._initialise(generator)

    def _initialise(self, generator: torch.Generator) -> None:
        """Uniform in +-1/sqrt(inputs), which is what nn.Linear does, from one generator."""
        with torch.no_grad():
            for linear in self.layers:
                assert isinstance(linear, nn.Linear)
                bound = linear.in_features**-0.5
                linear.weight.uniform_(-bound, bound, generator=generator)
                linear.bias.uniform_(-bound, bound, generator=generator)

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """(inputs, outputs) of each layer."""
        return tuple(pairwise(self._sizes))

    @property
    def parameter_count(self) -> int:
        return sum(p.numel() for p in self.parameters())

    def forward(self, xb: Tensor) -> Tensor:
        x = xb.flatten(1)
        activation = ACTIVATIONS[self.activation]
        *hidden, last = self.layers
        for linear in hidden:
            x = activation(linear(x))
            keep = self.draw_keep(x)
            if keep is not None:
                x = x * keep
        logits: Tensor = last(x)
        return logits

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Any:
        """As ``nn.Module``'s; what the tutorial's own class saved is taken as well."""
        return super().load_state_dict(rename_tutorials(state_dict), strict, assign)

    def draw_keep(self, x: Tensor) -> Tensor | None:
        """What dropout multiplies ``x`` by: 0, or 1 / (1 - dropout). None if nothing is dropped."""
        if not (self.dropout and self.training):
            return None
        # F.dropout takes no generator; with one of our own, a run does not depend on what else
        # happens in its process.
        uniform = torch.rand(x.shape, device=x.device, generator=self.dropout_generator)
        return (uniform >= self.dropout) / (1 - self.dropout)
