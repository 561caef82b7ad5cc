"""A trained network reading a picture."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from mnist_core.model import MnistModel


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a network makes of one picture.

    ``probabilities`` (classes,) sum to 1; ``image`` is the float32 (28, 28) picture in [0, 1]
    that it really saw.
    """

    probabilities: NDArray[np.float32]
    image: NDArray[np.float32]

    @property
    def digit(self) -> int:
        """The most probable class."""
        return int(self.probabilities.argmax())

    @property
    def confidence(self) -> float:
        """Its probability."""
        return float(self.probabilities.max())


class Predictor:
    """Reads pictures with a network, on the CPU: one picture is not worth a trip to a GPU."""

    def __init__(self, model: MnistModel) -> None:
        self.model = model.cpu().eval()

    def __repr__(self) -> str:
        return f"Predictor({self.model.shapes})"

    def __call__(self, image: NDArray[np.float32]) -> Prediction:
        """Read one (28, 28) picture in [0, 1], white ink on black as in MNIST.

        Raises:
            ValueError: the network was trained on pictures of another size.
        """
        expected = self.model.shapes[0][0]
        if image.size != expected:
            raise ValueError(f"a picture of {image.size} numbers for a network that reads {expected}")
        with torch.inference_mode():
            logits = self.model(torch.from_numpy(image).float()[None])
        return Prediction(logits.softmax(dim=1)[0].numpy(), image)
