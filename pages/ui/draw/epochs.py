"""A pinned drawing: how a network's answer to it changed from epoch to epoch, also meanwhile."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.charts.base import probability_history
from mnist_core.data.catalog import shows_digits
from mnist_core.runs.records import Run
from mnist_core.runs.snapshots import probabilities_of
from pages.ui.fragments import fragment
from pages.ui.pictures import DIGITS, bars, picture
from pages.ui.snapshots import networks
from pages.ui.state import RUN, backend
from pages.ui.words import percent, told_apart

POLL = 1.0  # seconds between two looks at a run that trains
PINNED = "epochs.pinned"  # the image that stays while others are drawn
NEWEST = 50  # runs offered


def epochs(image: NDArray[np.float32] | None) -> None:
    """The pinned drawing, else the one on the canvas (28, 28), through a run's epochs."""
    pinned = st.session_state.get(PINNED)
    shown = image if pinned is None else pinned
    runs = {run.id: run for run in _runs()}
    if not runs:
        st.info("Train a network, and watch here how it learns to read your drawing.")
        return
    if shown is None:
        st.info("Draw a digit, and pin it here to watch a network learn to read it.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        ids = list(runs)
        if st.session_state.get("epochs.run") not in ids:
            last = st.session_state.get(RUN)
            st.session_state["epochs.run"] = last if last in ids else ids[0]
        run_id = st.selectbox(
            "Run",
            ids,
            format_func=told_apart({run.id: run.name for run in runs.values()}).__getitem__,
            key="epochs.run",
            persist_state="session",
        )
        if pinned is None:
            st.button("Pin this drawing", icon=":material/keep:", on_click=_pin, args=(image,))
        else:
            st.button("Unpin", icon=":material/keep_off:", on_click=_pin, args=(None,))
    active = runs[run_id].active
    # Not the canvas's own fragment: a rerun every second must not touch what somebody draws on.
    fragment(_history, POLL if active else None)(run_id, shown, active)


def _runs() -> list[Run]:
    """The runs on digits that train or have trained, newest first."""
    runs = backend().watch.library()
    able = [r for r in runs if shows_digits(r.config.dataset) and (r.active or r.checkpoint)]
    return able[:NEWEST]


def _pin(image: NDArray[np.float32] | None) -> None:
    st.session_state[PINNED] = image


def _history(run_id: str, image: NDArray[np.float32], was_active: bool) -> None:
    if was_active and not backend().watch.run(run_id).active:
        st.rerun()
    models = networks(run_id)
    if not models:
        st.info(
            "The first epochs of this run are not kept yet."
            if was_active
            else "The epochs of this run were not kept: it is too large for that, or too old."
        )
        return
    kept = sorted(models)
    shares = probabilities_of({epoch: models[epoch] for epoch in kept}, image)
    chart, moment = st.columns([1.6, 1], gap="medium")
    with moment:
        epoch = kept[-1]
        if len(kept) > 1 and not was_active:
            epoch = st.select_slider("Epoch", kept, value=kept[-1], key=f"epochs.at.{run_id}")
        now = shares[kept.index(epoch)]
        st.html(
            f"<div style='display:flex;gap:1rem'>{picture(image, f'after epoch {epoch}', 96)}"
            f"<div style='flex:1'>{bars(now.tolist(), DIGITS, int(now.argmax()))}</div></div>"
        )
    with chart:
        st.plotly_chart(
            probability_history(kept, shares, DIGITS, epoch, revision=run_id),
            key="epochs.chart",
            alt=f"How likely each digit was after each epoch; after epoch {epoch} most likely "
            f"{DIGITS[now.argmax()]}, {percent(float(now.max()), 0)}.",
        )
