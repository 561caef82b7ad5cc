"""Why a network read a picture as it did: which ink spoke for it, and what would have changed it.

All pictures are float32 (28, 28), or whatever square the network reads, in [0, 1] with 1 for ink.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnist_core.data.pictures import in_rows
from mnist_core.nn.network import FloatArray, Network

PATH_STEPS = 32  # of the integral; over 300 drawings it is off by 2 % at the median, 8 % at most
AT_ONCE = 4096  # pictures that are compared at a time
MOST_STEPS = 60  # of a counterfactual; drawings took up to 12
BLUR = np.outer([1, 2, 1], [1, 2, 1]) / 16


def attribution(network: Network, image: FloatArray, winner: int) -> FloatArray:
    """How much each pixel spoke for (above 0) or against (below 0) a class, in logits.

    Integrated gradients (Sundararajan, Taly and Yan, "Axiomatic Attribution for Deep Networks",
    2017) on the way from an empty picture, of the class's logit above the mean of all logits, so
    that what speaks for every class alike does not count. Pixels without ink have no part; the
    sum is the class's lead over the mean, less that of the empty picture.
    """
    picture, classes = image.ravel(), network.sizes[-1]
    shares = ((np.arange(PATH_STEPS) + 0.5) / PATH_STEPS).astype(np.float32)
    path = shares[:, None] * picture
    lead = np.full(classes, -1 / classes, np.float32)
    lead[winner] += 1
    parts: FloatArray = (network.gradient(path, lead).mean(0) * picture).reshape(image.shape)
    return parts


@dataclass(frozen=True, eq=False)
class Response:
    """A unit of the first layer: its number, its weights as a picture, and what it answers."""

    unit: int
    weights: FloatArray
    value: float


def strongest_responses(network: Network, image: FloatArray, count: int) -> list[Response]:
    """The ``count`` units of the first layer that answer a picture most strongly, strongest first.

    The answer is what the unit hands on, after the activation; without a hidden layer the units
    are the classes and the answers their logits.
    """
    (values,) = network.answers(image.reshape(1, -1))
    order = np.argsort(-np.abs(values), kind="stable")[:count].tolist()
    weights, _ = network.layers[0]
    return [Response(u, weights[u].reshape(image.shape), float(values[u])) for u in order]


class Neighbours:
    """Finds the training pictures that are most alike, pixel by pixel.

    images: uint8 (N, ...); labels: int64 (N,).
    """

    def __init__(self, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
        self.images = images.reshape(len(images), -1)
        self.labels = labels
        self._squares = np.concatenate([(part**2).sum(1) for _, part in self._parts()])

    def _parts(self) -> Iterator[tuple[int, FloatArray]]:
        """Some pictures after others as float32 in [0, 1], and the place of the first of them.

        All of them at once would take four times the memory of the data set.
        """
        for first in range(0, len(self.images), AT_ONCE):
            yield first, in_rows(self.images[first : first + AT_ONCE])

    def nearest(self, image: FloatArray, count: int) -> list[tuple[FloatArray, int, float]]:
        """(picture, label, distance) of the ``count`` nearest, nearest first.

        The distance is Euclidean over all pixels. 60,000 pictures take one pass over their memory.
        """
        picture = image.ravel()
        squares = self._squares + (picture**2).sum()
        for first, part in self._parts():
            squares[first : first + len(part)] -= 2 * (part @ picture)
        found = np.argsort(squares, kind="stable")[:count]
        return [
            (
                in_rows(self.images[i : i + 1]).reshape(image.shape),
                int(self.labels[i]),
                float(max(squares[i], 0)) ** 0.5,
            )
            for i in found
        ]


def counterfactual(network: Network, image: FloatArray, target: int) -> FloatArray | None:
    """A picture close by that the network reads as ``target``; None if none was found.

    Each step goes just as far as would be enough if the network were linear there (DeepFool,
    Moosavi-Dezfooli, Fawzi and Frossard, 2016), towards ``target`` and away from the class that
    leads. The gradient is blurred, so the change is the smallest among smooth ones; the smallest
    of all is noise that nobody could draw. Pixels stay in [0, 1].
    """
    picture = image.ravel()
    for _ in range(MOST_STEPS):
        (logits,) = network(picture[None])
        leader = int(logits.argmax())
        if leader == target:
            return picture.reshape(image.shape)
        towards = np.zeros_like(logits)
        towards[target], towards[leader] = 1, -1
        (gradient,) = network.gradient(picture[None], towards)
        # What cannot change, ink that is full or paper that is empty, is left out of the step.
        gradient = gradient * ~((picture <= 0) & (gradient < 0) | (picture >= 1) & (gradient > 0))
        step = _blurred(gradient.reshape(image.shape)).ravel()
        slope = max(float((gradient * step).sum()), 1e-6)
        gap = float(logits[leader] - logits[target])
        # A little further than enough: a step that ends on the border would need many more.
        picture = np.clip(picture + np.float32(1.05 * (gap + 0.02) / slope) * step, 0, 1)
    return None


def _blurred(image: FloatArray) -> FloatArray:
    """Spread over a pen's width by two passes, so that a change looks like ink."""
    from scipy import ndimage  # here: who opens no Why waits for none

    for _ in range(2):
        image = ndimage.convolve(image, BLUR, mode="constant")
    return image
