"""What preparing data and training report, in the order it happens: plain records.

The network itself is not in them: it is the ``TrainState`` that was handed to ``train()``.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from mnist_core.config.numbers import Count, Measured
from mnist_core.data.events import DataReady, Downloading

Outcome = Literal["completed", "stopped", "diverged"]


@dataclass(frozen=True)
class Started:
    """Training begins or goes on; ``layers`` are the (inputs, outputs) of each linear layer."""

    parameters: Count
    layers: Annotated[tuple[tuple[Count, Count], ...], Field(min_length=1)]
    train_examples: Count
    val_examples: Count
    test_examples: Count
    device: str
    first_epoch: Count
    last_epoch: Count


@dataclass(frozen=True)
class Progress:
    """Where training is within an epoch: ``fraction`` of ``epoch`` is done (0 to 1)."""

    epoch: Count
    fraction: Measured
    examples_per_second: Measured
    seconds_left: Measured


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
    epoch: Count
    val_accuracy: Measured
    best_val_accuracy: Measured
    best_epoch: Count
    test_accuracy: Measured
    test_loss: float
    seconds: Measured


Event = Downloading | DataReady | Started | Progress | EpochEnd | Finished
