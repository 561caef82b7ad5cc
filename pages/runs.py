"""Runs: every network ever trained; find, compare, repeat, keep and delete them."""

import time
from dataclasses import replace

import streamlit as st

from mnist_core.errors import MnistLabError
from mnist_core.runs.conditions import QueryError
from mnist_core.runs.query import parse_query
from mnist_core.runs.records import Run
from mnist_core.runs.table import Trials, fold
from mnist_core.runs.users import SERVER
from pages.ui.actions import hide_button, reported, show_problem
from pages.ui.address import FILTER, in_address, keep_in_address, write_address
from pages.ui.forms import switch
from pages.ui.fragments import fragment
from pages.ui.frame import page
from pages.ui.runs import bin, comparison, exports, panel, unreadable
from pages.ui.runs.table import FILTER_HELP, OPEN, choose_columns, show_table
from pages.ui.state import backend, select_runs, selected_runs
from pages.ui.user import changeable, mine, user
from pages.ui.words import literal

POLL = 1.0  # seconds between two looks at the list while something in it changes
REDRAW = 5.0  # seconds after which the figures of what trains are drawn again
APART = "apart"  # query parameter: the trials of sweeps are listed one by one
WHOSE = {"mine": "Mine", "all": "All"}
DELETED = "runs.deleted"  # session key: what Undo brings back

page(
    "Runs",
    "Every network ever trained here: tick one to look at it, tick several to compare them.",
)


@reported
def delete(run_ids: list[str]) -> None:
    backend().library.delete(run_ids, by=user())
    before = st.session_state.get(DELETED, [])
    st.session_state[DELETED] = [*before, *run_ids]
    select_runs([])


@reported
def undo() -> None:
    """Bring back what was deleted since this page was opened."""
    run_ids = st.session_state.pop(DELETED, [])  # none at a second click
    if run_ids:
        backend().library.restore(run_ids, by=user())
        select_runs(run_ids)


@reported
def hide(run_ids: list[str], hidden: bool) -> None:
    backend().library.set_hidden(run_ids, hidden, by=user())


def lasting(runs: list[Run]) -> list[Run]:
    """The runs without what changes many times a second while they train."""
    return [replace(run, progress={}, metrics={}) if run.active else run for run in runs]


def watch(seen: list[Run], everyones: bool, drawn: float) -> None:
    """Polled while something changes: draws the page again when something of one's own has.

    For what others do, and for the figures of what trains, every few seconds are often enough: in
    a class, somebody's run begins or ends every second.
    """
    try:
        now = backend().watch.library(POLL)
    except MnistLabError as error:
        st.error(literal(str(error)))
        return
    late = time.monotonic() - drawn > REDRAW
    if not (everyones and late):
        now, seen = own(now), own(seen)
    if lasting(now) != lasting(seen) or (late and any(run.active for run in now)):
        st.rerun()


def search(runs: list[Run]) -> list[Run]:
    """The runs that match what is typed; all of them while it makes no sense."""
    said = in_address(FILTER)
    if said is not None:
        st.session_state["runs.filter"] = said
    text = st.text_input(
        "Filter",
        st.session_state.setdefault("runs.filter", ""),
        key="runs.filter",
        persist_state="session",
        placeholder="learning rate > 0.1 and test > 97 %",
        help=FILTER_HELP,
    )
    write_address(FILTER, text)
    try:
        test = parse_query(text)
    except QueryError as error:
        st.error(literal(str(error)), icon=":material/error:")
        return runs
    return [run for run in runs if test(run)]


def all_listed() -> bool:
    """Whether the runs of all are to be listed; where there is one person alone, they are."""
    if user() == SERVER:
        return True
    return switch("Whose runs", WHOSE, "mine", "runs.whose", label_visibility="collapsed") == "all"


def own(runs: list[Run]) -> list[Run]:
    return [run for run in runs if mine(run)]


def leave_study() -> None:
    """Back to all runs (from a callback)."""
    st.session_state.pop(OPEN, None)


