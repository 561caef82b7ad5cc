"""Training one network: ``train()`` as a stream of events."""

import time
from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mnist_core.config.device import threads_for
from mnist_core.config.train import TrainConfig
from mnist_core.data.augment import distort
from mnist_core.data.resident import ResidentDataset
from mnist_core.data.split import split_rows
from mnist_core.nn.device import threads
from mnist_core.nn.events import EpochEnd, Event, Finished, Outcome, Progress, Started
from mnist_core.nn.gradient import gradient
from mnist_core.nn.optim import learning_rate_at
from mnist_core.nn.state import TrainState, epoch_generator

PROGRESS_INTERVAL = 0.25  # seconds between two progress reports within an epoch
# Pictures evaluated at once: 3 MB of MNIST stay in a processor's cache, and a population's products
# run at their full rate.
EVAL_BATCH = 1000


@torch.no_grad()
def measure(
    model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]], smoothing: float = 0.0
) -> tuple[float, float]:
    """(mean cross-entropy, accuracy) over batches of pictures and labels; waits for them once.

    The model is in evaluation mode meanwhile. An output that is not a number is a wrong answer.
    """
    mode = model.training
    model.eval()
    results, counts = [], []
    for xb, yb in batches:
        logits = model(xb)
        loss = F.cross_entropy(logits, yb, label_smoothing=smoothing)
        right = (logits.argmax(1) == yb) & ~logits.isnan().any(1)
        results.append(torch.stack([loss, right.sum().float()]))
        counts.append(len(yb))
    model.train(mode)
    losses, rights = torch.stack(results).T.tolist()
    shares = [right / count for right, count in zip(rights, counts, strict=True)]
    return float(np.average(losses, weights=counts)), float(np.average(shares, weights=counts))


