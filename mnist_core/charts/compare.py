"""The curves of several runs in one picture, with a band for runs that differ in seeds alone."""

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from mnist_core.charts.base import BELOW, Rows, divergence_marks, epoch_axis, finite, layout

DASHES = ("solid", "dash", "dot", "dashdot")  # tells runs of the same colour apart
CURVES = {
    "val_accuracy": "Validation accuracy",
    "val_loss": "Validation loss",
    "train_loss": "Training loss",
}

UNITS = {"val_accuracy": "read right", "val_loss": "loss (nats)", "train_loss": "loss (nats)"}


@dataclass(frozen=True)
class Curve:
    """One run's rows (as of ``RunStore.history``).

    Curves of one ``group`` differ in ``seeds`` alone; where those are equal too, it is the same
    run done twice.
    """

    label: str
    rows: Rows
    colour: str
    group: Hashable
    seeds: Hashable


def compare_curves(
    curves: Sequence[Curve], metric: str = "val_accuracy", height: int = 420
) -> go.Figure:
    """A line a run against epoch. A group of several gets its mean and a band of one deviation.

    ``metric`` is a key of ``CURVES``: an accuracy is a share shown in %, a loss is in nats.
    """
    figure = go.Figure()
    # The same run done twice would make the band narrower than chance is.
    different = {(curve.group, curve.seeds): curve for curve in reversed(curves)}
    sizes = Counter(group for group, _ in different)
    colours: Counter[str] = Counter()
    for curve in curves:
        alone = sizes[curve.group] == 1
        dash = DASHES[colours[curve.colour] % len(DASHES)] if alone else "solid"
        colours[curve.colour] += alone
        figure.add_scatter(
            x=[row["epoch"] for row in curve.rows],
            y=finite([row[metric] for row in curve.rows]),
            mode="lines+markers" if len(curve.rows) <= 30 else "lines",
            name=curve.label,
            line={"color": curve.colour, "width": 2 if alone else 1, "dash": dash},
            opacity=1 if alone else 0.5,
        )
    for group, size in sizes.items():
        if size > 1:
            members = [c for c in curves if c.group == group and c is different[group, c.seeds]]
            _add_band(figure, members, metric)
    figure.update_layout(layout(CURVES[metric], "epoch", UNITS[metric], height, metric))
    figure.update_traces(hovertemplate="%{y:.2%}" if metric == "val_accuracy" else "%{y:.4f}")
    figure.update_layout(legend=BELOW)
    if metric == "val_accuracy":
        figure.update_yaxes(tickformat=".1~%")
    trained = [row[metric] for curve in curves for row in curve.rows if row["epoch"] > 0]
    shown = [value for value in trained if math.isfinite(value)]
    if shown:  # next to the untrained network's value, all differences would look like none
        margin = 0.05 * (max(shown) - min(shown)) or 0.01
        figure.update_yaxes(range=[min(shown) - margin, max(shown) + margin])
    for curve in curves:
        for shape, words in divergence_marks(curve.rows):
            figure.add_shape(shape)
            figure.add_annotation(words)
    last = max((int(c.rows[-1]["epoch"]) for c in curves if c.rows), default=1)
    figure.update_xaxes(epoch_axis(last))
    return figure


def _add_band(figure: go.Figure, curves: Sequence[Curve], metric: str) -> None:
    """Mean and mean +- one sample deviation, over the epochs that all of the curves have.

    An epoch in which one of them is no number has neither.
    """
    columns = [{row["epoch"]: row[metric] for row in curve.rows} for curve in curves]
    shared = set.intersection(*(set(column) for column in columns))
    epochs = sorted(e for e in shared if all(math.isfinite(column[e]) for column in columns))
    if not epochs:
        return
    values = np.array([[column[epoch] for epoch in epochs] for column in columns])
    mean, deviation = values.mean(axis=0), values.std(axis=0, ddof=1)
    colour = curves[0].colour
    figure.add_scatter(
        x=[*epochs, *reversed(epochs)],
        y=[*(mean + deviation), *(mean - deviation)[::-1]],
        fill="toself",
        fillcolor=colour,
        opacity=0.2,
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )
    figure.add_scatter(
        x=epochs,
        y=list(mean),
        mode="lines",
        name=f"mean of {len(curves)} seeds: {curves[0].label}",
        line={"color": colour, "width": 3},
    )
