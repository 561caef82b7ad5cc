"""What layers look like from epoch to epoch, and what is said of it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mnist_core.config.fields import parse_config
from mnist_core.data.resident import ResidentDataset
from mnist_core.insight.layers import LayerRow, layer_rows, remarks
from mnist_core.nn.events import EpochEnd
from mnist_core.nn.model import MnistModel
from mnist_core.nn.network import Network
from mnist_core.nn.state import TrainState
from mnist_core.nn.training import train
from tests.helpers.networks import in_numpy


def test_the_sizes_are_those_that_autograd_has() -> None:
    model = MnistModel(12, (6, 5), 4, generator=torch.Generator().manual_seed(0))
    pictures, labels = torch.rand(80, 12), torch.arange(80) % 4
    loss = torch.nn.functional.cross_entropy(model(pictures), labels)
    loss.backward()
    model.requires_grad_(False)
    rows = layer_rows({3: in_numpy(model)}, pictures.numpy(), labels.numpy())
    assert [(row.epoch, row.layer) for row in rows] == [(3, 1), (3, 2), (3, 3)]
    given = pictures
    for place, (row, layer) in enumerate(zip(rows, model.layers, strict=True)):
        given = layer(given) if place == 2 else layer(given).relu()
        assert row.weight == pytest.approx(float(layer.weight.square().mean().sqrt()), rel=1e-4)
        assert row.answer == pytest.approx(float(given.square().mean().sqrt()), rel=1e-4)
        assert row.gradient == pytest.approx(
            float(layer.weight.grad.square().mean().sqrt()), rel=1e-3
        )
        assert row.loss == pytest.approx(loss.item(), rel=1e-4)
        dead = 0.0 if place == 2 else float((given == 0).all(0).float().mean())
        assert row.dead == pytest.approx(dead)


def row(epoch: int, layer: int, gradient: float = 0.1, loss: float = 0.3) -> LayerRow:
    return LayerRow(epoch, layer, 0.1, 1.0, gradient, 0.0, loss)


HEALTHY = [row(0, 1, loss=2.3), row(0, 2, loss=2.3), row(5, 1, 0.02), row(5, 2, 0.03)]


def test_nothing_is_said_where_nothing_stands_out() -> None:
    assert remarks([]) == []
    assert remarks(HEALTHY) == []
    learnt = [*HEALTHY[:3], row(5, 2, 90.0)]  # a small gradient where little is left to learn
    assert not any("Vanishing" in said for said in remarks(learnt))


def test_what_stands_out_is_said_in_a_sentence() -> None:
    (said,) = remarks([*HEALTHY[:2], row(5, 1, 1e-6, 2.3), row(5, 2, 0.1, 2.3)])
    assert said.startswith("Vanishing: the first layer's gradient is 100,000 times smaller")
    (said,) = remarks([*HEALTHY[:2], row(5, 1, 0.0, 2.3), row(5, 2, 0.1, 2.3)])
    assert "is 0" in said
    (said,) = remarks([*HEALTHY[:2], row(5, 1, 20.0), row(5, 2, 0.1)])
    assert said.startswith("Exploding: a gradient is 200 times as large after epoch 5")
    (said,) = remarks([*HEALTHY[:2], replace(row(5, 1), dead=0.25), row(5, 2)])
    assert said.startswith("Dead: 25% of the units in layer 1")
    (said,) = remarks([*HEALTHY[:2], row(5, 1, loss=np.nan), row(5, 2, loss=np.nan)])
    assert said.startswith("Exploding: from epoch 5 on")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"hidden_sizes": "16"}, ""),
        ({"hidden_sizes": ", ".join(["16"] * 8), "activation": "sigmoid"}, "Vanishing"),
    ],
)
def test_real_networks_get_what_they_deserve(
    tiny: ResidentDataset, settings: dict[str, object], expected: str
) -> None:
    config = parse_config({"epochs": 3, "learning_rate": 0.1, **settings})
    device = torch.device("cpu")
    state = TrainState(config, tiny.in_size, tiny.classes, device)
    kept: dict[int, Network] = {}
    for event in train(config, tiny, device, state):
        if isinstance(event, EpochEnd):
            weights = {k: t.detach().numpy().copy() for k, t in state.model.state_dict().items()}
            kept[event.epoch] = Network.of(weights, config.activation)
    rows = layer_rows(kept, tiny.images.numpy(), tiny.labels.numpy())
    said = remarks(rows)
    assert [s.split(":")[0] for s in said] == ([expected] if expected else [])
