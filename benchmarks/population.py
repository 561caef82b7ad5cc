"""Populations against the tutorial's own loop: seconds a model and epoch, on full MNIST.

    MNIST_LAB_DATA=<folder with MNIST> python -m benchmarks.population [--json] [--repeats 3]

48,000 digits to train and 12,000 to validate in each epoch, batches of 100. Repeats are
interleaved, and a processor's clock changes within seconds: so an epoch of the tutorial's loop goes
before each population's, and the ratio is between these two. The matrix rate, measured after it, is
that of a 2048^3 product in float32. An epoch of each goes before as a warm-up and is left out.
With ``--short`` two small populations, to see that it runs.
"""

import argparse
import itertools
import json
import statistics
import time
from collections.abc import Iterator

import torch

from mnist_core.cli.bench import tutorial_epochs
from mnist_core.config.fields import parse_config
from mnist_core.config.train import TrainConfig
from mnist_core.data.datasets import load_dataset, locate
from mnist_core.data.resident import ResidentDataset
from mnist_core.population.state import Population
from mnist_core.population.train import RoundEnd, train_population

DEVICE = torch.device("cpu")
GRID_WIDTHS = (16, 32, 64, 128, 256)
GRID_RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)


def matrix_rate(n: int = 2048, times: int = 3) -> float:
    """Floating-point operations a second in an n^3 product; the best of a few."""
    a, b, out = torch.rand(n, n), torch.rand(n, n), torch.empty(n, n)
    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        torch.mm(a, b, out=out)
        best = min(best, time.perf_counter() - began)
    return 2 * n**3 / best


def operations(config: TrainConfig) -> float:
    """Floating-point operations of one member's epoch: forward, weight gradients, validation.

    Two for each weight and picture; the products of later layers' gradients are left out (1 %).
    """
    (hidden,) = config.hidden_sizes
    return 2 * 784 * hidden * (2 * 48_000 + 12_000)


def rounds(configs: list[TrainConfig], data: ResidentDataset) -> Iterator[float]:
    """Seconds of each round of a population."""
    began = time.perf_counter()
    for event in train_population(Population(configs, data, DEVICE), data):
        if isinstance(event, RoundEnd):
            assert len(event.members) == len(configs), "a member has diverged"
            yield time.perf_counter() - began
            began = time.perf_counter()


def cases(repeats: int, short: bool) -> dict[str, list[TrainConfig]]:
    """The populations that are measured; if ``short``, of one kind alone."""

    def make(count: int, **changes: object) -> list[TrainConfig]:
        return [parse_config({"epochs": repeats + 2, "seed": i, **changes}) for i in range(count)]

    if short:
        return {"1 x 32, sgd": make(1), "2 x 32, adam": make(2, optimizer="adam")}
    grid = [
        parse_config({"epochs": repeats + 2, "hidden_sizes": h, "learning_rate": lr})
        for h, lr in itertools.product(GRID_WIDTHS, GRID_RATES)
    ]
    return {
        "1 x 32, sgd": make(1),
        "16 x 32, sgd": make(16),
        "64 x 32, sgd": make(64),
        "256 x 32, sgd": make(256),
        "64 x 32, momentum": make(64, optimizer="momentum", learning_rate=0.05),
        "64 x 32, adam": make(64, optimizer="adam", learning_rate=0.001),
        "64 x 32, dropout 0.2": make(64, dropout=0.2),
        "16..256 by 8 rates": grid,
    }


def measure(repeats: int, short: bool) -> dict[str, object]:
    """Run everything ``repeats`` times, after a warm-up."""
    root = locate("mnist")
    assert root is not None, "MNIST_LAB_DATA names no folder with MNIST"
    data = load_dataset("mnist").to(DEVICE)
    populations = cases(repeats, short)
    tutorial = tutorial_epochs(root, TrainConfig())
    wide = {
        h: tutorial_epochs(root, parse_config({"hidden_sizes": h}))
        for h in GRID_WIDTHS[: 1 if short else None]
    }
    running = {name: rounds(configs, data) for name, configs in populations.items()}
    base: dict[str, list[float]] = {name: [] for name in populations}
    rates: dict[str, list[float]] = {name: [] for name in populations}
    seconds: dict[str, list[float]] = {name: [] for name in populations}
    for repeat in range(repeats + 1):
        for name, source in running.items():
            tutorial_seconds, _ = next(tutorial)
            taken = next(source) / len(populations[name])
            if repeat:  # the first is the warm-up
                base[name].append(tutorial_seconds)
                seconds[name].append(taken)
                rates[name].append(matrix_rate())
    rows = []
    for name, configs in populations.items():
        work = statistics.mean(operations(c) for c in configs)
        rows.append(
            {
                "population": name,
                "models": len(configs),
                "ms_per_model_epoch": 1e3 * statistics.median(seconds[name]),
                "times_tutorial": statistics.median(
                    b / s for b, s in zip(base[name], seconds[name], strict=True)
                ),
                "share_of_matrix_rate": statistics.median(
                    work / s / r for s, r in zip(seconds[name], rates[name], strict=True)
                ),
            }
        )
    return {
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "repeats": repeats,
        "tutorial_seconds_per_epoch": statistics.median(itertools.chain(*base.values())),
        "tutorial_seconds_by_width": {h: next(source)[0] for h, source in wide.items()},
        "matrix_gflops": statistics.median(itertools.chain(*rates.values())) / 1e9,
        "populations": rows,
    }


def main(arguments: list[str] | None = None) -> None:
    """Measure and print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--short", action="store_true", help="few and small: does it run?")
    given = parser.parse_args(arguments)
    result = measure(given.repeats, given.short)
    if given.json:
        print(json.dumps(result, indent=2))
        return
    print(
        f"{result['threads']} threads, torch {result['torch']}, "
        f"median of {result['repeats']} interleaved repeats; "
        f"tutorial {result['tutorial_seconds_per_epoch']:.2f} s an epoch, "
        f"matrix rate {result['matrix_gflops']:.0f} GFLOPS"
    )
    by_width = result["tutorial_seconds_by_width"]
    assert isinstance(by_width, dict)
    print("tutorial by width:", ", ".join(f"{h}: {s:.2f} s" for h, s in by_width.items()))
    print(f"{'population':24}{'ms/model-epoch':>16}{'x tutorial':>12}{'of matrix rate':>16}")
    populations = result["populations"]
    assert isinstance(populations, list)
    for row in populations:
        print(
            f"{row['population']:24}{row['ms_per_model_epoch']:16.1f}"
            f"{row['times_tutorial']:12.0f}{row['share_of_matrix_rate']:16.0%}"
        )


if __name__ == "__main__":
    main()
