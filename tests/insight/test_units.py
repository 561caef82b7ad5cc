"""Hidden units: what is lost without each, which are dead, what they look for."""

import numpy as np
import pytest
import torch

from mnist_core.insight.units import (
    FEWEST,
    STRONGEST,
    most_pictures,
    need,
    portraits,
    silent,
)
from mnist_core.nn.model import MnistModel
from mnist_core.nn.network import Network
from tests.helpers.networks import in_numpy


@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_without_a_unit_the_network_is_the_one_with_its_outgoing_weights_at_zero(
    layer: int, activation: str
) -> None:
    generator = torch.Generator().manual_seed(2)
    network = in_numpy(MnistModel(20, (9, 7, 8), 5, activation, generator=generator))
    random = np.random.default_rng(0)
    pictures = random.random((300, 20), np.float32)
    labels = network(pictures).argmax(1)
    labels[::3] = 0  # it is not right everywhere
    found = need(network, layer, pictures, labels)
    assert found.pictures == 300
    assert found.accuracy == pytest.approx((network(pictures).argmax(1) == labels).mean())
    for unit in range(network.sizes[layer + 1]):
        weights = {name: array.copy() for name, array in network.weights.items()}
        weights[f"layers.{layer + 1}.weight"][:, unit] = 0
        without = Network.of(weights, activation)
        expected = (without(pictures).argmax(1) == labels).mean()
        assert found.accuracy - found.lost[unit] == pytest.approx(expected, abs=0.005)


def test_the_most_needed_come_first_and_the_dead_last() -> None:
    weights = {
        "layers.0.weight": np.diag([1, 1, 1, 1]).astype(np.float32),
        "layers.0.bias": np.array([0, 0, -100, 0], np.float32),
        "layers.1.weight": np.eye(4, dtype=np.float32),
        "layers.1.bias": np.array([0, 0, -1, 0], np.float32),
    }
    network = Network.of(weights, "relu")
    pictures = np.eye(4, dtype=np.float32)[[0, 1, 1, 1, 3, 3]]
    found = need(network, 0, pictures, np.array([0, 1, 1, 1, 3, 3]))
    np.testing.assert_array_equal(found.dead, [False, False, True, False])
    assert found.lost[1] == pytest.approx(0.5)
    assert found.lost[2] == 0
    assert found.order.tolist() == [1, 3, 0, 2]


def test_only_relu_falls_silent() -> None:
    sums = np.array([[-1, 1], [-2, -1]], np.float32)
    weights = in_numpy(MnistModel(3, (2,), 2)).weights
    assert silent(Network.of(weights, "relu"), sums).tolist() == [True, False]
    assert silent(Network.of(weights, "gelu"), sums).tolist() == [False, False]


def test_fewer_pictures_are_asked_where_a_layer_is_large() -> None:
    def network(*sizes: int) -> Network:
        return in_numpy(MnistModel(784, sizes, 10))

    assert most_pictures(network(32), 0) > 60_000
    assert FEWEST < most_pictures(network(512, 512), 0) < 12_000
    assert most_pictures(network(512, 512), 1) > 60_000


def test_a_later_unit_is_shown_as_what_it_answers_to_most() -> None:
    network = in_numpy(MnistModel(6, (4, 3), 2, generator=torch.Generator().manual_seed(0)))
    np.testing.assert_array_equal(
        portraits(network, 0, np.empty((0, 6), np.float32)), network.layers[0][0]
    )
    pictures = np.random.default_rng(1).random((200, 6), np.float32)
    found = portraits(network, 1, pictures)
    assert found.shape == (3, 6)
    for unit in range(3):
        strongest = np.argsort(-network.sums(pictures)[1][:, unit])[:STRONGEST]
        expected = pictures[strongest].mean(0) - pictures.mean(0)
        np.testing.assert_allclose(found[unit], expected, atol=1e-6)
    few = portraits(network, 1, pictures[:4])
    np.testing.assert_allclose(few, np.zeros((3, 6)), atol=1e-6)
