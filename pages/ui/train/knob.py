"""Turn the knob while it trains: other numbers for the optimizer, from the next epoch on."""

import streamlit as st

from mnist_core.config.fields import FIELDS
from mnist_core.config.knobs import knobs_of
from mnist_core.runs.records import Run
from pages.ui import assignment, forms
from pages.ui.actions import reported
from pages.ui.changes import numbers
from pages.ui.state import backend
from pages.ui.user import user

WIDTH = 158  # pixels of a field: two stand side by side on a phone


def row(run: Run, rows: list[dict[str, float]]) -> None:
    """The fields at the numbers that the run trains with, and a button that asks for others.

    Nothing while a run waits, and nothing to be done in its last epoch or with what a class's
    assignment gives.
    """
    if run.state != "running":
        return
    given = assignment.given()
    last = bool(rows) and rows[-1]["epoch"] + 1 >= run.last_epoch
    # Keyed by the present number: after a change, in whichever tab, the fields show the new one.
    keys = {
        name: f"knob.{run.id}.{name}.{getattr(run.config, name)!r}" for name in knobs_of(run.config)
    }
    with st.container(key="knob", horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        for name, key in keys.items():
            st.session_state.setdefault(key, getattr(run.config, name))
            label = f"New {FIELDS[name].label.lower()}"  # the form has one of the old name
            forms.number(
                FIELDS[name], key, disabled=last or name in given, label=label, width=WIDTH
            )
        st.button(
            "Change from the next epoch on",
            key="knob.apply",
            icon=":material/tune:",
            on_click=reported(ask),
            args=(run.id, keys),
            disabled=last or keys.keys() <= given.keys(),
            help="Training goes on with these numbers; the optimizer keeps what it has gathered.",
        )


def ask(run_id: str, keys: dict[str, str]) -> None:
    """Have the run go on with what the fields hold now."""
    values = {name: st.session_state[key] for name, key in keys.items()}
    backend().store.request_change(run_id, values, by=user())


def pending(run: Run) -> None:
    """What was asked for and is not in effect."""
    if run.wanted is None:
        return
    words = numbers(run.wanted, run.config)
    if run.state == "running":
        st.caption(f":material/tune: From the next epoch on: {words}.")
    elif run.ready and run.state in ("completed", "stopped", "diverged"):
        st.caption(f"No epoch began any more after this was asked for: {words}.")
    else:
        st.caption(f"Asked for, and in effect once training goes on: {words}.")
