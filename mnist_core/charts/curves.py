"""One run's curves: its accuracy where it can be read, its losses; labels stand at the lines."""

import math
from collections.abc import Sequence
from math import log10
from typing import Any, Literal

import plotly.graph_objects as go

from mnist_core.charts.base import (
    ACCENT,
    MUTED,
    SECOND,
    TEMPLATE,
    Rows,
    divergence_marks,
    epoch_axis,
    finite,
    layout,
)
from mnist_core.charts.marks import change_lines, change_words, restart_marks, segment_marks

Scale = Literal["fit", "whole", "error"]
HEIGHT = 320
MOST_POINTS = 100  # epochs up to which each is a point of its own
VALIDATION, BEFORE = "validation", "the run before"
UNITS = {"Accuracy": "read right", "Error": "read wrong", "Loss": "loss (nats)"}
NAMES = 96  # pixels at the right, for the names of the lines
NAME = 0.075  # of the chart's height that a name takes
VAL, TRAIN = "val_accuracy", "train_accuracy"
ERRORS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # shares written at the axis


def best_row(rows: Rows) -> dict[str, float] | None:
    """The first row with the highest validation accuracy; None before one."""
    return max(rows, key=_share, default=None)


def accuracy_curve(
    rows: Rows,
    last_epoch: int,
    segments: Sequence[tuple[int, float]] = (),
    revision: str = "",
    scale: Scale = "whole",
    ghost: Rows = (),
    restarts: Sequence[int] = (),
    changes: Sequence[tuple[int, str]] = (),
) -> go.Figure:
    """Accuracy (a share, shown in %) against epoch: of validation, and of training, dashed.

    ``rows`` are as of ``RunStore.history``, ``segments`` (first epoch, learning rate) of each
    stretch of the run, ``restarts`` the epochs from which it went on after it was broken off,
    ``changes`` (epochs before it, words) what was changed while it trained.
    ``scale`` shows 0 to 100 %, the part that the curve is in once it has left the untrained
    network's, or the error (what is missing to 100 %) on a logarithmic axis. ``ghost`` are the rows
    of another run, drawn grey beneath it.
    """
    error, best = scale == "error", best_row(rows)
    if scale != "whole":
        rows, ghost = _trained(rows), _trained(ghost)
    learnt = [row for row in rows if not math.isnan(row["train_accuracy"])]
    traces, ends = [], {}
    for name, key, line, some in (
        (BEFORE, VAL, {"color": MUTED, "width": 2}, ghost),
        ("training", TRAIN, {"color": SECOND, "width": 2, "dash": "dash"}, learnt),
        (VALIDATION, VAL, {"color": ACCENT, "width": 2.5}, rows),
    ):
        heights = [_height(row, error, key) for row in some]
        dotted = name == VALIDATION and len(some) <= MOST_POINTS
        traces.append(_line(name, some, heights, line, dotted, "%{y:.2%}"))
        if heights:
            ends[name] = heights[-1]
    first = 0 if scale == "whole" or not rows or last_epoch == 1 else int(rows[0]["epoch"])
    epochs = epoch_axis(max(last_epoch, int(ghost[-1]["epoch"]) if ghost else 0), first)
    low, high = _visible(rows, ghost, learnt[-1:]) if scale != "whole" else (0.0, 1.02)
    shares = _error_axis(1 - high, 1 - low) if error else _share_axis(low, high)
    marks = [*segment_marks(segments), *restart_marks(restarts)]
    notes = [note for _, note in marks]
    if best is not None and best["epoch"] > 0:
        x, y = best["epoch"], _height(best, error)
        others = [row[VAL] for row in ghost if row["epoch"] == x] + [
            row[TRAIN] for row in learnt if row["epoch"] == x
        ]
        highest = all(other <= _share(best) for other in others)
        traces.append(_best_mark(x, y))
        said = f"{100 * y:.1f} % error" if error else f"{100 * y:.1f} %"
        text = f"<b>best: {said}, epoch {x:.0f}</b>"
        notes.append(_label(x, log10(y) if error else y, text, epochs, above=highest != error))
    notes += _line_names(ends, shares)
    title = "Error" if error else "Accuracy"
    shapes = [*(shape for shape, _ in marks), *change_lines(changes)]
    traces += change_words(changes, shares)
    return _figure(title, f"{revision} {scale}", traces, epochs, shares, shapes, notes)


def _share(row: dict[str, float]) -> float:
    return row[VAL]


def _height(row: dict[str, float], error: bool, key: str = VAL) -> float:
    """Where a row stands: its accuracy, or its error, which a logarithm has no place for at 0."""
    return max(1 - row[key], ERRORS[0] / 2) if error else row[key]


def _trained(rows: Rows) -> Rows:
    """Without the untrained network, next to which all that follows looks the same."""
    return [row for row in rows if row["epoch"] > 0] or rows


def _visible(rows: Rows, ghost: Rows, learnt: Rows) -> tuple[float, float]:
    """The accuracies from which to which the trained part of the curves can be read well.

    Of training accuracy only where it ends: it begins far below the others, which is no news.
    """
    if all(row["epoch"] == 0 for row in (*rows, *ghost)):
        return 0.0, 1.02
    shares = [_share(row) for row in (*rows, *ghost)] + [row[TRAIN] for row in learnt]
    low, high = min(shares), max(shares)
    margin = max(0.12 * (high - low), 0.004)
    return max(low - margin, 0.0), min(high + 2 * margin, 1.0 + margin)


