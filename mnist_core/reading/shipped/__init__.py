"""The network that comes with the library, trained on MNIST and on pen strokes."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from pathlib import Path

from safetensors import SafetensorError, safe_open

from mnist_core.errors import MnistLabError
from mnist_core.nn.network import Network
from mnist_core.reading.predict import Predictor

FILE = "handwriting.safetensors"


class ShippedModel(Predictor):
    """A network whose answers are calibrated.

    facts: what was measured when it was built, for people to read.
    """

    def __init__(
        self, network: Network, temperature: float, threshold: float, facts: dict[str, object]
    ) -> None:
        super().__init__(network, temperature, threshold)
        self.facts = facts


def load_model_file(path: Path) -> ShippedModel:
    """The network in a file that `mnist_core.reading.shipped.build` wrote.

    Raises MnistLabError, naming the file, where it is missing or damaged.
    """
    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata()
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        network = Network.of(weights, metadata["activation"])
        temperature, threshold = float(metadata["temperature"]), float(metadata["threshold"])
        facts = json.loads(metadata["facts"])
    except (SafetensorError, OSError, KeyError, ValueError, TypeError) as error:
        raise MnistLabError(f"{path} is missing or damaged: {error}") from error
    return ShippedModel(network, temperature, threshold, facts)


@lru_cache(maxsize=1)
def load_shipped() -> ShippedModel:
    """The network that comes with the library; read once a process."""
    with resources.as_file(resources.files(__name__) / FILE) as path:
        return load_model_file(path)
