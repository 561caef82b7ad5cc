"""Optimizers and schedules, with torch's own as the oracle."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR

from mnist_core.config.fields import FIELDS, parse_config
from mnist_core.config.train import TrainConfig
from mnist_core.nn.optim import OPTIMIZERS, learning_rate_at

ORACLES: dict[str, Callable[[Any, TrainConfig], torch.optim.Optimizer]] = {
    "sgd": lambda p, c: torch.optim.SGD(p, c.learning_rate, weight_decay=c.weight_decay),
    "momentum": lambda p, c: torch.optim.SGD(
        p, c.learning_rate, momentum=c.momentum, weight_decay=c.weight_decay
    ),
    "adam": lambda p, c: torch.optim.Adam(p, c.learning_rate, weight_decay=c.weight_decay),
    "adamw": lambda p, c: torch.optim.AdamW(p, c.learning_rate, weight_decay=c.weight_decay),
}


def steps(optimizer: torch.optim.Optimizer, model: nn.Module, n: int) -> torch.Tensor:
    """All weights after ``n`` steps on fixed data, the rate halved at each."""
    generator = torch.Generator().manual_seed(0)
    for _ in range(n):
        xb = torch.randn(10, 6, generator=generator)
        optimizer.zero_grad()
        model(xb).square().sum().backward()
        optimizer.step()
        for group in optimizer.param_groups:
            group["lr"] /= 2
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def test_there_is_one_optimizer_for_each_choice() -> None:
    assert set(OPTIMIZERS) == set(FIELDS["optimizer"].choices)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_steps_equal_torchs(name: str, decay: float) -> None:
    config = parse_config(
        {"optimizer": name, "learning_rate": 0.02, "weight_decay": decay, "momentum": 0.8}
    )
    ours, theirs = nn.Linear(6, 4), nn.Linear(6, 4)
    theirs.load_state_dict(ours.state_dict())
    before = torch.cat([p.detach().flatten() for p in ours.parameters()])
    got = steps(OPTIMIZERS[name](ours.parameters(), config), ours, 4)
    torch.testing.assert_close(got, steps(ORACLES[name](theirs.parameters(), config), theirs, 4))
    assert not torch.allclose(got, before)


@pytest.mark.parametrize("name", ["sgd", "momentum"])
def test_sgds_state_is_torchs(name: str) -> None:
    """So that a checkpoint holds what torch.optim.SGD would have put there."""
    config = TrainConfig(optimizer=name)  # type: ignore[arg-type]
    ours, theirs = nn.Linear(6, 4), nn.Linear(6, 4)
    theirs.load_state_dict(ours.state_dict())
    mine, oracle = (
        OPTIMIZERS[name](ours.parameters(), config),
        ORACLES[name](theirs.parameters(), config),
    )
    steps(mine, ours, 2)
    steps(oracle, theirs, 2)
    got, expected = mine.state_dict()["state"], oracle.state_dict()["state"]
    for index, slots in got.items():
        torch.testing.assert_close(slots["momentum_buffer"], expected[index]["momentum_buffer"])
    assert len(got) == (2 if name == "momentum" else 0)


def test_constant_is_constant() -> None:
    config = TrainConfig(learning_rate=0.3)
    assert {learning_rate_at(config, i / 7) for i in range(8)} == {0.3}


@pytest.mark.parametrize("total", [10, 480])
def test_cosine_equals_torchs(total: int) -> None:
    config = TrainConfig(schedule="cosine", learning_rate=0.4)
    optimizer = torch.optim.SGD(nn.Linear(1, 1).parameters(), 0.4)
    scheduler = CosineAnnealingLR(optimizer, total)
    for i in range(total + 1):
        assert learning_rate_at(config, i / total) == pytest.approx(
            scheduler.get_last_lr()[0], abs=1e-9
        )
        optimizer.step()
        scheduler.step()


def test_one_cycle_equals_torchs() -> None:
    # torch's climb ends one step before 30 % of the steps, on whole steps; with the phases laid
    # out on the same steps and its last rate, a 250,000th of the peak, taken for zero, both agree.
    peak, last = 0.4, 1000
    config = TrainConfig(schedule="one_cycle", learning_rate=peak)
    optimizer = torch.optim.SGD(nn.Linear(1, 1).parameters(), peak)
    scheduler = OneCycleLR(
        optimizer, peak, total_steps=last + 1, pct_start=301 / 1001, cycle_momentum=False
    )
    for i in range(last + 1):
        assert learning_rate_at(config, i / last) == pytest.approx(
            scheduler.get_last_lr()[0], abs=1e-5 * peak
        )
        optimizer.step()
        if i < last:
            scheduler.step()


@pytest.mark.parametrize("name", FIELDS["schedule"].choices)
def test_rates_stay_between_zero_and_the_peak(name: str) -> None:
    config = parse_config({"schedule": name, "learning_rate": 0.5})
    rates = [learning_rate_at(config, i / 100) for i in range(101)]
    assert min(rates) >= 0
    assert max(rates) == 0.5
    if name != "constant":
        assert rates[-1] == pytest.approx(0, abs=1e-12)


def test_training_loads_no_compiler() -> None:
    """torch's own optimizers import torch._dynamo with their first group and their first step."""
    code = (
        "import sys, torch; from mnist_core.config.train import TrainConfig\n"
        "from mnist_core.nn.optim import OPTIMIZERS\n"
        "for optimizer in OPTIMIZERS.values():\n"
        "    model = torch.nn.Linear(2, 1)\n"
        "    made = optimizer(model.parameters(), TrainConfig())\n"
        "    model(torch.ones(1, 2)).sum().backward(); made.step(); made.zero_grad()\n"
        "    made.load_state_dict(made.state_dict())\n"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert "torch.optim" in loaded
    assert not {"torch._dynamo", "sympy", "triton"} & loaded
