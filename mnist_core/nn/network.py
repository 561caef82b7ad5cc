"""A trained network in NumPy: whoever only reads with it is spared PyTorch.

Pictures are float32 (N, inputs) in [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.train import TrainConfig

FloatArray = NDArray[np.float32]

SQRT_2 = np.float32(2**0.5)
SQRT_2_PI = np.float32((2 * np.pi) ** 0.5)


def _phi(x: FloatArray) -> FloatArray:
    """The normal distribution function."""
    from scipy.special import erf  # here: no other activation needs SciPy

    below: FloatArray = (1 + erf(x / SQRT_2)) / 2
    return below


def _sigmoid(x: FloatArray) -> FloatArray:
    """1 / (1 + exp(-x)), without an overflow."""
    above: FloatArray = (1 + np.tanh(x / np.float32(2))) / np.float32(2)
    return above


# Each activation of mnist_core.nn.model, and its derivative.
ACTIVATIONS: dict[
    str, tuple[Callable[[FloatArray], FloatArray], Callable[[FloatArray], FloatArray]]
] = {
    "relu": (lambda x: np.maximum(x, 0), lambda x: (x > 0).astype(np.float32)),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "sigmoid": (_sigmoid, lambda x: _sigmoid(x) * _sigmoid(-x)),
    "gelu": (lambda x: x * _phi(x), lambda x: _phi(x) + x * np.exp(-(x**2) / 2) / SQRT_2_PI),
    "none": (lambda x: x, np.ones_like),
}


def softmax(logits: FloatArray) -> FloatArray:
    """Probabilities (..., classes) of logits (..., classes)."""
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    shares: FloatArray = powers / powers.sum(-1, keepdims=True)
    return shares


@dataclass(frozen=True, eq=False)
class Network:
    """Linear layers with an activation between them, as ``mnist_core.nn.model.MnistModel``.

    layers: float32 (outputs, inputs) and (outputs,) of each layer, the first one first.
    activation: a key of ``ACTIVATIONS``.
    """

    layers: tuple[tuple[FloatArray, FloatArray], ...]
    activation: str

    @classmethod
    def of(cls, weights: Mapping[str, NDArray[Any]], activation: str) -> Network:
        """The network of the weights ``layers.0.weight``, ``layers.0.bias``, ...

        Raises:
            ValueError: they are not those of one network, or there is no such activation.
        """
        count = len(weights) // 2
        names = [f"layers.{i}.{part}" for i in range(count) for part in ("weight", "bias")]
        if not count or set(weights) != set(names):
            raise ValueError(f"no network has just the weights {sorted(weights)}")
        if activation not in ACTIVATIONS:
            raise ValueError(f"there is no activation {activation!r}, but {', '.join(ACTIVATIONS)}")
        found = [weights[name].astype(np.float32, copy=False) for name in names]
        layers = tuple(zip(found[::2], found[1::2], strict=True))
        chained = all(
            weight.ndim == 2 and bias.shape == weight.shape[:1] for weight, bias in layers
        ) and all(after.shape[1] == len(before) for (_, before), (after, _) in pairwise(layers))
        if not chained:
            shapes = {name: array.shape for name, array in zip(names, found, strict=True)}
            raise ValueError(f"these weights do not fit together: {shapes}")
        return cls(layers, activation)

    @classmethod
    def of_config(cls, weights: Mapping[str, NDArray[Any]], config: TrainConfig) -> Network:
        """As ``of``, for the network of a configuration. Raises ValueError for another one's."""
        network = cls.of(weights, config.activation)
        if network.sizes[1:-1] != config.hidden_sizes:
            raise ValueError(f"{network} has not the hidden sizes {config.hidden_sizes}")
        return network

    def __repr__(self) -> str:
        return f"Network({self.sizes}, {self.activation!r})"

    @property
    def sizes(self) -> tuple[int, ...]:
        """The numbers in a picture, the units of each hidden layer, the classes."""
        return (self.layers[0][0].shape[1], *(len(bias) for _, bias in self.layers))

    @property
    def finite(self) -> bool:
        """Whether all its parameters are numbers; those of a run that diverged are not."""
        return all(np.isfinite(array).all() for layer in self.layers for array in layer)

    @property
    def weights(self) -> dict[str, FloatArray]:
        """What ``of`` takes."""
        return {
            f"layers.{i}.{part}": array
            for i, layer in enumerate(self.layers)
            for part, array in zip(("weight", "bias"), layer, strict=True)
        }

    def __call__(self, pictures: FloatArray) -> FloatArray:
        """The logits (N, classes)."""
        return self.sums(pictures)[-1]

    def sums(self, pictures: FloatArray) -> list[FloatArray]:
        """What each layer adds up, (N, outputs): before its activation; the last are the logits."""
        activate, _ = ACTIVATIONS[self.activation]
        found: list[FloatArray] = []
        for weight, bias in self.layers:
            given = activate(found[-1]) if found else pictures
            found.append(given @ weight.T + bias)
        return found

    def answers(self, pictures: FloatArray) -> FloatArray:
        """What the first layer hands on, (N, outputs): logits where there is no hidden one."""
        first = Network(self.layers[:1], self.activation)(pictures)
        return ACTIVATIONS[self.activation][0](first) if len(self.layers) > 1 else first

    def gradient(self, pictures: FloatArray, direction: FloatArray) -> FloatArray:
        """The derivative (N, inputs) of ``logits @ direction`` by each number of each picture."""
        _, slope = ACTIVATIONS[self.activation]
        *hidden, _ = self.sums(pictures)
        back = np.broadcast_to(direction, (len(pictures), len(direction))) @ self.layers[-1][0]
        for (weight, _), total in zip(self.layers[-2::-1], hidden[::-1], strict=True):
            back = (back * slope(total)) @ weight
        return back

    def loss_gradients(
        self, pictures: FloatArray, labels: NDArray[np.int64]
    ) -> tuple[float, list[tuple[FloatArray, FloatArray]]]:
        """Mean cross-entropy (nats) of a batch, and its derivatives by each layer's parameters.

        They have the shapes of ``layers``. Nothing is dropped, no label is smoothed.
        """
        activate, slope = ACTIVATIONS[self.activation]
        sums = self.sums(pictures)
        given = [pictures, *(activate(total) for total in sums[:-1])]
        shares, rows = softmax(sums[-1]), np.arange(len(labels))
        # From the logits: a share may round to 0, whose logarithm is none.
        above = sums[-1] - sums[-1].max(-1, keepdims=True)
        losses = np.log(np.exp(above).sum(-1)) - above[rows, labels]
        back = shares
        back[rows, labels] -= 1
        back /= np.float32(len(labels))
        found: list[tuple[FloatArray, FloatArray]] = []
        for place in range(len(self.layers) - 1, -1, -1):
            found.append((back.T @ given[place], back.sum(0)))
            if place:
                back = (back @ self.layers[place][0]) * slope(sums[place - 1])
        return float(losses.mean()), found[::-1]
