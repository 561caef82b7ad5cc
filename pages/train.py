"""Train: choose the hyperparameters, start, and watch the network learn."""

import time
from functools import partial

import streamlit as st

from mnist_core.config.fields import FIELDS, parse_config
from mnist_core.config.presets import PRESETS
from mnist_core.errors import MnistLabError, RunNotFoundError
from mnist_core.runs.records import Run
from pages.ui import advice, forms, runview
from pages.ui.actions import PROBLEM, reported, show_problem, start_button
from pages.ui.forms import TRAIN
from pages.ui.fragments import fragment
from pages.ui.frame import page
from pages.ui.state import RUN, backend, select_run, selected_run
from pages.ui.train import queue, range_test
from pages.ui.words import literal

POLL = 0.3  # seconds between two looks at a run that trains
STARTING = "train.starting"  # session key: the run that was asked for, when it will be there

page("Train", "Choose how the network looks and learns, start, and watch its accuracy grow.")


def use_preset() -> None:
    name = st.session_state["preset"]
    if name is not None:
        forms.fill(TRAIN, PRESETS[name])


def start() -> None:
    """Train with what the form holds, after what trains already."""
    config, opened = forms.current(TRAIN), backend()
    st.session_state[STARTING] = opened.soon(lambda: opened.start(config))


def take_started() -> None:
    """Look at the run that was asked for, and say where it is if others train."""
    started = st.session_state.get(STARTING)
    if started is None or not started.done():
        return
    del st.session_state[STARTING]
    try:
        run_id, new = started.result()
        before = [run for run in backend().watch.active() if run.id != run_id]
        if st.session_state.get(RUN) not in {run.id for run in before}:
            select_run(run_id)  # else what is watched stays on the screen
        if not new:
            st.toast("A run with just these settings is training or waiting already.")
        elif before:
            st.toast(f"Added to the queue: {len(before)} before it.")
    except MnistLabError as error:
        st.session_state[PROBLEM] = str(error)


@reported
def stop(run_id: str) -> None:
    backend().queue.stop(run_id)


def go_on(run_id: str) -> None:
    """More epochs on the same weights, as the tutorial's second call of fit."""
    run = backend().store.get(run_id)
    if not run.active:
        values = run.config.model_dump()
        for name in ("epochs", "learning_rate"):
            values[name] = st.session_state[f"more.{name}"]
        backend().queue.extend(run_id, parse_config(values))


def restart(run_id: str, new_seed: bool) -> None:
    config = backend().store.get(run_id).segments[0].config
    values = config.model_dump()
    if new_seed:
        values["seed"] = (config.seed + 1) % (int(FIELDS["seed"].high or 0) + 1)
        st.session_state[forms.widget_key(TRAIN, "seed")] = values["seed"]
    select_run(backend().start(parse_config(values))[0])


def resume(run_id: str) -> None:
    backend().queue.resume(run_id)


def look() -> tuple[Run | None, list[dict[str, float]]]:
    """The run this page shows and its rows."""
    run_id = selected_run() if backend().ready else None
    if run_id is None:
        return None, []
    watch = backend().watch
    try:
        run = watch.run(run_id)
    except RunNotFoundError:
        select_run(None)
        st.warning("The run in this address is not in this app's store, so none is shown.")
        return None, []
    return run, watch.rows(run)


def first_rows(run: Run) -> list[dict[str, float]]:
    """Look more often for a run's first point, so that it is not one more poll away."""
    rows: list[dict[str, float]] = []
    until = time.monotonic() + POLL
    while not rows and time.monotonic() < until:
        time.sleep(POLL / 3)
        rows = backend().watch.rows(backend().watch.run(run.id))
    return rows


def live(was_starting: bool, was_active: bool) -> None:
    """The picture: polled while its run is active, drawn once when it is not."""
    try:
        show_problem()
        if was_starting:
            starting()
        else:
            _live(was_active)
    except MnistLabError as error:
        st.error(literal(str(error)))


def starting() -> None:
    """Until the run is there that was asked for."""
    asked = st.session_state.get(STARTING)
    if asked is None or asked.done():
        st.rerun()
    st.info(backend().starting or "Starting …", icon=":material/hourglass_top:")
    runview.charts(None, [])


def _live(was_active: bool) -> None:
    run, rows = look()
    if run is None:
        st.info(
            f"{nothing()} Press **Start training** and watch the accuracy climb, epoch by epoch; "
            "the tutorial's settings take a few seconds.",
            icon=":material/arrow_back:",
        )
        runview.charts(None, [])
        return
    if was_active and not run.active:
        st.rerun()
    if run.state == "running" and not rows:
        rows = first_rows(run)
    active = backend().watch.active()
    said = (run.state == "queued" and backend().starting) or runview.HEADLINES[run.state]
    ask = partial(stop, run.id) if run.active else None
    runview.headline(run.name, said, ask, run.stop_requested)
    if run.active:
        runview.progress_bar(run)
    if run.data.get("notice"):
        st.warning(literal(run.data["notice"]), icon=":material/info:")
    if run.error:
        st.error(literal(run.error))
    runview.charts(run, rows)
    if not run.active:
        runview.figures(run, rows)
    queue.queue_list(active, run.id)
    queue.workers(active)


def nothing() -> str:
    """Why there is no run to look at."""
    if backend().ready and backend().watch.library():
        return "No run is shown; those that were trained are on the page **Runs**."
    return "Nothing is trained yet."


def next_steps(run: Run) -> None:
    """What can be done with a run that has ended."""
    if run.state in ("interrupted", "failed"):
        start_button(
            "Resume",
            "resume",
            resume,
            run.id,
            icon=":material/resume:",
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
    start_button(
        "Continue training",
        "continue",
        go_on,
        run.id,
        place=more,
        icon=":material/play_arrow:",
        type="primary",
        width="stretch",
    )
    same, new, draw = st.columns(3)
    start_button(
        "Restart, same initial weights",
        "restart",
        restart,
        *(run.id, False),
        place=same,
        width="stretch",
        help="The same run again: the same seed gives the same initial weights.",
    )
    start_button(
        "Restart with a new seed",
        "restart-new",
        restart,
        *(run.id, True),
        place=new,
        width="stretch",
        help="The same settings from other initial weights.",
    )
    if draw.button("Draw digits for it", icon=":material/draw:", width="stretch"):
        st.switch_page("pages/draw.py")


forms.open_link(TRAIN)
controls, picture = st.columns([1, 3], gap="large")
try:
    take_started()
    asked = STARTING in st.session_state
    shown, rows = look()
    active = shown is not None and shown.active
    busy = backend().ready and bool(backend().watch.active())
    with controls:
        st.selectbox(
            "Preset",
            list(PRESETS),
            index=None,
            placeholder="choose a preset",
            key="preset",
            persist_state="session",
            on_change=use_preset,
        )
        placeholder = st.container()
        config = forms.config_form(TRAIN, backend().devices, disabled=False)
        start_button(
            "Add to queue" if busy else "Start training",
            "start",
            start,
            place=placeholder,
            type="primary",
            icon=":material/playlist_add:" if busy else ":material/play_arrow:",
            width="stretch",
            disabled=config is None or asked,
        )
        if config is not None:
            forms.keep_link(config)
            st.caption("The address of this page carries these settings: copy it to share them.")
        range_test.offer(disabled=config is None)
    with picture:
        fragment(live, POLL if asked or active else None)(asked, active)
        if shown is not None and not shown.active:
            advice.show(shown, rows, here=True)
            next_steps(shown)
except MnistLabError as error:
    st.error(literal(str(error)))
