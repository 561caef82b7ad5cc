"""Pure functions from rows to Plotly figures, and the one palette that all of them use."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

# Okabe and Ito's colour-blind-safe palette (https://jfly.uni-koeln.de/color/), without the
# yellow and the black, which vanish on a light and on a dark page.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")
ACCENT, SECOND, MUTED = PALETTE[0], PALETTE[1], "#8A8F98"

Rows = Sequence[dict[str, float]]


def _layout(title: str, x: str, y: str, height: int, revision: str) -> dict[str, Any]:
    """What all charts share. A viewer's zoom is kept for as long as ``revision`` is the same."""
    return {
        "title": {"text": title, "font": {"size": 15}, "x": 0, "xref": "paper"},
        "height": height,
        "margin": {"l": 10, "r": 10, "t": 40, "b": 10},
        "xaxis": {"title": x, "zeroline": False},
        "yaxis": {"title": y, "zeroline": False},
        "legend": {"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom"},
        "hovermode": "x unified",
        "uirevision": revision,
    }


def _segment_marks(figure: go.Figure, segments: Sequence[tuple[int, float]]) -> None:
    """A line where a run was continued, with the learning rate it went on with."""
    for start, rate in segments[1:]:
        figure.add_vline(
            x=start,
            line={"dash": "dot", "width": 1, "color": MUTED},
            annotation={"text": f"learning rate {rate:g}", "font": {"size": 11}},
            annotation_position="bottom right",
        )


def _epoch_axis(figure: go.Figure, last_epoch: int) -> None:
    figure.update_xaxes(range=[-0.02 * last_epoch, 1.02 * last_epoch])
    if last_epoch <= 10:
        figure.update_xaxes(dtick=1)


def accuracy_curve(
    rows: Rows,
    last_epoch: int,
    segments: Sequence[tuple[int, float]] = (),
    revision: str = "",
    height: int = 380,
) -> go.Figure:
    """Validation accuracy (a share, shown in %) against epoch; rows as of ``RunStore.history``.

    ``segments`` are (first epoch, learning rate) of each stretch of the run.
    """
    figure = go.Figure(
        go.Scatter(
            x=[row["epoch"] for row in rows],
            y=[row["val_accuracy"] for row in rows],
            mode="lines+markers",
            name="validation",
            line={"color": ACCENT, "width": 2.5},
            hovertemplate="%{y:.2%}<extra></extra>",
        )
    )
    figure.update_layout(
        _layout("Validation accuracy", "epoch", "", height, revision), showlegend=False
    )
    figure.update_yaxes(tickformat=".0%", range=[0, 1.02])
    _epoch_axis(figure, last_epoch)
    _segment_marks(figure, segments)
    return figure


def loss_curve(
    rows: Rows,
    last_epoch: int,
    segments: Sequence[tuple[int, float]] = (),
    revision: str = "",
    height: int = 380,
) -> go.Figure:
    """Training and validation loss (mean cross-entropy, nats) against epoch."""
    figure = go.Figure()
    for key, name, colour in (
        ("train_loss", "training", SECOND),
        ("val_loss", "validation", ACCENT),
    ):
        figure.add_scatter(
            x=[row["epoch"] for row in rows],
            y=[row[key] for row in rows],
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 2},
            hovertemplate="%{y:.4f}",
        )
    figure.update_layout(_layout("Loss", "epoch", "", height, revision))
    figure.update_yaxes(rangemode="tozero")
    _epoch_axis(figure, last_epoch)
    _segment_marks(figure, segments)
    return figure


def probability_bars(
    probabilities: Sequence[float], classes: Sequence[str], height: int = 300
) -> go.Figure:
    """One bar a class, its share in %; the winner in the accent colour. No data, no bars."""
    best = max(range(len(probabilities)), key=lambda i: probabilities[i], default=None)
    colours = [ACCENT if i == best else MUTED for i in range(len(classes))]
    shares = list(probabilities) or [0.0] * len(classes)
    figure = go.Figure(
        go.Bar(
            x=list(classes),
            y=shares,
            marker_color=colours,
            text=[f"{p:.0%}" if p >= 0.005 else "" for p in shares],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{x}: %{y:.2%}<extra></extra>",
        )
    )
    figure.update_layout(
        _layout("How sure the network is", "", "", height, "bars"), hovermode="closest"
    )
    figure.update_yaxes(range=[0, 1.08], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1])
    figure.update_xaxes(type="category", fixedrange=True)
    return figure
