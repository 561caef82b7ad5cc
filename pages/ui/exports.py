"""Downloads of runs and networks, and the way back in."""

import streamlit as st

from mnist_core.run_records import Run
from mnist_core.run_table import to_csv, to_json
from pages.ui.state import backend


def tables(chosen: list[Run]) -> None:
    """The selected runs as CSV and JSON."""

    def as_json() -> str:
        return to_json(chosen, [backend().store.history(run.id) for run in chosen])

    st.download_button(
        "CSV",
        lambda: to_csv(chosen),
        "runs.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        help="Settings and results, one line a run.",
    )
    st.download_button(
        "JSON",
        as_json,
        "runs.json",
        "application/json",
        icon=":material/download:",
        on_click="ignore",
        help="Everything about these runs, every epoch included.",
    )


def network(run: Run, rows: list[dict[str, float]]) -> None:
    """The network itself, and programs that train it again."""


def importer() -> None:
    """A network from a file becomes a run."""
