"""The networks that can read a drawing: the one that comes with the app, and every run."""

from typing import TYPE_CHECKING

import streamlit as st

from mnist_core.config.presets import PRESETS
from mnist_core.data.catalog import dataset_spec, shows_digits
from mnist_core.data.datasets import locate
from mnist_core.errors import DataError
from mnist_core.runs.records import Run
from pages.ui import runview
from pages.ui.actions import start_button
from pages.ui.pictures import DIGITS
from pages.ui.state import RUN, backend, predictor, select_run, selected_run
from pages.ui.user import user
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
    """The runs that can read digits, by id: the newest, and those that were asked for.

    That is those that learnt digits as MNIST shows them, whose classes are 0 to 9.
    """
    able = [r for r in backend().watch.library() if r.ready and shows_digits(r.config.dataset)]
    asked = {st.session_state.get(key) for key in (RUN, "model")}
    return {run.id: run for place, run in enumerate(able) if place < NEWEST or run.id in asked}


def not_for_digits() -> None:
    """Say of the run that was looked at last, or that a link names, that it reads no digits."""
    last = selected_run()
    run = next((r for r in backend().watch.library() if r.ready and r.id == last), None)
    if run is None or shows_digits(run.config.dataset):
        return
    title, why = _not_digits(run.config.dataset)
    st.info(
        f"**{literal(run.name)} does not read digits.** It learnt {literal(title)}: {why}. "
        "What you draw is read by another network; **Inside** shows what this one reads.",
        icon=":material/block:",
    )


def _not_digits(dataset: str) -> tuple[str, str]:
    """What a data set is called, and why who learnt it reads no digits, in Markdown."""
    try:
        spec = dataset_spec(dataset)
    except DataError:
        return dataset, "its pictures cannot be read any more"
    if locate(dataset) is None:
        return spec.title, "its pictures are not on this machine"
    if spec.classes == DIGITS:
        wanted = "grey, 28 × 28 and light on dark, as what is drawn here"
        return spec.title, f"its classes are digits, but its pictures are not {wanted}"
    if spec.classes:
        return spec.title, f"its classes are {', '.join(map(literal, spec.classes))}"
    return spec.title, f"it has {spec.ends[1]} kinds of photo"


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
        help="Who reads your drawing. Changing it keeps the drawing. Runs that learnt something "
        "else than digits are not among them.",
    )
    return chosen


def await_run(run_id: str) -> None:
    """Look at this run, and let it read as soon as it can."""
    select_run(run_id)
    st.session_state[AWAITED] = run_id


def train_first() -> None:
    run_id, _ = backend().start(next(iter(PRESETS.values())), by=user())
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
