"""What a sweep is said to take, against what it takes: ``python -m benchmarks.cost``.

Ten studies of different kinds on the full MNIST, each estimated right before and right after it is
run, since other work on the machine comes and goes; a few minutes. MNIST_LAB_DATA names the data.
With ``--short`` two small ones, to see that it runs.
"""

import argparse
import os
import tempfile
import time
from typing import Any

import torch

from mnist_core.config.sweep import SweepConfig, parse_sweep
from mnist_core.data.datasets import load_dataset
from mnist_core.runs.store import RunStore
from mnist_core.sweep.cost import estimate_cost, study_threads
from mnist_core.sweep.execution import execute_study
from mnist_core.sweep.storage import open_storage
from mnist_core.sweep.study import create_study

RATES = "0.01:1:log"
STUDIES: dict[str, dict[str, Any]] = {
    "the form as it is": {
        "axes": {"hidden_sizes": "16,32,64,128", "learning_rate": RATES},
        "base": {"epochs": 2},
    },
    "rates alone": {"axes": {"learning_rate": RATES}, "trials": 32, "base": {"epochs": 3}},
    "widths at random": {
        "axes": {"hidden_sizes": "16:512:log"},
        "sampler": "random",
        "trials": 24,
        "base": {"epochs": 1},
    },
    "seeds of the order": {
        "axes": {"order_seed": "0,1,2,3,4,5,6,7"},
        "trials": 8,
        "base": {"epochs": 2},
    },
    "sizes of a batch": {
        "axes": {"batch_size": "32,128,512", "learning_rate": "0.1,0.3"},
        "trials": 6,
        "base": {"epochs": 2},
    },
    "optimizers": {
        "axes": {"optimizer": "sgd,momentum,adam,adamw", "learning_rate": "0.001,0.01"},
        "trials": 8,
        "base": {"epochs": 2},
    },
    "two layers": {
        "axes": {"hidden_sizes": "64-32,128-64", "learning_rate": "0.1,0.3"},
        "trials": 4,
        "base": {"epochs": 2},
    },
    "dropout, learning from what it tried": {
        "axes": {"dropout": "0:0.5", "learning_rate": RATES},
        "sampler": "tpe",
        "trials": 24,
        "base": {"epochs": 1, "hidden_sizes": 64},
    },
    "numbers of epochs": {"axes": {"epochs": "1,2,4,8"}, "trials": 4},
    "distorted pictures": {
        "axes": {"rotation": "0,12", "learning_rate": "0.1,0.3"},
        "trials": 4,
        "base": {"epochs": 1, "shift": 2},
    },
}


SHORT = ("sizes of a batch", "numbers of epochs")


def measure(config: SweepConfig) -> tuple[float, float]:
    """Seconds predicted and taken."""
    device = torch.device("cpu")
    data = load_dataset("mnist").to(device)
    torch.set_num_threads(study_threads(config, data))
    predicted = [estimate_cost(config, data, device).seconds]
    study, store = create_study(config, open_storage()), RunStore()
    began = time.perf_counter()
    for _ in execute_study(study, config, store, "job", "cpu"):
        pass
    taken = time.perf_counter() - began
    predicted.append(estimate_cost(config, data, device).seconds)
    return sum(predicted) / 2, taken


def main(arguments: list[str] | None = None) -> None:
    """Run the studies and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="two small studies: does it run?")
    names = SHORT if parser.parse_args(arguments).short else STUDIES
    print(f"{'study':38} {'trials':>6} {'predicted':>10} {'taken':>8} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as home:
        os.environ["MNIST_LAB_HOME"] = home
        for name in names:
            config = parse_sweep({"name": name, **STUDIES[name]})
            predicted, taken = measure(config)
            ratio = predicted / taken
            print(
                f"{name:38} {config.planned:6} {predicted:8.1f} s {taken:6.1f} s {ratio:6.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
