"""A line a layer: on a log scale, with ticks that say something, or as a share."""

import math

from mnist_core.charts.layers import layers_chart


def test_sizes_are_on_a_log_scale_with_ticks_around_them() -> None:
    lines = {"layer 1": [0.001, 0.004], "output layer": [0.02, 0.0]}
    chart = layers_chart([0, 1], lines, "Gradients", "root mean square", "run")
    assert chart.layout.yaxis.type == "log"
    ticks = chart.layout.yaxis.tickvals
    assert min(ticks) <= 0.001
    assert max(ticks) >= 0.02
    assert sum(0.001 <= tick <= 0.02 for tick in ticks) >= 4
    assert list(chart.data[1].y) == [0.02, None]  # 0 has no place there
    assert chart.layout.yaxis.title.text == "root mean square"


def test_a_wide_range_has_powers_of_ten_alone() -> None:
    chart = layers_chart([0], {"layer 1": [1e-9], "output layer": [1.0]}, "", "", "run")
    assert all(
        math.isclose(math.log10(t) % 1, 0, abs_tol=1e-9) for t in chart.layout.yaxis.tickvals
    )


def test_shares_are_in_percent_and_keep_their_0() -> None:
    chart = layers_chart([0, 1], {"layer 1": [0.0, 0.5]}, "Dead", "share", "run", share=True)
    assert list(chart.data[0].y) == [0.0, 0.5]
    assert chart.layout.yaxis.tickformat == ".0%"


def test_what_is_no_number_is_a_gap() -> None:
    chart = layers_chart([0, 1], {"layer 1": [1.0, math.nan]}, "", "", "run")
    assert list(chart.data[0].y) == [1.0, None]
