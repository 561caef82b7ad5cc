"""What a network confuses, and how sure it may be, as Plotly figures."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mnist_core.charts.base import ACCENT, MUTED, layout
from mnist_core.config.texts import fitted

MOST_NUMBERS = 20  # classes whose cells have their numbers written in them
MOST_BELOW, MOST_BESIDE = 20, 34  # of them that are written at the axes
LONGEST_NAME = 12  # characters of a name there
CELL = 34  # pixels that a cell is high
# Of no mistake, of one, and of the most: the palette's vermilion, more and more of it.
CELL_COLOURS = ("rgba(138, 143, 152, 0.07)", "rgba(213, 94, 0, 0.12)", "rgba(213, 94, 0, 0.75)")


def confusion_chart(
    confusion: NDArray[np.int64], classes: Sequence[str], chosen: tuple[int, int] | None = None
) -> go.Figure:
    """A matrix (classes, classes) of counts, a row for what a picture shows; mistakes in colour.

    What is right would outshine all mistakes, so the diagonal has no colour. A click on a cell that
    is not empty selects a point whose x is the answer and y the truth, by their names. ``chosen``
    (truth, answer) is framed.
    """
    count, names = len(classes), list(classes)
    wrong = (confusion - np.diag(confusion.diagonal())).astype(float)
    np.fill_diagonal(wrong, np.nan)
    truths, answers = np.nonzero(confusion)
    told = count <= MOST_NUMBERS
    figure = go.Figure(
        [
            go.Heatmap(
                z=wrong.tolist(),
                x=names,
                y=names,
                # What is written on it is dark on a light page and light on a dark one.
                colorscale=[[0, CELL_COLOURS[0]], [0.0001, CELL_COLOURS[1]], [1, CELL_COLOURS[2]]],
                zmin=0,
                zmax=max(float(np.nanmax(wrong, initial=0)), 1),
                showscale=not told,
                colorbar={
                    "title": {"text": "pictures", "side": "top"},
                    "thickness": 12,
                    "tickformat": ",d",
                    "orientation": "h",
                    "yref": "container",
                    "y": 0,
                    "yanchor": "bottom",
                },
                hoverinfo="skip",
                xgap=1,
                ygap=1,
            ),
            # A heat map tells nobody where it is clicked; points on its cells do.
            go.Scatter(
                x=[names[i] for i in answers],
                y=[names[i] for i in truths],
                mode="markers+text" if told else "markers",
                marker={"symbol": "square", "size": 28 if told else 7, "color": "rgba(0,0,0,0)"},
                text=[f"{count:,}" for count in confusion[truths, answers]],
                textfont={"size": 12},
                hovertemplate="%{y} read as %{x}: %{text}<extra></extra>",
                showlegend=False,
            ),
        ]
    )
    height = 110 + CELL * min(count, MOST_NUMBERS)
    figure.update_layout(layout("What is read as what", "answer", "shown", height, "confusion"))
    figure.update_layout(hovermode="closest", clickmode="event+select", dragmode=False)
    # Whole names would leave no room for the cells.
    short = [fitted(name, LONGEST_NAME) for name in names]
    axis = {"type": "category", "showgrid": False, "categoryarray": names}
    for update, most, ends in (
        (figure.update_xaxes, MOST_BELOW, [-0.5, count - 0.5]),
        (figure.update_yaxes, MOST_BESIDE, [count - 0.5, -0.5]),
    ):
        some = slice(None, None, -(-count // most))
        update(axis, tickvals=names[some], ticktext=short[some], range=ends)
    if chosen is not None:
        truth, answer = chosen
        figure.add_shape(
            type="rect",
            x0=answer - 0.5,
            x1=answer + 0.5,
            y0=truth - 0.5,
            y1=truth + 0.5,
            line={"color": ACCENT, "width": 2},
        )
    return figure


def calibration_chart(bins: Sequence[tuple[int, float, float]], height: int = 320) -> go.Figure:
    """How often answers are right against how sure they are, from (count, confidence, accuracy).

    On the diagonal, what it says is what it does; below it, it is too sure.
    """
    figure = go.Figure(
        [
            go.Scatter(
                x=[0, 1],
                y=[0, 1],
                mode="lines",
                line={"color": MUTED, "dash": "dash", "width": 1},
                hoverinfo="skip",
            ),
            go.Scatter(
                x=[confidence for _, confidence, _ in bins],
                y=[accuracy for _, _, accuracy in bins],
                mode="lines+markers",
                line={"color": ACCENT, "width": 2},
                marker={"size": 8},
                customdata=[count for count, _, _ in bins],
                hovertemplate="%{customdata:,} answers, %{x:.0%} sure: %{y:.1%} right"
                "<extra></extra>",
            ),
        ]
    )
    title = "How sure it is, and how often right"
    figure.update_layout(
        layout(title, "confidence", "right answers", height, "calibration"),
        showlegend=False,
        hovermode="closest",
    )
    figure.update_xaxes(tickformat=".0%", range=[-0.02, 1.02])
    figure.update_yaxes(tickformat=".0%", range=[-0.02, 1.02])
    return figure
