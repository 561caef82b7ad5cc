"""The weights of fixed configurations are those that were recorded, bit for bit.

``tests/fixtures/same_weights.safetensors`` was written by the code before it was moved into rooms
(commit 2bbd052): for each case a sample of the weights, a hash of all of them, and a hash of plain
PyTorch operations of the same shapes (``reference``). Another processor may round those otherwise:
where it does, the weights agree with the sample to a tolerance, and elsewhere bit for bit.

    python -m tests.nn.test_same_weights    # adds the cases that the file does not have
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional as F

from mnist_core.config.fields import parse_config
from mnist_core.config.train import TrainConfig
from mnist_core.data.resident import ResidentDataset
from mnist_core.nn.device import threads
from mnist_core.nn.state import TrainState
from mnist_core.nn.training import train
from mnist_core.population.state import Population
from mnist_core.population.train import train_population

RECORDED = Path(__file__).parent.parent / "fixtures" / "same_weights.safetensors"
CPU = torch.device("cpu")
SAMPLE = 200  # weights of each network that are kept as numbers

BASE = {"epochs": 2, "hidden_sizes": 8, "batch_size": 32, "learning_rate": 0.1, "seed": 3}
BENT = {"shift": 1, "scale": 0.2, "rotation": 20, "slant": 10, "elastic": 0.5, "smoothness": 2}
ADAM = {"optimizer": "adam", "learning_rate": 0.01}
ADAMW = {"optimizer": "adamw", "learning_rate": 0.01, "weight_decay": 0.1}

# Each run is a list of segments.
RUNS: dict[str, list[dict[str, Any]]] = {
    "sgd": [{}],
    "momentum": [{"optimizer": "momentum", "momentum": 0.8}],
    "adam": [ADAM],
    "adamw": [ADAMW],
    "tanh": [{"activation": "tanh"}],
    "sigmoid": [{"activation": "sigmoid"}],
    "gelu": [{"activation": "gelu"}],
    "no activation": [{"activation": "none"}],
    "no hidden layer": [{"hidden_sizes": ""}],
    "three hidden layers": [{"hidden_sizes": "9, 8, 7", **ADAM}],
    "dropout": [{"hidden_sizes": "9, 8, 7", "dropout": 0.3}],
    "distortions": [{**BENT, "thickness": 0.5}],
    "weight decay": [{"weight_decay": 0.01}],
    "one cycle": [{"schedule": "one_cycle", **ADAM}],
    "cosine": [{"schedule": "cosine", "order_seed": 5}],
    "label smoothing": [{"label_smoothing": 0.1}],
    "two segments": [{**ADAM, "dropout": 0.2}, {"learning_rate": 0.05, "seed": 4}],
    "the tutorial's shape": [{"hidden_sizes": 32, "batch_size": 100, "learning_rate": 0.5}],
}


def members(count: int, **changes: Any) -> list[dict[str, Any]]:
    """A population of widths and seeds of their own."""
    return [{"hidden_sizes": 6 + i, "seed": i, **changes} for i in range(count)]


def own_orders(configs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**config, "order_seed": i // 2} for i, config in enumerate(configs)]


POPULATIONS: dict[str, list[dict[str, Any]]] = {
    "sgd": members(6),
    "momentum": members(6, optimizer="momentum", schedule="one_cycle"),
    "adam": members(6, **ADAM),
    "adamw": own_orders(members(6, **ADAMW)),
    "own orders": own_orders(members(6, label_smoothing=0.1)),
    "sigmoid, dropout": own_orders(members(6, activation="sigmoid", dropout=0.3)),
    "gelu, depth 2": members(6, activation="gelu", **ADAM) + members(3, hidden_sizes="9, 8"),
    "tanh, no hidden layer": members(3, activation="tanh", hidden_sizes="") + members(2),
    "distortions": own_orders(members(4, **BENT)),
    "rare inputs": [{"hidden_sizes": 104, "seed": i, "batch_size": 10} for i in range(5)],
    "the tutorial's shape": [{"hidden_sizes": 32, "batch_size": 100, "seed": i} for i in range(8)],
}
CASES = [f"run: {name}" for name in RUNS] + [f"population: {name}" for name in POPULATIONS]


def make_data(inputs: int, rare: int = 0) -> ResidentDataset:
    """Four classes of pictures; the first ``rare`` inputs are zero in most, the last 4 in all."""
    generator = torch.Generator().manual_seed(0)
    centres = torch.rand(4, inputs, generator=generator)
    labels = torch.arange(400) % 4
    images = centres[labels] + 0.3 * torch.rand(400, inputs, generator=generator) - 0.2
    images[:, :rare] *= torch.rand(400, rare, generator=generator) < 0.05
    if rare:
        images[:, -4:] = 0
    return ResidentDataset(
        images[:300].clamp(0, 1), labels[:300], images[300:].clamp(0, 1), labels[300:], classes=4
    )


def data_of(case: str) -> ResidentDataset:
    if case.endswith("the tutorial's shape"):
        return make_data(784)
    return make_data(64, rare=20) if case.endswith("rare inputs") else make_data(16)


def configs_of(case: str) -> list[TrainConfig]:
    kind, name = case.split(": ")
    changes = RUNS[name] if kind == "run" else POPULATIONS[name]
    return [parse_config({**BASE, **change}) for change in changes]


def trained(case: str) -> list[Tensor]:
    """The weights of each network after training."""
    data, configs = data_of(case), configs_of(case)
    if case.startswith("population"):
        population = Population(configs, data, CPU)
        states = list(population.members.values())
        for _ in train_population(population, data):
            pass
    else:
        state = TrainState(configs[0], data.in_size, data.classes, CPU)
        for i, config in enumerate(configs):
            if i:
                state.begin_segment(config)
            for _ in train(config, data, CPU, state):
                pass
        states = [state]
    return [torch.cat([p.detach().flatten() for p in s.model.parameters()]) for s in states]


@torch.no_grad()
def reference(case: str) -> list[Tensor]:
    """What this processor makes of plain operations of the shapes that a case has."""
    data, configs = data_of(case), configs_of(case)
    random = torch.Generator().manual_seed(1)
    found = [data.images, data.test_images]
    for pictures in {configs[0].batch_size, 240 % configs[0].batch_size or 1, 60}:
        x = data.images[:pictures]
        for config in (configs[0], configs[-1]):
            for layer in (*config.hidden_sizes, data.classes):
                rows = layer * (len(configs) if case.startswith("population") else 1)
                w = torch.empty(rows, x.shape[1]).uniform_(-1, 1, generator=random)
                z = w @ x.t()
                found += [z, torch.addmm(w[:, 0], x, w.t()), z @ x, z.sum(0), z.sum(1)]
                found += [torch.tanh(z), torch.sigmoid(z), F.gelu(z), z.clamp(max=9).exp()]
                found += [torch.log_softmax(z, 0), torch.log_softmax(z, 1), z.mean(1)]
                first, second = w.clone(), w.square()
                kinds = {"weight_decay": 0.1, "maximize": False}
                rates = {"lr": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "amsgrad": False}
                args = [[w], [w * 2], [first], [second], [], [torch.ones(())]]
                torch._fused_adamw_(*args, **kinds, **rates)
                found += [w, first, second, w.add(first, alpha=-0.3)]
                x = torch.sigmoid(z).t()
    turn = torch.empty(64).uniform_(-1, 1, generator=random)
    found += [f(turn) for f in (torch.cos, torch.sin, torch.tan, torch.exp, torch.deg2rad)]
    found.append(torch.empty(64, 2).normal_(std=0.3, generator=random))
    points = torch.empty(8, 4, 4, 2).uniform_(-1, 1, generator=random)
    found.append(F.grid_sample(data.images[:8, :16].view(8, 1, 4, 4), points, align_corners=False))
    return found


def hashed(tensors: list[Tensor]) -> str:
    """Of every bit."""
    return hashlib.sha256(b"".join(t.contiguous().numpy().tobytes() for t in tensors)).hexdigest()


def sampled(weights: list[Tensor]) -> Tensor:
    """Some weights of each network, spread over all of it."""
    return torch.stack([w[torch.linspace(0, len(w) - 1, SAMPLE).long()] for w in weights])


def hashes() -> dict[str, dict[str, str]]:
    with safe_open(RECORDED, "pt") as file:
        found: dict[str, dict[str, str]] = json.loads(file.metadata()["hashes"])
        return found


@pytest.mark.parametrize("case", CASES)
def test_they_are_what_was_recorded(case: str) -> None:
    expected = hashes()[case]
    with threads(1):  # as it was recorded
        weights, same_rounding = trained(case), hashed(reference(case)) == expected["reference"]
    torch.testing.assert_close(sampled(weights), load_file(RECORDED)[case], atol=1e-4, rtol=1e-3)
    if same_rounding:
        assert hashed(weights) == expected["weights"]


def test_every_recorded_case_is_tested() -> None:
    assert set(hashes()) == set(CASES)


def record() -> None:
    """Add what is not in the file."""
    torch.set_num_threads(1)
    samples = load_file(RECORDED) if RECORDED.exists() else {}
    found = hashes() if RECORDED.exists() else {}
    for case in CASES:
        if case not in found:
            weights = trained(case)
            samples[case] = sampled(weights)
            found[case] = {"weights": hashed(weights), "reference": hashed(reference(case))}
    save_file(samples, RECORDED, {"hashes": json.dumps(found)})


if __name__ == "__main__":
    record()
