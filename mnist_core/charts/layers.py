"""A figure of each layer from epoch to epoch, as a Plotly figure."""

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from mnist_core.charts.base import BELOW, PALETTE, epoch_axis, finite, layout
from mnist_core.charts.compare import DASHES


def layers_chart(
    epochs: Sequence[int],
    lines: Mapping[str, Sequence[float]],
    title: str,
    unit: str,
    revision: str,
    share: bool = False,
    height: int = 320,
) -> go.Figure:
    """A line a layer, by its name; on a log scale, or as a ``share`` from 0 to 1."""
    figure = go.Figure()
    for place, (name, values) in enumerate(lines.items()):
        figure.add_scatter(
            x=list(epochs),
            # A logarithm has no place for 0.
            y=finite([v if share or v > 0 else float("nan") for v in values]),
            mode="lines+markers" if len(epochs) <= 30 else "lines",
            name=name,
            line={
                "color": PALETTE[place % len(PALETTE)],
                "dash": DASHES[place // len(PALETTE) % len(DASHES)],
                "width": 2,
            },
            hovertemplate="%{y:.1%}" if share else "%{y:.3g}",
        )
    figure.update_layout(layout(title, "epoch", unit, height, revision))
    figure.update_layout(legend=BELOW)
    figure.update_xaxes(epoch_axis(max(epochs, default=1)))
    if share:
        figure.update_yaxes(tickformat=".0%", range=[-0.02, 1.02])
    else:
        shown = [value for values in lines.values() for value in values if 0 < value < math.inf]
        figure.update_yaxes(type="log", tickvals=_ticks(shown), tickformat="~g")
    return figure


def _ticks(values: Sequence[float]) -> list[float]:
    """Powers of ten around all values; where there are few of them, 2 and 5 times these too."""
    if not values:
        return []
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    factors = (1, 2, 5) if high - low <= 3 else (1,)
    return [factor * 10.0**power for power in range(low, high + 1) for factor in factors]
