"""The networks that can read a drawing: the one that comes with the app, and every run."""

from typing import TYPE_CHECKING

import streamlit as st

from mnist_core.config.presets import PRESETS
from mnist_core.runs.records import Run
from pages.ui import runview
from pages.ui.actions import start_button
from pages.ui.state import RUN, backend, predictor, select_run
from pages.ui.words import literal, percent, told_apart

if TYPE_CHECKING:
    from mnist_core.reading.predict import Predictor
    from mnist_core.reading.shipped import ShippedModel

SHIPPED = "shipped"
SHIPPED_NAME = "Handwriting (comes with the app)"
NEWEST = 200  # runs offered
AWAITED = "models.awaited"  # a run that was started here and shall read when it is ready
POLL = 0.5  # seconds between two looks at a run while it trains

Readers = dict[str, Run]


def readers() -> Readers:
    """The runs that can read digits, by id: the newest, and those that were asked for."""
    able = [r for r in backend().watch.library() if r.ready and r.config.dataset == "mnist"]
    asked = {st.session_state.get(key) for key in (RUN, "model")}
    return {run.id: run for place, run in enumerate(able) if place < NEWEST or run.id in asked}


def titles(runs: Readers) -> dict[str, str]:
    """How every model is called, each by another name."""
    return {SHIPPED: SHIPPED_NAME, **told_apart({run.id: run.name for run in runs.values()})}


def names(runs: Readers) -> dict[str, str]:
    """How every model is called, with its test accuracy."""
    found = titles(runs)
    for model, title in found.items():
        accuracy = test_accuracy(model, runs)
        if accuracy is not None:
            found[model] = f"{title} · test {percent(accuracy)}"
    return found


def test_accuracy(model: str, runs: Readers) -> float | None:
    """Accuracy on MNIST's test set, as measured when the model was made."""
    if model != SHIPPED:
        accuracy: float | None = runs[model].result.get("test_accuracy")
        return accuracy
    return float(str(shipped().facts["mnist_test_accuracy"]))


def shipped() -> "ShippedModel":
    from mnist_core.reading.shipped import load_shipped

    return load_shipped()


def reader(model: str, runs: Readers) -> "Predictor":
    """What reads with a model; the one that comes with the app judges for all what is a digit."""
    return shipped() if model == SHIPPED else predictor(model, runs[model].checkpoint)


def choose(runs: Readers) -> str:
    """Which model reads; changing it keeps the drawing."""
    ids = [SHIPPED, *runs]
    if st.session_state.get(AWAITED) in ids:
        st.session_state["model"] = st.session_state.pop(AWAITED)
    elif st.session_state.get("model") not in ids:
        last = st.session_state.get(RUN)
        st.session_state["model"] = last if last in ids else SHIPPED
    chosen: str = st.selectbox(
        "Model",
        ids,
        format_func=names(runs).__getitem__,
        key="model",
        persist_state="session",
        help="Who reads your drawing. Changing it keeps the drawing.",
    )
    return chosen


def await_run(run_id: str) -> None:
    """Look at this run, and let it read as soon as it can."""
    select_run(run_id)
    st.session_state[AWAITED] = run_id


def train_first() -> None:
    run_id, _ = backend().start(next(iter(PRESETS.values())))
    await_run(run_id)


def training(was_active: bool) -> None:
    """What trains now; while nothing does and no run can read yet, a button that trains one."""
    active = backend().watch.active()
    if active:
        st.caption(f"**{literal(active[0].name)}** is training; then it can read here too.")
        runview.progress_bar(active[0])
    if bool(active) != was_active:
        st.rerun()
    if not active:
        start_button(
            "Train the tutorial's model",
            "first",
            train_first,
            icon=":material/play_arrow:",
            help="A few seconds; then it can read here too.",
        )
