"""What preparing data and training report, in the order it happens: plain records.

The network itself is not in them: it is the ``TrainState`` that was handed to ``train()``.
"""

from dataclasses import dataclass
from typing import Literal

from mnist_core.data.events import DataReady, Downloading

Outcome = Literal["completed", "stopped", "diverged"]


@dataclass(frozen=True)
class Started:
    """Training begins or goes on; ``layers`` are the (inputs, outputs) of each linear layer."""

    parameters: int
    layers: tuple[tuple[int, int], ...]
    train_examples: int
    val_examples: int
    test_examples: int
    device: str
    first_epoch: int
    last_epoch: int


@dataclass(frozen=True)
class Progress:
    """Where training is within an epoch: ``fraction`` of ``epoch`` is done (0 to 1)."""

    epoch: int
    fraction: float
    examples_per_second: float
    seconds_left: float


@dataclass(frozen=True)
class EpochEnd:
    """Measured after an epoch; epoch 0 is the untrained network.

    Losses are mean cross-entropies in nats; ``train_loss`` is the mean over the epoch's own
    batches (for epoch 0 over the whole training part), with the configuration's label smoothing,
    which the others never have. ``train_accuracy`` goes with it: the share of pictures that were
    read right while the epoch trained on them, as they were shown (distorted, with dropout) and
    by the weights of that moment; NaN where it was not recorded. ``seconds`` is the training time
    of the run so far. ``fraction`` is below 1 when the epoch was stopped before its end.
    """

    epoch: int
    train_loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float
    learning_rate: float
    seconds: float
    fraction: float


@dataclass(frozen=True)
class Finished:
    """The end of training. Test figures are measured here, once."""

    outcome: Outcome
    epoch: int
    val_accuracy: float
    best_val_accuracy: float
    best_epoch: int
    test_accuracy: float
    test_loss: float
    seconds: float


Event = Downloading | DataReady | Started | Progress | EpochEnd | Finished
