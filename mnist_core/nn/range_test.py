"""Which learning rate to begin with: loss against learning rate over one short sweep upwards.

L. N. Smith, "Cyclical Learning Rates for Training Neural Networks" (WACV 2017, arXiv 1506.01186),
section 3.3: train while the rate grows, and look where the loss falls and where it breaks out. The
suggestion is a tenth of the rate at which the smoothed loss was lowest, a habit of fastai's
``lr_find``: there it still falls steeply, and well before training becomes unstable.
"""

import math
from dataclasses import dataclass

import torch

from mnist_core.config.device import threads_for
from mnist_core.config.train import TrainConfig
from mnist_core.data.augment import distort
from mnist_core.data.resident import ResidentDataset
from mnist_core.data.split import split_rows
from mnist_core.nn.device import threads
from mnist_core.nn.gradient import gradient
from mnist_core.nn.state import TrainState, epoch_generator

STEPS = 300
LOWEST, HIGHEST = 1e-5, 10.0  # learning rates; the highest is the field's own bound
SMOOTHING = 0.95  # weight of the past in the running mean of the loss
BROKEN = 4.0  # the test ends when the smoothed loss is so many times its lowest


@dataclass(frozen=True)
class RangeTest:
    """Smoothed training losses (mean cross-entropy, nats) at growing ``rates``, and the advice."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    suggested: float


def range_test(
    config: TrainConfig, data: ResidentDataset, device: torch.device, steps: int = STEPS
) -> RangeTest:
    """Train a new network of ``config`` for ``steps`` steps while its learning rate grows.

    The rates grow by equal factors from LOWEST to HIGHEST. It ends early where the loss breaks
    out. The configuration's own learning rate, schedule and epochs play no part.
    """
    state = TrainState(config, data.in_size, data.classes, device)
    with threads(threads_for(state.model.parameter_count * config.batch_size)):
        return _range_test(state, data, steps)


def _range_test(state: TrainState, data: ResidentDataset, steps: int) -> RangeTest:
    config, device = state.config, state.device
    model, optimizer = state.model, state.optimizer
    rows, _ = split_rows(data, config.val_fraction)
    model.dropout_generator = epoch_generator(config.seed, 0, device)
    noise = epoch_generator(config.order_seed, 0, device)
    shuffle = epoch_generator(config.order_seed, 0)
    model.train()
    rates: list[float] = []
    losses: list[float] = []
    mean = 0.0
    for i in range(steps):
        rate = LOWEST * (HIGHEST / LOWEST) ** (i / (steps - 1))
        for group in optimizer.param_groups:
            group["lr"] = rate
        picked = torch.randint(len(rows), (config.batch_size,), generator=shuffle).to(device)
        batch = rows.index_select(0, picked)
        images = distort(data.images.index_select(0, batch), config, noise)
        labels = data.labels.index_select(0, batch)
        loss, _ = gradient(model, images, labels, config.label_smoothing)
        optimizer.step()
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss.item()
        smooth = mean / (1 - SMOOTHING ** (i + 1))  # without the pull of the 0 it began with
        if not math.isfinite(smooth) or (losses and smooth > BROKEN * min(losses)):
            break
        rates.append(rate)
        losses.append(smooth)
    lowest = rates[losses.index(min(losses))]
    return RangeTest(tuple(rates), tuple(losses), float(f"{max(lowest / 10, LOWEST):.1g}"))
