"""A study on the screen: how far it is, what it has found, and the trial that is opened."""

from typing import Any

import pandas as pd
import streamlit as st

from mnist_core.charts import sweep as sweep_charts
from mnist_core.charts.parallel import parallel
from mnist_core.config.axes import Axis
from mnist_core.data.catalog import shows_digits
from mnist_core.runs.records import Run
from mnist_core.sweep.view import StudyView
from pages.ui import forms, runview
from pages.ui.state import backend, select_run, select_runs
from pages.ui.sweep.studies import TRIAL
from pages.ui.words import duration, percent

HEADLINES = {
    "running": "Training",
    "completed": "Completed",
    "stopped": "Stopped; what was learnt is kept",
    "failed": "Failed",
    "interrupted": "Interrupted: the process that ran it is gone",
}


def progress(view: StudyView) -> None:
    """A bar, the best so far, the pace, and the time left."""
    if view.active:
        if view.download < 1:
            st.progress(view.download, text=f"Downloading the data set ({view.download:.0%})")
        elif view.models_per_second:
            left = duration(view.seconds_left)
            st.progress(view.share, text=f"{view.share:.0%} · {left} left")
        else:
            st.progress(0.0, text="Waiting for a worker, and for the first steps")
    best = view.best
    trials, top, pace = st.columns(3)
    trials.metric(
        "Trials",
        f"{view.done:,} of {view.planned:,}",
        help="A trial is one network, trained with settings of its own.",
    )
    top.metric(
        "Best so far" if view.done < view.planned else "Best validation",
        percent(best["val_accuracy"], 1) if best else "–",
    )
    if view.active:
        speed = f"{view.models_per_second:.2f}" if view.models_per_second else "–"
        pace.metric("Networks per second", speed)


def clicked(chart: str) -> None:
    """Remember the trial that was clicked in a chart."""
    points = st.session_state[chart]["selection"]["points"]
    trials = [point["customdata"] for point in points if point.get("customdata") is not None]
    if trials:
        first = trials[0]
        st.session_state[TRIAL] = first[0] if isinstance(first, list) else first


def in_words(view: StudyView, what: str) -> str:
    """What a chart of all trials shows, for those who cannot see it."""
    said = f"{what}, {len(view.rows):,} trials."
    if view.best is None:
        return said
    return f"{said} The best is {sweep_charts.describe(view.best, view.config.axes)}."


def chart(figure: Any, name: str, alt: str) -> None:
    """A chart of which a click opens the trial."""
    st.plotly_chart(
        figure,
        key=name,
        alt=alt,
        on_select=lambda: clicked(name),
        selection_mode="points",
    )


def map_axes(axes: tuple[Axis, ...]) -> tuple[Axis, Axis] | None:
    """The two axes of the map, by default hidden sizes upwards and learning rate along."""
    if len(axes) < 2:
        return None
    fields = {axis.field: axis for axis in axes}
    y = fields.get("hidden_sizes", axes[0])
    x = next(
        (axis for axis in (fields.get("learning_rate"), *axes) if axis not in (None, y)), axes[1]
    )
    assert x is not None
    return x, y


def accuracy_map(view: StudyView) -> None:
    axes = view.config.axes
    pair = map_axes(axes)
    if pair is None:
        figure = sweep_charts.slice_chart(view.rows, axes[0], axes, view.name)
        what = axes[0].label
    else:
        grid = view.config.sampler == "grid"
        figure = sweep_charts.accuracy_map(view.rows, *pair, axes, grid, view.name)
        what = f"{pair[0].label} and {pair[1].label}"
    alt = in_words(view, f"Validation accuracy by {what.lower()}")
    chart(figure, f"sweep-map-{view.name}", alt)


def pictures(view: StudyView) -> None:
    """All curves, and the map that fills in."""
    left, right = st.columns(2)
    best = view.best
    with left:
        chart(
            sweep_charts.curves(
                view.curves,
                view.rows,
                view.config.axes,
                best["trial"] if best else None,
                view.last_epoch,
                view.name,
            ),
            f"sweep-curves-{view.name}",
            in_words(view, "Validation accuracy after each epoch"),
        )
    with right:
        accuracy_map(view)
    st.caption(
        "Click a cell or a point of a curve: that network opens below."
        + ("" if view.active else " It can be chosen there, too.")
    )


