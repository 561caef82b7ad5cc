"""Small trainings while they run, as Plotly figures."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from mnist_core.charts.base import BELOW, epoch_axis, finite, layout, vertical


@dataclass(frozen=True)
class Line:
    """Values by epoch, from 0 on, or by step, from 1 on. Training is dashed, validation solid."""

    name: str
    values: Sequence[float]
    colour: str
    dashed: bool = False


def epochs_chart(
    lines: Sequence[Line],
    title: str,
    unit: str,
    epochs: int,
    share: bool = True,
    mark: tuple[int, str] | None = None,
    height: int = 320,
) -> go.Figure:
    """A line each by epoch, on an axis that has room for all ``epochs``.

    Shares (0 to 1) are in %. Once something is trained, the axis begins below that: next to the
    untrained network all differences would look like none. ``mark`` is an epoch and its words.
    """
    figure = go.Figure()
    for line in lines:
        figure.add_scatter(
            x=list(range(len(line.values))),
            y=finite(line.values),
            mode="lines+markers",
            name=line.name,
            line={"color": line.colour, "width": 2, "dash": "dash" if line.dashed else "solid"},
            marker={"size": 5},
            hovertemplate="%{y:.1%}" if share else "%{y:.3f}",
        )
    _look(figure, title, "epoch", unit, height)
    figure.update_xaxes(epoch_axis(epochs))
    trained = [value for line in lines for value in line.values[1:] if math.isfinite(value)]
    if share:
        low = math.floor(10 * min(trained, default=0)) / 10
        figure.update_yaxes(tickformat=".0%", range=[low, 1 + 0.03 * (1 - low)])
    else:
        figure.update_yaxes(range=[0, 1.05 * max(trained, default=2.5)])
    if mark is not None:
        shape, words = vertical(*mark, "dot", "right" if mark[0] < epochs / 2 else "left", "bottom")
        figure.add_shape(shape)
        figure.add_annotation(words)
    return figure


def steps_chart(lines: Sequence[Line], title: str, steps: int, height: int = 320) -> go.Figure:
    """The loss (nats) of the batch of each step, a line each; the axis has room for ``steps``."""
    figure = go.Figure()
    for line in lines:
        figure.add_scatter(
            x=list(range(1, len(line.values) + 1)),
            y=finite(line.values),
            mode="lines+markers" if len(line.values) <= 30 else "lines",
            name=line.name,
            line={"color": line.colour, "width": 1.5},
            hovertemplate="%{y:.3f}",
        )
    _look(figure, title, "step", "loss of the step's batch (nats)", height)
    figure.update_xaxes(range=[0, 1.02 * steps])
    figure.update_yaxes(rangemode="tozero")
    return figure


def _look(figure: go.Figure, title: str, x: str, unit: str, height: int) -> None:
    figure.update_layout(layout(title, x, unit, height, title))
    figure.update_layout(legend=BELOW)
    figure.update_layout(showlegend=True)
