"""Several runs side by side: their curves, what sets them apart, and whether it matters."""

import html

import pandas as pd
import streamlit as st

from mnist_core.charts.base import run_colours
from mnist_core.charts.compare import CURVES, Curve, compare_curves
from mnist_core.insight.compare import (
    accuracies,
    differing,
    group_of,
    seeds_of,
    settings_key,
    verdict,
)
from mnist_core.runs.records import Run
from pages.ui import forms, seeds
from pages.ui.changes import changes, continued, said
from pages.ui.state import backend
from pages.ui.words import literal, percent

MAX_GROUPS = 12  # told one by one; each is a line and a button
MAX_CURVES = 40  # more lines than this nobody can follow, and each is a question to the store


def show(chosen: list[Run], runs: list[Run]) -> None:
    curves(chosen)
    left, right = st.columns(2, gap="large")
    with left:
        settings(chosen)
    with right:
        noise(chosen, runs)


def curves(chosen: list[Run]) -> None:
    if len(chosen) > MAX_CURVES:
        st.info(f"The curves of the first {MAX_CURVES} of {len(chosen)} runs.")
    metric = forms.switch(
        "Curve", CURVES, "val_accuracy", "compare.metric", label_visibility="collapsed"
    )
    # Plotly takes a name for HTML.
    shown = chosen[:MAX_CURVES]
    lines = [
        Curve(
            html.escape(run.name),
            backend().watch.rows(run),
            colour,
            settings_key(run),
            seeds_of(run),
        )
        for run, colour in zip(shown, run_colours([run.id for run in shown]), strict=True)
    ]
    st.plotly_chart(
        compare_curves(lines, metric), key="compare.curves", alt=_in_words(lines, metric)
    )


def _in_words(lines: list[Curve], metric: str) -> str:
    """Where the curves end, for those who cannot see them."""
    ends = []
    for line in lines:
        if line.rows:
            last = line.rows[-1][metric]
            reached = percent(last) if metric == "val_accuracy" else f"{last:.3g}"
            ends.append(f"{html.unescape(line.label)} {reached}")
    return f"{CURVES[metric]} after each epoch. At the end: {', '.join(ends) or 'nothing yet'}."


def settings(chosen: list[Run]) -> None:
    """Only the settings that are not the same everywhere, one line a run."""
    st.markdown("**What sets them apart**")
    names = differing([run.config for run in chosen])
    columns: dict[str, list[object]] = {"Run": [run.name for run in chosen]}
    for name in names:
        values = [forms.shown(name, getattr(run.config, name)) for run in chosen]
        columns[forms.FIELDS[name].label] = list(values)
    changed = [said(changes(run)) for run in chosen]
    if any(changed):
        columns["While it trained"] = [text or "not changed" for text in changed]
    further = [continued(run) for run in chosen]
    if any(further):
        columns["After its end"] = [text or "not continued" for text in further]
    results = [run.figure("val_accuracy") for run in chosen]
    columns["Last validation"] = ["–" if v is None else percent(v) for v in results]
    st.dataframe(pd.DataFrame(columns), hide_index=True, key="compare.settings")
    if not names and not any(changed) and not any(further):
        st.caption("All settings are the same, the seeds too: these runs should be identical.")


def noise(chosen: list[Run], runs: list[Run]) -> None:
    """Each group's mean and spread; for two groups, whether their difference is more than noise."""
    st.markdown("**Is the difference more than chance?**")
    alike: dict[object, list[Run]] = {}
    for run in runs:
        alike.setdefault(settings_key(run), []).append(run)
    first = _first_of_each(chosen)
    groups = [group_of(run, alike.get(key, [])) for key, run in first.items()]
    for run, group in list(zip(first.values(), groups, strict=True))[:MAX_GROUPS]:
        seeds.summary(run, group)
    if len(groups) > MAX_GROUPS:
        st.caption(f"The first {MAX_GROUPS} of {len(groups):,} settings.")
    measured = [group for group in groups if group]
    if len(groups) == 1:
        st.caption("These runs differ in their seeds alone: their spread is the noise.")
    elif len(groups) == 2 and len(measured) == 2:
        a, b = measured
        names = [run.name for run in first.values()]
        if names[0] == names[1]:
            names = [f"{name} ({which})" for name, which in zip(names, ("1st", "2nd"), strict=True)]
        incomparable = {"dataset", "val_fraction"} & set(differing([a[0].config, b[0].config]))
        if incomparable:
            st.warning("They were measured on different pictures, so they cannot be compared.")
        else:
            st.markdown(literal(verdict(*names, accuracies(a), accuracies(b))))
    elif len(groups) > 2:
        st.caption("Select runs of two settings to have their difference judged.")


def _first_of_each(chosen: list[Run]) -> dict[object, Run]:
    """The first run of each group, by its settings."""
    first: dict[object, Run] = {}
    for run in chosen:
        first.setdefault(settings_key(run), run)
    return first
