"""What the curves say, against simulation and by hand."""

import math

import numpy as np
import pytest

from mnist_core.learn.claims import best_epoch, chance, gap, jumps, paired, rises
from mnist_core.learn.course import Measured

POINTS = (Measured(0.1, 0.1, 2.3, 2.3), Measured(0.8, 0.75, 0.5, 0.6), Measured(1, 0.7, 0.1, 0.9))


def test_chance_is_the_spread_of_drawn_shares() -> None:
    drawn = np.random.default_rng(0).binomial(1000, 0.9, 20_000) / 1000
    assert chance(0.9, 1000) == pytest.approx(drawn.std(), rel=0.03)


def test_a_paired_difference_has_the_spread_of_its_pictures() -> None:
    draw = np.random.default_rng(0)
    first = draw.random(500) < 0.8
    second = np.where(draw.random(500) < 0.1, ~first, first)
    found, noise = paired(first, second)
    assert found == pytest.approx(second.mean() - first.mean())
    each = second.astype(float) - first
    assert noise == pytest.approx(each.std() / math.sqrt(500))


def test_rises_gap_and_best_epoch() -> None:
    assert rises(POINTS, 1) == pytest.approx((0.2, -0.05))
    assert gap(POINTS[-1]) == pytest.approx(0.3)
    assert best_epoch(POINTS) == 1


def test_jumps_are_of_the_last_half() -> None:
    assert jumps([9, 1, 5, 5, 7, 6]) == pytest.approx((2 + 1) / 2)
    assert math.isnan(jumps([1.0]))
