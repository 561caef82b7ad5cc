"""Which run is looked into, at what of it, and on which pictures."""

import streamlit as st

from mnist_core.insight.parts import PARTS, Part
from mnist_core.runs.records import Run
from pages.ui import forms, links
from pages.ui.address import PART, VIEW, keep_in_address, write_address
from pages.ui.state import RUN, backend, select_run, selected_run
from pages.ui.user import mine
from pages.ui.words import told_apart

NEWEST = 200  # runs offered, beside the one that is looked at
CHOSEN = "inside.run"  # widget key
PART_TITLES: dict[Part, str] = {
    "validation": "Validation",
    "training": "Training",
    "test": "Test",
}
VIEWS = {
    "mistakes": "What it gets wrong",
    "units": "Its hidden units",
    "picture": "One picture, step by step",
    "map": "A map of what it sees",
    "layers": "Its layers, epoch by epoch",
    "two": "Beside another run",
}


def open_link() -> None:
    """Choose what the page's address says, once a session, and say what there is not."""

    def take() -> list[str]:
        view = links.choose(VIEW, "inside.view", VIEWS)
        return view + links.choose(PART, "inside.part", PARTS)

    links.take_once("inside", take)


def choose_run(runs: list[Run]) -> Run:
    """One of the runs that have ended: that which was looked at last, else the newest."""
    known = {run.id: run for run in runs}
    asked = selected_run()
    offered = {run.id: run.name for run in runs[:NEWEST]}
    if asked in known:
        offered.setdefault(asked, known[asked].name)
    chosen = asked if asked in known else next(filter(mine, runs), runs[0]).id
    if asked is None:
        select_run(chosen)
        write_address(RUN, chosen)
    elif asked != chosen:
        there = any(run.id == asked for run in backend().watch.library())
        missing = "has no network yet" if there else "is not in this app's store"
        st.caption(f"The run that was asked for {missing}. This is the newest that can be seen.")
    st.session_state[CHOSEN] = chosen
    st.selectbox(
        "Run",
        list(offered),
        format_func=told_apart(offered).__getitem__,
        key=CHOSEN,
        on_change=lambda: select_run(st.session_state[CHOSEN]),
    )
    return known[chosen]


def choose_view() -> str:
    """What to look at; the page's address carries it."""
    chosen = st.radio(
        "Look at",
        list(VIEWS),
        index=list(VIEWS).index(st.session_state.get("inside.view", next(iter(VIEWS)))),
        format_func=VIEWS.__getitem__,
        key="inside.view",
        persist_state="session",
    )
    keep_in_address(VIEW, chosen)
    return chosen


def choose_part() -> Part:
    """Which pictures are shown to it; the page's address carries it."""
    part = forms.switch("Pictures", PART_TITLES, PARTS[0], "inside.part")
    keep_in_address(PART, part if part != PARTS[0] else "")
    return part