def eval_batches(images: Tensor, labels: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Resident pictures as they are evaluated."""
    return zip(images.split(EVAL_BATCH), labels.split(EVAL_BATCH), strict=True)


class Parts:
    """The training, validation and test part of a resident data set."""

    def __init__(self, data: ResidentDataset, val_fraction: float) -> None:
        self.data = data
        self.train_rows, val_rows = split_rows(data, val_fraction)
        self.val_images = data.images.index_select(0, val_rows)
        self.val_labels = data.labels.index_select(0, val_rows)

    def training(self, model: nn.Module, smoothing: float) -> tuple[float, float]:
        """As the mean over an epoch's batches is, with the same label smoothing."""
        batches = (
            (self.data.images.index_select(0, rows), self.data.labels.index_select(0, rows))
            for rows in self.train_rows.split(EVAL_BATCH)
        )
        return measure(model, batches, smoothing)

    def val(self, model: nn.Module) -> tuple[float, float]:
        return measure(model, eval_batches(self.val_images, self.val_labels))

    def test(self, model: nn.Module) -> tuple[float, float]:
        return measure(model, eval_batches(self.data.test_images, self.data.test_labels))


def train(
    config: TrainConfig,
    data: ResidentDataset,
    device: torch.device,
    state: TrainState | None = None,
) -> Iterator[Event]:
    """Train ``state`` (by default a new network) from where it stands to the end of its segment.

    Yields Started, EpochEnd for epoch 0 (the untrained network; for a new run only), then
    Progress within and EpochEnd after each epoch, and Finished. The network is whatever ``state``
    holds; at each event it is as that event says. To stop early, close the generator and ask
    ``conclude`` for the rest; at an EpochEnd, ``state.turn`` gives the next epoch other numbers.
    ``data`` is on ``device``; a batch is a gather of rows, so nothing
    is done per picture in Python, and nothing waits for the device but the results of an epoch.
    The same configuration on the same machine gives the same weights bit for bit, since the number
    of CPU threads is the configuration's (``threads_for``) until the generator ends.
    """
    if state is None:
        state = TrainState(config, data.in_size, data.classes, device)
    with threads(threads_for(state.model.parameter_count * config.batch_size)):
        yield from _train(state, data)


def _train(state: TrainState, data: ResidentDataset) -> Iterator[Event]:
    parts = Parts(data, state.config.val_fraction)
    yield Started(
        parameters=state.model.parameter_count,
        layers=state.model.shapes,
        train_examples=len(parts.train_rows),
        val_examples=len(parts.val_labels),
        test_examples=len(data.test_labels),
        device=str(state.device),
        first_epoch=state.epoch,
        last_epoch=state.last_epoch,
    )
    if state.epoch == 0:
        untrained = parts.training(state.model, state.config.label_smoothing)
        yield _close_epoch(state, parts, untrained)
    while state.epoch < state.last_epoch and not state.diverged:
        yield from epoch_steps(state, parts)
        state.epoch += 1
        yield _close_epoch(state, parts, state.epoch_means)
    yield _finish(state, parts, "diverged" if state.diverged else "completed")


def epoch_steps(state: TrainState, parts: Parts) -> Iterator[Progress]:
    """One pass over the training part. ``state`` is right at every yield."""
    config, model, optimizer, device = state.config, state.model, state.optimizer, state.device
    images = parts.data.images
    n = len(parts.train_rows)
    shuffle = torch.randperm(n, generator=epoch_generator(config.order_seed, state.epoch))
    order = parts.train_rows[shuffle.to(device)]
    # Labels are gathered once an epoch. Pictures are gathered batch by batch, so that they are
    # still in the processor's cache when the first layer reads them.
    labels = parts.data.labels[order].split(config.batch_size)
    batches = list(zip(order.split(config.batch_size), labels, strict=True))
    if config.dropout:
        model.dropout_generator = epoch_generator(config.seed, state.epoch, device)
    # Seeded as the order is, so that networks that share their batches see the same distortions.
    noise = epoch_generator(config.order_seed, state.epoch, device)
    epochs_done = state.epoch - state.segment_start
    state.begin_epoch(n)
    model.train()
    reported, seen_then = time.perf_counter(), 0
    for i, (rows, yb) in enumerate(batches):
        rate = learning_rate_at(config, (epochs_done + i / len(batches)) / config.epochs)
        for group in optimizer.param_groups:
            group["lr"] = rate
        xb = distort(images.index_select(0, rows), config, noise)
        loss, logits = gradient(model, xb, yb, config.label_smoothing)
        optimizer.step()
        state.count(loss, logits, yb, rate)
        now = time.perf_counter()
        if now - reported >= PROGRESS_INTERVAL:
            speed = (state.seen - seen_then) / (now - reported)
            left = (config.epochs - epochs_done) * n - state.seen
            with state.resting():
                yield Progress(state.epoch + 1, state.seen / n, speed, left / speed)
            reported, seen_then = time.perf_counter(), state.seen


def _close_epoch(state: TrainState, parts: Parts, trained: tuple[float, float]) -> EpochEnd:
    """Measure the network as it is and take it into the state's records.

    ``trained`` are the epoch's training loss and accuracy.
    """
    train_loss, train_accuracy = trained
    val_loss, val_accuracy = parts.val(state.model)
    fraction = state.end_epoch(train_loss, val_loss, val_accuracy)
    return EpochEnd(
        epoch=state.epoch,
        train_loss=train_loss,
        train_accuracy=train_accuracy,
        val_loss=val_loss,
        val_accuracy=val_accuracy,
        learning_rate=state.learning_rate,
        seconds=state.seconds,
        fraction=fraction,
    )


def _finish(state: TrainState, parts: Parts, outcome: Outcome) -> Finished:
    test_loss, test_accuracy = parts.test(state.model)
    return Finished(
        outcome=outcome,
        epoch=state.epoch,
        val_accuracy=state.val_accuracy,
        best_val_accuracy=state.best_accuracy,
        best_epoch=state.best_epoch,
        test_accuracy=test_accuracy,
        test_loss=test_loss,
        seconds=state.seconds,
    )


def conclude(state: TrainState, data: ResidentDataset) -> Iterator[EpochEnd | Finished]:
    """The last events of a run whose generator was closed early: what was learnt is measured.

    A part of an epoch counts as an epoch, with ``fraction`` below 1.
    """
    with threads(threads_for(state.model.parameter_count * state.config.batch_size)):
        parts = Parts(data, state.config.val_fraction)
        if state.seen:
            state.epoch += 1
            yield _close_epoch(state, parts, state.epoch_means)
        yield _finish(state, parts, "stopped")
