"""Training time on several devices as a Plotly figure."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from mnist_core.charts.base import BELOW, MUTED, PALETTE, layout

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "x")


@dataclass(frozen=True)
class Line:
    """One device: ``points`` are (value, median, least, most); ``place`` decides how it looks.

    ``group`` tells measurements apart that have lines at the same places.
    """

    label: str
    points: Sequence[tuple[int, float, float, float]]
    place: int
    group: int = 0


def devices_chart(
    lines: Sequence[Line],
    title: str,
    x: str,
    y: str,
    share: bool = False,
    log_x: bool = True,
    height: int = 400,
) -> go.Figure:
    """A line a device through the medians, with bars from the least to the most.

    ``share`` is an axis from 0 in %; else it is logarithmic. ``title``, ``x`` and ``y`` are words.
    """
    figure = go.Figure()
    for line in lines:
        colour = PALETTE[line.place % len(PALETTE)]
        values, middle, least, most = zip(*line.points, strict=True)
        figure.add_scatter(
            x=list(values),
            y=list(middle),
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [high - mid for mid, high in zip(middle, most, strict=True)],
                "arrayminus": [mid - low for mid, low in zip(middle, least, strict=True)],
                "color": colour,
                "thickness": 1.5,
                "width": 4,
            },
            mode="lines+markers",
            name=line.label,
            line={
                "color": colour,
                "width": 2.5,
                "dash": DASHES[(line.place + line.group) % len(DASHES)],
            },
            marker={"symbol": SYMBOLS[line.place % len(SYMBOLS)], "size": 8},
            hovertemplate="%{y:.1%}" if share else "%{y:.3~g}",
        )
    figure.update_layout(layout(title, x, y, height, f"{title} {x}"))
    figure.update_layout(legend=BELOW)
    shown = sorted({value for line in lines for value, *_ in line.points})
    figure.update_xaxes(tickvals=shown, ticktext=[f"{value:,}" for value in shown])
    if log_x:
        figure.update_xaxes(type="log")
    if share:
        figure.update_yaxes(tickformat=".0%", rangemode="tozero")
        figure.add_hline(y=1, line={"dash": "dot", "width": 1, "color": MUTED})
    else:
        figure.update_yaxes(type="log", dtick="D2", tickformat="~g")
    return figure
