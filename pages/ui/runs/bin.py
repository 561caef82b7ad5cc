"""The bin: what was deleted, how much it takes, back with it or away for good."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from mnist_core.errors import MnistLabError
from mnist_core.runs.records import Run
from pages.ui.actions import reported
from pages.ui.state import backend, select_runs
from pages.ui.user import user
from pages.ui.words import literal

if TYPE_CHECKING:
    from mnist_core.runs.bin import Bin

MEGABYTE = 2**20
TABLE = "bin.table"


def button() -> None:
    """Opens the bin."""
    st.button(
        "Bin",
        key="bin.open",
        icon=":material/delete_sweep:",
        on_click=_open,
        help="The runs that were deleted: bring them back, or free the disk.",
    )
    if st.session_state.get("bin.shown"):
        _dialog()


def _open() -> None:
    st.session_state["bin.shown"] = True


def _close() -> None:
    st.session_state["bin.shown"] = False


@reported
def _restore(run_ids: list[str]) -> None:
    backend().bin.restore(run_ids, by=user())
    select_runs(run_ids if len(run_ids) <= 1 else [])


@reported
def _empty(run_ids: list[str]) -> None:
    backend().bin.empty(run_ids, by=user())


@st.dialog("Bin", width="large", on_dismiss=_close)
def _dialog() -> None:
    try:
        _content(backend().bin)
    except MnistLabError as error:
        st.error(literal(str(error)))


def _content(bin: "Bin") -> None:
    runs = bin.runs(by=user())
    if not runs:
        st.info("The bin is empty. What you delete on this page can be brought back from here.")
        return
    known = st.session_state.setdefault("bin.sizes", {})  # what is deleted does not change
    sizes = {run.id: known.get(run.id) or bin.size(run.id) / MEGABYTE for run in runs}
    known.update(sizes)
    event = st.dataframe(
        pd.DataFrame(
            {
                "Run": [run.name for run in runs],
                "Started": [
                    datetime.fromtimestamp(run.created, UTC) if isinstance(run, Run) else None
                    for run in runs
                ],
                "Size": list(sizes.values()),
            }
        ),
        key=TABLE,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            "Started": st.column_config.DatetimeColumn(format="distance"),
            "Size": st.column_config.NumberColumn(format="%.1f MB"),
        },
        alt="Deleted runs",
    )
    ticked = [runs[row].id for row in event.selection.rows if row < len(runs)]
    chosen = ticked or [run.id for run in runs]
    which = f"{len(ticked)} ticked" if ticked else f"all {len(runs)}"
    freed = sum(sizes[run_id] for run_id in chosen)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(f"Restore {which}", icon=":material/undo:", on_click=_restore, args=(chosen,))
        sure = st.checkbox(
            f"Delete {which} for good: {freed:,.1f} MB", key=f"bin.sure.{'-'.join(ticked)}"
        )
        st.button(
            "Empty",
            icon=":material/delete_forever:",
            on_click=_empty,
            args=(chosen,),
            disabled=not sure,
            help="Deletes the networks and all files of these runs. This cannot be undone.",
        )
