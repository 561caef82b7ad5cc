"""Train: choose the hyperparameters, start, and watch the network learn."""

import time
from functools import partial

import streamlit as st

from mnist_core.config.fields import FIELDS, parse_config
from mnist_core.config.presets import PRESETS
from mnist_core.errors import MnistLabError, RunNotFoundError
from mnist_core.runs.records import Run
from pages.ui import advice, forms, runview
from pages.ui.forms import TRAIN
from pages.ui.state import (
    RUN,
    backend,
    page,
    reported,
    select_run,
    selected_run,
    show_problem,
)
from pages.ui.train import queueview, rangetest

POLL = 0.3  # seconds between two looks at a run that trains

page("Train")


def use_preset() -> None:
    name = st.session_state["preset"]
    if name is not None:
        forms.fill(TRAIN, PRESETS[name])


@reported
def start() -> None:
    """Start a run, or show the one that is training already."""
    run_id, new = backend().start_if_idle(forms.current(TRAIN))
    select_run(run_id)
    if not new:
        st.toast("A run is training already; this is it.")


@reported
def add() -> None:
    """Queue a run behind those that train; a second click finds it there."""
    _, new = backend().add(forms.current(TRAIN))
    st.toast(
        "Added to the queue."
        if new
        else "A run with just these settings is in the queue already; change one, e.g. the seed."
    )


@reported
def stop(run_id: str) -> None:
    backend().queue.stop(run_id)


@reported
def go_on(run_id: str) -> None:
    """More epochs on the same weights, as the tutorial's second call of fit."""
    run = backend().store.get(run_id)
    if not run.active:
        values = run.config.model_dump()
        for name in ("epochs", "learning_rate"):
            values[name] = st.session_state[f"more.{name}"]
        backend().queue.extend(run_id, parse_config(values))


@reported
def restart(run_id: str, new_seed: bool) -> None:
    config = backend().store.get(run_id).segments[0].config
    values = config.model_dump()
    if new_seed:
        values["seed"] = (config.seed + 1) % (int(FIELDS["seed"].high or 0) + 1)
        st.session_state[forms.widget_key(TRAIN, "seed")] = values["seed"]
    select_run(backend().add(parse_config(values))[0])


@reported
def resume(run_id: str) -> None:
    backend().queue.resume(run_id)


def look() -> tuple[Run | None, list[dict[str, float]]]:
    """The run this page shows and its rows."""
    run_id = selected_run()
    if run_id is None:
        return None, []
    try:
        return backend().store.get(run_id), backend().store.history(run_id)
    except RunNotFoundError:
        st.session_state.pop(RUN, None)
        st.query_params.pop(RUN, None)
        st.warning("The run in this address is not in this app's store, so none is shown.")
        return None, []


def first_rows(run: Run) -> list[dict[str, float]]:
    """Look more often for a run's first point, so that it is not one more poll away."""
    rows: list[dict[str, float]] = []
    until = time.monotonic() + POLL
    while not rows and time.monotonic() < until:
        time.sleep(POLL / 10)
        rows = backend().store.history(run.id)
    return rows


def live(was_ready: bool, was_active: bool, was_busy: bool) -> None:
    """The picture: polled while anything trains, drawn once when nothing does."""
    try:
        show_problem()
        _live(was_ready, was_active, was_busy)
    except MnistLabError as error:
        st.error(str(error))


def _live(was_ready: bool, was_active: bool, was_busy: bool) -> None:
    if backend().ready and not was_ready:
        st.rerun()  # now it is known whether there is a run to show
    run, rows = look()
    if run is not None and run.active and not rows:
        rows = first_rows(run)
    active = backend().store.active() if was_ready else []
    if was_busy and not active:
        st.rerun()
    if run is None:
        st.info(
            "Nothing is trained yet. Press **Start training** and watch the accuracy climb, epoch "
            "by epoch; the tutorial's settings take a few seconds.",
            icon=":material/arrow_back:",
        )
        runview.charts(None, [])
        return
    if was_active and not run.active:
        st.rerun()
    ask = partial(stop, run.id) if run.active else None
    runview.headline(run.name, runview.HEADLINES[run.state], ask, run.stop_requested)
    if run.active:
        runview.progress_bar(run)
    if run.data.get("notice"):
        st.warning(run.data["notice"], icon=":material/info:")
    if run.error:
        st.error(run.error)
    runview.charts(run, rows)
    if not run.active:
        runview.figures(run, rows)
    queueview.queue_list(active, run.id)
    queueview.workers(active)


def next_steps(run: Run) -> None:
    """What can be done with a run that has ended."""
    if run.state in ("interrupted", "failed"):
        st.button(
            "Resume",
            icon=":material/resume:",
            on_click=resume,
            args=(run.id,),
            type="primary",
            help="Goes on from the last checkpoint, to the same result as without a break.",
        )
        return
    if not run.checkpoint:
        return
    for name, default in (("epochs", 5), ("learning_rate", 0.1)):
        st.session_state.setdefault(f"more.{name}", default)
    epochs, rate, more = st.columns([1, 1, 1.4], vertical_alignment="bottom")
    with epochs:
        forms.number(FIELDS["epochs"], "more.epochs", label="More epochs")
    with rate:
        forms.number(FIELDS["learning_rate"], "more.learning_rate", label="at learning rate")
    more.button(
        "Continue training",
        icon=":material/play_arrow:",
        on_click=go_on,
        args=(run.id,),
        type="primary",
        width="stretch",
    )
    same, new, draw = st.columns(3)
    same.button(
        "Restart, same initial weights",
        on_click=restart,
        args=(run.id, False),
        width="stretch",
        help="The same run again: the same seed gives the same initial weights.",
    )
    new.button(
        "Restart with a new seed",
        on_click=restart,
        args=(run.id, True),
        width="stretch",
        help="The same settings from other initial weights.",
    )
    if draw.button("Draw digits for it", icon=":material/draw:", width="stretch"):
        st.switch_page("pages/draw.py")


st.caption("Choose how the network looks and learns, start, and watch its accuracy grow.")
forms.open_link(TRAIN)
controls, picture = st.columns([1, 3], gap="large")
try:
    ready = backend().ready
    shown, rows = look()
    active = shown is not None and shown.active
    busy = active or (ready and bool(backend().store.active()))
    with controls:
        st.selectbox(
            "Preset",
            list(PRESETS),
            index=None,
            placeholder="choose a preset",
            key="preset",
            on_change=use_preset,
        )
        placeholder = st.container()
        config = forms.config_form(TRAIN, backend().devices, disabled=False)
        placeholder.button(
            "Add to queue" if busy else "Start training",
            key="add" if busy else "start",
            type="primary",
            icon=":material/playlist_add:" if busy else ":material/play_arrow:",
            width="stretch",
            disabled=config is None,
            on_click=add if busy else start,
        )
        if config is not None:
            forms.keep_link(config)
            st.caption("The address of this page carries these settings: copy it to share them.")
        rangetest.offer(disabled=config is None)
    with picture:
        st.fragment(live, run_every=POLL if busy or not ready else None)(ready, active, busy)
        if shown is not None and not shown.active:
            advice.show(shown, rows, here=True)
            next_steps(shown)
except MnistLabError as error:
    st.error(str(error))
