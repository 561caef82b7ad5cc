"""What a study has tried, as Plotly figures. A clicked point's ``customdata`` is its trial."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from scipy.interpolate import griddata

from mnist_core.charts.base import ACCENT, MUTED, SECOND, epoch_axis, layout
from mnist_core.config.axes import Axis, RangeAxis, shown

Trials = Sequence[dict[str, Any]]  # rows of ``StudyView``
REACHED = "validation accuracy"
SCALE = "Cividis"  # dark to light, for all eyes
CONTOUR_POINTS = 60  # along each side of an interpolated map


def sweep_figure(title: str, x: str, y: str, height: int, revision: str) -> go.Figure:
    """An empty chart of trials: a click on a point selects it."""
    figure = go.Figure()
    figure.update_layout(layout(title, x, y, height, revision))
    figure.update_layout(showlegend=False, hovermode="closest", clickmode="event+select")
    return figure


def describe(row: dict[str, Any], axes: Sequence[Axis]) -> str:
    """A trial in a line: what it tried and what it reached."""
    values = ", ".join(f"{axis.label.lower()} {shown(row[axis.field])}" for axis in axes)
    reached = row["val_accuracy"]
    return f"trial {row['trial']}: {values}" + ("" if reached is None else f" · {reached:.2%}")


def descriptions(rows: Trials, axes: Sequence[Axis]) -> list[str]:
    """Each trial in a line, see ``describe``."""
    return [describe(row, axes) for row in rows]


def worst_first(rows: Trials) -> list[dict[str, Any]]:
    """The trials that have been measured, by their validation accuracy."""
    measured = [row for row in rows if row["val_accuracy"] is not None]
    return sorted(measured, key=lambda row: row["val_accuracy"])


def curves(
    lines: dict[int, list[tuple[int, float]]],
    rows: Trials,
    axes: Sequence[Axis],
    best: int | None,
    last_epoch: int,
    revision: str = "",
    height: int = 380,
) -> go.Figure:
    """Every trial's validation accuracy against epoch, muted, and the best one highlighted.

    One WebGL trace with gaps: a trace for each of 512 trials would take the browser seconds.
    """
    figure = sweep_figure("All trials", "epoch", REACHED, height, revision)
    said = dict(zip((row["trial"] for row in rows), descriptions(rows, axes), strict=True))
    for colour, width, chosen in (
        (MUTED, 1, [trial for trial in lines if trial != best]),
        (ACCENT, 3, [trial for trial in lines if trial == best]),
    ):
        x: list[int | None] = []
        y: list[float | None] = []
        trials: list[int | None] = []
        for trial in chosen:
            x += [epoch for epoch, _ in lines[trial]] + [None]
            y += [accuracy for _, accuracy in lines[trial]] + [None]
            trials += [trial] * len(lines[trial]) + [None]
        figure.add_scattergl(
            x=x,
            y=y,
            customdata=trials,
            text=[said.get(trial, "") if trial is not None else "" for trial in trials],
            mode="lines+markers",
            line={"color": colour, "width": width},
            marker={"color": colour, "size": 5},
            opacity=0.45 if colour == MUTED else 1.0,
            hovertemplate="%{text}<extra></extra>",
        )
    figure.update_yaxes(tickformat=".0%")
    figure.update_xaxes(epoch_axis(last_epoch))
    return figure


def accuracy_map(
    rows: Trials, x: Axis, y: Axis, axes: Sequence[Axis], grid: bool, revision: str = ""
) -> go.Figure:
    """Validation accuracy over two axes: a cell a point of a grid, else contours between trials.

    Of several trials in a cell the best is shown.
    """
    figure = sweep_figure("Validation accuracy", x.label, y.label, 380, revision)
    measured = worst_first(rows)
    colours = {"colorscale": SCALE, "colorbar": {"tickformat": ".0%", "thickness": 12}}
    if grid:
        cells = {(row[x.field], row[y.field]): row for row in measured}
        columns = sorted({row[x.field] for row in rows}, key=order)
        lines = sorted({row[y.field] for row in rows}, key=order)
        z = [[cells.get((c, line), {}).get("val_accuracy") for c in columns] for line in lines]
        names = [shown(c) for c in columns], [shown(line) for line in lines]
        figure.add_heatmap(x=names[0], y=names[1], z=z, xgap=1, ygap=1, hoverinfo="skip", **colours)
        points = list(cells.values())
        # A heat map does not report clicks; transparent squares over its cells do.
        marker: dict[str, Any] = {"symbol": "square", "size": 26, "color": "rgba(0,0,0,0)"}
        at = [shown(row[x.field]) for row in points], [shown(row[y.field]) for row in points]
        figure.update_xaxes(type="category")
        figure.update_yaxes(type="category")
    else:
        points = measured
        at = [row[x.field] for row in points], [row[y.field] for row in points]
        figure.update_xaxes(type="log" if x.by_factors else None)
        figure.update_yaxes(type="log" if y.by_factors else None)
        marker = {"size": 9, "color": [row["val_accuracy"] for row in points], **colours}
        _add_contours(figure, points, x, y)
    figure.add_scatter(
        x=at[0],
        y=at[1],
        customdata=[row["trial"] for row in points],
        text=descriptions(points, axes),
        mode="markers",
        marker=marker,
        hovertemplate="%{text}<extra></extra>",
    )
    return figure


def order(value: object) -> tuple[int, Any]:
    """A key to sort the values of an axis by: numbers, then texts such as 64-32."""
    return (0, value) if isinstance(value, int | float) else (1, str(value))


def _add_contours(figure: go.Figure, points: Trials, x: Axis, y: Axis) -> None:
    """Contours of the accuracy between trials, where both axes are ranges."""
    if not (isinstance(x, RangeAxis) and isinstance(y, RangeAxis)) or len(points) < 6:
        return
    sides, scaled = [], []
    for axis in (x, y):
        space = np.geomspace if axis.log else np.linspace
        sides.append(space(axis.low, axis.high, CONTOUR_POINTS))
        values = np.array([float(row[axis.field]) for row in points])
        scaled.append(np.log(values) if axis.log else values)
    spread = np.stack([(v - v.min()) / (np.ptp(v) or 1.0) for v in scaled], axis=1)
    if np.linalg.matrix_rank(spread - spread.mean(axis=0), tol=1e-6) < 2:
        return  # all lie on a line, and enclose nothing
    mesh = np.meshgrid(
        *(np.log(s) if a.log else s for a, s in zip((x, y), sides, strict=True)), indexing="xy"
    )
    z = griddata(tuple(scaled), [p["val_accuracy"] for p in points], tuple(mesh), rescale=True)
    figure.add_contour(
        x=sides[0],
        y=sides[1],
        z=z,
        colorscale=SCALE,
        showscale=False,
        opacity=0.6,
        hoverinfo="skip",
    )


def importance_bars(shares: dict[str, float], axes: Sequence[Axis]) -> go.Figure:
    """How much of the variation each axis explains, the largest on top."""
    labels = {axis.field: axis.label for axis in axes}
    figure = sweep_figure(
        "Variation explained", "share of it", "setting", 120 + 40 * len(shares), ""
    )
    names = list(reversed(shares))
    figure.add_bar(
        x=[shares[name] for name in names],
        y=[labels[name] for name in names],
        orientation="h",
        marker={"color": ACCENT},
        text=[f"{shares[name]:.0%}".replace("%", " %") for name in names],
        hoverinfo="skip",
    )
    figure.update_xaxes(tickformat=".0%", range=[0, 1])
    return figure


def slice_chart(rows: Trials, axis: Axis, axes: Sequence[Axis], revision: str = "") -> go.Figure:
    """Validation accuracy against one axis, a point a trial."""
    figure = sweep_figure(f"Along {axis.label.lower()}", axis.label, REACHED, 380, revision)
    measured = [row for row in rows if row["val_accuracy"] is not None]
    _add_points(figure, measured, [row[axis.field] for row in measured], axes)
    figure.update_xaxes(type="log" if axis.by_factors else None)
    figure.update_yaxes(tickformat=".0%")
    return figure


def pareto(
    rows: Trials, cost: str, label: str, axes: Sequence[Axis], revision: str = ""
) -> go.Figure:
    """Validation accuracy against ``cost``; a line joins the trials that nothing beats in both."""
    figure = sweep_figure("Accuracy against cost", label, REACHED, 380, revision)
    measured = [row for row in rows if None not in (row["val_accuracy"], row.get(cost))]
    _add_points(figure, measured, [row[cost] for row in measured], axes)
    front: list[dict[str, Any]] = []
    for row in sorted(measured, key=lambda r: (r[cost], -r["val_accuracy"])):
        if not front or row["val_accuracy"] > front[-1]["val_accuracy"]:
            front.append(row)
    figure.add_scatter(
        x=[row[cost] for row in front],
        y=[row["val_accuracy"] for row in front],
        customdata=[row["trial"] for row in front],
        text=descriptions(front, axes),
        mode="lines+markers",
        line={"color": SECOND, "width": 2, "shape": "hv"},
        hovertemplate="%{text}<extra></extra>",
    )
    figure.update_xaxes(type="log")
    figure.update_yaxes(tickformat=".0%")
    return figure


def _add_points(figure: go.Figure, rows: Trials, x: list[Any], axes: Sequence[Axis]) -> None:
    figure.add_scatter(
        x=x,
        y=[row["val_accuracy"] for row in rows],
        customdata=[row["trial"] for row in rows],
        text=descriptions(rows, axes),
        mode="markers",
        marker={"size": 9, "color": ACCENT, "opacity": 0.7},
        hovertemplate="%{text}<extra></extra>",
    )
