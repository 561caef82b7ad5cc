"""What a GPU does with one network and with populations, against the tutorial's own loop on it.

    python -m benchmarks.gpu                 # on a GPU: at most five minutes
    python -m benchmarks.gpu --device cpu    # a check that it runs, on few pictures

It needs PyTorch, NumPy and pydantic beside this project, and no data set: the pictures are made up,
of MNIST's sizes (60,000 of 784 numbers, a fifth to validate, batches of 100). The tutorial's loop
gets them from memory one by one, as its data set does, but need not decode them. Times are of the
second epoch, evaluation included.
"""

import argparse
import contextlib
import io
import json
import time
import warnings
from collections.abc import Generator, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, SubsetRandomSampler

from mnist_core.config.fields import parse_config
from mnist_core.config.train import TrainConfig
from mnist_core.data.resident import ResidentDataset, as_rows
from mnist_core.nn.device import available_devices
from mnist_core.nn.events import EpochEnd
from mnist_core.nn.state import TrainState
from mnist_core.nn.training import train
from mnist_core.population.state import Population
from mnist_core.population.train import RoundEnd, train_population
from mnist_core.tutorial import (
    DeviceDataLoader,
    MnistModel,
    accuracy,
    fit,
    split_indices,
    to_device,
)

CPU = torch.device("cpu")
BUDGET = 16 * 2**30  # bytes: 1,024 members of 32 units take 1.2 GB with SGD, 2.3 with Adam
HIDDEN, BATCH, VALIDATION = 32, 100, 0.2
RATES = {"sgd": 0.1, "momentum": 0.02, "adam": 0.001, "adamw": 0.001}
Loop = Generator[object, None, None]  # something that goes on by an epoch each time it is asked


def make_pictures(count: int) -> tuple[Tensor, Tensor]:
    """uint8 (count, 28, 28) of ten classes, and their labels; four fifths of a picture are 0."""
    random = torch.Generator().manual_seed(0)
    centres = torch.rand(10, 28, 28, generator=random)
    centres *= torch.rand(10, 28, 28, generator=random) < 0.2
    labels = torch.arange(count) % 10
    noise = torch.rand(count, 28, 28, generator=random)
    return (255 * centres[labels] * noise).to(torch.uint8), labels


