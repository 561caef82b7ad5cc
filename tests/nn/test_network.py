"""The network in NumPy, against PyTorch."""

import numpy as np
import pytest
import torch

from mnist_core.nn import model as torch_model
from mnist_core.nn.model import MnistModel
from mnist_core.nn.network import ACTIVATIONS, Network, softmax
from tests.helpers.networks import in_numpy


def test_it_has_all_activations() -> None:
    assert set(ACTIVATIONS) == set(torch_model.ACTIVATIONS)


@pytest.mark.parametrize("hidden", [(), (32,), (24, 16, 8)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_it_computes_what_pytorch_does(hidden: tuple[int, ...], activation: str) -> None:
    generator = torch.Generator().manual_seed(1)
    model = MnistModel(100, hidden, 10, activation, dropout=0.5, generator=generator).eval()
    network = in_numpy(model)
    assert network.sizes == (100, *hidden, 10)
    # As far from 0 as activations get, on both sides.
    pictures = torch.randn(40, 100, generator=generator) * torch.logspace(-1, 2, 40)[:, None]
    pictures.requires_grad_()
    logits = model(pictures)
    found = network(pictures.detach().numpy())
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, logits.detach().numpy(), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(
        softmax(found), logits.detach().softmax(1).numpy(), rtol=1e-4, atol=1e-6
    )
    direction = torch.randn(10, generator=generator)
    (gradient,) = torch.autograd.grad((logits @ direction).sum(), pictures)
    ours = network.gradient(pictures.detach().numpy(), direction.numpy())
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, gradient.numpy(), rtol=1e-4, atol=1e-5)


WEIGHTS = in_numpy(MnistModel(4, (3,), 2)).weights


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({}, "no network"),
        ({"layers.0.weight": WEIGHTS["layers.0.weight"]}, "no network"),
        (WEIGHTS | {"layers.2.weight": np.zeros((2, 2))}, "no network"),
        (WEIGHTS | {"layers.1.bias": np.zeros(3)}, "do not fit"),
        (WEIGHTS | {"layers.1.weight": np.zeros((2, 4))}, "do not fit"),
        (WEIGHTS | {"layers.0.weight": np.zeros(3)}, "do not fit"),
    ],
)
def test_weights_of_no_network_are_refused(weights: dict[str, np.ndarray], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Network.of(weights, "relu")


def test_an_unknown_activation_is_refused() -> None:
    with pytest.raises(ValueError, match="'step'"):
        Network.of(WEIGHTS, "step")


@pytest.mark.parametrize("hidden", [(), (7,), (6, 5)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_gradient_of_the_loss_is_autograds(hidden: tuple[int, ...], activation: str) -> None:
    generator = torch.Generator().manual_seed(1)
    model = MnistModel(20, hidden, 4, activation, generator=generator)
    pictures = 3 * torch.randn(50, 20, generator=generator)
    labels = torch.arange(50) % 4
    expected = torch.nn.functional.cross_entropy(model(pictures), labels)
    expected.backward()
    loss, found = in_numpy(model).loss_gradients(pictures.numpy(), labels.numpy())
    assert loss == pytest.approx(expected.item(), rel=1e-5)
    for (by_weight, by_bias), layer in zip(found, model.layers, strict=True):
        np.testing.assert_allclose(by_weight, layer.weight.grad.numpy(), rtol=1e-3, atol=1e-6)
        np.testing.assert_allclose(by_bias, layer.bias.grad.numpy(), rtol=1e-3, atol=1e-6)


def test_the_loss_of_a_share_that_rounds_to_0_is_its_logit() -> None:
    weights = {"layers.0.weight": np.array([[400.0], [0.0]]), "layers.0.bias": np.zeros(2)}
    loss, _ = Network.of(weights, "relu").loss_gradients(np.ones((1, 1), np.float32), np.array([1]))
    assert loss == pytest.approx(400)
