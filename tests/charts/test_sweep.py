"""Charts of a study while its trials come in."""

import pytest

from mnist_core.charts.sweep import accuracy_map
from mnist_core.config.axes import parse_axis


@pytest.mark.parametrize(
    "place",
    [
        lambda i: (0.1, 8 + i),  # all so far share a value of one axis
        lambda i: (0.1 * 2**i, 8),
        lambda i: (0.1, 8),
        lambda i: (0.01 * 2**i, 8 * 2**i),  # all lie on a line, by factors
    ],
)
def test_a_map_of_trials_on_a_line_has_no_contours(place) -> None:
    axes = (parse_axis("learning_rate", "0.01:10:log"), parse_axis("hidden_sizes", "4:4096:log"))
    rows = []
    for i in range(8):
        rate, units = place(i)
        rows.append(
            {"trial": i, "val_accuracy": i / 8, "learning_rate": rate, "hidden_sizes": units}
        )
    figure = accuracy_map(rows, *axes, axes, grid=False)
    assert [trace.type for trace in figure.data] == ["scatter"]
    rows[3] |= {"learning_rate": 3.0, "hidden_sizes": 4000}
    rows[4] |= {"learning_rate": 0.02, "hidden_sizes": 3000}
    figure = accuracy_map(rows, *axes, axes, grid=False)
    assert [trace.type for trace in figure.data] == ["contour", "scatter"]
