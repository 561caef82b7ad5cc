"""Finding a learning rate for the settings in the Train form, before training with them."""

import uuid

import streamlit as st

from mnist_core.charts.range import range_chart
from pages.ui.actions import start_button
from pages.ui.forms import TRAIN, current, widget_key
from pages.ui.fragments import fragment
from pages.ui.state import backend
from pages.ui.words import literal

POLL = 0.3  # seconds between two looks at a test that runs
TEST = "range"  # session key: (settings, Dask future) of the latest test


def begin() -> None:
    """Ask for a test of these settings; one that runs for them already is that one."""
    from mnist_core.jobs.tasks import range_test_job

    config = current(TRAIN)
    known, future = st.session_state.get(TEST, (None, None))
    if known == config and not future.done():
        return
    key = f"range-{uuid.uuid4().hex}"
    future = backend().queue.submit(range_test_job, config, key=key, device=config.device)
    st.session_state[TEST] = (config, future)


def use(rate: float) -> None:
    st.session_state[widget_key(TRAIN, "learning_rate")] = rate


def offer(disabled: bool) -> None:
    """A button that starts the test, and beneath it what came out."""
    start_button(
        "Find a learning rate",
        "range",
        begin,
        icon=":material/search:",
        width="stretch",
        disabled=disabled or not backend().ready,
        help=(
            "A few hundred steps with a growing learning rate: where the loss falls fastest is a "
            "good one to begin with. It changes nothing by itself."
        ),
    )
    if TEST in st.session_state:
        done = st.session_state[TEST][1].done()
        fragment(_result, None if done else POLL)(done)


def _result(was_done: bool) -> None:
    """The chart and its suggestion, once the worker has them."""
    _, future = st.session_state[TEST]
    if not future.done():
        st.caption("Trying learning rates …")
        return
    if not was_done:
        st.rerun()
    if future.status != "finished":
        error = future.exception() if future.status == "error" else "the worker was lost"
        st.error(f"The test could not be made: {literal(str(error))}")
        return
    found = future.result()
    st.plotly_chart(
        range_chart(found.rates, found.losses, found.suggested),
        key="range-chart",
        alt=f"Loss while the learning rate grows from {found.rates[0]:.2g} to "
        f"{found.rates[-1]:.2g}; {found.suggested:g} is suggested.",
    )
    st.button(f"Use {found.suggested:g}", on_click=use, args=(found.suggested,), width="stretch")
