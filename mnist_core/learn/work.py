"""How long a step takes on this computer's processor, by the size of the network."""

import time
from dataclasses import dataclass

import numpy as np

from mnist_core.config.device import multiplications
from mnist_core.learn.digits import Digits
from mnist_core.learn.onestep import one_step
from mnist_core.learn.trainer import begin

REPEATS = 7  # of which the median counts; one more before them warms up


@dataclass(frozen=True)
class Measured:
    """A network 784-units-10 on a batch: seconds of a step, the middle one and the extremes."""

    units: int
    batch: int
    median: float
    least: float
    most: float

    @property
    def work(self) -> int:
        """Multiplications of a step: forward, and twice as many for the gradients.

        The first layer's input needs no gradient, so it is a little less than that; it is the
        usual estimate (Kaplan et al., 2020, "Scaling laws for neural language models", 2.1).
        """
        return 3 * multiplications((784, self.units, 10), self.batch)

    @property
    def rate(self) -> float:
        """Multiplications a second."""
        return self.work / self.median


def measure(units: int, digits: Digits) -> Measured:
    """Time steps of gradient descent on all of ``digits``, in NumPy."""
    network = begin((784, units, 10), "relu", 1)
    taken = []
    for _ in range(REPEATS + 1):
        began = time.perf_counter()
        one_step(network, digits, 0.1)
        taken.append(time.perf_counter() - began)
    seconds = taken[1:]
    return Measured(units, len(digits), float(np.median(seconds)), min(seconds), max(seconds))
