"""The network after each epoch, small, so that somebody can look back at how it learnt."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays

from mnist_core.errors import StoreError
from mnist_core.nn.network import Network, softmax

# PyTorch is imported where it is needed: whoever only submits runs does not wait for it.
if TYPE_CHECKING:
    from torch import Tensor

    from mnist_core.nn.state import TrainState
    from mnist_core.runs.claim import Claim
    from mnist_core.runs.reader import RunReader

BUDGET = 8 * 2**20  # bytes a segment of a run may take; its weights are kept as float16
INTERVAL = 1.0  # seconds between two files, so that who watches a run sees it change
PREFIX = "weights-"


def kept_epochs(start: int, end: int, most: int) -> set[int]:
    """At most ``most`` (2 or more) of the epochs start..end, both included.

    All of them if they are few enough; else more at the beginning, where a network changes most:
    their distances from ``start`` grow by a constant factor.
    """
    span = end - start
    if span < most:
        return set(range(start, end + 1))
    return {start, *(start + np.geomspace(span, 1, most - 1).round().astype(int)).tolist()}


class SnapshotWriter:
    """Keeps a run's weights after some of its epochs, within ``BUDGET``."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self._waiting: dict[int, dict[str, Tensor]] = {}
        self._written = time.monotonic()

    def add(self, state: TrainState) -> None:
        """Take the weights as they are, if this epoch is to be kept."""
        most = BUDGET // (2 * state.model.parameter_count)
        # Of a network that does not fit in twice there is nothing to compare.
        if most > 1 and state.epoch in kept_epochs(state.segment_start, state.last_epoch, most):
            weights = state.model.state_dict().items()
            # A copy: training goes on in the same memory.
            self._waiting[state.epoch] = {k: t.detach().half().cpu().clone() for k, t in weights}
        if time.monotonic() - self._written > INTERVAL:
            self.flush()

    def flush(self) -> None:
        """Write what waits, as one file."""
        if self._waiting:
            from safetensors.torch import save as save_tensors

            tensors = {
                f"{epoch}.{name}": tensor.contiguous()
                for epoch, weights in self._waiting.items()
                for name, tensor in weights.items()
            }
            first, last = min(self._waiting), max(self._waiting)
            name = f"{PREFIX}{first:06d}-{last:06d}.safetensors"
            self.claim.attach(name, save_tensors(tensors))
            self._waiting = {}
        self._written = time.monotonic()


def snapshot_files(store: RunReader, run_id: str) -> tuple[str, ...]:
    """The names of a run's files of snapshots, oldest epochs first."""
    return tuple(sorted(n for n in store.attachments(run_id) if n.startswith(PREFIX)))


def read_snapshots(store: RunReader, run_id: str, file: str) -> dict[int, Network]:
    """The networks in one of a run's files, by epoch.

    Raises:
        StoreError: the file is gone or damaged.
    """
    data, config = store.attached(run_id, file), store.get(run_id).config
    if data is None:
        raise StoreError(f"{file} of run {run_id!r} is gone")
    try:
        weights: dict[int, dict[str, NDArray[np.float16]]] = {}
        for key, array in load_arrays(data).items():
            epoch, name = key.split(".", 1)
            weights.setdefault(int(epoch), {})[name] = array
        return {epoch: Network.of_config(weights[epoch], config) for epoch in sorted(weights)}
    except (SafetensorError, LookupError, ValueError) as error:
        raise StoreError(f"{file} of run {run_id!r} is damaged: {error}") from error


def probabilities_of(
    networks: Mapping[int, Network], image: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(epochs, classes): what each network makes of one picture in [0, 1]."""
    picture = image.reshape(1, -1)
    return np.concatenate([softmax(network(picture)) for network in networks.values()])
