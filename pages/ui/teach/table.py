"""How far each pupil is with an assignment."""

import pandas as pd
import streamlit as st

from mnist_core.config.assignment import Assignment
from mnist_core.learn.checks import in_percent
from mnist_core.learn.classroom import Standing, asked, standings
from pages.ui.assignment import all_runs, joined
from pages.ui.fragments import fragment
from pages.ui.runview import progress_short

POLL = 2.0  # seconds between two looks: names come and runs end while a teacher looks


def show(made: Assignment) -> None:
    """The table of the assignment's class, kept up to date."""
    with st.container(key="card-class", border=True):
        fragment(_table, POLL)(made)


def _table(made: Assignment) -> None:
    runs = all_runs(st.error)
    if runs is None:
        return
    known = standings(made, joined(made.key), runs)
    if not known:
        st.info(
            "Nobody has given a name yet. Who opens the link and does so appears here, with the "
            "best of their runs.",
            icon=":material/group:",
        )
        return
    reached = sum(stands.done for stands in known)
    if made.goal is not None:
        st.markdown(f"**{reached} of {len(known)}** reached {asked(made.goal)}.")
    st.dataframe(
        pd.DataFrame([row(stands) for stands in known]),
        hide_index=True,
        key="teach-table",
        placeholder="",
        column_config={"Best": st.column_config.NumberColumn(format="%.2f %%")},
    )


def row(stands: Standing) -> dict[str, object]:
    best = stands.best.figure("best_val_accuracy") if stands.best else None
    return {
        "Name": stands.name,
        "Goal": "reached" if stands.done else "",
        "Best": None if best is None else in_percent(best, 2),
        "Parameters": stands.best.started.get("parameters") if stands.best else None,
        "Runs": stands.runs,
        "Now": progress_short(stands.active) if stands.active else "",
    }
