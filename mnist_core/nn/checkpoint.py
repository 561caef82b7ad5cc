"""What a checkpoint's bytes hold; written and read without PyTorch."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.train import TrainConfig
from mnist_core.errors import MnistLabError
from mnist_core.nn.network import Network

MODEL, OPTIMIZER = "model.", "optimizer."
# What of a state is kept beside its tensors.
RECORDS: dict[str, Callable[[Any], Any]] = {
    "epoch": int,
    "segment_start": int,
    "seconds": float,
    "val_accuracy": float,
    "best_accuracy": float,
    "best_epoch": int,
    "learning_rate": float,
    "diverged": bool,
}


class CheckpointError(MnistLabError):
    """Bytes that are not a checkpoint of this run's network."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A state as ``TrainState.to_bytes`` wrote it.

    slots: what the optimizer keeps, by the number of the parameter and by name.
    """

    config: TrainConfig
    records: dict[str, Any]
    network: Network
    slots: dict[int, dict[str, NDArray[np.float32]]]

    @classmethod
    def parse(cls, data: bytes) -> "Checkpoint":
        """Read a checkpoint. Raises CheckpointError: it is something else, or damaged."""
        from safetensors import SafetensorError  # here: to train does not need it
        from safetensors.numpy import load

        try:
            tensors, metadata = load(data), metadata_of(data)
            config = TrainConfig.model_validate_json(metadata["config"])
            kept = json.loads(metadata["records"])
            records = {name: kind(kept[name]) for name, kind in RECORDS.items()}
            weights = {k.removeprefix(MODEL): t for k, t in tensors.items() if k.startswith(MODEL)}
            network = Network.of_config(weights, config)
            slots: dict[int, dict[str, NDArray[np.float32]]] = {}
            for key, tensor in tensors.items():
                if key.startswith(OPTIMIZER):
                    index, slot = key.removeprefix(OPTIMIZER).split(".", 1)
                    slots.setdefault(int(index), {})[slot] = tensor
        except (SafetensorError, LookupError, ValueError, TypeError) as error:
            raise CheckpointError(f"not a usable checkpoint: {error}") from error
        return cls(config, records, network, slots)

    def to_bytes(self) -> bytes:
        """A safetensors file with everything to go on, which ``parse`` reads."""
        from safetensors.numpy import save

        arrays = {MODEL + name: array for name, array in self.network.weights.items()}
        for index, slots in self.slots.items():
            arrays |= {f"{OPTIMIZER}{index}.{slot}": array for slot, array in slots.items()}
        metadata = {"config": self.config.model_dump_json(), "records": json.dumps(self.records)}
        return save(arrays, metadata)

    def restarted(self, config: TrainConfig) -> "Checkpoint":
        """These weights at the beginning of a new run: no optimizer yet, all records at 0."""
        records = {name: kind(0) for name, kind in RECORDS.items()}
        records["learning_rate"] = config.learning_rate
        return Checkpoint(config, records, self.network, {})


def metadata_of(data: bytes) -> dict[str, str]:
    """The free text in the header of a safetensors file: 8 bytes of length, then JSON."""
    length = int.from_bytes(data[:8], "little")
    metadata: dict[str, str] = json.loads(data[8 : 8 + length]).get("__metadata__") or {}
    return metadata
