"""What the networks of a run's epochs make of somebody's own drawings."""

import numpy as np
import pytest

from mnist_core.charts.history import accuracy_history, probability_history


def test_probability_history_colours_what_was_ever_likely() -> None:
    shares = np.full((3, 10), 0.01, np.float32)
    shares[0, 4], shares[2, 7] = 0.9, 0.9
    figure = probability_history([0, 1, 9], shares, "0123456789", 9)
    assert [line.name for line in figure.data] == list("0123456789")
    assert {line.name for line in figure.data if line.showlegend} == {"4", "7"}
    assert list(figure.data[7].x) == [0, 1, 9]
    assert list(figure.data[7].y) == pytest.approx([0.01, 0.01, 0.9])
    assert figure.data[4].line.color != figure.data[7].line.color


def test_own_digits_stand_beside_validation_and_what_is_unknown_is_a_gap() -> None:
    figure = accuracy_history([0, 1, 2], [0.1, 0.5, 0.75], [0.1, float("nan"), 0.9], 5)
    mine, validation = figure.data
    assert (mine.name, list(mine.y)) == ("my digits", [0.1, 0.5, 0.75])
    assert (validation.line.dash, list(validation.y)) == ("dash", [0.1, None, 0.9])
    assert figure.layout.xaxis.range[1] >= 5
