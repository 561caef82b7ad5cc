"""A map of pictures as a Plotly figure."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mnist_core.charts.base import BELOW, PALETTE, layout

SYMBOLS = ("circle", "square", "diamond", "triangle-up")  # tell classes of one colour apart
WRONG = "#D22F27"  # of the crosses, which nothing else in the map has


def space_chart(
    points: NDArray[np.float64],
    labels: NDArray[np.int64],
    answers: NDArray[np.int64],
    classes: Sequence[str],
    axes: tuple[str, str],
    revision: str,
    height: int = 560,
) -> go.Figure:
    """Points (N, 2) by class (N,), the ones with another answer (N,) as crosses.

    ``customdata`` is the row of each point: ``frame.js`` shows that picture while it is pointed at.
    """
    figure = go.Figure()
    for label, name in enumerate(classes):
        rows = np.flatnonzero((labels == label) & (answers == label))
        figure.add_scattergl(
            x=points[rows, 0].round(3),
            y=points[rows, 1].round(3),
            mode="markers",
            name=name,
            marker={
                "size": 6,
                "color": PALETTE[label % len(PALETTE)],
                "symbol": SYMBOLS[label // len(PALETTE) % len(SYMBOLS)],
                "opacity": 0.75,
            },
            customdata=rows,
            hovertemplate=f"{name}<extra></extra>",
            showlegend=len(classes) <= 20,
        )
    rows = np.flatnonzero(answers != labels)
    figure.add_scattergl(
        x=points[rows, 0].round(3),
        y=points[rows, 1].round(3),
        mode="markers",
        name="mistakes",
        marker={
            "size": 10,
            "color": WRONG,
            "symbol": "x-thin",
            "line": {"width": 2, "color": WRONG},
        },
        customdata=rows,
        text=[f"{classes[labels[row]]}, read as {classes[answers[row]]}" for row in rows],
        hovertemplate="%{text}<extra></extra>",
    )
    figure.update_layout(
        layout("Pictures as the network sees them", *axes, height, revision), hovermode="closest"
    )
    figure.update_layout(legend=BELOW)
    return figure
