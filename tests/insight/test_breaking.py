"""A network that is broken: units and biases off, noise; and what nobody may ask for."""

from typing import Any

import numpy as np
import pytest

from mnist_core.errors import ConfigError
from mnist_core.insight.breaking import Break, broken, most_asked
from mnist_core.nn.model import MnistModel
from mnist_core.nn.network import Network
from tests.helpers.networks import in_numpy


def test_what_is_off_answers_nothing_and_the_network_itself_stays_whole() -> None:
    network = in_numpy(MnistModel(20, (9, 7), 5, "sigmoid"))
    pictures = np.random.default_rng(0).random((50, 20), np.float32)
    before = network(pictures)
    found = broken(network, Break(((0, 4), (1, 0)), (1,)))
    weights = {name: array.copy() for name, array in network.weights.items()}
    weights["layers.1.weight"][:, 4] = 0
    weights["layers.2.weight"][:, 0] = 0
    weights["layers.1.bias"][:] = 0
    np.testing.assert_array_equal(found(pictures), Network.of(weights, "sigmoid")(pictures))
    np.testing.assert_array_equal(network(pictures), before)


def test_noise_is_as_large_as_asked_and_always_the_same() -> None:
    network = in_numpy(MnistModel(400, (300,), 10, "relu"))
    noisy = broken(network, Break(noise=0.5))
    for (weight, bias), (other, same) in zip(network.layers, noisy.layers, strict=True):
        added = (other - weight) / np.sqrt(np.mean(weight**2))
        assert added.std() == pytest.approx(0.5, rel=0.05)
        assert abs(added.mean()) < 0.03
        np.testing.assert_array_equal(bias, same)
    again = broken(network, Break(noise=0.5))
    np.testing.assert_array_equal(noisy.layers[0][0], again.layers[0][0])


def test_what_a_browser_says_is_taken_as_it_is() -> None:
    network = in_numpy(MnistModel(20, (9, 7), 5, "relu"))
    given = {"network": "a", "off": [[1, 0], [0, 4], [1, 0]], "biases": [2, 0], "noise": 1}
    assert Break.parse(given, network) == Break(((0, 4), (1, 0)), (0, 2), 1.0)
    assert not Break.parse({}, network)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("all", "broken = 'all': must name"),
        ([["off"]], "broken = "),
        ({"off": "0 1"}, "off = '0 1': must be a hidden layer and one of its units"),
        ({"off": [[0]]}, r"off = \[\[0\]\]"),
        ({"off": [["0", "1"]]}, "off = "),
        ({"off": [[0, True]]}, "off = "),
        ({"off": [[0, 1.5]]}, "off = "),
        ({"off": None}, "off = None"),
        ({"off": [[0, 9]]}, r"off = \(0, 9\)"),
        ({"off": [[-1, 0]]}, r"off = \(-1, 0\)"),
        ({"off": [[2, 0]]}, r"off = \(2, 0\)"),
        ({"off": [[0, 10**30]]}, "off = "),
        ({"off": [[0, 1]] * 1_000_000}, "must be 16 at most"),
        ({"biases": [3]}, "biases = 3: must be a layer"),
        ({"biases": [0] * 4}, "must be 3 at most"),
        ({"biases": {"0": 1}}, "biases = "),
        ({"noise": float("nan")}, "noise = nan: must be a number from 0 to 2"),
        ({"noise": float("inf")}, "noise = inf"),
        ({"noise": "0.5"}, "noise = '0.5'"),
        ({"noise": -0.1}, "noise = -0.1"),
        ({"noise": [1]}, "noise = "),
        ({"off": [[0, "a"]], "noise": 3}, "off = .*; noise = 3"),
    ],
)
def test_what_cannot_be_broken_is_named(given: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Break.parse(given, in_numpy(MnistModel(20, (9, 7), 5, "relu")))


def test_a_large_network_is_asked_of_fewer_pictures() -> None:
    small = in_numpy(MnistModel(784, (32,), 10, "relu"))
    large = in_numpy(MnistModel(784, (2048, 2048), 10, "relu"))
    assert most_asked(small) > 12_000
    assert 500 <= most_asked(large) < 12_000