def make_data(count: int, device: torch.device) -> ResidentDataset:
    """Them on a device; a sixth of them again is for the test."""
    images, labels = make_pictures(count)
    images, labels = as_rows(images.to(device)), labels.to(device)
    return ResidentDataset(images, labels, images[: count // 6], labels[: count // 6], 10)


def config(**changes: Any) -> TrainConfig:
    """The tutorial's network at a rate that suits these pictures."""
    settings = {"hidden_sizes": HIDDEN, "batch_size": BATCH, "val_fraction": VALIDATION}
    return parse_config({"epochs": 3, "learning_rate": RATES["sgd"], **settings, **changes})


class OneByOne(Dataset[tuple[Tensor, int]]):
    """A data set as the tutorial's: each picture becomes a tensor when it is asked for."""

    def __init__(self, count: int) -> None:
        images, labels = make_pictures(count)
        self.images, self.labels = images.numpy(), labels.tolist()

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, i: int) -> tuple[Tensor, int]:
        return torch.from_numpy(self.images[i]).float().div(255)[None], self.labels[i]


def tutorial_loop(count: int, device: torch.device) -> Loop:
    """The tutorial's cells."""
    dataset = OneByOne(count)
    train_dl, valid_dl = (
        DeviceDataLoader(DataLoader(dataset, BATCH, sampler=SubsetRandomSampler(part)), device)
        for part in split_indices(len(dataset), VALIDATION, seed=0)
    )
    model = to_device(MnistModel(784, HIDDEN, 10), device)
    while True:
        with contextlib.redirect_stdout(io.StringIO()):
            yield fit(1, RATES["sgd"], model, F.cross_entropy, train_dl, valid_dl, accuracy)


def one_model(data: ResidentDataset, **changes: Any) -> Loop:
    """``train()``; its epoch 0, which is measured only, is left out."""
    for event in train(config(**changes), data, data.images.device):
        if isinstance(event, EpochEnd) and event.epoch:
            yield event


def population(data: ResidentDataset, members: int, **changes: Any) -> Loop:
    """``train_population()`` for networks that differ in seed and learning rate."""
    first = config(**changes).learning_rate
    configs = [
        config(**{**changes, "seed": i, "learning_rate": first * (0.5 + i / members)})
        for i in range(members)
    ]
    for event in train_population(Population(configs, data, data.images.device), data, BUDGET):
        if isinstance(event, RoundEnd):
            yield event


def second_epoch(loop: Loop) -> float:
    """Seconds of the second epoch. Each ends with reading its results, so it waits for them."""
    next(loop)
    began = time.perf_counter()
    next(loop)
    seconds = time.perf_counter() - began
    loop.close()
    return seconds


def waits(loop: Loop) -> int:
    """How often the second epoch waits for a CUDA device."""
    next(loop)
    torch.cuda.set_sync_debug_mode("warn")
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            next(loop)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    return sum("synchronizing" in str(w.message) for w in caught)


def trained(data: ResidentDataset, members: int, optimizer: str) -> Tensor:
    """All weights after an epoch, on the CPU: of ``train()`` (no members) or of a population."""
    changes = {"epochs": 1, "optimizer": optimizer, "learning_rate": RATES[optimizer]}
    device = data.images.device
    if members:
        configs = [config(**changes, seed=i) for i in range(members)]
        together = Population(configs, data, device)
        states = list(together.members.values())
        events: Iterator[object] = train_population(together, data, BUDGET)
    else:
        states = [TrainState(config(**changes), data.in_size, data.classes, device)]
        events = train(states[0].config, data, device, states[0])
    for _ in events:
        pass
    weights = [p.detach().flatten().cpu() for s in states for p in s.model.parameters()]
    return torch.cat(weights)


def matrix_rate(device: torch.device, n: int) -> float:
    """Floating-point operations a second in an n^3 product of float32; the best of five."""
    a, b = torch.rand(n, n, device=device), torch.rand(n, n, device=device)
    best = float("inf")
    for _ in range(6):
        began = time.perf_counter()
        (a @ b)[0, 0].item()
        best = min(best, time.perf_counter() - began)
    return 2 * n**3 / best


def operations(count: int) -> float:
    """Of one network's epoch: forward, weight gradients, validation; first layer alone."""
    trained_on = (1 - VALIDATION) * count
    return 2 * 784 * HIDDEN * (2 * trained_on + VALIDATION * count)


def measure(device: torch.device, label: str, count: int, sizes: list[int]) -> dict[str, Any]:
    """All of it."""
    there, here = make_data(count, device), make_data(count, CPU)
    few = min(sizes)
    agreement, repeats = {}, {}
    for members in (0, few):
        for optimizer in RATES:
            name = f"{optimizer}, {f'population of {members}' if members else 'one model'}"
            first = trained(there, members, optimizer)
            repeats[name] = bool(torch.equal(first, trained(there, members, optimizer)))
            gap = (first - trained(here, members, optimizer)).abs().max().item()
            agreement[name] = gap
    counted = {}
    if device.type == "cuda":
        counted["one model"] = waits(one_model(there))
        for optimizer in RATES:
            counted[f"population of {few}, {optimizer}"] = waits(
                population(there, few, optimizer=optimizer, learning_rate=RATES[optimizer])
            )
    tutorial = second_epoch(tutorial_loop(count, device))
    rate = matrix_rate(device, 1024 if device.type == "cpu" else 8192)
    rows = []
    loops = [("one model", 1, one_model(there))]
    loops += [(f"{n} models", n, population(there, n)) for n in sizes]
    loops += [
        (f"{n} models, Adam", n, population(there, n, optimizer="adam", learning_rate=0.001))
        for n in sizes
    ]
    for name, models, loop in loops:
        seconds = second_epoch(loop)
        rows.append(
            {
                "name": name,
                "seconds": seconds,
                "times_tutorial": tutorial * models / seconds,
                "share_of_rate": operations(count) * models / seconds / rate,
            }
        )
    return {
        "device": label,
        "torch": torch.__version__,
        "pictures": count,
        "largest_difference_to_cpu": agreement,
        "same_twice": repeats,
        "waits_in_an_epoch": counted,
        "tutorial_seconds": tutorial,
        "matrix_gflops": rate / 1e9,
        "epochs": rows,
    }


def report(result: dict[str, Any]) -> str:
    """The result as a few lines for a person."""
    lines = [f"{result['device']}, torch {result['torch']}, {result['pictures']:,} pictures"]
    lines.append("Weights after an epoch: largest difference to the CPU's, and the same twice?")
    for name, gap in result["largest_difference_to_cpu"].items():
        lines.append(f"  {name:32}{gap:10.1e}   {'yes' if result['same_twice'][name] else 'NO'}")
    lines.append("Waits for the device in an epoch, its beginning and its results included:")
    for name, count in result["waits_in_an_epoch"].items():
        lines.append(f"  {name:32}{count:10}")
    if not result["waits_in_an_epoch"]:
        lines.append("  not counted: PyTorch counts them on CUDA only")
    lines.append(
        f"The tutorial's loop takes {result['tutorial_seconds']:.2f} s an epoch; a product of "
        f"matrices runs at {result['matrix_gflops']:,.0f} GFLOPS."
    )
    lines.append(f"  {'':32}{'s/epoch':>10}{'x tutorial':>12}{'of the rate':>13}")
    for row in result["epochs"]:
        lines.append(
            f"  {row['name']:32}{row['seconds']:10.3f}{row['times_tutorial']:12,.0f}"
            f"{row['share_of_rate']:13.1%}"
        )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Measure and print a report, or JSON."""
    devices = {device.name: device.label for device in available_devices()}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=devices, default=next(iter(devices)))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    small = given.device == "cpu"
    count, sizes = (3000, [2, 4]) if small else (60_000, [16, 64, 256, 1024])
    result = measure(torch.device(given.device), devices[given.device], count, sizes)
    print(json.dumps(result, indent=2) if given.json else report(result))
    if small and not given.json:
        print("On a CPU this is a check that it runs, not a measurement.")


if __name__ == "__main__":
    main()
