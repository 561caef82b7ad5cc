"""A function with its network, and a line a unit in one trace."""

import numpy as np

from mnist_core.charts.fit import fit_chart, parts_chart

X = np.array([-1.0, 0.0, 1.0])


def test_the_function_and_the_network_are_told_apart_without_colour() -> None:
    chart = fit_chart(X, X**2, X, "r")
    function, network = chart.data
    assert (list(function.y), list(network.y)) == ([1, 0, 1], [-1, 0, 1])
    assert function.line.dash == "dash"
    assert network.line.dash is None
    assert chart.layout.yaxis.range == (-1.3, 1.3)
    assert (chart.layout.xaxis.title.text, chart.layout.yaxis.title.text) == ("x", "y")


def test_each_unit_is_a_line_of_its_own() -> None:
    (trace,) = parts_chart(X, np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), "r").data
    np.testing.assert_array_equal(trace.x, [-1, 0, 1, np.nan, -1, 0, 1, np.nan])
    np.testing.assert_array_equal(trace.y, [1, 2, 3, np.nan, 4, 5, 6, np.nan])
    assert not trace.connectgaps
