"""The hidden units of a trained network: what each looks for, and how much accuracy needs it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mnist_core.nn.network import ACTIVATIONS, FloatArray, Network

if TYPE_CHECKING:
    from mnist_core.insight.answers import Indices

WORK = 2e10  # multiplications that switching off all units of a layer may take: a few seconds
FEWEST = 500  # pictures, however much that is
STRONGEST = 25  # pictures whose mean shows what a unit behind the first layer looks for


def silent(network: Network, sums: FloatArray) -> NDArray[np.bool_]:
    """(units,): which units of a hidden layer are dead, by their sums (N, units) over N pictures.

    A ReLU unit is dead when it answers 0 to every picture: no gradient reaches it, so it can never
    learn again (Maas et al., ICML 2013). No other activation falls silent.
    """
    if network.activation != "relu":
        return np.zeros(sums.shape[1], bool)
    return np.asarray((sums <= 0).all(0))


@dataclass(frozen=True, eq=False)
class Need:
    """How much accuracy a layer's units are worth.

    lost: (units,), by how much the share of right answers falls with that unit alone switched off
    (its answer set to 0), in the order of the units; below 0 where it rises. accuracy: that with
    all units. dead: (units,), see ``silent``. pictures: how many were asked.
    """

    lost: NDArray[np.float64]
    accuracy: float
    dead: NDArray[np.bool_]
    pictures: int

    @property
    def order(self) -> Indices:
        """The units, the one that is needed most first, the dead ones last."""
        return np.lexsort((-self.lost, self.dead))


def most_pictures(network: Network, layer: int) -> int:
    """How many pictures ``need`` may ask without taking long."""
    sizes = network.sizes[layer + 1 :]
    # One multiplication a number of the layer behind, and all that follows, for each unit.
    each = sizes[0] * (sizes[1] + sum(a * b for a, b in pairwise(sizes[1:])))
    return max(FEWEST, int(WORK / each))


def need(network: Network, layer: int, pictures: FloatArray, labels: Indices) -> Need:
    """Switch each unit of a hidden layer off in turn, and count what is read right.

    ``layer`` counts hidden layers from 0; ``pictures`` are float32 (N, inputs), ``labels`` (N,).
    """
    sums = network.sums(pictures)
    activate, _ = ACTIVATIONS[network.activation]
    answers, behind = activate(sums[layer]), sums[layer + 1]
    weights, rest = network.layers[layer + 1][0], network.layers[layer + 2 :]
    right = float((sums[-1].argmax(1) == labels).mean())
    lost = np.zeros(answers.shape[1])
    for unit in range(answers.shape[1]):
        # What the next layer adds up without this unit's part.
        total = behind - answers[:, unit, None] * weights[:, unit]
        for weight, bias in rest:
            total = activate(total) @ weight.T + bias
        lost[unit] = right - float((total.argmax(1) == labels).mean())
    return Need(lost, right, silent(network, sums[layer]), len(labels))


def portraits(network: Network, layer: int, pictures: FloatArray) -> FloatArray:
    """What each unit of a hidden layer looks for, (units, inputs).

    Of the first layer its weights: ink where one is above 0 raises its answer. Of a later one the
    mean of the ``STRONGEST`` of ``pictures`` (N, inputs) to which it answers most, less the mean of
    all of them.
    """
    if layer == 0:
        weights, _ = network.layers[0]
        return weights
    sums = network.sums(pictures)[layer]
    count = min(STRONGEST, len(pictures))
    strongest = np.argpartition(-sums, count - 1, axis=0)[:count]
    found: FloatArray = np.stack([pictures[rows].mean(0) for rows in strongest.T])
    found -= pictures.mean(0)
    return found
