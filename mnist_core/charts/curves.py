"""One run's curves: its accuracy where it can be read, its losses; labels stand at the lines."""

import math
from collections.abc import Sequence
from math import log10
from typing import Literal

import plotly.graph_objects as go

from mnist_core.charts.base import (
    ACCENT,
    MUTED,
    SECOND,
    TEMPLATE,
    Rows,
    divergence_mark,
    epoch_axis,
    finite,
    layout,
)

Scale = Literal["fit", "whole", "error"]
HEIGHT = 320
MOST_POINTS = 100  # epochs up to which each is a point of its own
VALIDATION, BEFORE = "validation", "the run before"
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
) -> go.Figure:
    """Accuracy (a share, shown in %) against epoch: of validation, and of training, dashed.

    ``rows`` are as of ``RunStore.history``.

    ``segments`` are (first epoch, learning rate) of each stretch of the run, ``restarts`` the
    epochs from which it went on after it was broken off. ``scale`` shows 0 to 100 %, the part
    that the curve is in once it has left the untrained network's, or the error (what is missing
    to 100 %) on a logarithmic axis. ``ghost`` are the rows of another run, drawn grey beneath it.
    """
    figure, error = go.Figure(), scale == "error"
    if scale != "whole":
        rows, ghost = _trained(rows), _trained(ghost)
    learnt = [row for row in rows if not math.isnan(row["train_accuracy"])]
    for name, key, line, some in (
        (BEFORE, VAL, {"color": MUTED, "width": 2}, ghost),
        ("training", TRAIN, {"color": SECOND, "width": 2, "dash": "dash"}, learnt),
        (VALIDATION, VAL, {"color": ACCENT, "width": 2.5}, rows),
    ):
        dotted = name == VALIDATION and len(some) <= MOST_POINTS
        figure.add_scatter(
            x=[row["epoch"] for row in some],
            y=[_height(row, error, key) for row in some],
            mode="lines+markers" if dotted else "lines",
            name=name,
            line=line,
            marker={"size": 5},
            hovertemplate="%{y:.2%}",
        )
    figure.layout.template = TEMPLATE
    title = "Error" if error else "Accuracy"
    figure.update_layout(layout(title, "epoch", "", HEIGHT, f"{revision} {scale}"))
    figure.update_layout(showlegend=False, margin={"r": NAMES})
    first = 0 if scale == "whole" or not rows or last_epoch == 1 else int(rows[0]["epoch"])
    epoch_axis(figure, max(last_epoch, int(ghost[-1]["epoch"]) if ghost else 0), first)
    low, high = _visible(rows, ghost, learnt[-1:]) if scale != "whole" else (0.0, 1.02)
    if error:
        _error_axis(figure, 1 - high, 1 - low)
    else:
        figure.update_yaxes(tickformat=".1~%", range=[low, high])
    _segment_marks(figure, segments)
    _restart_marks(figure, restarts)
    best = best_row(rows)
    if best is not None and best["epoch"] > 0:
        x, y = best["epoch"], _height(best, error)
        others = [row[VAL] for row in ghost if row["epoch"] == x] + [
            row[TRAIN] for row in learnt if row["epoch"] == x
        ]
        highest = all(other <= _share(best) for other in others)
        _mark_best(figure, x, y)
        said = f"{100 * y:.1f} % error" if error else f"{100 * y:.1f} %"
        _label(figure, x, y, f"<b>best: {said}, epoch {x:.0f}</b>", above=highest != error)
    ends = {}
    for name, key, some in (
        ("training", TRAIN, learnt),
        (VALIDATION, VAL, rows),
        (BEFORE, VAL, ghost),
    ):
        if some:
            ends[name] = _height(some[-1], error, key)
    _name_lines(figure, ends)
    return figure


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
) -> go.Figure:
    """Training and validation loss (mean cross-entropy, nats) against epoch."""
    figure = go.Figure()
    for key, name, colour, dash in (
        ("train_loss", "training", SECOND, "dash"),  # told apart without colours too
        ("val_loss", VALIDATION, ACCENT, "solid"),
    ):
        figure.add_scatter(
            x=[row["epoch"] for row in rows],
            y=finite([row[key] for row in rows]),
            mode="lines+markers" if len(rows) <= MOST_POINTS else "lines",
            name=name,
            line={"color": colour, "width": 2.5, "dash": dash},
            marker={"size": 5},
            hovertemplate="%{y:.4f}",
        )
    figure.layout.template = TEMPLATE
    figure.update_layout(layout("Loss", "epoch", "", HEIGHT, f"{revision} loss"))
    figure.update_layout(showlegend=False, margin={"r": NAMES})
    epoch_axis(figure, last_epoch)
    measured = [row for row in rows if math.isfinite(row["train_loss"] + row["val_loss"])]
    if measured:
        highest = max(max(row["train_loss"], row["val_loss"]) for row in measured)
        figure.update_yaxes(range=[0, 1.08 * highest])
        row = measured[-1]
        _name_lines(figure, {"training": row["train_loss"], VALIDATION: row["val_loss"]})
    divergence_mark(figure, rows)
    _segment_marks(figure, segments)
    return figure


