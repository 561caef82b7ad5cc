"""A population honours every setting: with one that it ignored, it would train another network."""

from typing import Any

import pytest
import torch
from torch import Tensor

from mnist_core.config.fields import FIELDS, FieldSpec, parse_config
from mnist_core.config.train import TrainConfig
from mnist_core.data.resident import ResidentDataset
from mnist_core.nn.state import TrainState
from mnist_core.nn.training import train
from mnist_core.population.state import Population
from mnist_core.population.train import train_population

CPU = torch.device("cpu")
BASE = {"hidden_sizes": (6,), "epochs": 2, "batch_size": 20, "learning_rate": 0.2}
PLAYS_NO_PART = ("dataset", "device")  # which pictures, and where: given beside the configuration
# What a setting needs to play a part.
TOGETHER: dict[str, dict[str, Any]] = {
    "momentum": {"optimizer": "momentum"},
    "smoothness": {"elastic": 1.0},
}


def others(spec: FieldSpec) -> list[Any]:
    """Values of a field that are not the default, and not too wild to compare."""
    match spec.kind:
        case "choice":
            return [choice for choice in spec.choices if choice != spec.default]
        case "sizes":
            return [(), (5, 4)]
        case "int":
            return [spec.default + 3]
    assert spec.high is not None, spec.name
    return [spec.default / 2 or min(0.1, spec.high / 2)]


CASES = [
    (name, value)
    for name, spec in FIELDS.items()
    if name not in PLAYS_NO_PART
    for value in others(spec)
]


def alone(config: TrainConfig, data: ResidentDataset) -> Tensor:
    """The weights after training by itself."""
    state = TrainState(config, data.in_size, data.classes, CPU)
    for _ in train(config, data, CPU, state):
        pass
    return weights_of(state)


def weights_of(state: TrainState) -> Tensor:
    return torch.cat([p.detach().flatten() for p in state.model.parameters()])


@pytest.mark.parametrize(("name", "value"), CASES)
def test_a_member_trains_as_it_would_alone(name: str, value: Any, tiny: ResidentDataset) -> None:
    settings = BASE | TOGETHER.get(name, {})
    if name == "optimizer":
        settings["learning_rate"] = 0.01
    config, plain = parse_config(settings | {name: value}), parse_config(settings)
    population = Population([config, plain], tiny, CPU)
    member = population.members[0]
    for _ in train_population(population, tiny):
        pass
    expected = alone(config, tiny)
    assert torch.allclose(weights_of(member), expected, atol=1e-4)
    assert not torch.equal(expected, alone(plain, tiny)), "the value changes nothing"
