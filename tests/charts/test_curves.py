"""One run's curves: where they can be read, and what is written at them."""

import math

import numpy as np
import plotly.graph_objects as go
import pytest

from mnist_core.charts.curves import Scale, accuracy_curve, best_row, loss_curve


def texts(figure: go.Figure) -> dict[str, float]:
    """What is written in a chart, and at which epoch."""
    return {note.text: note.x for note in figure.layout.annotations}


def line(figure: go.Figure, name: str = "validation") -> go.Scatter:
    """The line of a name."""
    (trace,) = (trace for trace in figure.data if trace.name == name)
    return trace


ROWS = [
    {"epoch": 0, "val_accuracy": 0.1, "train_accuracy": 0.11, "train_loss": 2.31, "val_loss": 2.3},
    {"epoch": 1, "val_accuracy": 0.9, "train_accuracy": 0.8, "train_loss": 0.5, "val_loss": 0.4},
]


def test_accuracy_curve_shows_every_row_and_the_whole_run() -> None:
    figure = accuracy_curve(ROWS, last_epoch=5, revision="r1")
    assert list(line(figure).x) == [0, 1]
    assert list(line(figure).y) == [0.1, 0.9]
    low, high = figure.layout.xaxis.range
    assert low < 0
    assert high > 5
    assert figure.layout.uirevision.startswith("r1")


def test_loss_curve_has_both_losses() -> None:
    figure = loss_curve(ROWS, last_epoch=1)
    assert {trace.name: list(trace.y) for trace in figure.data} == {
        "training": [2.31, 0.5],
        "validation": [2.3, 0.4],
    }


def test_a_continued_run_is_marked_with_its_learning_rate() -> None:
    figure = accuracy_curve(ROWS, 10, segments=[(0, 0.5), (5, 0.1)])
    assert [shape.x0 for shape in figure.layout.shapes] == [5]
    assert texts(figure)["learning rate 0.1"] == 5


def test_a_restart_is_marked_at_its_epoch() -> None:
    figure = accuracy_curve(ROWS, 10, restarts=(3, 7))
    assert [shape.x0 for shape in figure.layout.shapes] == [3, 7]
    assert [note.text for note in figure.layout.annotations].count("restart") == 2


CHANGES = [(1, "from epoch 2: learning rate 0.1"), (4, "from epoch 5: momentum 0.5")]


@pytest.mark.parametrize("scale", ["fit", "whole", "error"])
def test_a_change_is_a_line_whose_foot_says_what_it_was(scale: Scale) -> None:
    figure = accuracy_curve(ROWS, 10, scale=scale, changes=CHANGES)
    assert [shape.x0 for shape in figure.layout.shapes] == [1, 4]
    foot = line(figure, "change")
    assert (list(foot.x), list(foot.text)) == ([1, 4], [words for _, words in CHANGES])
    assert foot.hovertemplate == "%{text}<extra></extra>"
    low = figure.layout.yaxis.range[0]
    assert list(foot.y) == pytest.approx([10**low if scale == "error" else low] * 2)
    assert not any("epoch 2" in text for text in texts(figure))  # hundreds would cover each other


def test_a_change_is_marked_in_the_losses_too_before_there_are_any() -> None:
    for rows in (ROWS, []):
        figure = loss_curve(rows, 10, changes=CHANGES)
        assert [shape.x0 for shape in figure.layout.shapes] == [1, 4]
        assert list(line(figure, "change").y) == [0, 0]
    assert [trace.name for trace in loss_curve(ROWS, 10).data] == ["training", "validation"]


def test_a_loss_that_is_no_number_is_a_gap_and_marked() -> None:
    rows = [
        *ROWS,
        {
            "epoch": 2,
            "val_accuracy": 0.1,
            "train_accuracy": 0.1,
            "train_loss": np.inf,
            "val_loss": np.nan,
        },
    ]
    figure = loss_curve(rows, last_epoch=2)
    assert [list(trace.y) for trace in figure.data] == [[2.31, 0.5, None], [2.3, 0.4, None]]
    assert [line.x0 for line in figure.layout.shapes] == [2]
    assert texts(figure) == {
        "diverged": 2,
        "training": 1,
        "validation": 1,
    }  # the names at the right


LATER = [
    *ROWS,
    {"epoch": 2, "val_accuracy": 0.95, "train_accuracy": 0.97, "train_loss": 0.2, "val_loss": 0.3},
]
GHOST = [{**row, "val_accuracy": row["val_accuracy"] - 0.02} for row in LATER]