def loss_curve(
    rows: Rows,
    last_epoch: int,
    segments: Sequence[tuple[int, float]] = (),
    revision: str = "",
    changes: Sequence[tuple[int, str]] = (),
) -> go.Figure:
    """Training and validation loss (mean cross-entropy, nats) against epoch."""
    traces = [
        _line(
            name,
            rows,
            finite([row[key] for row in rows]),
            {"color": colour, "width": 2.5, "dash": dash},
            len(rows) <= MOST_POINTS,
            "%{y:.4f}",
        )
        for key, name, colour, dash in (
            ("train_loss", "training", SECOND, "dash"),  # told apart without colours too
            ("val_loss", VALIDATION, ACCENT, "solid"),
        )
    ]
    losses: dict[str, Any] = {}
    names: list[dict[str, Any]] = []
    measured = [row for row in rows if math.isfinite(row["train_loss"] + row["val_loss"])]
    if measured:
        highest = max(max(row["train_loss"], row["val_loss"]) for row in measured)
        losses = {"range": [0, 1.08 * highest]}
        row = measured[-1]
        names = _line_names({"training": row["train_loss"], VALIDATION: row["val_loss"]}, losses)
    marks = [*divergence_marks(rows), *segment_marks(segments)]
    notes = [*names, *(note for _, note in marks)]
    epochs = epoch_axis(last_epoch)
    shapes = [*(shape for shape, _ in marks), *change_lines(changes)]
    traces += change_words(changes, losses)
    return _figure("Loss", f"{revision} loss", traces, epochs, losses, shapes, notes)


def _figure(
    title: str,
    revision: str,
    traces: list[dict[str, Any]],
    epochs: dict[str, Any],
    heights: dict[str, Any],
    shapes: list[dict[str, Any]],
    notes: list[dict[str, Any]],
) -> go.Figure:
    """What a run's charts share: room at the right, where the lines are named.

    Made in one step, since Plotly checks the whole figure at each: six times as fast, and a run
    that is watched is drawn after each epoch.
    """
    shared = layout(title, "epoch", UNITS[title], HEIGHT, revision)
    return go.Figure(
        data=traces,
        layout={
            **shared,
            "template": TEMPLATE,
            "showlegend": False,
            "margin": shared["margin"] | {"r": NAMES},
            "xaxis": shared["xaxis"] | epochs,
            "yaxis": shared["yaxis"] | heights,
            "shapes": shapes,
            "annotations": notes,
        },
    )


def _line(
    name: str,
    rows: Rows,
    heights: Sequence[float | None],
    line: dict[str, Any],
    dotted: bool,
    hover: str,
) -> dict[str, Any]:
    """A line over the epochs of ``rows``, and a point at each if ``dotted``."""
    return {
        "type": "scatter",
        "x": [row["epoch"] for row in rows],
        "y": heights,
        "mode": "lines+markers" if dotted else "lines",
        "name": name,
        "line": line,
        "marker": {"size": 5},
        "hovertemplate": hover,
    }


def _share_axis(low: float, high: float) -> dict[str, Any]:
    return {"tickformat": ".1~%", "range": [low, high]}


def _error_axis(low: float, high: float) -> dict[str, Any]:
    """A logarithmic axis of errors (shares), with a few round ones written beside it."""
    low = max(low, ERRORS[0])
    return {
        "type": "log",
        "range": [log10(low * 0.9), log10(max(high, 2 * low))],
        "tickvals": ERRORS,
        "ticktext": [f"{100 * share:g}%" for share in ERRORS],
    }


def _line_names(ends: dict[str, float], axis: dict[str, Any]) -> list[dict[str, Any]]:
    """Each line's name at the right, as high as the line ends, and none over another."""
    low, high = axis["range"]
    logarithmic = axis.get("type") == "log"
    at = {n: ((log10(y) if logarithmic else y) - low) / (high - low) for n, y in ends.items()}
    place, names = 1.0 + NAME, []
    for below, name in reversed(list(enumerate(sorted(at, key=at.__getitem__)))):
        place = max(min(at[name], place - NAME), below * NAME)
        names.append(
            {
                "x": 1,
                "y": place,
                "xref": "paper",
                "yref": "paper",
                "text": name,
                "font": {"size": 12},
                "showarrow": False,
                "xanchor": "left",
                "yanchor": "middle",
                "xshift": 6,
            }
        )
    return names


def _label(x: float, y: float, text: str, epochs: dict[str, Any], above: bool) -> dict[str, Any]:
    """Words at a point of a line."""
    left, right = epochs["range"]
    return {
        "x": x,
        "y": y,
        "text": text,
        "font": {"size": 12},
        "showarrow": False,
        "xanchor": "left" if x - left < 0.25 * (right - left) else "right",
        "yshift": 13 if above else -13,
    }


def _best_mark(x: float, y: float) -> dict[str, Any]:
    """A large point at the best epoch."""
    return {
        "type": "scatter",
        "x": [x],
        "y": [y],
        "mode": "markers",
        "marker": {"color": ACCENT, "size": 11, "symbol": "circle-open", "line": {"width": 2}},
        "hoverinfo": "skip",
    }
