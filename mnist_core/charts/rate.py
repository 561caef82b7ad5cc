"""The loss along the direction of a step, and the first steps with a few learning rates."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mnist_core.charts.base import ACCENT, BELOW, MUTED, PALETTE, SECOND, finite, layout, vertical
from mnist_core.charts.compare import DASHES

HIGHEST = 5.0  # nats: above, a training's curve leaves the chart


def line_chart(
    rates: NDArray[np.float64],
    losses: NDArray[np.float64],
    slope: float,
    chosen: tuple[float, float],
    best: float,
    revision: str,
    height: int = 300,
) -> go.Figure:
    """The loss (nats) after a step of each of the rates, which begin with 0; both are (N,).

    slope: of the loss at rate 0, drawn as a tangent. chosen: a rate and the loss there. best: the
    rate with the lowest loss.
    """
    start = float(losses[0])
    # As far as it goes down by as much as the curve, and a little on.
    low = float(np.nanmin(losses))
    far = min(float(rates[-1]), 1.3 * (start - low) / -slope)
    figure = go.Figure()
    figure.add_scatter(
        x=rates.tolist(),
        y=finite(losses.tolist()),
        mode="lines",
        name="loss after the step",
        line={"color": ACCENT, "width": 2.5},
        hovertemplate="%{y:.3f}",
    )
    figure.add_scatter(
        x=[0, far],
        y=[start, start + slope * far],
        mode="lines",
        name="slope at 0",
        line={"color": MUTED, "width": 2, "dash": "dash"},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[chosen[0]],
        y=finite([chosen[1]]),
        mode="markers",
        name="your rate",
        marker={"color": SECOND, "size": 13, "line": {"color": "#1A2230", "width": 1}},
        hovertemplate="%{y:.3f}",
    )
    figure.update_layout(
        layout("One step", "learning rate", "loss (nats)", height, revision), legend=BELOW
    )
    shape, words = vertical(best, "lowest", "dot", "right", "top")
    figure.update_layout(shapes=[shape], annotations=[words])
    return figure


def steps_chart(
    curves: Mapping[str, Sequence[float]], guessing: float, height: int = 280
) -> go.Figure:
    """A line a training by its name: the loss (nats) of each batch. Loss of ``guessing`` is marked.

    Above ``HIGHEST`` nothing is shown: one curve that breaks out would flatten the others.
    """
    figure = go.Figure()
    for place, (name, losses) in enumerate(curves.items()):
        figure.add_scatter(
            x=list(range(1, len(losses) + 1)),
            y=finite(losses),
            mode="lines",
            name=name,
            line={"color": PALETTE[place], "dash": DASHES[place], "width": 2},
            hovertemplate="%{y:.3f}",
        )
    figure.update_layout(
        layout("The first steps", "step", "loss (nats)", height, "steps"), legend=BELOW
    )
    figure.update_yaxes(range=[0, HIGHEST])
    figure.add_hline(
        y=guessing,
        line={"dash": "dot", "width": 1, "color": MUTED},
        annotation={"text": "guessing", "font": {"size": 11}},
    )
    return figure
