"""Training in NumPy, with PyTorch as the oracle; and the digits it learns from."""

import numpy as np
import pytest
import torch

from mnist_core.learn.digits import digits
from mnist_core.learn.trainer import accuracy, batches, begin, mean_loss, moved, train_epoch


def test_the_digits_are_thousands_of_all_kinds_in_a_random_order() -> None:
    learn, valid = digits()
    assert (len(learn), len(valid)) == (4000, 1000)
    for part in (learn, valid):
        assert part.rows.shape == (len(part), 784)
        assert part.rows.dtype == np.float32
        assert (part.rows.min(), part.rows.max()) == (0, 1)
        assert (np.bincount(part.labels) == len(part) / 10).all()
        assert set(part.first(100).labels.tolist()) == set(range(10))
    seen = {row.tobytes() for row in learn.rows}
    assert not any(row.tobytes() in seen for row in valid.rows)


def test_it_begins_as_pytorch_does() -> None:
    network = begin((784, 50, 10), "relu", 0)
    drawn = torch.nn.Linear(784, 50)
    (weight, bias), _ = network.layers
    for ours, theirs in ((weight, drawn.weight), (bias, drawn.bias)):
        assert ours.shape == tuple(theirs.shape)
        assert np.abs(ours).max() <= 784**-0.5
    assert weight.std() == pytest.approx(float(drawn.weight.detach().std()), rel=0.02)
    assert (begin((784, 50, 10), "relu", 0).layers[0][0] == weight).all()
    assert not (begin((784, 50, 10), "relu", 1).layers[0][0] == weight).any()


@pytest.mark.parametrize("activation", ["relu", "tanh", "none"])
def test_a_step_is_pytorchs(activation: str) -> None:
    learn, _ = digits()
    batch = learn.first(32)
    network = begin((784, 12, 10), activation, 0)
    between = {"relu": torch.nn.ReLU(), "tanh": torch.nn.Tanh(), "none": torch.nn.Identity()}
    model = torch.nn.Sequential(torch.nn.Linear(784, 12), between[activation])
    model.append(torch.nn.Linear(12, 10))
    linear = [model[0], model[2]]
    for layer, (weight, bias) in zip(linear, network.layers, strict=True):
        layer.weight.data, layer.bias.data = torch.tensor(weight), torch.tensor(bias)
    descent = torch.optim.SGD(model.parameters(), lr=0.3)
    for _ in range(5):
        loss = torch.nn.functional.cross_entropy(
            model(torch.tensor(batch.rows)), torch.tensor(batch.labels)
        )
        assert mean_loss(network, batch) == pytest.approx(loss.item(), rel=1e-5)
        descent.zero_grad()
        loss.backward()
        descent.step()
        network = moved(network, network.loss_gradients(batch.rows, batch.labels)[1], 0.3)
    for layer, (weight, bias) in zip(linear, network.layers, strict=True):
        np.testing.assert_allclose(weight, layer.weight.detach(), atol=1e-6)
        np.testing.assert_allclose(bias, layer.bias.detach(), atol=1e-6)


def test_an_epoch_shows_each_picture_once_in_an_order_of_its_own() -> None:
    first, second = (np.concatenate(list(batches(103, 20, 0, epoch))) for epoch in (1, 2))
    assert sorted(first) == sorted(second) == list(range(103))
    assert (first != second).any()
    assert [len(batch) for batch in batches(103, 20, 0, 1)] == [20, 20, 20, 20, 20, 3]


def test_it_learns() -> None:
    learn, valid = digits()
    network = begin((784, 16, 10), "relu", 0)
    assert accuracy(network, valid) < 0.25
    for epoch in range(1, 4):
        network, losses = train_epoch(network, learn, 0.3, 50, 0, epoch)
        assert len(losses) == 80
    assert accuracy(network, valid) > 0.85
    expected = (network(valid.rows).argmax(1) == valid.labels).mean()
    assert accuracy(network, valid) == pytest.approx(float(expected))


@pytest.mark.slow
def test_pixels_that_are_mixed_up_are_learnt_as_well() -> None:
    """What the first chapter says: the network is not told which pixels are neighbours."""
    from mnist_core.learn.digits import Digits
    from pages.ui.learn.pixels import mixed_up

    learn, valid = digits()
    order = mixed_up()
    assert sorted(order) == list(range(784))
    reached = []
    for rows in (np.arange(784), order):
        shown = [Digits(part.rows[:, rows], part.labels) for part in (learn, valid)]
        found = []
        for seed in range(4):
            network = begin((784, 16, 10), "relu", seed)
            for epoch in range(1, 4):
                network, _ = train_epoch(network, shown[0], 0.3, 50, seed, epoch)
            found.append(accuracy(network, shown[1]))
        reached.append(found)
    plain, mixed = (np.array(found) for found in reached)
    # Four seeds each: their means differ by less than the seeds do.
    assert abs(plain.mean() - mixed.mean()) < 2 * max(plain.std(), mixed.std(), 0.004)
