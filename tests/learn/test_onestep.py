"""One step of training, with autograd and PyTorch's loss as oracles."""

import numpy as np
import pytest
import torch

from mnist_core.learn.digits import digits
from mnist_core.learn.onestep import nudged, one_step
from mnist_core.learn.trainer import begin, losses
from mnist_core.nn.network import softmax


def test_every_number_of_a_step_is_pytorchs() -> None:
    learn, _ = digits()
    batch = learn.first(32)
    network = begin((784, 8, 10), "relu", 3)
    step = one_step(network, batch, 0.1)
    parts = [torch.tensor(array, requires_grad=True) for pair in network.layers for array in pair]
    hidden = torch.tensor(batch.rows) @ parts[0].T + parts[1]
    logits = torch.relu(hidden) @ parts[2].T + parts[3]
    each = torch.nn.functional.cross_entropy(logits, torch.tensor(batch.labels), reduction="none")
    each.mean().backward()
    np.testing.assert_allclose(step.sums[0], hidden.detach(), atol=1e-5)
    np.testing.assert_allclose(step.handed_on, torch.relu(hidden).detach(), atol=1e-5)
    np.testing.assert_allclose(step.shares, torch.softmax(logits, 1).detach(), atol=1e-6)
    np.testing.assert_allclose(step.losses, each.detach(), rtol=1e-5)
    assert step.loss == pytest.approx(each.mean().item(), rel=1e-6)
    assert step.right == int((logits.argmax(1).numpy() == batch.labels).sum())
    ours = [array for pair in step.gradients for array in pair]
    moved = [array for pair in step.after.layers for array in pair]
    for theirs, slope, after in zip(parts, ours, moved, strict=True):
        assert theirs.grad is not None
        np.testing.assert_allclose(slope, theirs.grad, atol=1e-6)
        np.testing.assert_allclose(after, (theirs - 0.1 * theirs.grad).detach(), atol=1e-7)
    again = one_step(step.after, batch, 0.1)
    assert step.loss_after == pytest.approx(again.loss)
    assert step.loss_after < step.loss


def test_the_steepest_weights_come_first() -> None:
    learn, _ = digits()
    step = one_step(begin((784, 8, 10), "relu", 3), learn.first(32), 0.1)
    places = step.steepest(5)
    slopes = np.abs(step.gradients[0][0])
    found = slopes[places[:, 0], places[:, 1]]
    assert found.tolist() == sorted(slopes.ravel())[:-6:-1]


def test_what_is_lost_for_a_share_of_nothing_is_still_a_number() -> None:
    shares = np.array([[1, 0], [0.5, 0.5]], np.float32)
    found = losses(shares, np.array([1, 0]))
    assert np.isfinite(found).all()
    assert found[1] == pytest.approx(np.log(2))


def test_one_weight_is_nudged_and_no_other() -> None:
    network = begin((784, 4, 10), "relu", 0)
    changed = nudged(network, 3, 1, 0.25)
    difference = changed.layers[1][0] - network.layers[1][0]
    assert difference[3, 1] == pytest.approx(0.25)
    assert np.count_nonzero(difference) == 1
    assert (changed.layers[0][0] == network.layers[0][0]).all()
    _, valid = digits()
    assert (softmax(changed(valid.rows)) != softmax(network(valid.rows))).any()