def findings(view: StudyView, shares: dict[str, float], brushed: set[int] | None) -> None:
    """Importance, each setting by itself, cost, and the table."""
    axes = view.config.axes
    importance, slices, cost, table = st.tabs(
        ["What mattered", "One setting at a time", "Cost", "Table"]
    )
    with importance:
        if shares:
            labels = {axis.field: axis.label.lower() for axis in axes}
            said = ", ".join(
                f"{labels[name]} {percent(share, 0)}" for name, share in shares.items()
            )
            st.plotly_chart(
                sweep_charts.importance_bars(shares, axes),
                key="sweep-importance",
                alt=f"Share of the variation that each setting explains: {said}.",
            )
            st.caption("How much of the differences between trials comes from each setting.")
        else:
            st.caption("No setting stands out from chance. More trials may show which one matters.")
    with slices:
        for column, axis in zip(st.columns(len(axes)), axes, strict=True):
            with column:
                figure = sweep_charts.slice_chart(view.rows, axis, axes, view.name)
                alt = in_words(view, f"Validation accuracy by {axis.label.lower()}")
                chart(figure, f"sweep-slice-{axis.field}-{view.name}", alt)
        st.caption("A point is a trial: the value of one setting, and the accuracy it reached.")
    with cost:
        figure = sweep_charts.pareto(view.rows, "parameters", "parameters", axes, view.name)
        alt = in_words(view, "Validation accuracy against the count of parameters")
        chart(figure, f"sweep-pareto-{view.name}", alt)
        st.caption("Up and to the left is better. Nothing beats the trials on the line in both.")
    with table:
        rows = [row for row in view.rows if brushed is None or row["trial"] in brushed]
        st.caption(f"{len(rows):,} of {len(view.rows):,} trials")
        st.dataframe(pd.DataFrame(rows), hide_index=True, key="sweep-table")


def brush(view: StudyView) -> set[int] | None:
    """Parallel coordinates; the trials within every axis's boxes, or None where none is drawn."""
    name = f"sweep-parallel-{view.name}"
    figure = parallel(view.rows, view.config.axes, view.name)
    event = st.plotly_chart(
        figure,
        key=name,
        alt=in_words(view, "Each trial as a line over its settings and the accuracy it reached"),
        on_select=lambda: clicked(name),
        selection_mode=("points", "box"),
    )
    st.caption(
        "The best tenth is blue. Drag a box on an axis to filter the table; hold Shift for a box "
        "on another axis."
    )
    axes: dict[int, set[int]] = {}
    for point in event["selection"]["points"]:
        trial = point["customdata"]
        trial = trial[0] if isinstance(trial, list) else trial
        axes.setdefault(round(point["x"]), set()).add(trial)
    return set.intersection(*axes.values()) if axes else None


def trial_run(view: StudyView) -> Run | None:
    """The run of the trial that was clicked, once it is in the store."""
    trial = st.session_state.get(TRIAL)
    if trial is None:
        return None
    runs = backend().library.runs()
    return next((r for r in runs if r.study == view.name and r.trial == trial), None)


def choose_trial(view: StudyView) -> None:
    """The trial that is opened, for who does not click; the best come first."""
    best_first = sorted(view.rows, key=lambda row: -(row["val_accuracy"] or 0.0))
    said = {row["trial"]: sweep_charts.describe(row, view.config.axes) for row in best_first}
    if st.session_state.get(TRIAL) not in said:
        st.session_state.pop(TRIAL, None)
    forms.options("Network to open", {None: "none", **said}, TRIAL)


def opened(view: StudyView) -> None:
    """The trial that was clicked, and what can be done with it."""
    trial = st.session_state.get(TRIAL)
    if trial is None:
        return
    st.divider()
    row = next((row for row in view.rows if row["trial"] == trial), None)
    if row is not None:
        st.markdown(f"**{sweep_charts.describe(row, view.config.axes).capitalize()}**")
    run = trial_run(view)
    if run is None:
        st.caption("Its network can be opened when its training has ended.")
        return
    rows = backend().store.history(run.id)
    if run.state == "interrupted":
        reached = f"{rows[-1]['epoch']:.0f} of its {run.last_epoch} epochs"
        st.caption(f"The sweep was stopped after {reached}.")
    with st.container(horizontal=True):
        reads = shows_digits(run.config.dataset)
        if reads and st.button("Draw digits for it", icon=":material/draw:", type="primary"):
            select_run(run.id)
            st.switch_page("pages/draw.py")
        if st.button("Open on Train", icon=":material/open_in_new:"):
            select_run(run.id)
            st.switch_page("pages/train.py")
        if st.button("Compare with the best", icon=":material/compare_arrows:"):
            select_runs(list(dict.fromkeys([run.id, *_best_run(view)])))
            st.switch_page("pages/runs.py")
    runview.charts(run, rows)
    runview.figures(run, rows)
    runview.details(run, rows)


def _best_run(view: StudyView) -> list[str]:
    best = view.best
    runs = backend().library.runs()
    return [r.id for r in runs if best and r.study == view.name and r.trial == best["trial"]]
