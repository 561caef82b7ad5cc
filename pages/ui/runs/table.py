"""The table of runs: its columns' words and units, and what is ticked in it."""

import pandas as pd
import streamlit as st

from mnist_core.config.fields import FIELDS
from mnist_core.runs.conditions import RESULTS, STATES
from pages.ui import forms
from pages.ui.state import RUNS, select_runs, selected_runs

KEY = "runs.table"
ORDER = "runs.order"  # session key: the id of each row, as the table was last drawn
HEIGHT = 330

FILTER_HELP = f"""
Any words look for runs with them in the name, the note or a tag. Or compare fields:

- `val_accuracy > 97% and epochs <= 5`
- `hidden_sizes contains 64`, `optimizer = adam or state = failed`
- `not starred`, `tags = talk`, with parentheses as you like

Results: {", ".join(f"`{name}`" for name in RESULTS)}.

Settings: {", ".join(f"`{name}`" for name in FIELDS)}.

States: {", ".join(STATES)}. Texts: `name`, `note`, `tags`.
"""


def _columns() -> dict[str, object]:
    column = st.column_config
    accuracy = {"format": "percent"}
    columns: dict[str, object] = {
        "starred": column.TextColumn("★", help="Starred", width=40),
        "name": column.TextColumn("Run", width="medium", pinned=True),
        "state": column.TextColumn("State", width="small"),
        "best_val_accuracy": column.NumberColumn(
            "Best validation", help="Best validation accuracy of all epochs", **accuracy
        ),
        "val_accuracy": column.NumberColumn(
            "Last validation", help="Validation accuracy after the last epoch", **accuracy
        ),
        "test_accuracy": column.NumberColumn(
            "Test",
            help="Accuracy on the test pictures at the end of training. Choose settings by "
            "validation: the best of many test figures is too good to be true.",
            **accuracy,
        ),
        "seconds": column.NumberColumn("Time", format="%.1f s", help="Training time"),
        "parameters": column.NumberColumn(
            "Size", format="localized", help="Weights and biases in the network"
        ),
        "epoch": column.NumberColumn("Trained", format="%d", help="Epochs trained"),
        "tags": column.TextColumn("Tags"),
        "note": column.TextColumn("Note"),
        "created": column.DatetimeColumn("Started", format="distance"),
    }
    for name, spec in FIELDS.items():
        make = column.NumberColumn if spec.kind in ("int", "float") else column.TextColumn
        columns[name] = make(spec.label, help=spec.help)
    return columns


def _in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """The table as people read it. A star is no box: the boxes are there to be ticked."""
    return frame.assign(
        starred=["★" if starred else "" for starred in frame["starred"]],
        state=[state.capitalize() for state in frame["state"]],
        dataset=[forms.shown("dataset", name) for name in frame["dataset"]],
    )


def _ticked() -> None:
    """Keep what is selected but filtered out of sight, and take what is ticked."""
    order = st.session_state[ORDER]
    rows = st.session_state[KEY]["selection"]["rows"]
    ticked = [order[row] for row in rows if row < len(order)]
    hidden = [run_id for run_id in st.session_state[RUNS] if run_id not in set(order)]
    select_runs([*hidden, *ticked])


def show_table(frame: pd.DataFrame, run_ids: list[str]) -> None:
    """The table, with the selected runs ticked wherever they are now."""
    places = {run_id: row for row, run_id in enumerate(run_ids)}
    rows = [places[run_id] for run_id in selected_runs() if run_id in places]
    st.session_state[ORDER] = run_ids
    st.session_state[KEY] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    st.dataframe(
        _in_words(frame),
        key=KEY,
        on_select=_ticked,
        selection_mode="multi-row",
        hide_index=True,
        height=HEIGHT if len(frame) > 8 else "auto",
        placeholder="–",
        column_config=_columns(),
        alt="Runs",
    )
