"""A map: each picture once, by its class, or as a mistake."""

import numpy as np

from mnist_core.charts.space import space_chart


def test_each_picture_is_one_point_that_knows_its_row() -> None:
    points = np.arange(12.0).reshape(6, 2)
    labels, answers = np.array([0, 1, 1, 0, 12, 1]), np.array([0, 1, 0, 0, 12, 1])
    classes = [f"class {i}" for i in range(13)]
    chart = space_chart(points, labels, answers, classes, ("first", "second"), "run")
    *by_class, wrong = chart.data
    rows = sorted(row for trace in chart.data for row in trace.customdata)
    assert rows == list(range(6))
    assert list(wrong.customdata) == [2]
    assert list(wrong.text) == ["class 1, read as class 0"]
    assert [list(trace.customdata) for trace in by_class[:2]] == [[0, 3], [1, 5]]
    looks = {(trace.marker.color, trace.marker.symbol) for trace in by_class}
    assert len(looks) == 13  # no two classes alike
    assert chart.layout.xaxis.title.text == "first"
