"""Parallel coordinates of a study's trials."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from mnist_core.charts.base import ACCENT, MUTED
from mnist_core.charts.sweep import Trials, descriptions, order, sweep_figure, worst_first
from mnist_core.config.axes import Axis, ListAxis, shown

MOST_MARKS = 8  # values on an axis up to which each is written beside it, else the two ends


def parallel(rows: Trials, axes: Sequence[Axis], revision: str = "") -> go.Figure:
    """Each trial as a line over all axes and the accuracy it reached; boxes on an axis select.

    The best tenth stands out in blue. Plotly's own parallel coordinates report nothing to Python,
    so these are drawn as lines.
    """
    figure = sweep_figure("Every trial as a line", "setting", "from low to high", 420, revision)
    measured = worst_first(rows)
    names = [axis.field for axis in axes] + ["val_accuracy"]
    scales = [_scale([row[axis.field] for row in measured], axis) for axis in axes]
    scales.append(_scale([row["val_accuracy"] for row in measured], None))
    best = len(measured) - -(-len(measured) // 10)
    for colour, opacity, part in ((MUTED, 0.35, slice(best)), (ACCENT, 0.9, slice(best, None))):
        x: list[int | None] = []
        y: list[float | None] = []
        trials: list[int | None] = []
        text: list[str] = []
        for row, said in zip(measured[part], descriptions(measured[part], axes), strict=True):
            x += [*range(len(names)), None]
            y += [*(scale[row[name]] for name, scale in zip(names, scales, strict=True)), None]
            trials += [row["trial"]] * len(names) + [None]
            text += [said] * len(names) + [""]
        figure.add_scatter(
            x=x,
            y=y,
            customdata=trials,
            text=text,
            mode="lines+markers",
            line={"color": colour, "width": 1},
            marker={"color": colour, "size": 7},
            opacity=opacity,
            hovertemplate="%{text}<extra></extra>",
        )
    for i, (name, scale) in enumerate(zip(names, scales, strict=True)):
        values = list(scale)
        few = len(values) <= MOST_MARKS
        beside = {"xanchor": "right", "xshift": -8}
        for value in values if few else (values[0], values[-1]):
            beyond = {"yshift": 14 if scale[value] else -14}  # where no line goes
            figure.add_annotation(
                x=i,
                y=scale[value],
                text=f"{value:.1%}" if name == "val_accuracy" else shown(value),
                showarrow=False,
                font={"size": 11},
                **(beside if few else beyond),
            )
    figure.update_xaxes(
        tickvals=list(range(len(names))),
        ticktext=[*(axis.label for axis in axes), "Validation accuracy"],
        range=[-0.3, len(names) - 0.7],
        showgrid=True,
    )
    figure.update_yaxes(showticklabels=False, showgrid=False, range=[-0.1, 1.1])
    figure.update_layout(dragmode="select")
    return figure


def _scale(values: list[Any], axis: Axis | None) -> dict[Any, float]:
    """The height of each value, 0 to 1, lowest first: a range in proportion, choices evenly."""
    distinct = sorted(set(values), key=order)
    if isinstance(axis, ListAxis):
        return {value: i / max(len(distinct) - 1, 1) for i, value in enumerate(distinct)}
    by_factors = axis is not None and axis.by_factors
    numbers = np.log(distinct) if by_factors else np.array(distinct, float)
    span = np.ptp(numbers) if distinct else 0.0
    heights = (numbers - numbers.min()) / (span or 1.0) if distinct else numbers
    return dict(zip(distinct, heights.tolist(), strict=True))