def view(shown: list[Run]) -> tuple[list[Run | Trials], list[str]]:
    """The table's rows and columns: a sweep is one row that opens when it is ticked."""
    opened = st.session_state.get(OPEN)
    rows: list[Run | Trials]
    with st.container(horizontal=True, vertical_alignment="center"):
        if opened:
            rows = [run for run in shown if run.study == opened]
            st.button("All runs", icon=":material/arrow_back:", on_click=leave_study)
            st.markdown(f"{len(rows):,} trials of **{literal(opened)}**")
        else:
            rows = fold(shown)
            if len(rows) < len(shown):
                apart = st.toggle(
                    "Trials one by one",
                    st.session_state.setdefault("runs.apart", APART in st.query_params),
                    key="runs.apart",
                    persist_state="session",
                    help="A sweep is one row with the figures of its best trial. Tick it, and its "
                    "trials are shown.",
                )
                keep_in_address(APART, "yes" if apart else "")
                rows = [*shown] if apart else rows
        columns = choose_columns()
        bin.button()
    return rows, columns


def choose(runs: list[Run], shown: list[Run]) -> list[Run]:
    """The table, and the runs that are ticked in it or come from the page's address."""
    known = {run.id: run for run in runs}
    chosen = selected_runs()
    if backend().library.complete and any(run_id not in known for run_id in chosen):
        gone = [run_id for run_id in chosen if run_id not in known]
        st.warning(f"Not in this app's store, so not shown: {literal(', '.join(gone))}")
        select_runs([run_id for run_id in chosen if run_id in known])
    show_table(*view(shown))
    return [known[run_id] for run_id in selected_runs() if run_id in known]


def actions(chosen: list[Run]) -> None:
    """What can be done with one run as with several."""
    own = all(map(changeable, chosen))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{len(chosen)} selected**" if len(chosen) > 1 else f"**{literal(chosen[0].name)}**"
        )
        st.button("Clear", on_click=select_runs, args=([],), help="Select nothing.")
        exports.tables(chosen)
        st.button(
            "Delete",
            icon=":material/delete:",
            on_click=delete,
            args=([run.id for run in chosen],),
            disabled=not own,
            help="Puts them into the bin, from which they can be brought back."
            if own
            else "Only runs of your own can be deleted.",
        )
        if user() != SERVER and own:
            hidden = all(run.hidden for run in chosen)
            others = "Others can look at all runs, compare and clone them, but for hidden ones."
            hide_button(hidden, hide, [run.id for run in chosen], others)
    st.caption("The address of this page carries the selection: copy it to share it.")


def first_run() -> None:
    st.info("No run yet. Train a network, and it will be kept here with all its settings.")
    with st.container(horizontal=True):
        if st.button("Train the first one", type="primary", icon=":material/play_arrow:"):
            st.switch_page("pages/train.py")
        bin.button()
    exports.importer()


show_problem()
try:
    exports.show_imported()
    library = backend().library
    runs = backend().watch.library()
    changing = not library.complete or any(run.active for run in runs)
    if st.session_state.get(DELETED):
        count = len(st.session_state[DELETED])
        note, back = st.columns([4, 1], vertical_alignment="center")
        note.info(f"{count} run{'s' * (count > 1)} deleted.")
        back.button("Undo", icon=":material/undo:", on_click=undo, width="stretch")
    unreadable.show(delete)
    everyones = True
    if not runs:
        first_run()
    else:
        everyones = all_listed()
        shown = search(runs if everyones else own(runs))
        more = "" if library.complete else " · reading older ones …"
        st.caption(f"{len(shown):,} of {len(runs):,} runs{more}")
        chosen = choose(runs, shown)
        if not chosen and not any(map(mine, runs)):
            st.info(
                "None of these runs is yours yet. What you train on the page **Train** is kept "
                "here; choose **All** to look at the runs of others."
            )
            exports.importer()
        elif not chosen:
            st.info(
                "Tick a run to see its curves, what it says about its settings, and to repeat it."
            )
            exports.importer()
        else:
            actions(chosen)
            if len(chosen) == 1:
                panel.show(chosen[0], runs)
            else:
                comparison.show(chosen, runs)
    # Last: it shows nothing, and a gap stands above whatever follows it.
    fragment(watch, POLL if changing else None)(runs, everyones, time.monotonic())
except MnistLabError as error:
    st.error(literal(str(error)))