def test_the_fitted_scale_shows_what_was_learnt_and_not_where_it_began() -> None:
    figure = accuracy_curve(LATER, 2, scale="fit", ghost=GHOST)
    low, high = figure.layout.yaxis.range
    assert 0.8 < low < 0.88
    assert 0.95 < high <= 1.01
    assert list(line(figure).x) == [1, 2]
    untrained = accuracy_curve(LATER[:1], 2, scale="fit")
    assert untrained.layout.yaxis.range == (0.0, 1.02)
    assert list(line(untrained).x) == [0]


def test_the_error_is_what_is_missing_on_a_logarithmic_scale() -> None:
    figure = accuracy_curve(LATER, 2, scale="error")
    assert list(line(figure).y) == pytest.approx([0.1, 0.05])
    assert figure.layout.yaxis.type == "log"
    low, high = (10**end for end in figure.layout.yaxis.range)
    assert low < 0.05 < 0.1 < high
    assert "<b>best: 5.0 % error, epoch 2</b>" in texts(figure)
    perfect = accuracy_curve([{**LATER[2], "val_accuracy": 1.0}], 2, scale="error")
    assert all(math.isfinite(end) for end in perfect.layout.yaxis.range)


@pytest.mark.parametrize("scale", ["fit", "whole", "error"])
@pytest.mark.parametrize("gap", [-0.03, 0.0, 0.03])
def test_the_best_epoch_is_named_where_no_other_line_is(scale: Scale, gap: float) -> None:
    rows = [{**row, "train_accuracy": row["val_accuracy"] - 0.01} for row in LATER]
    ghost = [{**row, "val_accuracy": row["val_accuracy"] + gap} for row in LATER]
    figure = accuracy_curve(rows, 5, scale=scale, ghost=ghost)
    (best,) = (note for note in figure.layout.annotations if "best" in note.text)
    assert best.x == 2
    above = (best.yshift > 0) != (scale == "error")
    assert above == (gap <= 0)


@pytest.mark.parametrize("scale", ["fit", "whole", "error"])
def test_each_line_is_named_beside_its_end_and_no_name_is_over_another(scale: Scale) -> None:
    rows = [{**row, "train_accuracy": row["val_accuracy"]} for row in LATER]
    figure = accuracy_curve(rows, 5, scale=scale, ghost=LATER)
    names = [note for note in figure.layout.annotations if note.xref == "paper" and note.x == 1]
    assert {note.text for note in names} == {"training", "validation", "the run before"}
    heights = sorted(note.y for note in names)
    assert heights[0] >= 0
    assert heights[-1] <= 1
    assert min(np.diff(heights)) > 0.07
    apart = accuracy_curve(LATER, 2, scale="fit")
    training, validation = (
        next(note.y for note in apart.layout.annotations if note.text == name)
        for name in ("training", "validation")
    )
    low, high = apart.layout.yaxis.range
    assert training == pytest.approx((0.97 - low) / (high - low))
    assert validation == pytest.approx((0.95 - low) / (high - low))


def test_training_accuracy_is_dashed_and_leaves_the_scale_to_validation() -> None:
    figure = accuracy_curve(LATER, 2, scale="fit")
    assert list(line(figure, "training").y) == [0.8, 0.97]
    assert line(figure, "training").line.dash == "dash"
    low, high = figure.layout.yaxis.range
    assert low > 0.8  # where training begins is no news
    assert high > 0.97


def test_what_an_older_version_did_not_record_is_no_line() -> None:
    rows = [{**row, "train_accuracy": math.nan} for row in LATER]
    figure = accuracy_curve(rows, 2, scale="fit")
    assert not line(figure, "training").x
    assert math.isfinite(sum(figure.layout.yaxis.range))
    assert "training" not in texts(figure)


def test_words_at_the_first_epochs_stand_to_their_right() -> None:
    first, last = (accuracy_curve(LATER, n).layout.annotations[0] for n in (20, 2))
    assert (first.xanchor, last.xanchor) == ("left", "right")


def test_what_is_sent_at_each_poll_is_the_curve_alone() -> None:
    assert len(accuracy_curve(LATER, 5, scale="fit").to_json()) < 2500
    assert len(loss_curve(LATER, 5).to_json()) < 2500


def test_the_best_row_is_the_first_of_equals() -> None:
    assert best_row([]) is None
    assert best_row([*LATER, {**LATER[2], "epoch": 3}]) is LATER[2]


@pytest.mark.parametrize("scale", ["fit", "whole", "error"])
def test_where_all_epochs_are_worse_than_none_no_epoch_is_called_the_best(scale: Scale) -> None:
    worse = [{**row, "val_accuracy": 0.05} for row in LATER[1:]]
    assert best_row([LATER[0], *worse]) is LATER[0]
    assert not any(
        "best" in text for text in texts(accuracy_curve([LATER[0], *worse], 2, scale=scale))
    )
