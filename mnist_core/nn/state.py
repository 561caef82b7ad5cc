"""Everything that training changes, as one object that can be kept and taken up again."""

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mnist_core.config.knobs import Knobs
from mnist_core.config.train import TrainConfig
from mnist_core.nn.checkpoint import RECORDS, Checkpoint
from mnist_core.nn.device import card_memory
from mnist_core.nn.machine import check_fits
from mnist_core.nn.model import MnistModel
from mnist_core.nn.network import Network
from mnist_core.nn.optim import OPTIMIZERS


def epoch_generator(seed: int, epoch: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A random source that depends on the seed and the epoch alone.

    So a run that goes on after an interruption draws the same numbers as one that was never
    interrupted, and no random state has to be kept.
    """
    word = np.random.SeedSequence([seed, epoch]).generate_state(1, np.uint64)[0]
    return torch.Generator(device).manual_seed(int(word >> np.uint64(1)))


class TrainState:
    """A network in training. ``train()`` goes on from wherever this stands.

    Attributes:
        epoch: epochs trained so far, over all segments of the run.
        segment_start: value of ``epoch`` when the current segment began. A segment is one call
            of the tutorial's ``fit``: a new optimizer and schedule on the weights as they are.
        seen: training pictures seen in the epoch under way; 0 between epochs.
        seconds: time spent in training so far, without that of whoever reads the events.

    Raises:
        ConfigError: the network is too large for the memory, see ``check_fits``.
    """

    def __init__(
        self, config: TrainConfig, in_size: int, classes: int, device: torch.device
    ) -> None:
        check_fits(config, in_size, classes, card_memory(device))
        self.config = config
        init = torch.Generator().manual_seed(config.seed)
        model = MnistModel(
            in_size, config.hidden_sizes, classes, config.activation, config.dropout, init
        )
        self.model = model.to(device)
        self.device = device
        self.optimizer = OPTIMIZERS[config.optimizer](self.model.parameters(), config)
        self.epoch = 0
        self.segment_start = 0
        self.seconds = 0.0
        self.val_accuracy = 0.0
        self.best_accuracy = 0.0
        self.best_epoch = 0
        self.learning_rate = config.learning_rate
        self.diverged = False
        self.seen = 0
        self._size = 0
        self._began = time.perf_counter()
        self._steps: list[tuple[Tensor, Tensor, Tensor]] = []  # loss, logits, labels
        self._means: tuple[Tensor, Tensor] | None = None

    def __repr__(self) -> str:
        return f"TrainState(epoch {self.epoch}, {self.model.parameter_count:,} parameters)"

    @property
    def last_epoch(self) -> int:
        """The epoch at which the current segment is complete."""
        return self.segment_start + self.config.epochs

    @property
    def epoch_means(self) -> tuple[float, float]:
        """Training loss and accuracy over the epoch under way; waits for the device.

        Of a batch whose loss is not a number nothing was read right.
        """
        if self._means is not None:
            loss, accuracy = torch.stack(self._means).tolist()
            return loss, accuracy
        losses, logits, labels = zip(*self._steps, strict=True)
        counts = [len(batch) for batch in labels]
        # Once an epoch: at each step it would take a twentieth of the time.
        right = (torch.cat(logits).argmax(1) == torch.cat(labels)).cpu().numpy()
        each = torch.stack(losses).cpu().numpy()
        known = np.repeat(np.isfinite(each), counts)
        return float(np.average(each, weights=counts)), float((right & known).mean())

    def begin_segment(self, config: TrainConfig) -> None:
        """Go on with these weights, as the tutorial does, for ``config.epochs`` more epochs.

        Raises:
            ValueError: ``config`` describes another network.
            ConfigError: its optimizer is too large for the memory.
        """
        if config.hidden_sizes != self.config.hidden_sizes:
            raise ValueError(f"the hidden sizes are {self.config.hidden_sizes} and stay so")
        shapes = self.model.shapes
        check_fits(config, shapes[0][0], shapes[-1][1], card_memory(self.device))
        self.config = config
        self.segment_start = self.epoch
        self.diverged = False
        self.model.activation, self.model.dropout = config.activation, config.dropout
        self.optimizer = OPTIMIZERS[config.optimizer](self.model.parameters(), config)

    def turn(self, knobs: Knobs) -> None:
        """Between two epochs: go on with other numbers, which ``config`` has from now on.

        What the optimizer keeps of earlier steps (momentum, Adam's moments and its count of steps)
        stays. So does the place in the schedule, whose base is the new learning rate: what is left
        of a cosine or of one-cycle is the old rate at each step times new / old base.
        """
        kept = self.optimizer.state
        self.config = knobs.applied(self.config)
        self.optimizer = OPTIMIZERS[self.config.optimizer](self.model.parameters(), self.config)
        self.optimizer.state = kept

    def begin_epoch(self, size: int) -> None:
        """An epoch over ``size`` pictures starts."""
        self.seen, self._size, self._began = 0, size, time.perf_counter()
        self._steps, self._means = [], None

    @contextmanager
    def resting(self) -> Iterator[None]:
        """The clock stands while the block runs."""
        self.seconds += time.perf_counter() - self._began
        try:
            yield
        finally:
            self._began = time.perf_counter()

    def count(self, loss: Tensor, logits: Tensor, labels: Tensor, learning_rate: float) -> None:
        """A step was taken: its loss, of shape (), logits (N, classes) and labels (N,).

        All of them stay on their device.
        """
        self._steps.append((loss, logits, labels))
        self.seen += len(labels)
        self.learning_rate = learning_rate

    def count_all(
        self, loss: Tensor, accuracy: Tensor, examples: int, learning_rate: float
    ) -> None:
        """All steps of the epoch so far were taken: their mean loss and accuracy, of shape ()."""
        self._means = loss, accuracy
        self.seen, self.learning_rate = examples, learning_rate

    def end_epoch(self, train_loss: float, val_loss: float, val_accuracy: float) -> float:
        """Take the epoch's results into the records; returns the share of it that was trained."""
        fraction = self.seen / self._size if self.seen else 1.0
        if self.seen:
            self.seconds += time.perf_counter() - self._began
        self.seen = 0
        self.val_accuracy = val_accuracy
        self.diverged = not (math.isfinite(train_loss) and math.isfinite(val_loss))
        if val_accuracy > self.best_accuracy:
            self.best_accuracy, self.best_epoch = val_accuracy, self.epoch
        return fraction

    def checkpoint(self) -> Checkpoint:
        """This state, between two epochs, in NumPy; what is on the CPU shares its memory."""
        weights = {name: _array(t) for name, t in self.model.state_dict().items()}
        slots = {
            index: {slot: _array(t) for slot, t in found.items() if t is not None}
            for index, found in self.optimizer.state_dict()["state"].items()
        }
        records = {name: getattr(self, name) for name in RECORDS}
        return Checkpoint(self.config, records, Network.of(weights, self.config.activation), slots)

    def to_bytes(self) -> bytes:
        """This state, between two epochs, as a safetensors file with everything to go on."""
        return self.checkpoint().to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes, device: torch.device) -> "TrainState":
        """The inverse of ``to_bytes``, on any device.

        Raises:
            CheckpointError: the bytes are something else, or damaged.
        """
        return cls.of(Checkpoint.parse(data), device)

    @classmethod
    def of(cls, checkpoint: Checkpoint, device: torch.device) -> "TrainState":
        """The inverse of ``checkpoint``, on any device."""
        sizes = checkpoint.network.sizes
        state = cls(checkpoint.config, sizes[0], sizes[-1], device)
        state.model.load_state_dict(_tensors(checkpoint.network.weights))
        groups = state.optimizer.state_dict()["param_groups"]
        slots = {index: _tensors(found) for index, found in checkpoint.slots.items()}
        state.optimizer.load_state_dict({"state": slots, "param_groups": groups})
        for name, value in checkpoint.records.items():
            setattr(state, name, value)
        return state


def _array(tensor: Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = tensor.detach().cpu().contiguous().numpy()
    return array


def _tensors(arrays: Mapping[str, NDArray[np.float32]]) -> dict[str, Tensor]:
    """Copies: what was read from bytes cannot be written to."""
    return {name: torch.tensor(array) for name, array in arrays.items()}
