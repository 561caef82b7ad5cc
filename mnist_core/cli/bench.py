"""Our training against the tutorial's own loop, on the same work, in one run.

The tutorial is Jovian's "Training Deep Neural Networks on a GPU": 48,000 digits to train, 12,000
to validate, hidden 32, batches of 100, SGD at 0.5.
"""

import contextlib
import io
import os
import statistics
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, SubsetRandomSampler

from mnist_core.config.device import threads_for
from mnist_core.config.train import TrainConfig
from mnist_core.data.datasets import load_dataset, locate
from mnist_core.data.resident import ResidentDataset
from mnist_core.data.split import split_indices
from mnist_core.errors import DataError
from mnist_core.nn.events import EpochEnd
from mnist_core.nn.gradient import gradient
from mnist_core.nn.machine import BUSY, cpu_name, load_average
from mnist_core.nn.model import MnistModel
from mnist_core.nn.optim import OPTIMIZERS
from mnist_core.nn.training import eval_batches, measure, train
from mnist_core.nn.tutorial import accuracy, fit

DEVICE = torch.device("cpu")  # where the tutorial's loop runs unless there is a GPU


@dataclass(frozen=True)
class Hardware:
    """What the numbers were measured on. ``load`` is the machine's load average before it."""

    cpu: str
    cores: int
    load: float
    torch: str
    tutorial_threads: int
    our_threads: int


@dataclass(frozen=True)
class BenchResult:
    """Seconds an epoch, evaluation included, of both loops; warm-up epochs are left out.

    ``ratio`` is the median of the repeats' own ratios. ``breakdown`` says where our time goes, in
    microseconds a step; ``evaluation`` and ``other`` are what an epoch spends outside its steps,
    spread over them.
    """

    repeats: int
    tutorial_seconds: list[float]
    our_seconds: list[float]
    ratio: float
    tutorial_accuracy: float
    our_accuracy: float
    breakdown: dict[str, float]
    hardware: Hardware


def tutorial_epochs(root: Path, config: TrainConfig) -> Iterator[tuple[float, float]]:
    """The tutorial's loop; (seconds, validation accuracy) of each epoch, without end."""
    from torchvision.datasets import MNIST  # loads torch's compiler: five seconds
    from torchvision.transforms import ToTensor

    dataset = MNIST(root, transform=ToTensor())
    train_dl, valid_dl = (
        DataLoader(dataset, config.batch_size, sampler=SubsetRandomSampler(part))
        for part in split_indices(len(dataset), config.val_fraction, config.seed)
    )
    model = MnistModel(784, config.hidden_sizes, 10)
    while True:
        began = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            _, metrics = fit(
                1, config.learning_rate, model, F.cross_entropy, train_dl, valid_dl, accuracy
            )
        assert metrics[0] is not None
        yield time.perf_counter() - began, metrics[0]


def _ours(data: ResidentDataset, config: TrainConfig) -> Generator[tuple[float, float], None, None]:
    """The same from ``train()``."""
    began = time.perf_counter()
    for event in train(config, data, DEVICE):
        if isinstance(event, EpochEnd):
            if event.epoch > 0:
                yield time.perf_counter() - began, event.val_accuracy
            began = time.perf_counter()


def _step_parts(data: ResidentDataset, config: TrainConfig) -> dict[str, float]:
    """Microseconds a step of each part of ``training.epoch_steps``, over one epoch."""
    model = MnistModel(data.in_size, config.hidden_sizes, data.classes)
    optimizer = OPTIMIZERS[config.optimizer](model.parameters(), config)
    order = torch.from_numpy(split_indices(len(data.images), config.val_fraction, config.seed)[0])
    batches = list(
        zip(
            order.split(config.batch_size),
            data.labels[order].split(config.batch_size),
            strict=True,
        )
    )
    names = ("gather", "gradient", "optimizer step", "accounting")
    totals = dict.fromkeys(names, 0.0)
    losses = []
    for rows, yb in batches:
        times = [time.perf_counter()]
        xb = data.images.index_select(0, rows)
        times.append(time.perf_counter())
        loss, _ = gradient(model, xb, yb)
        times.append(time.perf_counter())
        optimizer.step()
        times.append(time.perf_counter())
        losses.append(loss)
        times.append(time.perf_counter())
        for name, began, ended in zip(names, times, times[1:], strict=False):
            totals[name] += ended - began
    return {name: 1e6 * total / len(batches) for name, total in totals.items()}


