"""A trained network reading pictures, and whether it is sure enough to call them digits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnist_core.nn.network import Network, softmax


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a network makes of one picture.

    probabilities: (classes,) float32, summing to 1.
    image: the float32 (28, 28) picture in [0, 1] that it really saw.
    is_digit: False where the picture is most likely no digit at all.
    """

    probabilities: NDArray[np.float32]
    image: NDArray[np.float32]
    is_digit: bool

    @property
    def digit(self) -> int:
        """The most probable class."""
        return int(self.probabilities.argmax())

    @property
    def confidence(self) -> float:
        """Its probability."""
        return float(self.probabilities.max())


class Predictor:
    """Reads pictures with a network.

    network: the network.
    temperature: divides the logits so that probabilities mean what they say (Guo et al., "On
        Calibration of Modern Neural Networks", 2017).
    threshold: an answer whose probability is below this is most likely not a digit.
    judge: decides instead of the threshold what is a digit. Networks trained on digits alone are
        sure of almost anything: at the threshold that refuses 1 % of real digits the tutorial's
        refuses 13 % of scribbles, the shipped one 84 %.
    """

    def __init__(
        self,
        network: Network,
        temperature: float = 1.0,
        threshold: float = 0.0,
        judge: Predictor | None = None,
    ) -> None:
        self.network = network
        self.temperature = temperature
        self.threshold = threshold
        self.judge = judge

    def __repr__(self) -> str:
        return f"Predictor({self.network!r}, T={self.temperature:.3g})"

    def __call__(self, image: NDArray[np.float32]) -> Prediction:
        """Read one (28, 28) picture, see ``read``."""
        return self.read(image[None])[0]

    def read(self, images: NDArray[np.float32]) -> list[Prediction]:
        """Read (N, 28, 28) pictures in [0, 1], white ink on black as in MNIST; blank is no digit.

        Raises:
            ValueError: the network was trained on pictures of another size.
        """
        flat = images.reshape(len(images), int(np.prod(images.shape[1:]))).astype(np.float32)
        expected = self.network.sizes[0]
        if flat.shape[1] != expected:
            raise ValueError(
                f"a picture of {flat.shape[1]} numbers for a network that reads {expected}"
            )
        probabilities = softmax(self.network(flat) / np.float32(self.temperature))
        if self.judge is None:
            digits = (probabilities.max(1) >= self.threshold) & images.any((1, 2))
        else:
            digits = np.array([reading.is_digit for reading in self.judge.read(images)], bool)
        return [
            Prediction(p, image, bool(is_digit))
            for p, image, is_digit in zip(probabilities, images, digits, strict=True)
        ]


def vote(predictions: Sequence[Prediction]) -> tuple[int, int] | None:
    """(digit, votes for it); None if nobody takes the picture for a digit.

    Who sees no digit abstains. Equal votes are decided by the sum of the probabilities.
    """
    votes = [p.digit for p in predictions if p.is_digit]
    if not votes:
        return None
    sums = np.sum([p.probabilities for p in predictions if p.is_digit], axis=0)
    winner = max(set(votes), key=lambda digit: (votes.count(digit), sums[digit]))
    return winner, votes.count(winner)
