"""The chart of devices holds what it is given, and says what it is."""

import numpy as np

from mnist_core.charts.devices import Line, devices_chart

POINTS = [(16, 2.0, 1.0, 4.0), (1024, 5.0, 5.0, 5.0)]


def test_lines_go_through_the_medians_and_bars_to_the_extremes() -> None:
    figure = devices_chart(
        [Line("CPU", POINTS, 0), Line("GPU", POINTS, 1)], "Time", "hidden units", "seconds"
    )
    first, second = figure.data
    np.testing.assert_allclose(first.y, [2, 5])
    np.testing.assert_allclose(first.error_y.array, [2, 0])
    np.testing.assert_allclose(first.error_y.arrayminus, [1, 0])
    assert first.line.dash != second.line.dash, "colour alone says nothing"
    assert first.marker.symbol != second.marker.symbol
    assert (figure.layout.xaxis.type, figure.layout.yaxis.type) == ("log", "log")
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == (
        "hidden units",
        "seconds",
    )
    assert list(figure.layout.xaxis.ticktext) == ["16", "1,024"]
    assert (figure.layout.title.text, first.name) == ("Time", "CPU")


def test_the_same_device_of_another_measurement_has_another_dash() -> None:
    lines = [Line("A", POINTS, 0, 0), Line("B", POINTS, 0, 1)]
    first, second = devices_chart(lines, "Time", "hidden units", "seconds").data
    assert first.line.color == second.line.color
    assert first.line.dash != second.line.dash


def test_shares_begin_at_0_and_end_at_a_line_and_layers_are_evenly_spaced() -> None:
    lines = [Line("CPU", [(0, 0.1, 0.1, 0.1)], 0)]
    figure = devices_chart(lines, "Share", "hidden layers", "", share=True, log_x=False)
    assert figure.layout.yaxis.type is None
    assert figure.layout.yaxis.rangemode == "tozero"
    assert figure.layout.xaxis.type is None
    assert figure.layout.shapes[0].y0 == 1
