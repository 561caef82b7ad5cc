"""The learning-rate range test as a Plotly figure."""

from collections.abc import Sequence

import plotly.graph_objects as go

from mnist_core.charts.base import ACCENT, SECOND, layout


def range_chart(
    rates: Sequence[float], losses: Sequence[float], suggested: float, height: int = 300
) -> go.Figure:
    """Smoothed training loss (nats) against learning rate, with the suggested one marked."""
    figure = go.Figure(
        go.Scatter(
            x=rates,
            y=losses,
            mode="lines",
            line={"color": ACCENT, "width": 2},
            hovertemplate="at %{x:.2g}: %{y:.3f}<extra></extra>",
        )
    )
    revision = f"range {suggested}"
    figure.update_layout(
        layout("Loss", "learning rate", "loss (nats)", height, revision), showlegend=False
    )
    figure.update_xaxes(type="log")
    figure.add_vline(
        x=suggested,
        line={"dash": "dot", "width": 2, "color": SECOND},
        annotation={"text": f"suggested {suggested:g}", "font": {"size": 12}},
    )
    return figure
