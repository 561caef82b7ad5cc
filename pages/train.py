"""Train: choose the hyperparameters, start, and watch the network learn."""

import time
from functools import partial

import streamlit as st

from mnist_core.config.presets import PRESETS
from mnist_core.config.train import TrainConfig
from mnist_core.errors import MnistLabError, RunNotFoundError
from mnist_core.jobs.waiting import in_turn
from mnist_core.runs.records import Run
from mnist_core.runs.users import role_of
from pages.ui import advice, assignment, forms, learnt, links, runview
from pages.ui.actions import PROBLEM, has_room, reported, show_problem, start_button
from pages.ui.forms import TRAIN
from pages.ui.fragments import fragment
from pages.ui.frame import page, tab_title
from pages.ui.state import RUN, backend, select_run, selected_run
from pages.ui.train import after, brief, knob, queue, range_test, verdict
from pages.ui.turns import turns
from pages.ui.user import changeable, mine, user
from pages.ui.words import literal, percent

POLL = 0.3  # seconds between two looks at a run that trains
WAITS = 1.0  # at one that waits until others are done
STARTING = "train.starting"  # session key: the run that was asked for, when it will be there

page("Train", "Choose how the network looks and learns, start, and watch its accuracy grow.")


def use_preset() -> None:
    name = st.session_state["preset"]
    if name is not None:
        forms.fill(TRAIN, PRESETS[name])


def start() -> None:
    """Train with what the form holds, after what trains already."""
    assignment.give()
    config, pupil, opened, by = forms.current(TRAIN), assignment.pupil(), backend(), user()
    st.session_state[STARTING] = opened.soon(lambda: opened.start(config, pupil, by=by))


def check_asked(config: TrainConfig) -> None:
    """Refuse, at its field, what Start would refuse. Raises ConfigError."""
    if backend().ready:
        backend().queue.check(config, by=user())


def take_started() -> None:
    """Look at the run that was asked for, and say where it is if others train."""
    started = st.session_state.get(STARTING)
    if started is None or not started.done():
        return
    del st.session_state[STARTING]
    try:
        run_id, new = started.result()
        before = ahead_of(run_id, backend().watch.active())
        if st.session_state.get(RUN) not in {run.id for run in before if mine(run)}:
            select_run(run_id)  # else what is watched stays on the screen
        if not new:
            st.toast("A run with just these settings is training or waiting already.")
        elif before:
            st.toast(f"Added to the queue: {len(before)} before it.")
    except MnistLabError as error:
        st.session_state[PROBLEM] = str(error)


def ahead_of(run_id: str, active: list[Run]) -> list[Run]:
    """The active runs that are done before this one, or beside it."""
    training = [run for run in active if run.state == "running"]
    order = [*training, *in_turn(run for run in active if run.state == "queued")]
    ids = [run.id for run in order]
    until = ids.index(run_id) if run_id in ids else len(ids)
    return [run for run in order[: max(until, len(training))] if run.id != run_id]


@reported
def stop(run_id: str) -> None:
    backend().queue.stop(run_id, by=user())


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
        with turns.aside():
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
        waits = backend().ready and backend().watch.active()  # another's, on a network
        st.info(
            f"{nothing()} Press **{'Add to queue' if waits else 'Start training'}** and watch the "
            "accuracy climb, epoch by epoch; the tutorial's settings take a few seconds.",
            icon=":material/arrow_back:",
        )
        runview.charts(None, [])
        return
    if was_active and not run.active:
        st.rerun()
    if run.state == "running" and not rows:
        rows = first_rows(run)
    own = changeable(run)
    ask = partial(stop, run.id) if run.active and own else None
    runview.headline(run.name, runview.stands(run), ask, run.stop_requested)
    if not own:
        st.caption("Another visitor's run: look at it, and take over its settings if you like.")
    runview.notice(run.data.get("notice", ""))
    if run.error:
        st.error(literal(run.error))
    before = verdict.before(run)
    ghost = (before.name, backend().watch.rows(before)) if before else None
    runview.charts(run, rows, ghost)
    runview.heard(run, rows)
    tab(run, rows)
    if run.active:
        runview.progress_bar(run)
        if own:
            knob.row(run, rows)
        knob.pending(run)  # below the row, which stays where it is clicked
        others(run)
    else:
        knob.pending(run)
        runview.figures(run, rows)
        verdict.show(run, before)


def tab(run: Run, rows: list[dict[str, float]]) -> None:
    """How far a run is, or how well it ended, for who looks at another tab."""
    if run.active and rows:
        tab_title(f"{rows[-1]['epoch']:.0f}/{run.last_epoch} · Train")
    elif run.result:
        tab_title(f"✓ {percent(run.result['val_accuracy'], 1)} · Train")


def others(run: Run) -> None:
    """What else trains or waits, and where."""
    active = backend().watch.active()
    queue.queue_list(active, run.id)
    queue.workers(active)


def nothing() -> str:
    """Why there is no run to look at."""
    if backend().ready and backend().watch.library():
        return "No run is shown; those that were trained are on the page **Runs**."
    return "Nothing is trained yet."


links.open_link(TRAIN)
task = assignment.take()
if task is not None:
    brief.show(task)
with st.container(key="train"):
    controls, picture = st.columns([1, 3])
try:
    take_started()
    asked = STARTING in st.session_state
    shown, rows = look()
    active = shown is not None and shown.active
    under_way = backend().watch.active() if backend().ready else []
    busy = bool(under_way)
    waits = shown is not None and shown.state == "queued" and bool(ahead_of(shown.id, under_way))
    with controls:
        first, rest = st.container(key="card-form", border=True), st.container(key="rest")
        with first:
            if task is None:
                st.selectbox(
                    "Preset",
                    list(PRESETS),
                    index=None,
                    placeholder="choose a preset",
                    key="preset",
                    persist_state="session",
                    on_change=use_preset,
                )
            fields, place = st.container(), st.container()  # Start stays where it is clicked
            with fields:
                config = forms.config_form(
                    TRAIN,
                    backend().devices,
                    rest,
                    fixed=task.fixed if task else (),
                    hidden=task.hidden if task else (),
                    check=check_asked,
                )
            room = has_room(place)
            start_button(
                "Add to queue" if busy else "Start training",
                "start",
                start,
                place=place,
                type="primary",
                icon=":material/playlist_add:" if busy else ":material/play_arrow:",
                width="stretch",
                disabled=config is None or asked or not room,
            )
        with rest:
            if "learning_rate" not in assignment.given():
                range_test.offer(disabled=config is None or role_of(user()) == "look")
            if config is not None:
                links.keep_link(config)
                st.caption("The address of this page carries these settings: copy it to share.")
    with picture, st.container(key="card-picture", border=True):
        every = WAITS if waits and not asked else POLL
        fragment(live, every if asked or active else None)(asked, active)
        if shown is not None and not shown.active:
            after.next_steps(shown)
    with picture:
        if shown is not None and not shown.active:
            learnt.show(shown)
            advice.show(shown, rows, here=True)
            runview.details(shown, rows)
            others(shown)
except MnistLabError as error:
    st.error(literal(str(error)))
