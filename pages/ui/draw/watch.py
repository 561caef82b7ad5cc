"""Watch it learn: the drawing on the pad, read by a run's network of each epoch, also meanwhile."""

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.charts.base import ACCENT, MUTED
from mnist_core.charts.history import accuracy_history, probability_history
from mnist_core.config.presets import PRESETS
from mnist_core.data.catalog import shows_digits
from mnist_core.drawing.my_digits import MyDigits, as_arrays
from mnist_core.nn.network import Network
from mnist_core.reading.predict import Predictor
from mnist_core.runs.records import Run
from mnist_core.runs.snapshots import BUDGET, probabilities_of, read_moment
from pages.ui.actions import show_problem, start_button
from pages.ui.draw import models
from pages.ui.draw.digits import own, read
from pages.ui.draw.live import KEY, asked_for, browser, packed
from pages.ui.draw.think import colours
from pages.ui.fragments import fragment
from pages.ui.pictures import DIGITS, bars
from pages.ui.snapshots import networks
from pages.ui.state import RUN, backend
from pages.ui.turns import turns
from pages.ui.user import user
from pages.ui.words import percent, told_apart

T = TypeVar("T")

POLL = 1.0  # seconds between two looks at a run that trains
NEWEST = 50  # runs offered
CHOSEN = "watch.run"  # session key: the run that is watched
PANEL = f"{KEY}.watch"


def watch_it_learn(image: NDArray[np.float32] | None) -> None:
    """The drawing on the pad (28, 28), if there is one, through a run's epochs."""
    if not backend().ready:  # the page is drawn again when it is
        st.caption(backend().starting or "Opening …")
        return
    show_problem()
    runs = {run.id: run for run in _runs()}
    if not runs:
        st.info("Train a network, and see here how it learns to read your drawing.")
        _start(None)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        ids = list(runs)
        if st.session_state.get(CHOSEN) not in ids:
            last = st.session_state.get(RUN)
            st.session_state[CHOSEN] = last if last in ids else ids[0]
        run_id = st.selectbox(
            "Run",
            ids,
            format_func=told_apart({run.id: run.name for run in runs.values()}).__getitem__,
            key=CHOSEN,
            persist_state="session",
            help="Trials of a sweep are not among them: their epochs are not kept.",
        )
        _start(runs[run_id])
    active = runs[run_id].active
    # Not the canvas's own fragment: a rerun every second must not touch what somebody draws on.
    fragment(_epochs, POLL if active else None)(run_id, image, active)


def _runs() -> list[Run]:
    """The runs on digits whose epochs are kept, newest first: trials of a sweep keep none."""
    able = [
        run
        for run in backend().watch.library()
        if shows_digits(run.config.dataset)
        and (run.active or run.checkpoint)
        and (not run.study or len(run.segments) > 1)
    ]
    return able[:NEWEST]


def _start(like: Run | None) -> None:
    """A button that trains a network to watch, with the settings of another run."""
    start_button(
        "Train the tutorial's model" if like is None else "Train it anew",
        "watch",
        _train,
        like,
        icon=":material/play_arrow:",
        disabled=like is not None and like.active,
        help="A new run with these settings, from untrained weights. Your drawing stays.",
    )


def _train(like: Run | None) -> None:
    config = next(iter(PRESETS.values())) if like is None else like.config
    run_id, _ = backend().start(config, by=user())
    models.await_run(run_id)
    st.session_state[CHOSEN] = run_id


def few(kept: Mapping[float, T], most: int) -> dict[float, T]:
    """At most ``most`` (2 or more) of the epochs that are kept, evenly spaced, and the newest.

    Every second, fourth, eighth ... one: more epochs make none necessary that was left out.
    """
    epochs, step = sorted(kept), 1
    while len(chosen := {*epochs[::step], *epochs[-1:]}) > most:
        step *= 2
    return {epoch: kept[epoch] for epoch in sorted(chosen)}


