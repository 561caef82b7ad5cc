"""The gradient that is written out, against autograd."""

from itertools import product

import pytest
import torch
from torch.nn import functional as F

from mnist_core.nn.gradient import FUNCTIONS, gradient
from mnist_core.nn.model import ACTIVATIONS, MnistModel


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def by_autograd(
    model: MnistModel, images: torch.Tensor, labels: torch.Tensor, smoothing: float
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    loss = F.cross_entropy(model(images), labels, label_smoothing=smoothing)
    return loss.detach(), list(torch.autograd.grad(loss, list(model.parameters())))


@pytest.mark.parametrize(
    ("activation", "hidden", "dropout", "smoothing"),
    list(product(ACTIVATIONS, [(), (5,), (7, 6, 5)], [0.0, 0.4], [0.0, 0.1])),
)
def test_it_equals_autograd(
    activation: str, hidden: tuple[int, ...], dropout: float, smoothing: float
) -> None:
    model = MnistModel(12, hidden, 4, activation, dropout, seeded(1)).double()
    images = torch.randn(9, 12, generator=seeded(2), dtype=torch.float64)
    labels = torch.arange(9) % 4
    model.dropout_generator = seeded(3)
    loss, grads = by_autograd(model, images, labels, smoothing)
    model.dropout_generator = seeded(3)  # the same units are dropped
    found, logits = gradient(model, images, labels, smoothing)
    torch.testing.assert_close(found, loss)
    model.dropout_generator = seeded(3)
    torch.testing.assert_close(logits, model(images).detach())
    for parameter, grad in zip(model.parameters(), grads, strict=True):
        assert parameter.grad is not None
        torch.testing.assert_close(parameter.grad, grad)


def test_every_activation_has_a_derivative() -> None:
    assert set(FUNCTIONS) == set(ACTIVATIONS)


def test_in_evaluation_mode_nothing_is_dropped() -> None:
    model = MnistModel(12, (8,), 4, dropout=0.9, generator=seeded(1)).eval()
    images, labels = torch.rand(5, 12, generator=seeded(2)), torch.arange(5) % 4
    loss, _ = by_autograd(model, images, labels, 0.0)
    torch.testing.assert_close(gradient(model, images, labels)[0], loss)