def _error_axis(figure: go.Figure, low: float, high: float) -> None:
    """A logarithmic axis of errors (shares), with a few round ones written beside it."""
    low = max(low, ERRORS[0])
    figure.update_yaxes(
        type="log",
        range=[log10(low * 0.9), log10(max(high, 2 * low))],
        tickvals=ERRORS,
        ticktext=[f"{100 * share:g}%" for share in ERRORS],
    )


def _name_lines(figure: go.Figure, ends: dict[str, float]) -> None:
    """Each line's name at the right, as high as the line ends, and none over another."""
    axis = figure.layout.yaxis
    low, high = axis.range
    at = {
        n: ((log10(y) if axis.type == "log" else y) - low) / (high - low) for n, y in ends.items()
    }
    place = 1.0 + NAME
    for below, name in reversed(list(enumerate(sorted(at, key=at.__getitem__)))):
        place = max(min(at[name], place - NAME), below * NAME)
        figure.add_annotation(
            x=1,
            y=place,
            xref="paper",
            yref="paper",
            text=name,
            font={"size": 12},
            showarrow=False,
            xanchor="left",
            yanchor="middle",
            xshift=6,
        )


def _label(figure: go.Figure, x: float, y: float, text: str, above: bool) -> None:
    """Words at a point of a line."""
    left, right = figure.layout.xaxis.range
    figure.add_annotation(
        x=x,
        y=log10(y) if figure.layout.yaxis.type == "log" else y,
        text=text,
        font={"size": 12},
        showarrow=False,
        xanchor="left" if x - left < 0.25 * (right - left) else "right",
        yshift=13 if above else -13,
    )


def _mark_best(figure: go.Figure, x: float, y: float) -> None:
    """A large point at the best epoch."""
    figure.add_scatter(
        x=[x],
        y=[y],
        mode="markers",
        marker={"color": ACCENT, "size": 11, "symbol": "circle-open", "line": {"width": 2}},
        hoverinfo="skip",
    )


def _segment_marks(figure: go.Figure, segments: Sequence[tuple[int, float]]) -> None:
    """A line where a run was continued, with the learning rate it went on with."""
    for start, rate in segments[1:]:
        figure.add_vline(
            x=start,
            line={"dash": "dot", "width": 1, "color": MUTED},
            annotation={"text": f"learning rate {rate:g}", "font": {"size": 11}},
            annotation_position="bottom right",
        )


def _restart_marks(figure: go.Figure, restarts: Sequence[int]) -> None:
    """A line at each epoch from which training went on after it was broken off."""
    for epoch in restarts:
        figure.add_vline(
            x=epoch,
            line={"dash": "dash", "width": 1, "color": MUTED},
            annotation={"text": "restart", "font": {"size": 11}},
            annotation_position="top left" if epoch else "top right",
        )
