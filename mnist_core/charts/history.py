"""What the networks of a run's epochs make of somebody's own drawings."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mnist_core.charts.base import ACCENT, BELOW, MUTED, PALETTE, epoch_axis, finite, layout


def probability_history(
    epochs: Sequence[float],
    shares: NDArray[np.float32],
    classes: Sequence[str],
    last_epoch: int,
    revision: str = "",
    height: int = 300,
) -> go.Figure:
    """A line a class: its probability (epochs, classes) for one picture after each epoch.

    The classes that were ever likely are in colour, the others grey. The axis has
    room for all epochs up to ``last_epoch``.
    """
    leaders = list(np.argsort(-shares.max(0), kind="stable")[: len(PALETTE)])
    figure = go.Figure()
    for index, name in enumerate(classes):
        likely = index in leaders and bool(shares[:, index].max() >= 0.1)
        figure.add_scatter(
            x=list(epochs),
            y=shares[:, index].tolist(),
            mode="lines+markers" if likely else "lines",
            name=name,
            line={
                "color": PALETTE[leaders.index(index)] if likely else MUTED,
                "width": 2.5 if likely else 1,
            },
            hovertemplate="%{y:.1%}",
            showlegend=likely,
        )
    looks = layout("Its answer after each epoch", "epoch", "probability", height, revision)
    return _by_epoch(figure, looks, last_epoch)


def accuracy_history(
    epochs: Sequence[float],
    own: Sequence[float],
    validation: Sequence[float],
    last_epoch: int,
    revision: str = "",
    height: int = 300,
) -> go.Figure:
    """The share of somebody's own digits that each epoch reads right, and of validation pictures.

    Both are 0 to 1; what is no number is a gap. The axis has room for all epochs up to
    ``last_epoch``.
    """
    figure = go.Figure()
    for name, shares, colour, dash in (
        ("my digits", own, ACCENT, "solid"),
        ("validation pictures", validation, MUTED, "dash"),
    ):
        figure.add_scatter(
            x=list(epochs),
            y=finite(shares),
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 2.5, "dash": dash},
            hovertemplate="%{y:.1%}",
        )
    looks = layout("Read right after each epoch", "epoch", "read right", height, revision)
    return _by_epoch(figure, looks, last_epoch)


def _by_epoch(figure: go.Figure, looks: dict[str, Any], last_epoch: int) -> go.Figure:
    """Shares from 0 to 1 over the epochs of a run, with the legend below."""
    figure.update_layout(looks)
    figure.update_layout(legend=BELOW)
    figure.update_yaxes(tickformat=".0%", range=[0, 1.02])
    figure.update_xaxes(epoch_axis(last_epoch))
    return figure