def _evaluation(data: ResidentDataset, config: TrainConfig) -> float:
    """Seconds to evaluate the validation part once, as ``train()`` does after each epoch."""
    model = MnistModel(data.in_size, config.hidden_sizes, data.classes)
    rows = torch.arange(int(config.val_fraction * len(data.images)))
    images, labels = data.images[rows], data.labels[rows]
    began = time.perf_counter()
    measure(model, eval_batches(images, labels))
    return time.perf_counter() - began


def _median_of(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(row[name] for row in rows) for name in rows[0]}


def bench(repeats: int = 5) -> BenchResult:
    """Train ``repeats`` epochs with each loop in turn, after one epoch each that does not count.

    Raises:
        DataError: the full MNIST is not on this machine.
    """
    dataset, root = load_dataset("mnist"), locate("mnist")
    if root is None:
        raise DataError(f"The benchmark needs the full MNIST. {dataset.notice}")
    config = TrainConfig(epochs=repeats + 1, device="cpu")
    data = dataset.to(DEVICE)
    probe = MnistModel(data.in_size, config.hidden_sizes, data.classes)
    many = torch.get_num_threads()
    few = threads_for(probe.parameter_count * config.batch_size)
    hardware = Hardware(
        cpu=cpu_name(),
        cores=os.cpu_count() or 1,
        load=load_average(),
        torch=torch.__version__,
        tutorial_threads=many,
        our_threads=few,
    )
    tutorial, ours = tutorial_epochs(root, config), _ours(data, config)
    theirs_rows, our_rows, parts, evaluations = [], [], [], []
    try:
        for _ in range(repeats + 1):
            torch.set_num_threads(many)
            theirs_rows.append(next(tutorial))
            torch.set_num_threads(few)
            our_rows.append(next(ours))
            parts.append(_step_parts(data, config))
            evaluations.append(_evaluation(data, config))
    finally:
        ours.close()  # which sets back the number of threads that it found
        torch.set_num_threads(many)
    tutorial_seconds = [seconds for seconds, _ in theirs_rows[1:]]
    our_seconds = [seconds for seconds, _ in our_rows[1:]]
    steps = -(-int((1 - config.val_fraction) * len(data.images)) // config.batch_size)
    breakdown = _median_of(parts[1:])
    breakdown["evaluation"] = 1e6 * statistics.median(evaluations[1:]) / steps
    breakdown["other"] = 1e6 * statistics.median(our_seconds) / steps - sum(breakdown.values())
    return BenchResult(
        repeats=repeats,
        tutorial_seconds=tutorial_seconds,
        our_seconds=our_seconds,
        ratio=statistics.median(
            theirs / own for theirs, own in zip(tutorial_seconds, our_seconds, strict=True)
        ),
        tutorial_accuracy=theirs_rows[-1][1],
        our_accuracy=our_rows[-1][1],
        breakdown=breakdown,
        hardware=hardware,
    )


def report(result: BenchResult) -> str:
    """The result as a few lines for a person."""
    hardware = result.hardware
    lines = [
        f"{hardware.cpu}, {hardware.cores} cores (load {hardware.load}), torch {hardware.torch}",
        f"Median of {result.repeats} epochs each, interleaved, one warm-up epoch left out:",
    ]
    for name, seconds, threads, share in (
        (
            "tutorial",
            result.tutorial_seconds,
            hardware.tutorial_threads,
            result.tutorial_accuracy,
        ),
        ("ours", result.our_seconds, hardware.our_threads, result.our_accuracy),
    ):
        lines.append(
            f"  {name:9}{statistics.median(seconds):7.3f} s an epoch ({min(seconds):.3f} to "
            f"{max(seconds):.3f}), {threads} threads, validation accuracy {share:.2%}"
        )
    lines.append(f"Ours is {result.ratio:.1f} times as fast. A step of ours, in microseconds:")
    lines += [f"  {name:15}{value:6.0f}" for name, value in result.breakdown.items()]
    if hardware.load > BUSY * hardware.cores:
        lines.append("The machine was busy with other work, so these numbers mean little.")
    return "\n".join(lines)
