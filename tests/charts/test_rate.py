"""One step's loss with its tangent, and a few trainings."""

import numpy as np
import pytest

from mnist_core.charts.rate import HIGHEST, line_chart, steps_chart


def test_the_tangent_touches_the_curve_at_0_and_has_its_slope() -> None:
    rates = np.linspace(0, 4, 9)
    losses = (rates - 1) ** 2 + 1
    chart = line_chart(rates, losses, -2.0, (0.5, 1.25), 1.0, "r")
    curve, tangent, mark = chart.data
    assert list(curve.y) == losses.tolist()
    assert (tangent.x[0], tangent.y[0]) == (0, 2)
    assert (tangent.y[1] - tangent.y[0]) / tangent.x[1] == pytest.approx(-2)
    assert 0 < tangent.x[1] <= 4
    assert tangent.line.dash == "dash"
    assert (mark.x[0], mark.y[0]) == (0.5, 1.25)
    assert [shape.x0 for shape in chart.layout.shapes] == [1.0]
    assert chart.layout.yaxis.title.text == "loss (nats)"


def test_a_loss_that_is_no_number_is_a_gap() -> None:
    chart = line_chart(
        np.array([0.0, 1.0, 2.0]), np.array([2.0, 1.0, np.inf]), -1.0, (2.0, np.nan), 1.0, "r"
    )
    assert list(chart.data[0].y) == [2, 1, None]
    assert list(chart.data[2].y) == [None]


def test_a_training_that_breaks_out_leaves_the_chart_and_not_the_others_flat() -> None:
    chart = steps_chart({"0.1": [2.3, 1.0], "10": [2.3, 400.0], "100": [2.3, np.nan]}, 2.303)
    assert [trace.name for trace in chart.data] == ["0.1", "10", "100"]
    assert list(chart.data[0].x) == [1, 2]
    assert list(chart.data[2].y) == [2.3, None]
    assert chart.layout.yaxis.range == (0, HIGHEST)
    assert len({trace.line.dash for trace in chart.data}) == 3
    assert chart.layout.shapes[0].y0 == 2.303
