"""The assignment above the form: what it asks, who does it, and how far they are."""

import streamlit as st

from mnist_core.config.assignment import Assignment
from mnist_core.errors import MnistLabError
from mnist_core.learn.classroom import standing
from pages.ui import assignment
from pages.ui.fragments import fragment
from pages.ui.state import backend

POLL = 1.0  # seconds between two looks while something trains


def show(task: Assignment) -> None:
    with st.container(key="card-assignment", border=True):
        said, done = st.columns([2, 1], gap="large")
        with said:
            assignment.text(task)
        with done:
            name = assignment.ask_name(task)
            fragment(_state, POLL if name and _busy() else None)(task, name)
            st.button(
                "Leave the assignment",
                type="tertiary",
                icon=":material/close:",
                on_click=assignment.leave,
                help="All settings can be changed again. The link brings you back.",
            )


def _busy() -> bool:
    try:
        return backend().ready and bool(backend().watch.active())
    except MnistLabError:
        return False  # the page itself says why


def _state(task: Assignment, name: str) -> None:
    """How far somebody of that name is."""
    if not name:
        st.caption("Give your name first: then your runs count.")
        return
    runs = assignment.all_runs(st.caption)
    if runs is not None:
        pupil = assignment.pupil()
        assignment.state(task, standing(task, name, [run for run in runs if run.pupil == pupil]))
