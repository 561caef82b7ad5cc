"""What a data set has of each class, as a Plotly figure."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from mnist_core.charts.base import BELOW, PALETTE, layout


def balance_chart(
    counts: Mapping[str, Sequence[int]], classes: Sequence[str], height: int = 380
) -> go.Figure:
    """Bars of pictures by class, one upon the other for each part by its name."""
    figure = go.Figure(
        [
            go.Bar(
                x=list(classes),
                y=list(values),
                name=name,
                marker={"color": PALETTE[place % len(PALETTE)]},
                hovertemplate="%{y:,}",
            )
            for place, (name, values) in enumerate(counts.items())
        ]
    )
    figure.update_layout(layout("Pictures of each class", "class", "pictures", height, "balance"))
    figure.update_layout(barmode="stack", legend=BELOW)
    figure.update_xaxes(type="category")
    return figure
