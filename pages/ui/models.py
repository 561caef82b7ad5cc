"""The networks that can read a drawing: the one that comes with the app, and every run."""

from typing import TYPE_CHECKING

import streamlit as st

from mnist_core.config import PRESETS
from mnist_core.runs import Run
from pages.ui import runview
from pages.ui.state import RUN, backend, predictor, select_run

if TYPE_CHECKING:
    from mnist_core.predict import Predictor
    from mnist_core.shipped import ShippedModel

SHIPPED = "shipped"
SHIPPED_NAME = "Handwriting (comes with the app)"
NEWEST = 200  # runs offered
POLL = 0.5  # seconds between two looks at the first run while it trains

Readers = dict[str, Run]


def readers() -> Readers:
    """The runs that can read digits, by id, newest first."""
    return {
        run.id: run
        for run in backend().store.newest(NEWEST)
        if run.checkpoint and not run.active and run.config.dataset == "mnist"
    }


def name(model: str, runs: Readers) -> str:
    """How a model is called, with its test accuracy."""
    accuracy = test_accuracy(model, runs)
    shown = "" if accuracy is None else f" · test {runview.percent(accuracy)}"
    return title(model, runs) + shown


def title(model: str, runs: Readers) -> str:
    """How a model is called."""
    return SHIPPED_NAME if model == SHIPPED else runs[model].name


def test_accuracy(model: str, runs: Readers) -> float | None:
    """Accuracy on MNIST's test set, as measured when the model was made."""
    if model != SHIPPED:
        accuracy: float | None = runs[model].result.get("test_accuracy")
        return accuracy
    return float(str(shipped().facts["mnist_test_accuracy"]))


def shipped() -> "ShippedModel":
    from mnist_core.shipped import load_shipped

    return load_shipped()


def reader(model: str, runs: Readers) -> "Predictor":
    """What reads with a model; the one that comes with the app judges for all what is a digit."""
    return shipped() if model == SHIPPED else predictor(model, runs[model].checkpoint)


def choose(runs: Readers) -> str:
    """Which model reads; changing it keeps the drawing."""
    ids = [SHIPPED, *runs]
    last = st.session_state.get(RUN)
    chosen = st.selectbox(
        "Model",
        ids,
        index=ids.index(last) if last in ids else 0,
        format_func=lambda model: name(model, runs),
        key="model",
        help="Who reads your drawing. Changing it keeps the drawing.",
    )
    return chosen


def train_first() -> None:
    run_id, _ = backend().start_if_idle(next(iter(PRESETS.values())))
    select_run(run_id)


def own_model() -> None:
    """While no run can read yet: one button trains one, and its progress is shown here."""
    active = backend().store.active()
    if active:
        runview.progress_bar(active[0])
        st.session_state["training_first"] = True
    elif st.session_state.pop("training_first", False):
        st.rerun()
    else:
        st.button(
            "Train the tutorial's model",
            icon=":material/play_arrow:",
            on_click=train_first,
            help="A few seconds; then it can read here too.",
        )
