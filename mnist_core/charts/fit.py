"""A function and the network that is fitted to it, and what each of its units adds."""

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mnist_core.charts.base import ACCENT, BELOW, MUTED, SECOND, layout

Array = NDArray[np.float64]


def fit_chart(x: Array, y: Array, output: Array, revision: str, height: int = 280) -> go.Figure:
    """The function ``y`` and the network's ``output`` at each of ``x``, all (N,)."""
    figure = go.Figure()
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        name="the function",
        line={"color": SECOND, "dash": "dash", "width": 2.5},
        hovertemplate="%{y:.2f}",
    )
    figure.add_scatter(
        x=x,
        y=output,
        mode="lines",
        name="the network",
        line={"color": ACCENT, "width": 2.5},
        hovertemplate="%{y:.2f}",
    )
    figure.update_layout(
        layout("The function and the network", "x", "y", height, revision), legend=BELOW
    )
    figure.update_yaxes(range=[-1.3, 1.3])
    return figure


def parts_chart(x: Array, parts: Array, revision: str, height: int = 200) -> go.Figure:
    """What each unit adds to the output, (units, N), at each of ``x`` (N,): a thin line a unit."""
    gap = np.full((len(parts), 1), np.nan)  # ends a unit's line; one trace is drawn faster than 64
    figure = go.Figure(
        go.Scatter(
            x=np.tile(np.append(x, np.nan), len(parts)),
            y=np.hstack([parts, gap]).ravel(),
            mode="lines",
            line={"color": MUTED, "width": 1},
            hoverinfo="skip",
        )
    )
    title = "What each unit adds to the output"
    figure.update_layout(layout(title, "x", "part of y", height, revision), showlegend=False)
    return figure
