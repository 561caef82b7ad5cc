"""The chapters' figures: what is lost for a share, and for a change of one weight."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from mnist_core.charts.base import ACCENT, BELOW, MUTED, SECOND, layout


def cross_entropy_curve(share: float, height: int = 320) -> go.Figure:
    """Minus the logarithm of the right class's share, with a mark at ``share`` in (0, 1]."""
    shares = np.geomspace(0.001, 1, 200)
    figure = go.Figure()
    figure.add_scatter(
        x=shares,
        y=-np.log(shares),
        mode="lines",
        line={"color": ACCENT, "width": 2.5},
        name="loss",
        hovertemplate="share %{x:.1%}, loss %{y:.3f}<extra></extra>",
    )
    figure.add_scatter(
        x=[share],
        y=[-np.log(share)],
        mode="markers",
        marker={"color": SECOND, "size": 13},
        hoverinfo="skip",
    )
    title = "Loss, by the right digit's share"
    figure.update_layout(layout(title, "share of the right digit", "loss (nats)", height, "loss"))
    figure.update_layout(showlegend=False, hovermode="closest")
    figure.update_xaxes(tickformat=".0%", range=[-0.02, 1.02])
    return figure


def nudge_chart(
    changes: Sequence[float],
    losses: Sequence[float],
    right: Sequence[int],
    count: int,
    chosen: float,
    height: int = 360,
) -> go.Figure:
    """Loss and pictures read right of a batch of ``count``, by the change of one weight."""
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.08)
    figure.add_scatter(
        x=list(changes), y=list(losses), mode="lines", line={"color": ACCENT, "width": 2.5},
        name="loss", hovertemplate="%{y:.4f}", row=1, col=1,
    )  # fmt: skip
    figure.add_scatter(
        x=list(changes), y=list(right), mode="lines", line={"color": SECOND, "shape": "hv"},
        name="read right", hovertemplate="%{y}", row=2, col=1,
    )  # fmt: skip
    title = "Loss and read right, by one weight"
    figure.update_layout(layout(title, "", "", height, "nudge"))
    figure.update_layout(showlegend=False)
    figure.update_yaxes(title="loss (nats)", row=1, col=1, zeroline=False)
    figure.update_yaxes(title=f"right, of {count}", row=2, col=1, tickformat="d", zeroline=False)
    if max(right) - min(right) < 5:  # else Plotly writes the same number at several places
        figure.update_yaxes(dtick=1, row=2, col=1)
    figure.update_xaxes(title="", row=1, col=1, zeroline=False)
    figure.update_xaxes(title="added to the weight", row=2, col=1, zeroline=False)
    figure.add_vline(x=chosen, line={"dash": "dot", "width": 1, "color": MUTED})
    return figure


def step_losses(losses: Sequence[float], guess: float, height: int = 260) -> go.Figure:
    """The loss of each step's batch before the step; ``guess`` is that of an even guess."""
    figure = go.Figure()
    figure.add_scatter(
        x=list(range(1, len(losses) + 1)),
        y=list(losses),
        mode="lines+markers" if len(losses) <= 30 else "lines",
        line={"color": ACCENT, "width": 2},
        name="loss",
        hovertemplate="%{y:.3f}",
    )
    figure.update_layout(layout("Loss of each batch", "step", "loss (nats)", height, "steps"))
    figure.update_layout(showlegend=False)
    figure.update_yaxes(rangemode="tozero")
    figure.add_hline(
        y=guess, line={"dash": "dot", "width": 1, "color": MUTED},
        annotation={"text": "an even guess", "font": {"size": 11}},
    )  # fmt: skip
    return figure


def work_chart(
    units: Sequence[int],
    seconds: Sequence[float],
    quickest: Sequence[float],
    slowest: Sequence[float],
    height: int = 360,
) -> go.Figure:
    """Milliseconds of a step by hidden units, on log scales, with the extremes as bars.

    The dotted line is what a step would take if time grew as the units do, from the largest down.
    """
    figure = go.Figure()
    figure.add_scatter(
        x=list(units),
        y=[1000 * second for second in seconds],
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [1000 * (most - mid) for mid, most in zip(seconds, slowest, strict=True)],
            "arrayminus": [
                1000 * (mid - least) for mid, least in zip(seconds, quickest, strict=True)
            ],
            "color": MUTED,
        },
        mode="lines+markers",
        line={"color": ACCENT, "width": 2.5},
        name="measured",
        hovertemplate="%{y:.3g} ms",
    )
    figure.add_scatter(
        x=list(units),
        y=[1000 * seconds[-1] * count / units[-1] for count in units],
        mode="lines",
        line={"color": MUTED, "dash": "dot", "width": 1.5},
        name="if time grew as the units do",
        hovertemplate="%{y:.3g} ms",
    )
    title = "Time of a step, by hidden units"
    figure.update_layout(layout(title, "hidden units", "time of a step (ms)", height, "work"))
    figure.update_layout(legend=BELOW)
    figure.update_xaxes(type="log", tickvals=list(units), ticktext=[str(count) for count in units])
    figure.update_yaxes(type="log", tickformat="~g")
    return figure