def _epochs(run_id: str, image: NDArray[np.float32] | None, was_active: bool) -> None:
    """What is known of a run's epochs by now."""
    run = backend().watch.run(run_id)
    if was_active and not run.active:
        st.rerun()
    kept: dict[float, Network] = {**networks(run_id)}
    if run.active:
        kept = read_moment(backend().store, run) | kept
    if not kept:
        st.info(
            "The first epochs of this run are not kept yet."
            if was_active
            else "The epochs of this run were not kept: it is too large for that, or too old."
        )
        return
    parameters = sum(array.size for array in next(iter(kept.values())).weights.values())
    shown = few(kept, max(BUDGET // (2 * parameters), 2))
    _panel(run, shown)
    _charts(run, shown, image)
    trained = int(max(shown)) + 1  # with the untrained network
    if len(shown) < trained:
        st.caption(f"{len(shown)} of its {trained} epochs, counted from the untrained network.")


def _panel(run: Run, shown: dict[float, Network]) -> None:
    """The browser's part: it asks once for each network, and reads with them by itself."""
    names = {f"epoch {epoch:.6g} of {run.id}": network for epoch, network in shown.items()}
    learnt = {
        "run": run.id,
        "epochs": [*zip(shown, names, strict=True)],
        "last": run.last_epoch,
        "bars": bars([0.0] * len(DIGITS), DIGITS, None),
        "accent": ACCENT,
        "muted": MUTED,
        "colours": colours(),
    }
    browser()(data={"learnt": learnt}, key=PANEL, on_wanted_change=lambda: None, height="content")
    wanted = asked_for(PANEL)
    asked = {name: Predictor(network) for name, network in names.items() if name in wanted}
    if asked:
        browser()(data=packed(asked), key=f"{KEY}.epochs", height="content")


def _charts(run: Run, shown: dict[float, Network], image: NDArray[np.float32] | None) -> None:
    """The drawing's answer after each epoch, and how many of one's own digits are read right."""
    epochs = list(shown)
    drawing, mine = st.columns(2, gap="medium")
    with drawing:
        if image is not None:
            shares = probabilities_of(shown, image)
            now = shares[-1]
            st.plotly_chart(
                probability_history(epochs, shares, DIGITS, run.last_epoch, revision=run.id),
                key="watch.answers",
                alt=f"How likely each digit was after each epoch; after epoch {epochs[-1]:.3g} "
                f"most likely {DIGITS[now.argmax()]}, {percent(float(now.max()), 0)}.",
            )
    with mine:
        kept = own()
        digits = read(str(kept.path), kept.version)
        if not digits:
            st.caption(
                "Keep some digits of your own (draw one, then press its key), and how many of them "
                "each epoch reads right is here."
            )
            return
        right = right_of(run.id, shown, kept)
        rows = {row["epoch"]: row["val_accuracy"] for row in backend().watch.rows(run)}
        validation = [rows.get(epoch, float("nan")) for epoch in epochs]
        st.plotly_chart(
            accuracy_history(epochs, right, validation, run.last_epoch, revision=run.id),
            key="watch.mine",
            alt=f"Of your {len(digits)} digits the network of epoch {epochs[-1]:.3g} reads "
            f"{percent(right[-1], 0)} right, the one of epoch {epochs[0]:.3g} "
            f"{percent(right[0], 0)}.",
        )


@st.cache_resource(max_entries=64, show_spinner=False)
def _known(run_id: str, path: str, version: tuple[int, int]) -> dict[float, float]:
    """What share of a person's digits each epoch of a run reads right, filled as it is found."""
    return {}


def right_of(run_id: str, epochs: Mapping[float, Network], kept: MyDigits) -> list[float]:
    """For each epoch the share (0 to 1) of a person's digits that its network reads right."""
    path, version = str(kept.path), kept.version
    known = _known(run_id, path, version)
    new = [epoch for epoch in epochs if epoch not in known]
    if new:
        with turns.aside():
            images, labels = as_arrays(read(path, version))
            for epoch in new:
                known[epoch] = float((epochs[epoch](images).argmax(1) == labels).mean())
    return [known[epoch] for epoch in epochs]
