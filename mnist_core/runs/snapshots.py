"""The network after each epoch, small, so that somebody can look back at how it learnt.

And as it is within a long epoch, for who watches meanwhile: of that, the latest moment alone.
"""

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
    from mnist_core.runs.records import Run

BUDGET = 8 * 2**20  # bytes a segment of a run may take; its weights are kept as float16
INTERVAL = 1.0  # seconds between two files, so that who watches a run sees it change
RATE = 2**18  # bytes of a moment within an epoch for each second between two of them
PREFIX = "weights-"
MOMENT = "moment.safetensors"
EPOCH = "epoch"  # in it, beside the weights


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
        most = _most(state)
        if most and state.epoch in kept_epochs(state.segment_start, state.last_epoch, most):
            self._waiting[state.epoch] = _weights(state)
        if time.monotonic() - self._written > INTERVAL:
            self.flush()

    def during(self, state: TrainState, fraction: float) -> None:
        """Within an epoch, of which a ``fraction`` (0 to 1) is done: write what it is time for.

        That is what waits; else the weights of this moment, in place of those of one before.
        """
        pause = INTERVAL * max(1, 2 * state.model.parameter_count / RATE)
        if time.monotonic() - self._written <= (INTERVAL if self._waiting else pause):
            return
        if not self._waiting and _most(state):
            import torch
            from safetensors.torch import save as save_tensors

            when = torch.tensor(state.epoch + fraction, dtype=torch.float64)
            self.claim.attach(MOMENT, save_tensors({EPOCH: when, **_weights(state)}))
        self.flush()

    def flush(self) -> None:
        """Write what waits, as one file."""
        if self._waiting:
            from safetensors.torch import save as save_tensors

            tensors = {
                f"{epoch}.{name}": tensor
                for epoch, weights in self._waiting.items()
                for name, tensor in weights.items()
            }
            first, last = min(self._waiting), max(self._waiting)
            name = f"{PREFIX}{first:06d}-{last:06d}.safetensors"
            self.claim.attach(name, save_tensors(tensors))
            self._waiting = {}
        self._written = time.monotonic()


def _most(state: TrainState) -> int:
    """How many networks the budget has room for; of one that fits in once nothing is kept."""
    most = BUDGET // (2 * state.model.parameter_count)
    return most if most > 1 else 0  # there is nothing to compare


def _weights(state: TrainState) -> dict[str, Tensor]:
    """A copy: training goes on in the same memory."""
    weights = state.model.state_dict().items()
    return {k: t.detach().half().cpu().clone().contiguous() for k, t in weights}


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


def read_moment(store: RunReader, run: Run) -> dict[float, Network]:
    """A run's network as it was a moment ago, by how many epochs it had learnt; empty without one.

    Raises:
        StoreError: the file is damaged.
    """
    data = store.attached(run.id, MOMENT)
    if data is None:
        return {}
    try:
        weights = load_arrays(data)
        epoch = float(weights.pop(EPOCH))
        return {epoch: Network.of_config(weights, run.config)}
    except (SafetensorError, LookupError, ValueError) as error:
        raise StoreError(f"{MOMENT} of run {run.id!r} is damaged: {error}") from error


def probabilities_of(
    networks: Mapping[float, Network], image: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(epochs, classes): what each network makes of one picture in [0, 1]."""
    picture = image.reshape(1, -1)
    return np.concatenate([softmax(network(picture)) for network in networks.values()])
