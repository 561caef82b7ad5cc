"""A network of one hidden layer and the function it is fitted to, against PyTorch."""

import numpy as np
import pytest
import torch

from mnist_core.learn.curve import (
    ACTIVATIONS,
    LOOK_BACK,
    MOST_STEPS,
    SHAPES,
    Adam,
    Curve,
    Fit,
    X,
    begin,
    loss_gradients,
    through,
)

TORCH = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}


def in_torch(curve: Curve) -> list[torch.Tensor]:
    return [torch.tensor(array, requires_grad=True) for array in curve.parameters]


def loss_in_torch(parameters: list[torch.Tensor], activation: str, y: np.ndarray) -> torch.Tensor:
    weight, bias, out, offset = parameters
    hidden = TORCH[activation](torch.tensor(X)[:, None] * weight + bias)
    return torch.nn.functional.mse_loss(hidden @ out + offset, torch.tensor(y))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_loss_and_gradients_are_those_of_autograd(activation: str) -> None:
    curve, y = begin(7, activation, seed=3), SHAPES["zigzag"]
    loss, gradients = loss_gradients(curve, X, y)
    parameters = in_torch(curve)
    expected = loss_in_torch(parameters, activation, y)
    expected.backward()
    assert loss == pytest.approx(expected.item())
    for found, tensor in zip(gradients, parameters, strict=True):
        assert found.shape == tensor.shape
        np.testing.assert_allclose(found, tensor.grad, atol=1e-12)


def test_adam_walks_as_that_of_pytorch() -> None:
    curve, y = begin(5, "tanh", seed=0), SHAPES["wave"]
    parameters = in_torch(curve)
    optimizer = torch.optim.Adam(parameters, lr=0.05)
    adam = Adam.begin(curve.parameters)
    for _ in range(40):
        optimizer.zero_grad()
        loss_in_torch(parameters, "tanh", y).backward()
        optimizer.step()
        _, gradients = loss_gradients(curve, X, y)
        moved, adam = adam.step(curve.parameters, gradients, 0.05)
        curve = Curve(*moved, "tanh")
    for found, tensor in zip(curve.parameters, parameters, strict=True):
        np.testing.assert_allclose(found, tensor.detach(), atol=1e-9)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_network_begins_with_a_kink_in_each_part_of_the_interval(activation: str) -> None:
    curve = begin(16, activation, seed=1)
    assert np.floor((curve.kinks + 1) * 8).tolist() == list(range(16))
    np.testing.assert_allclose(curve.weight * curve.kinks + curve.bias, 0, atol=1e-12)
    assert set(np.sign(curve.weight)) == {-1.0, 1.0}


def test_a_unit_that_sees_nothing_has_no_kink() -> None:
    one = np.ones(1)
    assert Curve(0 * one, one, one, one, "relu").kinks.tolist() == [np.inf]


def test_the_parts_and_the_offset_add_up_to_the_output() -> None:
    curve = Curve(
        np.array([1.0, -2.0]), np.array([0.5, 0.0]), np.array([3.0, 1.0]), np.array([0.25]), "relu"
    )
    assert curve.parts(np.array([-1.0, 1.0])).tolist() == [[0.0, 4.5], [2.0, 0.0]]
    assert curve(np.array([-1.0, 1.0])).tolist() == [2.25, 4.75]


def test_a_function_of_ones_own_goes_straight_through_its_heights() -> None:
    y = through([0.0, 1.0, -1.0])
    assert y[[0, 30, 60, 90, 120]] == pytest.approx([0, 0.5, 1, 0, -1])


def test_the_functions_that_are_offered_fit_into_the_chart() -> None:
    for name, y in SHAPES.items():
        assert y.shape == X.shape, name
        assert 0.5 < np.abs(y).max() <= 1, name


def test_a_fit_is_the_same_however_it_is_cut_and_another_for_another_seed() -> None:
    y = SHAPES["wave"]
    whole = Fit.begin(y, 6, "tanh", seed=5).on(200)
    cut = Fit.begin(y, 6, "tanh", seed=5).on(70).on(130)
    assert whole.steps == cut.steps == 200
    assert whole.errors == cut.errors
    for one, other in zip(whole.curve.parameters, cut.curve.parameters, strict=True):
        np.testing.assert_array_equal(one, other)
    assert Fit.begin(y, 6, "tanh", seed=6).on(200).errors != whole.errors


def test_its_errors_are_those_before_each_step() -> None:
    y = SHAPES["bump"]
    fit = Fit.begin(y, 4, "sigmoid")
    assert fit.on(3).errors[0] == pytest.approx(float(np.mean((fit.curve(X) - y) ** 2)))
    assert fit.on(3).errors[2] == pytest.approx(fit.on(2).error ** 2)


def test_it_ends_at_its_last_step_or_where_it_improves_no_more() -> None:
    fit = Fit.begin(SHAPES["wave"], 3, "relu")
    flat = (0.5,) * 2 * LOOK_BACK
    assert not fit.settled
    assert not Fit(fit.y, fit.curve, fit.adam, flat[:-1]).settled
    stands = Fit(fit.y, fit.curve, fit.adam, flat)
    assert stands.settled
    assert stands.on(10).steps == stands.steps
    falls = tuple(np.geomspace(1, 0.5, MOST_STEPS))
    assert not Fit(fit.y, fit.curve, fit.adam, falls[: 2 * LOOK_BACK]).settled
    assert Fit(fit.y, fit.curve, fit.adam, falls).settled
    almost = Fit(fit.y, fit.curve, fit.adam, falls[:-1])
    assert almost.on(50).steps == MOST_STEPS


@pytest.mark.slow
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("shape", SHAPES)
def test_64_units_fit_each_function_clearly_better_than_2(shape: str, activation: str) -> None:
    few, many = (Fit.begin(SHAPES[shape], units, activation).on(MOST_STEPS) for units in (2, 64))
    assert few.settled
    assert many.settled
    assert many.error < 0.5 * few.error
    assert many.error < 0.1


@pytest.mark.slow
def test_another_start_may_end_well_or_badly() -> None:
    ends = [Fit.begin(SHAPES["wave"], 4, "tanh", seed).on(MOST_STEPS).error for seed in range(4)]
    assert max(ends) > 2 * min(ends)
