"""The network that comes with the library, trained on MNIST and on pen strokes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from mnist_core.errors import MnistLabError
from mnist_core.model import MnistModel

FILE = "handwriting.safetensors"


@dataclass(frozen=True, eq=False)
class Reading:
    """What the network makes of one picture.

    probabilities: (10,) float32, summing to 1, calibrated: of the answers with 90 %, nine in ten
        are right.
    is_digit: False where the picture is most likely no digit at all.
    """

    probabilities: NDArray[np.float32]
    is_digit: bool

    @property
    def digit(self) -> int:
        """The most probable digit."""
        return int(self.probabilities.argmax())


@dataclass(frozen=True, eq=False)
class ShippedModel:
    """A network and what is needed to judge its answers.

    temperature: divides the logits so that probabilities mean what they say (Guo et al., "On
        Calibration of Modern Neural Networks", 2017).
    threshold: an answer whose probability is below this is most likely not a digit.
    facts: what was measured when it was built, for people to read.
    """

    model: MnistModel
    temperature: float
    threshold: float
    facts: dict[str, object]

    def read(self, images: NDArray[np.float32]) -> list[Reading]:
        """Read (N, 28, 28) pictures in [0, 1], white on black as in MNIST."""
        blank = ~images.any((1, 2))
        with torch.inference_mode():
            logits = self.model(torch.from_numpy(images).float().flatten(1))
            probabilities = (logits / self.temperature).softmax(1).numpy()
        sure = (probabilities.max(1) >= self.threshold) & ~blank
        return [Reading(p, bool(s)) for p, s in zip(probabilities, sure, strict=True)]


def load_model_file(path: Path) -> ShippedModel:
    """The network in a file that `mnist_core.shipped.build` wrote.

    Raises MnistLabError, naming the file, where it is missing or damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
            weights = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        sizes = json.loads(metadata["sizes"])
        model = MnistModel(sizes[0], tuple(sizes[1:-1]), sizes[-1], metadata["activation"])
        model.load_state_dict(weights)
        temperature, threshold = float(metadata["temperature"]), float(metadata["threshold"])
        facts = json.loads(metadata["facts"])
    except (SafetensorError, OSError, KeyError, ValueError, TypeError, RuntimeError) as error:
        raise MnistLabError(f"{path} is missing or damaged: {error}") from error
    return ShippedModel(model.eval(), temperature, threshold, facts)


@lru_cache(maxsize=1)
def load_shipped() -> ShippedModel:
    """The network that comes with the library; read once a process."""
    with resources.as_file(resources.files(__name__) / FILE) as path:
        return load_model_file(path)
