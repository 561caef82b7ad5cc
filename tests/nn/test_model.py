"""The network, against torch's own layers."""

from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mnist_core.nn.model import ACTIVATIONS, MnistModel, rename_tutorials

MODULES = {
    "relu": nn.ReLU(),
    "tanh": nn.Tanh(),
    "sigmoid": nn.Sigmoid(),
    "gelu": nn.GELU(),
    "none": nn.Identity(),
}


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(), (5,), (7, 6, 5)])
def test_forward_equals_torchs_layers(activation: str, hidden: tuple[int, ...]) -> None:
    model = MnistModel(12, hidden, 4, activation)
    parts: list[nn.Module] = []
    for linear in model.layers:
        parts += [linear, MODULES[activation]]
    plain = nn.Sequential(*parts[:-1])
    xb = torch.randn(3, 12, generator=seeded(0))
    assert torch.equal(model(xb), plain(xb))


@pytest.mark.parametrize(
    ("hidden", "shapes", "parameters"),
    [
        ((), ((784, 10),), 7850),
        (32, ((784, 32), (32, 10)), 25450),
        ((32,), ((784, 32), (32, 10)), 25450),
        ((128, 64), ((784, 128), (128, 64), (64, 10)), 109386),
    ],
)
def test_shapes_and_parameters(
    hidden: int | tuple[int, ...], shapes: tuple[tuple[int, int], ...], parameters: int
) -> None:
    model = MnistModel(784, hidden, 10)
    assert model.shapes == shapes
    assert model.parameter_count == parameters


def test_pictures_of_any_shape_are_flattened() -> None:
    model = MnistModel(784, 32, 10)
    xb = torch.rand(5, 784)
    assert torch.equal(model(xb.view(5, 1, 28, 28)), model(xb))
    assert torch.equal(model(xb.view(5, 28, 28)), model(xb))
    assert model(xb).shape == (5, 10)


def test_a_generator_decides_the_weights() -> None:
    one, same, other = (MnistModel(9, (5,), 3, generator=seeded(s)) for s in (1, 1, 2))
    for a, b, c in zip(one.parameters(), same.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)
        assert not torch.equal(a, c)


def test_weights_begin_within_the_bounds_that_torch_uses() -> None:
    ours, theirs = MnistModel(400, (100,), 10, generator=seeded(0)), MnistModel(400, (100,), 10)
    for ours_, theirs_ in zip(ours.layers, theirs.layers, strict=True):
        bound = theirs_.weight.abs().max().item()
        assert ours_.weight.abs().max().item() == pytest.approx(bound, rel=0.02)
    first = ours.layers[0].weight
    assert first.abs().max() <= 400**-0.5
    assert first.std().item() == pytest.approx(400**-0.5 / 3**0.5, rel=0.02)


def test_dropout_is_for_training_only() -> None:
    model = MnistModel(8, (64,), 4, dropout=0.5, generator=seeded(0))
    xb = torch.rand(2, 8)
    assert not torch.equal(model(xb), model(xb))
    model.eval()
    assert torch.equal(model(xb), model(xb))
    whole = MnistModel(8, (64,), 4, generator=seeded(0))
    assert torch.equal(model(xb), whole(xb))


def test_dropout_repeats_with_its_generator_and_keeps_the_mean() -> None:
    model = MnistModel(8, (5000,), 4, dropout=0.3, generator=seeded(0))
    hidden = torch.empty(4, 5000)
    model.dropout_generator = seeded(3)
    first = model.draw_keep(hidden)
    model.dropout_generator = seeded(3)
    assert first is not None
    assert torch.equal(model.draw_keep(hidden), first)
    assert (first == 0).float().mean().item() == pytest.approx(0.3, abs=0.02)
    assert first.mean().item() == pytest.approx(1, abs=0.03)


def test_without_an_activation_layers_are_one_linear_map() -> None:
    model = MnistModel(6, (20, 20), 3, "none", generator=seeded(0)).double()
    a, b = torch.randn(2, 1, 6, dtype=torch.float64, generator=seeded(1))
    zero = model(torch.zeros(1, 6, dtype=torch.float64))
    torch.testing.assert_close(model(a + b) - zero, model(a) + model(b) - 2 * zero)


class Tutorials(nn.Module):
    """The tutorial's own model, as it writes it."""

    def __init__(self, in_size: int, hidden_size: int, out_size: int) -> None:
        super().__init__()
        self.linear1 = nn.Linear(in_size, hidden_size)
        self.linear2 = nn.Linear(hidden_size, out_size)

    def forward(self, xb: torch.Tensor) -> torch.Tensor:
        xb = xb.view(xb.size(0), -1)
        return self.linear2(F.relu(self.linear1(xb)))


def test_the_tutorials_file_loads(tmp_path: Path) -> None:
    theirs, ours = Tutorials(16, 8, 4), MnistModel(16, 8, 4)
    torch.save(theirs.state_dict(), tmp_path / "mnist-feedforward.pth")
    loaded = ours.load_state_dict(torch.load(tmp_path / "mnist-feedforward.pth"))
    assert str(loaded) == "<All keys matched successfully>"
    xb = torch.rand(5, 1, 4, 4, generator=seeded(0))
    assert torch.equal(ours(xb), theirs(xb))


def test_todays_names_stay_in_files() -> None:
    model, again = MnistModel(16, (8, 6), 4), MnistModel(16, (8, 6), 4)
    names = [f"layers.{i}.{kind}" for i in range(3) for kind in ("weight", "bias")]
    assert list(model.state_dict()) == names
    again.load_state_dict(model.state_dict())
    assert all(
        torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True)
    )


def test_names_of_other_networks_are_refused() -> None:
    model = MnistModel(16, 8, 4)
    mixed = {**model.state_dict(), "linear1.weight": torch.zeros(8, 16)}
    for names in (mixed, {"conv1.weight": 0, "linear0.bias": 0}):
        assert rename_tutorials(names) == names
    with pytest.raises(RuntimeError, match=r"Unexpected key.*linear1\.weight"):
        model.load_state_dict(mixed)
    with pytest.raises(RuntimeError, match=r"Missing key.*layers\.1\.bias"):
        model.load_state_dict({"linear1.weight": torch.zeros(8, 16)})
