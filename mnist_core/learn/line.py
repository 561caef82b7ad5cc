"""The loss along the direction of one step, and what a few learning rates do in many steps."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mnist_core.learn.digits import Digits
from mnist_core.learn.trainer import batches, begin, moved
from mnist_core.nn.network import FloatArray, Network

SIZES = (784, 32, 10)
BATCH = 100
BEFORE = 0.1  # learning rate of the steps that were taken before
GUESSING = float(np.log(10))  # nats: the loss of who gives each of ten digits a tenth
NARROWING = 12  # times the interval around the lowest point is made smaller, by 0.618
JUMP = 0.1  # nats: batches differ by less at the beginning

Verdict = Literal["too small", "about right", "past the lowest point", "too large"]
Outcome = Literal["diverged", "no better than guessing", "unsteady", "slow", "quick"]


@dataclass(frozen=True, eq=False)
class Line:
    """A network, a batch and the gradient (nats a unit of weight) of its mean loss on it.

    loss: nats, at the network itself. The line is all networks ``moved(network, gradients, rate)``.
    """

    network: Network
    batch: Digits
    loss: float
    gradients: list[tuple[FloatArray, FloatArray]]

    @property
    def slope(self) -> float:
        """How the loss begins to change along the line, nats a unit of rate: -|gradient|²."""
        return -sum(float((by.astype(float) ** 2).sum()) for pair in self.gradients for by in pair)

    def at(self, rate: float) -> float:
        """The loss (nats) on the batch after a step of this rate; may be infinite or no number."""
        with np.errstate(all="ignore"):  # a rate of thousands may leave what float32 can hold
            logits = moved(self.network, self.gradients, rate)(self.batch.rows).astype(float)
            above = logits - logits.max(-1, keepdims=True)
            right = above[np.arange(len(self.batch)), self.batch.labels]
            return float((np.log(np.exp(above).sum(-1)) - right).mean())

    def along(self, rates: NDArray[np.float64]) -> NDArray[np.float64]:
        """The loss (nats) at each of the rates."""
        return np.array([self.at(float(rate)) for rate in rates])

    def best(self) -> float:
        """The rate from 0.001 to 100 at which the loss is lowest, to about 1 %.

        The lowest of many rates, and then a golden section between its neighbours.
        """
        rates = np.geomspace(1e-3, 100, 61)
        place = int(np.nanargmin(self.along(rates)))
        low, high = rates[max(place - 1, 0)], rates[min(place + 1, len(rates) - 1)]
        share = (5**0.5 - 1) / 2
        for _ in range(NARROWING):
            left, right = high - share * (high - low), low + share * (high - low)
            if self.at(left) <= self.at(right):
                high = right
            else:
                low = left
        return float((low + high) / 2)


def _rows(count: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """The rows of one batch after the other, epoch after epoch."""
    epoch = 0
    while True:
        yield from batches(count, BATCH, seed, epoch)
        epoch += 1


def line_after(steps: int, digits: Digits, seed: int = 0) -> Line:
    """The line of the next step, after ``steps`` steps of rate ``BEFORE`` with other batches."""
    network, order = begin(SIZES, "relu", seed), _rows(len(digits), seed)
    for _ in range(steps):
        rows = next(order)
        _, gradients = network.loss_gradients(digits.rows[rows], digits.labels[rows])
        network = moved(network, gradients, BEFORE)
    rows = next(order)
    batch = Digits(digits.rows[rows], digits.labels[rows])
    loss, gradients = network.loss_gradients(batch.rows, batch.labels)
    return Line(network, batch, loss, gradients)


def verdict(rate: float, loss: float, start: float, best_rate: float, best_loss: float) -> Verdict:
    """What a step of ``rate`` from the loss ``start`` to ``loss`` was, all losses in nats.

    "About right" is one that brings four fifths of what the best rate along this line brings.
    """
    if not loss <= start:  # nor is what is no number
        return "too large"
    if start - loss >= 0.8 * (start - best_loss):
        return "about right"
    return "too small" if rate < best_rate else "past the lowest point"


def first_steps(rate: float, steps: int, digits: Digits, seed: int = 0) -> list[float]:
    """The loss (nats) of each of the first batches before its step, from an untrained network."""
    network, order = begin(SIZES, "relu", seed), _rows(len(digits), seed)
    losses = []
    with np.errstate(all="ignore"):
        for _ in range(steps):
            rows = next(order)
            loss, gradients = network.loss_gradients(digits.rows[rows], digits.labels[rows])
            network = moved(network, gradients, rate)
            losses.append(loss)
    return losses


def at_the_end(losses: list[float]) -> float:
    """The mean loss (nats) of the last ten batches: single ones differ."""
    return float(np.mean(losses[-10:]))


def outcome(losses: list[float]) -> Outcome:
    """What came of a training, by its losses (nats); a number that is none is "diverged".

    One that was never above its first loss by more than ``JUMP`` is "quick" where its end is at
    most half the loss of guessing, and else "slow"; one that was is "unsteady", or at its end "no
    better than guessing".
    """
    if not np.isfinite(losses).all():
        return "diverged"
    end = at_the_end(losses)
    if max(losses) > losses[0] + JUMP:
        return "unsteady" if end < GUESSING else "no better than guessing"
    return "quick" if end <= GUESSING / 2 else "slow"
