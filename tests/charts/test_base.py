"""Charts are pure functions of rows."""

import re

import numpy as np
import pytest

from mnist_core.charts.base import (
    PALETTE,
    accuracy_curve,
    loss_curve,
    probability_history,
    run_colour,
    run_colours,
)

ROWS = [
    {"epoch": 0, "val_accuracy": 0.1, "train_loss": 2.31, "val_loss": 2.3},
    {"epoch": 1, "val_accuracy": 0.9, "train_loss": 0.5, "val_loss": 0.4},
]


def test_accuracy_curve_shows_every_row_and_the_whole_run() -> None:
    figure = accuracy_curve(ROWS, last_epoch=5, revision="r1")
    assert list(figure.data[0].x) == [0, 1]
    assert list(figure.data[0].y) == [0.1, 0.9]
    low, high = figure.layout.xaxis.range
    assert low < 0
    assert high > 5
    assert figure.layout.uirevision == "r1"


def test_loss_curve_has_both_losses() -> None:
    figure = loss_curve(ROWS, last_epoch=1)
    assert {trace.name: list(trace.y) for trace in figure.data} == {
        "training": [2.31, 0.5],
        "validation": [2.3, 0.4],
    }


def test_a_continued_run_is_marked_with_its_learning_rate() -> None:
    figure = accuracy_curve(ROWS, 10, segments=[(0, 0.5), (5, 0.1)])
    assert [shape.x0 for shape in figure.layout.shapes] == [5]
    assert figure.layout.annotations[0].text == "learning rate 0.1"


def test_a_restart_is_marked_at_its_epoch() -> None:
    figure = accuracy_curve(ROWS, 10, restarts=(3, 7))
    assert [shape.x0 for shape in figure.layout.shapes] == [3, 7]
    assert {note.text for note in figure.layout.annotations} == {"restart"}


@pytest.mark.parametrize("count", [1, 6, 9, 18, 40, 200])
def test_no_two_runs_of_a_chart_share_a_colour(count: int) -> None:
    ids = [f"{7 * number:032x}" for number in range(count)]
    found = run_colours(ids)
    assert len(set(found)) == count
    assert all(re.fullmatch("#[0-9A-F]{6}", colour) for colour in found)
    for colour, run_id in list(zip(found, ids, strict=True))[:6]:
        assert colour == run_colour(run_id), "the first of each colour keeps it"


def test_a_run_keeps_its_colour_before_others_get_one() -> None:
    ids = [f"{number:032x}" for number in (0, 6, 1)]
    found = run_colours(ids)
    assert [found[0], found[2]] == [PALETTE[0], PALETTE[1]]
    assert found[1] in PALETTE[2:]


def test_a_loss_that_is_no_number_is_a_gap_and_marked() -> None:
    rows = [*ROWS, {"epoch": 2, "val_accuracy": 0.1, "train_loss": np.inf, "val_loss": np.nan}]
    figure = loss_curve(rows, last_epoch=2)
    assert [list(trace.y) for trace in figure.data] == [[2.31, 0.5, None], [2.3, 0.4, None]]
    (line,), (note,) = figure.layout.shapes, figure.layout.annotations
    assert (line.x0, note.text) == (2, "diverged")


def test_probability_history_colours_what_was_ever_likely() -> None:
    shares = np.full((3, 10), 0.01, np.float32)
    shares[0, 4], shares[2, 7] = 0.9, 0.9
    figure = probability_history([0, 1, 9], shares, "0123456789", 9)
    assert [line.name for line in figure.data] == list("0123456789")
    assert {line.name for line in figure.data if line.showlegend} == {"4", "7"}
    assert list(figure.data[7].x) == [0, 1, 9]
    assert list(figure.data[7].y) == pytest.approx([0.01, 0.01, 0.9])
    assert figure.data[4].line.color != figure.data[7].line.color
