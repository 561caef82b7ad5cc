"""The loss along a step, against PyTorch and SciPy, and what is said of learning rates."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar

from mnist_core.learn.digits import digits
from mnist_core.learn.line import (
    BEFORE,
    GUESSING,
    Line,
    at_the_end,
    first_steps,
    line_after,
    outcome,
    verdict,
)


@pytest.fixture(scope="module", params=[0, 40])
def line(request: pytest.FixtureRequest) -> Line:
    return line_after(request.param, digits()[0])


def test_the_loss_along_the_line_is_that_of_sgd_in_pytorch(line: Line) -> None:
    for rate in (0.0, 0.1, 3.0):
        model = torch.nn.Sequential(
            torch.nn.Linear(784, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10)
        )
        arrays = [array for layer in line.network.layers for array in layer]
        with torch.no_grad():
            for tensor, array in zip(model.parameters(), arrays, strict=True):
                tensor.copy_(torch.from_numpy(array))
        optimizer = torch.optim.SGD(model.parameters(), lr=rate)
        rows, labels = torch.from_numpy(line.batch.rows), torch.from_numpy(line.batch.labels)
        before = torch.nn.functional.cross_entropy(model(rows), labels)
        before.backward()
        optimizer.step()
        after = torch.nn.functional.cross_entropy(model(rows), labels)
        assert line.loss == pytest.approx(before.item(), rel=1e-5)
        assert line.at(rate) == pytest.approx(after.item(), rel=1e-4)


def test_the_slope_is_that_of_the_curve_at_0(line: Line) -> None:
    by = 0.01
    assert line.slope < 0
    assert (line.at(by) - line.at(-by)) / (2 * by) == pytest.approx(line.slope, rel=0.01)


def test_the_best_rate_is_the_one_that_scipy_finds(line: Line) -> None:
    best = line.best()
    found = minimize_scalar(line.at, bounds=(0.3 * best, 3 * best), method="bounded")
    assert line.at(best) <= found.fun + 1e-4
    wide = line.along(np.geomspace(1e-3, 100, 400))
    assert line.at(best) <= wide.min() + 1e-4


def test_a_step_too_far_to_compute_is_no_number_and_no_warning(line: Line) -> None:
    assert not np.isfinite(line.at(1e30))
    assert line.along(np.array([0.0, 0.1])).tolist() == [line.at(0), line.at(0.1)]


def test_the_line_is_that_of_the_next_batch_of_a_training() -> None:
    learn = digits()[0]
    losses = first_steps(BEFORE, 42, learn)
    assert line_after(0, learn).loss == losses[0]
    assert line_after(41, learn).loss == losses[41]  # 40 batches an epoch: of the second one


@pytest.mark.parametrize(
    ("rate", "loss", "expected"),
    [
        (0.1, 1.9, "too small"),
        (0.8, 1.1, "about right"),
        (1.5, 1.1, "about right"),
        (2.5, 1.9, "past the lowest point"),
        (4.0, 2.1, "too large"),
        (99.0, float("inf"), "too large"),
        (99.0, float("nan"), "too large"),
    ],
)
def test_a_step_is_judged_by_what_it_brings(rate: float, loss: float, expected: str) -> None:
    assert verdict(rate, loss, start=2.0, best_rate=1.0, best_loss=1.0) == expected


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (0.001, "slow"),
        (0.01, "slow"),
        (0.2, "quick"),
        (0.5, "quick"),
        (2.0, "unsteady"),
        (20.0, "no better than guessing"),
        (1e12, "diverged"),
    ],
)
def test_what_comes_of_a_rate(rate: float, expected: str) -> None:
    losses = first_steps(rate, 60, digits()[0])
    assert outcome(losses) == expected
    if expected == "no better than guessing":
        assert at_the_end(losses) >= GUESSING


def test_the_best_rate_of_the_first_step_breaks_a_training() -> None:
    learn = digits()[0]
    best = line_after(0, learn).best()
    assert line_after(60, learn).best() < best / 2
    assert outcome(first_steps(best, 60, learn)) == "no better than guessing"


def test_who_guesses_has_the_logarithm_of_ten() -> None:
    logits = torch.zeros(3, 10)
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor([1, 5, 9]))
    assert pytest.approx(loss.item()) == GUESSING
