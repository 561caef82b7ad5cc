"""Stochastic gradient descent in NumPy, a step at a time, so that a page can show each of them."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mnist_core.learn.digits import Digits
from mnist_core.nn.network import FloatArray, Network, softmax


def begin(sizes: tuple[int, ...], activation: str, seed: int) -> Network:
    """An untrained network of these sizes, inputs first and classes last.

    Weights and biases are drawn evenly from ±1 / sqrt(inputs of the layer), as PyTorch's
    ``torch.nn.Linear`` draws them.
    """
    drawn = np.random.default_rng(seed)
    layers = []
    for inputs, outputs in pairwise(sizes):
        bound = inputs**-0.5
        weight, bias = (
            drawn.uniform(-bound, bound, shape).astype(np.float32)
            for shape in ((outputs, inputs), (outputs,))
        )
        layers.append((weight, bias))
    return Network(tuple(layers), activation)


def moved(network: Network, gradients: list[tuple[FloatArray, FloatArray]], rate: float) -> Network:
    """The network after a step of ``rate`` against the gradients."""
    step = np.float32(rate)
    layers = tuple(
        (weight - step * by_weight, bias - step * by_bias)
        for (weight, bias), (by_weight, by_bias) in zip(network.layers, gradients, strict=True)
    )
    return Network(layers, network.activation)


def batches(count: int, size: int, seed: int, epoch: int) -> Iterator[NDArray[np.int64]]:
    """The rows of each batch of an epoch, in an order of its own; the last may be smaller."""
    order = np.random.default_rng([seed, epoch]).permutation(count)
    for start in range(0, count, size):
        yield order[start : start + size]


def train_epoch(
    network: Network, digits: Digits, rate: float, size: int, seed: int, epoch: int
) -> tuple[Network, list[float]]:
    """The network after all batches of an epoch, and the loss (nats) of each before its step."""
    losses = []
    for rows in batches(len(digits), size, seed, epoch):
        loss, gradients = network.loss_gradients(digits.rows[rows], digits.labels[rows])
        network = moved(network, gradients, rate)
        losses.append(loss)
    return network, losses


def accuracy(network: Network, digits: Digits) -> float:
    """The share of the digits that it reads right."""
    return float((network(digits.rows).argmax(1) == digits.labels).mean())


def losses(shares: FloatArray, labels: NDArray[np.int64]) -> FloatArray:
    """Cross-entropy (N,) in nats of shares (N, classes): minus the log of the right class's."""
    right = shares[np.arange(len(labels)), labels]
    found: FloatArray = -np.log(np.maximum(right, np.finfo(np.float32).tiny))
    return found


def mean_loss(network: Network, digits: Digits) -> float:
    """Mean cross-entropy (nats) over the digits."""
    return float(losses(softmax(network(digits.rows)), digits.labels).mean())
