"""What is read as what, and how sure: what a click finds, what is written, what is seen."""

import numpy as np

from mnist_core.charts.answers import MOST_NUMBERS, calibration_chart, confusion_chart


def test_each_cell_that_is_not_empty_can_be_clicked_and_says_its_count() -> None:
    matrix = np.array([[9, 2, 0], [0, 8, 1], [3, 0, 7]])
    chart = confusion_chart(matrix, ["a", "b", "c"])
    cells, points = chart.data
    found = {(y, x): text for y, x, text in zip(points.y, points.x, points.text, strict=True)}
    assert found == {
        ("a", "a"): "9",
        ("a", "b"): "2",
        ("b", "b"): "8",
        ("b", "c"): "1",
        ("c", "a"): "3",
        ("c", "c"): "7",
    }
    shown = np.array(cells.z, float)
    assert np.isnan(shown.diagonal()).all()  # what is right would outshine the mistakes
    assert shown[2, 0] == 3
    assert chart.layout.yaxis.range[0] > chart.layout.yaxis.range[1]  # read from the top


def test_the_chosen_cell_is_framed() -> None:
    chart = confusion_chart(np.eye(3, dtype=int), ["a", "b", "c"], (2, 0))
    (frame,) = chart.layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (-0.5, 0.5, 1.5, 2.5)


def test_a_hundred_classes_have_a_scale_instead_of_numbers() -> None:
    many = MOST_NUMBERS + 1
    cells, points = confusion_chart(np.eye(many, dtype=int), [str(i) for i in range(many)]).data
    assert cells.showscale
    assert points.mode == "markers"


def test_confidence_is_drawn_against_what_was_right_beside_the_diagonal() -> None:
    diagonal, line = calibration_chart([(10, 0.55, 0.5), (90, 0.95, 0.9)]).data
    assert list(diagonal.x) == list(diagonal.y) == [0, 1]
    assert list(line.x) == [0.55, 0.95]
    assert list(line.y) == [0.5, 0.9]
    assert list(line.customdata) == [10, 90]


def test_long_names_leave_room_for_the_cells_and_can_be_clicked_in_full() -> None:
    names = [f"a kind of animal, number {i}" for i in range(100)]
    chart = confusion_chart(np.zeros((100, 100), int), names)
    for axis, most in ((chart.layout.xaxis, 20), (chart.layout.yaxis, 34)):
        assert max(map(len, axis.ticktext)) <= 12
        assert len(axis.tickvals) == len(axis.ticktext) <= most
        assert list(axis.categoryarray) == names
    assert (chart.data[0].zmin, chart.data[0].zmax) == (0, 1)  # without a mistake too
