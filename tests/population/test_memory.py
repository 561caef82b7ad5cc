"""What a population is said to take, against the bytes that PyTorch allocates for it."""

from typing import Any

import pytest
import torch

from mnist_core.config.fields import parse_config
from mnist_core.data.resident import ResidentDataset
from mnist_core.population.memory import group_bytes, state_bytes
from mnist_core.population.state import Population
from mnist_core.population.train import train_population
from tests.helpers.memory import peak_bytes

CPU = torch.device("cpu")
ADAM = {"optimizer": "adam", "learning_rate": 0.001}


@pytest.fixture(scope="module", params=["ink everywhere", "a margin"])
def data(request: pytest.FixtureRequest) -> ResidentDataset:
    images = torch.rand(4000, 784, generator=torch.Generator().manual_seed(0))
    if request.param == "a margin":
        images[:, :67] = 0
    labels = torch.arange(4000) % 10
    return ResidentDataset(images[:3000], labels[:3000], images[3000:], labels[3000:], 10)


def own_orders(count: int, **changes: Any) -> list[dict[str, Any]]:
    return [{"order_seed": i, **changes} for i in range(count)]


@pytest.mark.parametrize(
    "members",
    [
        [{}] * 32,
        [{"batch_size": 1000}] * 16,
        own_orders(12),
        own_orders(8, batch_size=1000),
        own_orders(6, batch_size=400, shift=1, elastic=0.5),
        [{"batch_size": 400, "rotation": 5, "thickness": 0.5}] * 4,
        [{"hidden_sizes": "128, 64, 64", "dropout": 0.2, **ADAM}] * 8,
        [{"hidden_sizes": "64, 64", "activation": "gelu", "weight_decay": 0.1, **ADAM}] * 8,
        [{"hidden_sizes": "256", "activation": "sigmoid", "optimizer": "momentum"}] * 8,
        [{"hidden_sizes": ""}] * 64,
        [{"hidden_sizes": 16 + 3 * i} for i in range(24)],
    ],
)
def test_the_estimate_is_within_30_percent(
    data: ResidentDataset, members: list[dict[str, Any]]
) -> None:
    configs = [
        parse_config({"epochs": 1, "seed": i, "learning_rate": 0.01, **member})
        for i, member in enumerate(members)
    ]
    population = Population(configs, data, CPU)

    # The networks are there before; their optimizers' slots are made in training.
    weights = 4 * population.parameter_count
    taken = peak_bytes(lambda: list(train_population(population, data, 2**40)))
    slots = sum(state_bytes(config, data) for config in configs) - weights
    assert group_bytes(configs, data) + slots == pytest.approx(taken, rel=0.3)
