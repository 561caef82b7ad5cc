"""The chapters' figures hold what they are given, and say what it is."""

import math

import numpy as np
import plotly.graph_objects as go
import pytest

from mnist_core.charts.learn import cross_entropy_curve, nudge_chart, step_losses, work_chart


def words(figure: go.Figure) -> list[str]:
    """The title and the names of all axes."""
    axes = [axis.title.text for axis in (*figure.select_xaxes(), *figure.select_yaxes())]
    return [figure.layout.title.text, *axes]


def test_what_is_lost_is_minus_the_logarithm() -> None:
    figure = cross_entropy_curve(0.1)
    curve, mark = figure.data
    np.testing.assert_allclose(curve.y, [-math.log(x) for x in curve.x])
    assert mark.y[0] == pytest.approx(math.log(10))
    assert words(figure)[1:] == ["share of the right digit", "loss (nats)"]


def test_a_count_of_few_values_has_whole_numbers_on_its_axis() -> None:
    figure = nudge_chart([-1, 0, 1], [0.3, 0.2, 0.4], [95, 96, 96], 100, 0.5)
    assert figure.layout.yaxis2.dtick == 1
    assert nudge_chart([0, 1], [0, 0], [50, 96], 100, 0).layout.yaxis2.dtick is None
    assert [list(line.y) for line in figure.data] == [[0.3, 0.2, 0.4], [95, 96, 96]]
    assert {shape.x0 for shape in figure.layout.shapes} == {0.5}
    assert "right, of 100" in words(figure)


def test_steps_are_counted_from_1_and_compared_with_a_guess() -> None:
    figure = step_losses([2.3, 2.2], math.log(10))
    assert list(figure.data[0].x) == [1, 2]
    assert figure.layout.shapes[0].y0 == math.log(10)
    assert words(figure) == ["Loss of each batch", "step", "loss (nats)"]


def test_time_has_its_spread_and_the_line_that_it_would_follow() -> None:
    figure = work_chart([16, 64], [0.001, 0.002], [0.0005, 0.001], [0.003, 0.002])
    measured, line = figure.data
    np.testing.assert_allclose(measured.y, [1, 2])
    np.testing.assert_allclose(measured.error_y.array, [2, 0])
    np.testing.assert_allclose(measured.error_y.arrayminus, [0.5, 1])
    np.testing.assert_allclose(line.y, [0.5, 2])
    assert words(figure)[1:] == ["hidden units", "time of a step (ms)"]
